"""Attendance as frames: rates from submitted registers, and how the registers stand."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import pandas as pd

from app.attendance.counts import day_counts, registers
from app.attendance.enums import RegisterState
from app.deployments.counts import Calendar, centres_due
from app.exams.slices import Grain, Head, Slice, county_of_sub_county, days_of, heads_in
from app.scoping.scope import Scope

STATES = tuple(str(state) for state in RegisterState)
PEOPLE = ("expected", "present", "late", "absent")
REGISTERS = ("due", "not_opened", *STATES)
COLUMNS = ("code", "name", "boundary", *PEOPLE, "rate", *REGISTERS)


def attendance(session: Any, scope: Scope, part: Slice) -> pd.DataFrame:
    """Attendance of one part of a season, places with most registers not opened first.

    Grain: one row for each county, sub-county, centre, exam day or role, as `part.by` says.
    Columns: code, name, boundary (str); expected = people on the rosters of submitted registers,
    present = present or late, late, absent (Int64, people or person-days; NA where no register
    was submitted); rate = present / expected (Float64, 0 to 1, NA likewise); due = registers to
    keep, not_opened, open, submitted, confirmed, returned, locked (Int64, registers; NA for roles,
    which have none of their own, and not_opened is NA on days to come).
    """
    heads = heads_in(session, scope, part)
    counties = {id_: county for id_, (county, _) in county_of_sub_county(session).items()}
    people = _people(session, scope, part, counties)
    kept = _registers(session, scope, part, counties)
    rows = [_row(head, people.get(head.key), kept.get(head.key), part) for head in heads]
    whole = (*PEOPLE, *REGISTERS)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(COLUMNS[:3], "str"))
    frame["rate"] = frame["rate"].astype("Float64")
    if part.by is Grain.CENTRE:
        frame = frame[frame["due"].gt(0) | frame["expected"].notna()]
    if part.by not in {Grain.DAY, Grain.ROLE}:
        order = ["not_opened", "rate", "name", "code"]
        frame = frame.sort_values(order, ascending=[False, True, True, True])
    return frame.reset_index(drop=True)


def row_key(row: Any, part: Slice, counties: dict[int, int]) -> Any:
    """The key of the summary's row that a counted row belongs to."""
    if part.by is Grain.COUNTY:
        return counties.get(row.sub_county_id)
    column = {Grain.CENTRE: "centre_id", Grain.DAY: "day", Grain.ROLE: "role_id"}.get(
        part.by, "sub_county_id"
    )
    return getattr(row, column)


def is_counted(row: Any) -> bool:
    """Whether a counted row says anything: its registers were submitted, or something is marked."""
    return bool(row.state != RegisterState.OPEN or row.present + row.late + row.absent)


def _place_key(part: Slice) -> str:
    return {Grain.CENTRE: "centre_id", Grain.DAY: "day", Grain.ROLE: "role_id"}.get(
        part.by, "sub_county_id"
    )


def _people(
    session: Any, scope: Scope, part: Slice, counties: dict[int, int]
) -> dict[Any, Counter[str]]:
    """Row key -> expected, present, late and absent of submitted registers."""
    counted: dict[Any, Counter[str]] = {}
    for row in day_counts(session, scope, part, _place_key(part), "state"):
        if row.state != RegisterState.OPEN:
            sums = counted.setdefault(row_key(row, part, counties), Counter())
            sums.update({name: getattr(row, name) for name in PEOPLE})
    return counted


def _registers(
    session: Any, scope: Scope, part: Slice, counties: dict[int, int]
) -> dict[Any, Counter[str]]:
    """Row key -> registers by state, those due, and those that nobody opened."""
    if part.by is Grain.ROLE:
        return {}
    kept: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    for row in registers(session, scope, part, _place_key(part), "state"):
        kept[row_key(row, part, counties)][row.state] += row.registers
    calendar = Calendar(session, part.examination_id, days_of(session, part.series.id))
    keys = () if part.by is Grain.DAY else (_place_key(part),)
    for (*place, day), centres in centres_due(session, scope, part, calendar, *keys).items():
        if part.by is Grain.DAY or part.day is not None or day <= part.today:
            key = place[0] if place else day
            kept[counties.get(key) if part.by is Grain.COUNTY else key]["due"] += centres
    return kept


def _row(
    head: Head, people: Counter[str] | None, kept: Counter[str] | None, part: Slice
) -> tuple[Any, ...]:
    counts: tuple[Any, ...] = (None, None, None, None, None)
    if people is not None:
        worked, expected = people["present"] + people["late"], people["expected"]
        rate = worked / expected if expected else None
        counts = (expected, worked, people["late"], people["absent"], rate)
    return (head.code, head.name, head.boundary, *counts, *_standing(head, kept, part))


def _standing(head: Head, kept: Counter[str] | None, part: Slice) -> tuple[int | None, ...]:
    if part.by is Grain.ROLE:
        return (None,) * len(REGISTERS)
    found = kept or Counter()
    states = tuple(found[state] for state in STATES)
    day = head.key if isinstance(head.key, dt.date) else part.day
    to_come = day is not None and day > part.today
    due = max(found["due"], sum(states))
    return (due, None if to_come else due - sum(states), *states)
