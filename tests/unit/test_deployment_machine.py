"""The law of deployments: every state and act, and the days that messages name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.deployments.correction_texts import ACCEPTED, ANSWERED, DECLINED, WHAT
from app.deployments.enums import SETTLED, CorrectionKind
from app.deployments.enums import DeploymentAct as Act
from app.deployments.enums import DeploymentStatus as Status
from app.deployments.machine import BY_ACT, MOVES, REFUSALS, status_after
from app.deployments.texts import MOVED, PUBLISHED, WITHDRAWN
from app.errors import IllegalMove
from app.messages.rules import segments_of
from app.words import MONTHS, WEEKDAYS, day_in

EXPECTED: dict[tuple[Status, Act], Status] = {
    (Status.PROPOSED, Act.PUBLISH): Status.PUBLISHED,
    (Status.PUBLISHED, Act.ACCEPT): Status.ACCEPTED,
    (Status.PUBLISHED, Act.DECLINE): Status.DECLINED,
    (Status.PUBLISHED, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.PUBLISHED, Act.REPLACE): Status.REPLACED,
    (Status.ACCEPTED, Act.DECLINE): Status.DECLINED,
    (Status.ACCEPTED, Act.WITHDRAW): Status.WITHDRAWN,
    (Status.ACCEPTED, Act.REPLACE): Status.REPLACED,
}
LONGEST = {
    "role": "supervisor of oral and practical",
    "station": "W" * 40,
    "first": "Alhamisi 30 Nov",
    "last": "Jumatatu 30 Nov",
    "what": "duty station",
    "address": "https://sajili.knec-examinations.example.go.ke",
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("act", list(Act))
def test_every_state_and_act_is_in_the_table_or_refused(status: Status, act: Act) -> None:
    expected = EXPECTED.get((status, act))
    if expected is not None:
        assert status_after(status, act) is expected
        return
    with pytest.raises(IllegalMove) as refused:
        status_after(status, act, officer="A. Otieno")
    assert (refused.value.status, refused.value.code) == (409, REFUSALS[status][0])


def test_every_act_stands_once_and_every_state_has_its_words() -> None:
    assert [one.act for one in MOVES] == list(Act)
    assert set(REFUSALS) == set(Status)


def test_officers_answer_and_offices_give_reasons() -> None:
    assert {act for act in Act if BY_ACT[act].by_officer} == {Act.ACCEPT, Act.DECLINE}
    assert {act for act in Act if BY_ACT[act].needs_reason} == {
        Act.DECLINE,
        Act.WITHDRAW,
        Act.REPLACE,
    }


@pytest.mark.parametrize("locale", ["en", "sw"])
@pytest.mark.parametrize(
    "text", [PUBLISHED, MOVED, WITHDRAWN, ACCEPTED, DECLINED, *ANSWERED.values()]
)
def test_texts_about_a_duty_fit_two_messages(text: object, locale: str) -> None:
    assert segments_of(text.spoken(LONGEST, locale)) <= 2  # type: ignore[attr-defined]


def test_every_answer_and_kind_has_its_text() -> None:
    assert set(ANSWERED) == SETTLED
    assert set(WHAT) == set(CorrectionKind)


def test_days_in_kiswahili_are_those_of_the_catalogue() -> None:
    path = Path("views/translations/sw/LC_MESSAGES/messages.po")
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale="sw")
    weekdays = {day_in(dt.date(2026, 11, 2 + n), "sw").split()[0] for n in range(7)}
    assert weekdays == {catalogue.get(word).string for word in WEEKDAYS}
    months = [day_in(dt.date(2026, n, 1), "sw").split()[2] for n in range(1, 13)]
    assert months == [catalogue.get(word).string for word in MONTHS]


def test_day_is_said_in_the_language_of_the_account() -> None:
    day = dt.date(2026, 10, 28)
    assert [day_in(day, one) for one in ("sw", "en", None)] == [
        "Jumatano 28 Okt",
        "Wed 28 Oct",
        "Wed 28 Oct",
    ]
