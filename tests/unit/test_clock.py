"""Office time: its day, its stops and its shifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app import clock


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    frozen, offset = clock._office.frozen, clock._office.offset
    yield
    clock.configure(frozen=frozen, offset=offset)


def test_office_time_is_real_time_unless_told() -> None:
    clock.configure()
    before, office, after = clock.real_now(), clock.now(), clock.real_now()
    assert before <= office <= after
    assert office.tzinfo is UTC


def test_frozen_office_time_stands_still() -> None:
    instant = datetime(2026, 11, 2, 8, 0, tzinfo=clock.NAIROBI)
    clock.configure(frozen=instant)
    assert clock.now() == clock.now() == instant
    assert clock.now().tzinfo is UTC
    assert clock.today() == date(2026, 11, 2)


def test_shifted_office_time_keeps_ticking() -> None:
    clock.configure(offset=timedelta(days=100))
    first = clock.now()
    second = clock.now()
    assert second >= first
    assert timedelta(days=100) - (first - clock.real_now()) < timedelta(seconds=5)


def test_real_time_is_untouched_by_a_freeze() -> None:
    clock.configure(frozen=datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.real_now().year >= 2025


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 1, 20, 59, 59, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 1, 21, 0, 0, tzinfo=UTC), date(2026, 11, 2)),
    ],
)
def test_day_begins_at_midnight_in_nairobi(instant: datetime, day: date) -> None:
    assert clock.day_of(instant) == day


def test_wall_clock_time_of_a_day_is_an_instant() -> None:
    expected = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
    assert clock.instant_at(date(2026, 11, 2), time(6, 0)) == expected


@pytest.mark.parametrize("ask", [clock.nairobi, clock.day_of])
def test_naive_instant_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="time zone"):
        ask(datetime(2026, 11, 2))  # type: ignore[operator]  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        clock.configure(frozen=datetime(2026, 11, 2))  # noqa: DTZ001
