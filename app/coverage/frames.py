"""Coverage as frames: posts required, people deployed, people present, and the gap between."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import pandas as pd

from app.attendance.counts import day_counts
from app.attendance.frames import is_counted, row_key
from app.deployments.counts import Calendar, deployed_periods, required_posts
from app.exams.slices import (
    Grain,
    Head,
    Slice,
    county_of_sub_county,
    days_of,
    heads_in,
)
from app.scoping.scope import Scope

COUNTED = ("required", "deployed", "gap", "present", "late", "absent")
COLUMNS = ("code", "name", "boundary", *COUNTED)


def coverage(session: Any, scope: Scope, part: Slice) -> pd.DataFrame:
    """Coverage of one part of a season, the widest gap first (days and roles in their own order).

    Grain: one row for each county, sub-county, centre, exam day or role, as `part.by` says.
    Columns: code, name, boundary (str); required, deployed, gap = posts nobody fills (Int64,
    people on the day, or person-days when the part has no day); present = present or late, late,
    absent (Int64, people; NA where no register was counted, which is not zero). Roles that the
    rules do not ask for on a day count as neither required nor deployed.
    """
    heads = heads_in(session, scope, part)
    calendar = Calendar(session, part.examination_id, days_of(session, part.series.id))
    counties = {id_: county for id_, (county, _) in county_of_sub_county(session).items()}
    posts = _posts(session, scope, part, (calendar, counties))
    people = _marked(session, scope, part, counties)
    rows = [_row(head, posts[head.key], people.get(head.key)) for head in heads]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.astype(dict.fromkeys(COUNTED, "Int64") | dict.fromkeys(COLUMNS[:3], "str"))
    if part.by is Grain.CENTRE:
        used = frame["required"].gt(0) | frame["deployed"].gt(0) | frame["present"].notna()
        frame = frame[used]
    return ranked(frame, part)


def ranked(frame: pd.DataFrame, part: Slice) -> pd.DataFrame:
    """The same rows, places ordered by gap (widest first), then by name and code."""
    if part.by not in {Grain.DAY, Grain.ROLE}:
        frame = frame.sort_values(["gap", "name", "code"], ascending=[False, True, True])
    return frame.reset_index(drop=True)


def _posts(
    session: Any, scope: Scope, part: Slice, known: tuple[Calendar, dict[int, int]]
) -> defaultdict[Any, Counter[str]]:
    """Row key -> required and deployed person-days on the days of the part."""
    calendar, counties = known
    keys = ["sub_county_id", "role_id", *(["centre_id"] if part.by is Grain.CENTRE else [])]
    duty = _Duty(calendar, part)
    counted: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    always = (dt.date.min, dt.date.max)
    for row in required_posts(session, scope, part, *keys):
        days = duty.days(row.role_id, counties.get(row.sub_county_id), always)
        _add(counted, "required", row, (row.required, days), (part, counties))
    for row in deployed_periods(session, scope, part, *keys):
        span = (row.starts_on, row.ends_on)
        days = duty.days(row.role_id, counties.get(row.sub_county_id), span)
        _add(counted, "deployed", row, (row.people, days), (part, counties))
    return counted


def _add(
    counted: defaultdict[Any, Counter[str]],
    name: str,
    row: Any,
    amount: tuple[int, tuple[dt.date, ...]],
    where: tuple[Slice, dict[int, int]],
) -> None:
    """Adds people for each of the days: to each day's row in a trend, else to the place's."""
    people, days = amount
    if where[0].by is Grain.DAY:
        for day in days:
            counted[day][name] += people
    else:
        counted[row_key(row, *where)][name] += people * len(days)


class _Duty:
    """The days of a part on which a role is asked for: the day itself, a trend's, or all so far."""

    def __init__(self, calendar: Calendar, part: Slice) -> None:
        self.calendar, self.part = calendar, part
        self._known: dict[tuple[Any, ...], tuple[dt.date, ...]] = {}

    def days(
        self, role_id: int, county_id: int | None, span: tuple[dt.date, dt.date]
    ) -> tuple[dt.date, ...]:
        key = (role_id, county_id, *span)
        if key not in self._known:
            duty = self.calendar.duty_days(role_id, county_id)
            self._known[key] = tuple(
                day for day in duty if span[0] <= day <= span[1] and self._counts(day)
            )
        return self._known[key]

    def _counts(self, day: dt.date) -> bool:
        if self.part.day is not None:
            return day == self.part.day
        return self.part.by is Grain.DAY or day <= self.part.today


def _marked(
    session: Any, scope: Scope, part: Slice, counties: dict[int, int]
) -> dict[Any, Counter[str]]:
    """Row key -> present, late, absent of the registers that say anything."""
    keys = {
        Grain.CENTRE: ("centre_id", "state"),
        Grain.DAY: ("day", "state"),
        Grain.ROLE: ("role_id", "state"),
    }.get(part.by, ("sub_county_id", "state"))
    counted: dict[Any, Counter[str]] = {}
    for row in day_counts(session, scope, part, *keys):
        if is_counted(row):
            sums = counted.setdefault(row_key(row, part, counties), Counter())
            sums.update(present=row.present, late=row.late, absent=row.absent)
    return counted


def _row(head: Head, posts: Counter[str], people: Counter[str] | None) -> tuple[Any, ...]:
    required, deployed = posts["required"], posts["deployed"]
    marked: tuple[int | None, ...] = (None, None, None)
    if people is not None:
        marked = (people["present"] + people["late"], people["late"], people["absent"])
    gap = max(required - deployed, 0)
    return (head.code, head.name, head.boundary, required, deployed, gap, *marked)
