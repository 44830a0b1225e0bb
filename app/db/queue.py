"""The queue of long work in PostgreSQL: jobs are deferred in the caller's own transaction.

A job that is deferred exists when the unit of work commits, and never otherwise. Jobs name ids,
never a person's data. Tasks are registered in `app.tasks` and by the doors; the worker runs them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import procrastinate
from procrastinate import PsycopgConnector

__all__ = ["DEFAULT", "URGENT", "NewJob", "defer", "defer_all", "queue_at"]

DEFAULT, URGENT = 0, 10
_unopened = procrastinate.App(connector=PsycopgConnector())


def defer(
    session: Any,
    task: str,
    *,
    at: dt.datetime | None = None,
    once: str | None = None,
    lock: str | None = None,
    priority: int = DEFAULT,
    **arguments: Any,
) -> None:
    """Puts a job for the task of this name on the queue, in the session's transaction.

    `at` is the real moment before which it does not start. `once`: while a job with this text
    waits, no second one is added. Jobs of one `lock` never run at the same time.
    """
    connection = session.connection().connection.dbapi_connection
    if once is not None and _waits(connection, once):
        return
    _unopened.configure_task(
        task,
        schedule_at=at,
        queueing_lock=once,
        lock=lock,
        priority=priority,
        connection=connection,
    ).defer(**arguments)


@dataclass(frozen=True, slots=True)
class NewJob:
    """One of many jobs; `once` is a text that no other job has, since it is not looked for."""

    once: str
    arguments: dict[str, Any]
    at: dt.datetime | None = None


def defer_all(session: Any, task: str, jobs: Sequence[NewJob], *, priority: int = DEFAULT) -> None:
    """Puts many jobs for one task on the queue with one statement, in the session's transaction."""
    if not jobs:
        return
    connection = session.connection().connection.dbapi_connection
    made = [
        _unopened.configure_task(
            task, schedule_at=one.at, queueing_lock=one.once, priority=priority
        ).make_new_job(**one.arguments)
        for one in jobs
    ]
    _unopened.job_manager.batch_defer_jobs(made, connection=connection)


def _waits(connection: Any, once: str) -> bool:
    """True when a job with this text waits; two at one moment are kept apart by a lock."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('queue'), hashtext(%s))", [once])
    found = connection.execute(
        "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", [once]
    ).fetchone()
    return found is not None


def queue_at(database_url: str) -> procrastinate.App:
    """The queue as the worker opens it, with its own small pool of connections."""
    conninfo = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return procrastinate.App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=3))
