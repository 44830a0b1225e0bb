"""What a mark must say before it may be stored, and where two people's marks differ."""

from __future__ import annotations

import pytest

from app.attendance.enums import MarkStatus
from app.attendance.rules import GivenMark, check_marks, differences, tidy
from app.errors import RuleBroken

PRESENT, LATE, ABSENT = MarkStatus.PRESENT, MarkStatus.LATE, MarkStatus.ABSENT
NAMES = {1: "Achieng", 2: "Brian", 3: "Collins"}


def faults(
    *marks: GivenMark, complete: bool = False, late_reason: bool = False
) -> list[tuple[str, str | None]]:
    try:
        check_marks(marks, NAMES, complete=complete, late_reason=late_reason)
    except RuleBroken as refusal:
        return [(one.code, one.field) for one in refusal.problems]
    return []


def test_everybody_present_is_complete() -> None:
    assert faults(*(GivenMark(i, PRESENT) for i in NAMES), complete=True) == []


def test_somebody_left_out_of_a_submit_is_named_in_the_order_of_the_rows() -> None:
    with pytest.raises(RuleBroken) as refusal:
        check_marks([GivenMark(2, PRESENT)], NAMES, complete=True)
    assert refusal.value.facts == {
        "missing": [
            {"deployment_id": 1, "name": "Achieng"},
            {"deployment_id": 3, "name": "Collins"},
        ]
    }


def test_saving_may_leave_people_out() -> None:
    assert faults(GivenMark(2, PRESENT)) == []


def test_somebody_of_another_register_is_refused() -> None:
    assert faults(GivenMark(9, PRESENT)) == [("not-on-register", "status-9")]


def test_somebody_marked_twice_is_refused() -> None:
    assert faults(GivenMark(1, PRESENT), GivenMark(1, ABSENT)) == [("mark-twice", "marks")]


@pytest.mark.parametrize("minutes", [None, 0, 601])
def test_late_needs_minutes_from_1_to_600(minutes: int | None) -> None:
    late = GivenMark(1, LATE, minutes_late=minutes, reason="Transport")
    assert faults(late) == [("late-minutes", "minutes-1")]


@pytest.mark.parametrize("minutes", [1, 600])
def test_late_with_minutes_and_reason_is_stored(minutes: int) -> None:
    assert faults(GivenMark(1, LATE, minutes_late=minutes, reason="Transport")) == []


@pytest.mark.parametrize("reason", [None, "", "  \t"])
def test_page_asks_why_somebody_was_late(reason: str | None) -> None:
    late = GivenMark(1, LATE, minutes_late=5, reason=reason)
    assert faults(late, late_reason=True) == [("late-reason", "reason-1")]


def test_program_may_leave_out_why_somebody_was_late() -> None:
    assert faults(GivenMark(1, LATE, minutes_late=5)) == []


def test_absent_needs_no_reason() -> None:
    assert faults(GivenMark(1, ABSENT)) == []


def test_long_words_are_refused_with_their_field() -> None:
    wordy = GivenMark(1, ABSENT, reason="r" * 201, remark="m" * 301)
    assert faults(wordy) == [("too-long", "reason-1"), ("too-long", "remark-1")]


def test_every_fault_is_said_at_once() -> None:
    found = faults(GivenMark(1, LATE), GivenMark(9, PRESENT), complete=True)
    assert found == [
        ("marks-missing", "marks"),
        ("late-minutes", "minutes-1"),
        ("not-on-register", "status-9"),
    ]


def test_present_carries_neither_minutes_nor_reason() -> None:
    said = GivenMark(1, PRESENT, minutes_late=5, reason="Transport", remark=" Helped\nout ")
    assert tidy(said) == GivenMark(1, PRESENT, remark="Helped out")


def test_absent_carries_no_minutes() -> None:
    assert tidy(GivenMark(1, ABSENT, minutes_late=5)) == GivenMark(1, ABSENT)


def test_control_characters_never_reach_a_remark() -> None:
    assert tidy(GivenMark(1, ABSENT, remark="a\x00b\u202ec")).remark == "a b c"


def test_only_rows_that_say_something_else_differ() -> None:
    mine = [GivenMark(1, PRESENT), GivenMark(2, ABSENT), GivenMark(3, PRESENT)]
    theirs = {1: GivenMark(1, PRESENT), 2: GivenMark(2, PRESENT)}
    found = differences(mine, theirs)
    assert [(one.mine, one.theirs) for one in found] == [(mine[1], theirs[2])]
