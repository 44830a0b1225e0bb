"""The version of the notice in force, the periods in force, and what they would remove now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, text

from app import clock
from app.privacy.models import PrivacyNotice, RetentionPeriod, RetentionRun
from app.privacy.rules import RULES, RetentionRule


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule with the period that holds today; `days` is None where none does, and then the rule
    removes nothing."""

    rule: RetentionRule
    days: int | None
    legal_basis: str = ""
    effective_from: dt.date | None = None

    @property
    def bounds(self) -> dict[str, Any]:
        """What the rule's SQL asks for: the real moment and the office day that lie this far back."""
        back = dt.timedelta(days=self.days or 0)
        return {"before": clock.real_now() - back, "day": clock.today() - back}


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows a rule would remove now, and how many it removed last."""

    kept: Kept
    rows: int
    last_rows: int | None = None
    last_at: dt.datetime | None = None


def notice_in_force(session: Any, day: dt.date) -> PrivacyNotice | None:
    """The newest version of the notice that holds on this day."""
    found: PrivacyNotice | None = session.scalars(
        select(PrivacyNotice)
        .where(PrivacyNotice.effective_from <= day)
        .order_by(PrivacyNotice.effective_from.desc())
        .limit(1)
    ).first()
    return found


def periods_in_force(session: Any, day: dt.date) -> list[Kept]:
    """Every rule with its period of this day, in the order in which they are applied."""
    rows = session.scalars(
        select(RetentionPeriod).where(
            RetentionPeriod.effective_from <= day,
            or_(RetentionPeriod.effective_to.is_(None), RetentionPeriod.effective_to >= day),
        )
    )
    found = {row.rule: row for row in rows}
    return [
        Kept(rule, row.keep_days, row.legal_basis, row.effective_from)
        if (row := found.get(code)) is not None
        else Kept(rule, None)
        for code, rule in RULES.items()
    ]


def rows_due(session: Any, kept: Kept) -> int:
    """How many rows the rule would remove now; none without a period."""
    if kept.days is None:
        return 0
    statement = text(f"SELECT count(*) FROM {kept.rule.table} WHERE {kept.rule.due}")  # noqa: S608
    return int(session.execute(statement, kept.bounds).scalar_one())


def dry_run(session: Any) -> list[Due]:
    """What the next run would remove, rule by rule, with what the last one did."""
    newest = (
        select(RetentionRun.rule, func.max(RetentionRun.id).label("id"))
        .group_by(RetentionRun.rule)
        .subquery()
    )
    last = {
        run.rule: run
        for run in session.scalars(
            select(RetentionRun).join(newest, newest.c.id == RetentionRun.id)
        )
    }
    return [
        Due(
            kept,
            rows_due(session, kept),
            last[kept.rule.code].rows if kept.rule.code in last else None,
            last[kept.rule.code].finished_at if kept.rule.code in last else None,
        )
        for kept in periods_in_force(session, clock.today())
    ]
