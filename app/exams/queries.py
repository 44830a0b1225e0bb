"""Reads of the season's rules, as the frozen values that the pure rules take."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row, select

from app.exams import models, policy
from app.exams.enums import DayKind, RuleBasis
from app.places.models import County

_COLUMNS = (
    "fixed",
    "candidates_per",
    "extra",
    "extra_over",
    "basis",
    "day_kinds",
    "assumed",
    "effective_from",
    "effective_to",
    "source",
)


def ratio_rules(session: Any, examination_id: int) -> tuple[policy.RatioRule, ...]:
    """Every dated ratio rule of an examination, oldest first."""
    return tuple(ratio_rules_by_id(session, examination_id).values())


def ratio_rules_by_id(session: Any, examination_id: int) -> dict[int, policy.RatioRule]:
    """The same rules by the key of their row, in the same order."""
    rule, role = models.RatioRule, models.StaffRole
    rows = session.execute(
        select(
            rule.id,
            role.code.label("role_code"),
            County.code.label("county_code"),
            *(getattr(rule, name) for name in _COLUMNS),
        )
        .join(role, role.id == rule.role_id)
        .outerjoin(County, County.id == rule.county_id)
        .where(rule.examination_id == examination_id)
        .order_by(rule.effective_from, rule.id)
    )
    return {row.id: _value(row) for row in rows}


def _value(row: Row[Any]) -> policy.RatioRule:
    return policy.RatioRule(
        role_code=row.role_code,
        fixed=row.fixed,
        candidates_per=row.candidates_per,
        effective_from=row.effective_from,
        source=row.source,
        extra=row.extra,
        extra_over=row.extra_over,
        basis=RuleBasis(row.basis),
        county_code=row.county_code,
        day_kinds=frozenset(DayKind(kind) for kind in row.day_kinds),
        assumed=row.assumed,
        effective_to=row.effective_to,
    )


def series_on(session: Any, day: dt.date) -> int | None:
    """The id of the running series that a day belongs to, else of the latest running one.

    None where no series runs. Where several run on the day, the longest has it.
    """
    series = models.Series
    holds = (series.starts_on <= day) & (series.ends_on >= day)
    found: int | None = session.execute(
        select(series.id)
        .where(series.status == "running")
        .order_by(holds.desc(), (series.ends_on - series.starts_on).desc(), series.id.desc())
        .limit(1)
    ).scalar()
    return found
