"""Counts of attendance from the tables that a submit keeps: centre_day and register, never marks.

Every function restricts first by the scope and then by the part asked for. A key is a column of
the summary (`sub_county_id`, `centre_id`, `day`, `role_id`, `state`) or `period`, the number that
`periods` gives to a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, select

from app.attendance.models import CentreDay, Register
from app.exams.slices import Slice
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

COUNTS = ("expected", "present", "late", "absent", "unmarked", "held")


def day_counts(
    session: Any,
    scope: Scope,
    part: Slice,
    *keys: str,
    periods: Mapping[dt.date, int] | None = None,
) -> Sequence[Row[Any]]:
    """One row for each combination of keys, then expected, present, late, absent, unmarked, held.

    With `periods`, only the days it names. With `as_of`, only registers submitted by then, as
    submitted or, where the SCDE had confirmed by then, confirmed.
    """
    columns = {key: getattr(CentreDay, key) for key in keys if key != "period"}
    if periods is not None:
        columns["period"] = case(*_cases(periods), else_=-1)
    if part.as_of is not None and "state" in columns:
        columns["state"] = case(
            (Register.confirmed_at <= part.as_of, "confirmed"), else_="submitted"
        )
    chosen = [columns[key].label(key) for key in keys]
    sums = [func.sum(getattr(CentreDay, name)).label(name) for name in COUNTS]
    statement = select(*chosen, *sums).group_by(*chosen)
    statement = _within(statement, CentreDay, scope, part)
    if part.role is not None:
        statement = statement.where(CentreDay.role_id == part.role.id)
    if periods is not None:
        statement = statement.where(CentreDay.day.in_(sorted(periods)))
    if part.as_of is not None:
        same = and_(Register.centre_id == CentreDay.centre_id, Register.day == CentreDay.day)
        statement = statement.join(Register, same).where(Register.submitted_at <= part.as_of)
    found: Sequence[Row[Any]] = session.execute(statement).all()
    return found


def registers(session: Any, scope: Scope, part: Slice, *keys: str) -> Sequence[Row[Any]]:
    """One row for each combination of keys (`state` among them or not), then `registers`.

    With `as_of`, the registers opened by then, in the state they had as far as their instants say.
    """
    columns = {key: getattr(Register, key) for key in keys}
    if part.as_of is not None and "state" in columns:
        columns["state"] = case(
            (Register.confirmed_at <= part.as_of, "confirmed"),
            (Register.submitted_at <= part.as_of, "submitted"),
            else_="open",
        )
    chosen = [columns[key].label(key) for key in keys]
    statement = select(*chosen, func.count(Register.id).label("registers")).group_by(*chosen)
    statement = _within(statement, Register, scope, part)
    if part.as_of is not None:
        statement = statement.where(Register.opened_at <= part.as_of)
    found: Sequence[Row[Any]] = session.execute(statement).all()
    return found


def newest_change(session: Any, scope: Scope, part: Slice) -> dt.datetime | None:
    """When a summary of this part last changed; None where nothing was ever counted."""
    statement = select(CentreDay.updated_at).order_by(CentreDay.updated_at.desc()).limit(1)
    statement = _within(statement, CentreDay, scope, part)
    found: dt.datetime | None = session.execute(statement).scalar()
    return found


def _within(statement: Select[Any], table: Any, scope: Scope, part: Slice) -> Select[Any]:
    statement = restrict(statement, table, scope).where(table.series_id == part.series.id)
    if part.day is not None:
        statement = statement.where(table.day == part.day)
    if part.sub_county_ids is not None:
        statement = statement.where(table.sub_county_id.in_(sorted(part.sub_county_ids)))
    if part.centre is not None:
        statement = statement.where(table.centre_id == part.centre.id)
    return statement


def _cases(periods: Mapping[dt.date, int]) -> list[tuple[Any, int]]:
    numbers = sorted(set(periods.values()))
    return [
        (CentreDay.day.in_(sorted(day for day, n in periods.items() if n == number)), number)
        for number in numbers
    ]
