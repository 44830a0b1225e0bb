"""Applies the retention periods: rows whose time is over are deleted, wiped or made anonymous.

In batches with a transaction each, so that a run that dies has done whole batches and the next one
goes on. What was removed is counted in `retention_run` and said in an event; nothing says what it was.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CursorResult, text

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.privacy.enums import How
from app.privacy.models import RetentionRun
from app.privacy.queries.periods import Kept, periods_in_force
from app.privacy.services.anonymous import anonymise
from app.scoping.scope import system_actor

BATCH = 1000
JOB = "privacy.retention"


def apply_periods(session: Any) -> dict[str, int]:
    """Applies every rule that has a period today; returns how many rows each removed."""
    return {
        kept.rule.code: apply_rule(session, kept)
        for kept in periods_in_force(session, clock.today())
        if kept.days is not None
    }


def apply_rule(session: Any, kept: Kept, *, batch: int = BATCH) -> int:
    """Removes every row that is due by one rule, and writes the run down."""
    started, removed = clock.real_now(), 0
    while True:
        with unit_of_work(session):
            done = _batch(session, kept, batch)
            removed += done
            if done < batch:
                _write_down(session, kept, removed, started)
                return removed


def _batch(session: Any, kept: Kept, batch: int) -> int:
    rule, bounds = kept.rule, kept.bounds | {"most": batch}
    if rule.how is How.ANONYMISED:
        ids = [row.id for row in session.execute(text(_due(kept, "id")), bounds)]
        for officer_id in ids:
            anonymise(session, system_actor(JOB), officer_id, reason=rule.code)
        return len(ids)
    if rule.first:
        return _with_parts(session, kept, bounds)
    due = f"ctid IN ({_due(kept, 'ctid')})"
    return _changed(session, _statement(kept, due), bounds)


def _due(kept: Kept, column: str) -> str:
    """The SQL that finds and locks the rows of a batch; what somebody holds waits for the next run."""
    rule = kept.rule
    return (
        f"SELECT {column} FROM {rule.table} WHERE {rule.due}"  # noqa: S608
        " LIMIT :most FOR UPDATE SKIP LOCKED"
    )


def _with_parts(session: Any, kept: Kept, bounds: dict[str, Any]) -> int:
    """A row with the rows that hang on it, which go before it."""
    rule = kept.rule
    ids = [row.id for row in session.execute(text(_due(kept, "id")), bounds)]
    for table, column in rule.first:
        session.execute(
            text(f"DELETE FROM {table} WHERE {column} = ANY (:ids)"),  # noqa: S608
            {"ids": ids},
        )
    return _changed(session, _statement(kept, "id = ANY (:ids)"), {"ids": ids})


def _statement(kept: Kept, where: str) -> str:
    """The SQL of a rule over some of its rows; tables and conditions are fixed text of `rules`."""
    rule = kept.rule
    if rule.how is How.DELETED:
        return f"DELETE FROM {rule.table} WHERE {where}"  # noqa: S608
    return f"UPDATE {rule.table} SET {rule.sets} WHERE {where}"  # noqa: S608


def _changed(session: Any, statement: str, bounds: dict[str, Any]) -> int:
    done: CursorResult[Any] = session.execute(text(statement), bounds)
    return done.rowcount


def _write_down(session: Any, kept: Kept, removed: int, started: Any) -> None:
    session.add(
        RetentionRun(
            run_on=clock.today(),
            rule=kept.rule.code,
            keep_days=kept.days,
            rows=removed,
            started_at=started,
        )
    )
    session.flush()
    if removed:
        after = {"rows": removed, "keep_days": kept.days}
        subject = Subject("retention_period", kept.rule.code)
        record(session, system_actor(JOB), "retention.applied", subject, after=after)
