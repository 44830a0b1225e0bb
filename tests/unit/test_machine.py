"""The law of the register: every state, every act, every button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.attendance.enums import SETTLED, Act, RegisterState, Window
from app.attendance.machine import (
    MOVES,
    STATE_WORDS,
    State,
    bar_to_take_in,
    is_correction,
    marking_bar,
    move_for,
    moves_from,
    next_state,
    window,
)
from app.errors import IllegalMove, RuleBroken
from app.exams.policy import PolicyDay

R = RegisterState
STATES: tuple[State, ...] = (None, *RegisterState)
EXPECTED: dict[tuple[State, Act], RegisterState] = {
    (None, Act.OPEN): R.OPEN,
    (None, Act.SAVE): R.OPEN,
    (None, Act.SUBMIT): R.SUBMITTED,
    (R.OPEN, Act.SAVE): R.OPEN,
    (R.OPEN, Act.SUBMIT): R.SUBMITTED,
    (R.SUBMITTED, Act.SUBMIT): R.SUBMITTED,
    (R.SUBMITTED, Act.CONFIRM): R.CONFIRMED,
    (R.SUBMITTED, Act.RETURN): R.RETURNED,
    (R.RETURNED, Act.SAVE): R.RETURNED,
    (R.RETURNED, Act.SUBMIT): R.SUBMITTED,
    (R.CONFIRMED, Act.REOPEN): R.OPEN,
    (R.CONFIRMED, Act.LOCK): R.LOCKED,
    (R.LOCKED, Act.REOPEN): R.OPEN,
    (R.OPEN, Act.TAKE_IN): R.OPEN,
    (R.RETURNED, Act.TAKE_IN): R.RETURNED,
    (R.SUBMITTED, Act.TAKE_IN): R.SUBMITTED,
}
CENTRE = frozenset({"open", "mark", "submit"})
SCDE = frozenset({"confirm", "return", "reopen"})
KNEC = frozenset({"reopen_locked", "lock"})


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", list(Act))
def test_every_state_and_act_is_in_the_table_or_refused(state: State, act: Act) -> None:
    expected = EXPECTED.get((state, act))
    if expected is None:
        with pytest.raises(IllegalMove) as refused:
            next_state(state, act)
        assert refused.value.status == 409
        assert refused.value.code == "register-move"
        assert refused.value.facts == {"state": state or "not opened", "act": act}
    else:
        assert next_state(state, act) == expected


def test_table_holds_no_move_twice() -> None:
    assert len({(move.before, move.act) for move in MOVES}) == len(MOVES)


def test_only_a_submitted_register_becomes_confirmed() -> None:
    assert {move.before for move in MOVES if move.after is R.CONFIRMED} == {R.SUBMITTED}


def test_no_path_from_a_reopened_register_to_settled_skips_the_confirmation() -> None:
    reached: set[State] = {R.OPEN, R.RETURNED}
    for _ in STATES:
        reached |= {
            move.after for move in MOVES if move.before in reached and move.act is not Act.CONFIRM
        }
    assert reached & SETTLED == set()


def test_taking_back_a_confirmation_or_a_submission_needs_a_reason() -> None:
    assert {(move.before, move.act) for move in MOVES if move.needs_reason} == {
        (R.SUBMITTED, Act.RETURN),
        (R.CONFIRMED, Act.REOPEN),
        (R.LOCKED, Act.REOPEN),
    }


@pytest.mark.parametrize(
    ("role", "state", "labels"),
    [
        (CENTRE, None, ["Open today's register", "Save, submit later", "Submit"]),
        (CENTRE, R.OPEN, ["Submit", "Save, submit later"]),
        (CENTRE, R.SUBMITTED, ["Submit a correction"]),
        (CENTRE, R.RETURNED, ["Submit again", "Save, submit later"]),
        (CENTRE, R.CONFIRMED, []),
        (CENTRE, R.LOCKED, []),
        (SCDE, None, []),
        (SCDE, R.OPEN, []),
        (SCDE, R.SUBMITTED, ["Confirm", "Return with a reason"]),
        (SCDE, R.CONFIRMED, ["Reopen with a reason"]),
        (SCDE, R.LOCKED, []),
        (KNEC, R.CONFIRMED, ["Lock"]),
        (KNEC, R.LOCKED, ["Reopen locked register with a reason"]),
        (frozenset(), R.SUBMITTED, []),
    ],
)
def test_buttons_are_the_moves_a_role_may_make(
    role: frozenset[str], state: State, labels: list[str]
) -> None:
    assert [move.label for move in moves_from(state, role.__contains__)] == labels


def test_reopening_a_locked_register_is_another_permission_than_a_confirmed_one() -> None:
    assert move_for(R.CONFIRMED, Act.REOPEN).may == "reopen"
    assert move_for(R.LOCKED, Act.REOPEN).may == "reopen_locked"


def test_who_is_taken_in_moves_no_register_and_enters_no_closed_one() -> None:
    assert {
        move.before for move in MOVES if move.act is Act.TAKE_IN and move.after is move.before
    } == {
        R.OPEN,
        R.RETURNED,
        R.SUBMITTED,
    }
    assert [bar_to_take_in(state) is None for state in STATES] == [
        state in {R.OPEN, R.RETURNED, R.SUBMITTED} for state in STATES
    ]


def test_refusals_of_a_store_name_its_own_two_offices() -> None:
    for state, office in ((R.SUBMITTED, "TSC director"), (R.RETURNED, "SCDE")):
        with pytest.raises(IllegalMove) as refused:
            move_for(state, Act.LOCK, of_store=True)
        assert office in refused.value.message


def test_every_state_has_its_word() -> None:
    assert [STATE_WORDS[state] for state in STATES] == [
        "Not opened",
        "Open",
        "Submitted",
        "Confirmed",
        "Returned",
        "Locked",
    ]


OPENS = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


class Hours:
    opens_at = OPENS
    submit_by = DUE
    closes_at = CLOSES


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "expected", "sentence"),
    [
        (OPENS - SECOND, Window.BEFORE, "Marking opens at 06:00."),
        (OPENS, Window.OPEN, "Submit by 09:00."),
        (DUE, Window.OPEN, "Submit by 09:00."),
        (
            DUE + SECOND,
            Window.LATE,
            "This register was due at 09:00. It can still be submitted until 18:00.",
        ),
        (
            CLOSES - SECOND,
            Window.LATE,
            "This register was due at 09:00. It can still be submitted until 18:00.",
        ),
        (
            CLOSES,
            Window.CLOSED,
            "Marking closed at 18:00. Ask the sub-county to reopen the register.",
        ),
        (
            CLOSES + timedelta(days=1),
            Window.CLOSED,
            "Marking closed at 18:00 on Mon 2 Nov. Ask the sub-county to reopen the register.",
        ),
    ],
)
def test_window_changes_to_the_second(now: datetime, expected: Window, sentence: str) -> None:
    said = window(Hours(), now)
    assert said.window is expected
    assert said.sentence.spoken() == sentence


def test_day_in_a_window_is_said_in_the_language_too() -> None:
    kiswahili = {
        "Marking opens at %(time)s.": "Alama zinaanza %(time)s.",
        "%(time)s on %(day)s": "%(time)s siku ya %(day)s",
        "Mon": "Jumatatu",
    }
    said = window(Hours(), OPENS - timedelta(days=1)).sentence
    assert said.spoken() == "Marking opens at 06:00 on Mon 2 Nov."
    heard = said.spoken(lambda words: kiswahili.get(words, words))
    assert heard == "Alama zinaanza 06:00 siku ya Jumatatu 2 Nov."
    refused = RuleBroken("marking-not-open", said.message, facts=said.facts)
    assert refused.spoken(lambda words: kiswahili.get(words, words)) == heard
    assert refused.as_problem()["facts"] == {"time": "06:00 on Mon 2 Nov"}


def test_window_speaks_the_language_of_the_translator() -> None:
    said = window(Hours(), OPENS).sentence.spoken({"Submit by %(time)s.": "Kabla ya %(time)s."}.get)
    assert said == "Kabla ya 09:00."


def test_calendar_day_of_the_policy_serves_as_marking_hours() -> None:
    assert PolicyDay.__dataclass_fields__.keys() >= {"opens_at", "submit_by", "closes_at"}


def test_first_marking_keeps_to_the_hours() -> None:
    closed = window(Hours(), CLOSES)
    assert marking_bar(None, closed, was_submitted=False) == closed.sentence
    assert marking_bar(R.OPEN, closed, was_submitted=False) == closed.sentence
    assert marking_bar(R.OPEN, window(Hours(), DUE), was_submitted=False) is None


def test_own_submission_is_corrected_within_the_hours_only() -> None:
    assert marking_bar(R.SUBMITTED, window(Hours(), DUE), was_submitted=True) is None
    closed = window(Hours(), CLOSES)
    assert marking_bar(R.SUBMITTED, closed, was_submitted=True) == closed.sentence


def test_register_sent_back_may_be_corrected_after_the_hours() -> None:
    closed = window(Hours(), CLOSES)
    assert marking_bar(R.RETURNED, closed, was_submitted=True) is None
    assert marking_bar(R.OPEN, closed, was_submitted=True) is None
    assert is_correction(R.OPEN, was_submitted=True)
    assert not is_correction(R.SUBMITTED, was_submitted=True)


@pytest.mark.parametrize("state", [R.CONFIRMED, R.LOCKED])
def test_settled_register_is_not_marked_even_within_the_hours(state: RegisterState) -> None:
    bar = marking_bar(state, window(Hours(), DUE), was_submitted=True)
    assert bar is not None
    assert str(state) in bar.spoken()
