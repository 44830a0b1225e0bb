"""Jobs of the queue on results: claimed by one worker at a time, telling how far they are."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from app import clock
from app.access.models import User
from app.db.vault import Vault
from app.errors import RuleBroken
from app.permissions import require
from app.results.models import ResultFile
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor
from app.words import N_

Block = list[tuple[int, list[str]]]
Read = Callable[[bytes, str, int], Iterator[Block]]
"""(file, format, row of the headings) -> the rows below, in blocks."""
Tell = Callable[[str, int], None]

EVERY_SECONDS = 0.5
_WAIT = (
    text("SET LOCAL lock_timeout = 0"),
    text("SET LOCAL statement_timeout = '30min'"),
    text("SET LOCAL idle_in_transaction_session_timeout = '30min'"),
    text("SET LOCAL work_mem = '64MB'"),
)
_CLAIM = text("SELECT pg_advisory_xact_lock(hashtext(:what), :number)")
_SYSTEM = text("SELECT set_config('app.scope_kind', 'system', true)")
_TELL_FILE = text(
    "UPDATE result_file SET phase = :phase, rows_done = :rows WHERE id = :id AND run = :run"
    " AND state IN ('checking', 'storing')"
)
_TELL_RELEASE = text("UPDATE result_release SET phase = :phase, rows_done = :rows WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Job:
    """Which file, and which of its runs: a job for an earlier run does nothing."""

    file_id: int
    run: int


class Head(Protocol):
    """What a look at a file gives: its headings, the row they stand in, and the first rows."""

    @property
    def row(self) -> int: ...
    @property
    def headings(self) -> tuple[str, ...]: ...
    @property
    def first(self) -> tuple[tuple[int, list[str]], ...]: ...


def silent(_phase: str, _rows: int) -> None:
    """For jobs that nobody watches."""


@dataclass(frozen=True)
class Tools:
    """What a job needs from outside the house: keys, the reader of files, who hears of progress."""

    vault: Vault
    read: Read
    tell: Tell = silent


class BrokenOff(Exception):  # noqa: N818 (somebody discarded the file: not an error)
    """The file was given up, or another job took this one's place."""


def be_patient(session: Any) -> None:
    """A job may take long, and waits for whoever has what it needs."""
    for patience in _WAIT:
        session.execute(patience)


def claim(session: Any, what: str, number: int) -> None:
    """Waits until no other worker has it; held until the transaction ends."""
    be_patient(session)
    session.execute(_CLAIM, {"what": what, "number": number})


def claimed_file(session: Any, job: Job, state: str) -> ResultFile | None:
    """The file, while no other worker has it; None when it is not in the state, or run, any more."""
    claim(session, "result_file", job.file_id)
    found: ResultFile | None = session.scalars(
        select(ResultFile)
        .where(ResultFile.id == job.file_id, ResultFile.run == job.run, ResultFile.state == state)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return found


def asker(session: Any, user_id: int | None, act: str) -> Actor:
    """Who asked for the job, as they may act today. Raises RuleBroken for an account that is gone."""
    user = session.get(User, user_id) if user_id else None
    if user is None or not user.active:
        raise RuleBroken(
            "asker-gone", N_("The account that asked for this is not active any more.")
        )
    _scope, roles = resolve(session, user, today=clock.today())
    actor = actor_for(user, roles, session_id=None, request_id=str(uuid.uuid4()))
    require(actor, "results", act)
    return actor


def telling_file(url: Any, job: Job) -> Tell:
    """Writes how far a file's job is, beside its transaction; raises BrokenOff when nobody waits."""
    return _telling(url, _TELL_FILE, {"id": job.file_id, "run": job.run})


def telling_release(url: Any, release_id: int) -> Tell:
    """Writes how far a release's job is, beside its transaction."""
    return _telling(url, _TELL_RELEASE, {"id": release_id})


def _telling(url: Any, statement: Any, which: dict[str, int]) -> Tell:
    engine = create_engine(url, poolclass=NullPool)
    last: tuple[float, str] = (0.0, "")

    def tell(phase: str, rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if phase == last[1] and now - last[0] < EVERY_SECONDS:
            return
        last = (now, phase)
        with engine.begin() as connection:
            connection.execute(_SYSTEM)
            told = connection.execute(statement, {**which, "phase": phase, "rows": rows})
            if told.rowcount == 0:
                raise BrokenOff

    return tell
