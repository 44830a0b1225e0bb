"""What an entry of somebody without a deployment must say, and that it is decided once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.errors import IllegalMove, RuleBroken
from app.walk_ins.enums import WalkInState
from app.walk_ins.rules import LONGEST_WHY, Entry, checked, is_overdue, refuse_decided

TODAY = dt.date(2026, 11, 11)
GOOD = Entry(
    kind="mobile",
    number="0712 345 678",
    role_id=3,
    name="Achieng  Otieno",
    why=" Sent by the  director ",
    marked_by=7,
)


def faults(entry: Entry) -> set[tuple[str, str | None]]:
    with pytest.raises(RuleBroken) as refused:
        checked(entry)
    return {(one.code, one.field) for one in refused.value.problems}


def test_values_are_stored_in_their_normal_form() -> None:
    found = checked(GOOD)
    assert (found.number, found.name, found.why) == (
        "254712345678",
        "Achieng Otieno",
        "Sent by the director",
    )
    assert checked(replace(GOOD, kind="national_id", number=" 2812 3456 ")).number == "28123456"


def test_all_faults_are_said_at_once() -> None:
    bad = Entry(kind="mobile", number="12", role_id=None, name="Juma", why=" ", status="late")
    assert faults(bad) == {
        ("mobile-number", "number"),
        ("one-name", "name"),
        ("why-missing", "why"),
        ("role-missing", "role"),
        ("late-minutes", "minutes"),
        ("late-reason", "late_reason"),
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": ""}, ("number-kind", "kind")),
        ({"kind": "kra_pin"}, ("number-kind", "kind")),
        ({"kind": "national_id", "number": "12345"}, ("national-id", "number")),
        ({"status": "absent"}, ("mark-unknown", "status")),
        ({"why": "x" * (LONGEST_WHY + 1)}, ("too-long", "why")),
        (
            {"status": "late", "minutes_late": 601, "late_reason": "Transport"},
            ("late-minutes", "minutes"),
        ),
    ],
)
def test_each_fault_names_its_field(changes: dict[str, object], fault: tuple[str, str]) -> None:
    assert faults(replace(GOOD, **changes)) == {fault}  # type: ignore[arg-type]


def test_somebody_present_keeps_no_minutes() -> None:
    found = checked(replace(GOOD, minutes_late=20, late_reason="Transport"))
    assert (found.minutes_late, found.late_reason) == (None, None)


@pytest.mark.parametrize("state", list(WalkInState))
def test_only_a_provisional_entry_is_decided(state: WalkInState) -> None:
    if state is WalkInState.PROVISIONAL:
        refuse_decided(state)
        return
    with pytest.raises(IllegalMove) as refused:
        refuse_decided(state)
    assert refused.value.code == "walk-in-decided"


@pytest.mark.parametrize(
    ("state", "days_ago", "overdue"),
    [
        (WalkInState.PROVISIONAL, 0, False),
        (WalkInState.PROVISIONAL, 1, True),
        (WalkInState.ACCEPTED, 1, False),
        (WalkInState.REFUSED, 5, False),
    ],
)
def test_what_waits_from_an_earlier_day_is_overdue(
    state: WalkInState, days_ago: int, overdue: bool
) -> None:
    assert is_overdue(state, TODAY - dt.timedelta(days_ago), TODAY) is overdue
