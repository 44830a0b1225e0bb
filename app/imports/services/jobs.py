"""A job of the queue: one run of one import, claimed by one worker at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.access.models import User
from app.errors import RuleBroken
from app.imports.enums import State
from app.imports.models import ListImport
from app.imports.rules import Place, Places
from app.imports.services.files import within_scope
from app.permissions import require
from app.places.models import County, SubCounty
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, Scope
from app.words import N_

Block = list[tuple[int, list[str]]]
Read = Callable[[bytes, str, int], Iterator[Block]]
"""(file, format, row of the headings) -> the rows below, in blocks."""

_WAIT = (
    text("SET LOCAL lock_timeout = 0"),
    text("SET LOCAL statement_timeout = '15min'"),
    text("SET LOCAL idle_in_transaction_session_timeout = '15min'"),
)
_CLAIM = text("SELECT pg_advisory_xact_lock(hashtext('import'), :number)")
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('imports of a kind'), hashtext(:kind))")


@dataclass(frozen=True, slots=True)
class Job:
    """Which import, and which of its runs: a job for an earlier run does nothing."""

    import_id: int
    run: int


def claimed(session: Any, job: Job, state: State) -> ListImport | None:
    """The import, while no other worker has it; None when it is not in the state, or run, any more.

    Waits for a worker that has it, and then finds what that one made of it.
    """
    for patience in _WAIT:
        session.execute(patience)
    session.execute(_CLAIM, {"number": job.import_id})
    found: ListImport | None = session.scalars(
        select(ListImport)
        .where(
            ListImport.id == job.import_id,
            ListImport.run == job.run,
            ListImport.state == str(state),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    return found


def take_turn(session: Any, kind: str) -> None:
    """Waits until no other list of this kind is being stored."""
    session.execute(_TURN, {"kind": kind})


def asker(session: Any, one: ListImport, act: str) -> tuple[Scope, Actor]:
    """Who asked for the job, as they may act today. Raises RuleBroken for an account that is gone."""
    user = session.get(User, one.asked_by) if one.asked_by else None
    if user is None or not user.active:
        raise RuleBroken(
            "asker-gone", N_("The account that asked for this is not active any more.")
        )
    scope, roles = resolve(session, user, today=clock.today())
    actor = actor_for(user, roles, session_id=None, request_id=str(uuid.uuid4()))
    require(actor, "imports", act)
    within_scope(session, scope, one.id)
    return scope, actor


def places_for(session: Any, one: ListImport) -> Places:
    """Every sub-county by name, and the one that a director's list must keep to."""
    rows = session.execute(
        select(
            SubCounty.id,
            SubCounty.name,
            SubCounty.code,
            County.name,
            County.code,
            SubCounty.boundary_name,
        )
        .join(County, County.id == SubCounty.county_id)
        .order_by(SubCounty.id)
    )
    everywhere = tuple(Place(*row) for row in rows)
    own = next((place for place in everywhere if place.id == one.sub_county_id), None)
    return Places(everywhere, own)
