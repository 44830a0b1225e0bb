"""Pages that must not tell a known number end at even steps of time, whatever they did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.test_account_pages import send
from tests.factories import world
from views.accounts import forms

KNOWN, FREE = "0712000001", "0799123456"
PAGES = (
    ("/account/create/", ("mobile", "again")),
    ("/account/forgot/", ("mobile",)),
    ("/account/number/lost/", ("new_mobile", "again")),
)


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


class _Clock:
    """A clock that each look moves on, and that hears how long the page slept."""

    def __init__(self, step: float) -> None:
        self.now, self.step, self.slept = 0.0, step, list[float]()

    def perf_counter(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.mark.parametrize("worked", [0.001, 0.031, 0.0999, 0.17, 0.25])
def test_a_block_ends_with_the_next_step(worked: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(worked)
    monkeypatch.setattr(forms, "time", clock)
    with forms.evenly():
        pass
    (slept,) = clock.slept
    steps = (worked + slept) / forms.STEP_SECONDS
    assert steps == pytest.approx(round(steps))
    assert 0 < slept <= forms.STEP_SECONDS


def test_a_refusal_ends_with_the_step_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(0.02)
    monkeypatch.setattr(forms, "time", clock)
    with pytest.raises(RuntimeError), forms.evenly():
        raise RuntimeError
    assert clock.slept == [pytest.approx(0.08)]


@pytest.mark.parametrize(("address", "fields"), PAGES)
def test_every_page_about_a_number_waits_once(
    client: Any, monkeypatch: pytest.MonkeyPatch, address: str, fields: tuple[str, ...]
) -> None:
    clock = _Clock(0.02)
    monkeypatch.setattr(forms, "time", clock)
    for number in (KNOWN, FREE):
        clock.slept.clear()
        typed = dict.fromkeys(fields, number) | {"old_mobile": "0712000002"}
        answer = send(client, address, **typed)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert len(clock.slept) == 1
