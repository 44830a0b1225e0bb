"""What a walk-in must say before it is stored, and what may become of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.attendance.enums import MarkStatus
from app.attendance.rules import LONGEST_REASON, MOST_MINUTES_LATE
from app.errors import IllegalMove, Problems, RuleBroken
from app.people import formats
from app.walk_ins.enums import NumberKind, WalkInState
from app.words import N_

MOST_A_DAY = 10
"""Entries of one centre on one day, withdrawn and refused ones included."""
LONGEST_WHY = 300

STATE_WORDS: Mapping[WalkInState, str] = {
    WalkInState.PROVISIONAL: N_("Provisional"),
    WalkInState.ACCEPTED: N_("Accepted"),
    WalkInState.REFUSED: N_("Refused"),
    WalkInState.WITHDRAWN: N_("Withdrawn"),
}
_REFUSALS: Mapping[WalkInState, str] = {
    WalkInState.ACCEPTED: N_("This walk-in was accepted already."),
    WalkInState.REFUSED: N_("This walk-in was refused already."),
    WalkInState.WITHDRAWN: N_("The centre withdrew this entry."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the centre says of somebody at work who is not on its roster."""

    kind: str
    number: str
    role_id: int | None
    name: str
    why: str
    status: str = str(MarkStatus.PRESENT)
    minutes_late: int | None = None
    late_reason: str | None = None
    marked_by: int | None = None


def refuse_decided(state: WalkInState) -> None:
    """IllegalMove unless the entry still waits: it is decided, or withdrawn, once."""
    if state is not WalkInState.PROVISIONAL:
        raise IllegalMove("walk-in-decided", _REFUSALS[state], facts={"state": str(state)})


def is_overdue(state: WalkInState, day: dt.date, today: dt.date) -> bool:
    """Whether an entry of an earlier day still waits for its decision."""
    return state is WalkInState.PROVISIONAL and day < today


def checked(entry: Entry) -> Entry:
    """The entry with every value in its normal form; raises RuleBroken with all its faults."""
    faults = Problems()
    number = _number(entry, faults)
    name = _given(formats.person_name, entry.name, "name", faults)
    why = " ".join(entry.why.split())
    if not why:
        faults.add("why-missing", N_("Write why they are here."), field="why")
    elif len(why) > LONGEST_WHY:
        said = N_("Shorten this to %(most)s characters.")
        faults.add("too-long", said, field="why", facts={"most": LONGEST_WHY})
    if entry.role_id is None:
        faults.add("role-missing", N_("Choose the role they work in."), field="role")
    late = entry.status == MarkStatus.LATE
    _check_mark(entry, faults)
    faults.refuse_if_any()
    return Entry(
        kind=entry.kind,
        number=number,
        role_id=entry.role_id,
        name=name,
        why=why,
        status=entry.status,
        minutes_late=entry.minutes_late if late else None,
        late_reason=(entry.late_reason or None) if late else None,
        marked_by=entry.marked_by,
    )


def _number(entry: Entry, faults: Problems) -> str:
    if entry.kind == NumberKind.NATIONAL_ID:
        return _given(formats.national_id, entry.number, "number", faults)
    if entry.kind == NumberKind.MOBILE:
        return _given(formats.mobile, entry.number, "number", faults)
    said = N_("Choose the identity number or the mobile number.")
    faults.add("number-kind", said, field="kind")
    return ""


def _given(form: Callable[..., str], text: str, field: str, faults: Problems) -> str:
    try:
        return form(text, field=field)
    except RuleBroken as wrong:
        faults.add(wrong.code, wrong.message, field=field, facts=wrong.facts)
        return ""


def _check_mark(entry: Entry, faults: Problems) -> None:
    if entry.status not in (MarkStatus.PRESENT, MarkStatus.LATE):
        said = N_("Somebody at work is present or late.")
        faults.add("mark-unknown", said, field="status")
    if entry.status != MarkStatus.LATE:
        return
    if not 1 <= (entry.minutes_late or 0) <= MOST_MINUTES_LATE:
        said = N_("Write how many minutes late, from 1 to 600.")
        faults.add("late-minutes", said, field="minutes")
    if not entry.late_reason:
        faults.add("late-reason", N_("Choose why they were late."), field="late_reason")
    elif len(entry.late_reason) > LONGEST_REASON:
        said = N_("Shorten this to %(most)s characters.")
        faults.add("too-long", said, field="late_reason", facts={"most": LONGEST_REASON})
