"""What people do with an import: map its columns, store its good rows, break off, discard."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.errors import IllegalMove
from app.extensions import db
from app.imports.enums import Act, Kind, State
from app.imports.machine import moved
from app.imports.mapping import Choices, Mapped, headings_hash, refuse_impossible
from app.imports.models import ImportMapping, ListImport
from app.imports.services.files import note_event, wipe_file, wipe_lines, within_scope
from app.permissions import require
from app.scoping.scope import Actor, Scope, system_actor
from app.words import N_

CHECK, STORE = "imports.check", "imports.store"
KEPT_DAYS = 7
TELL = "tell"


def map_columns(
    scope: Scope, actor: Actor, import_id: int, *, mapping: Mapped, choices: Choices
) -> None:
    """Keeps the mapping, remembers it for the same headings, and asks for the check.

    Raises RuleBroken with every fault of the mapping.
    """
    require(actor, "imports", "map")
    with unit_of_work(db.session) as session:
        one = within_scope(session, scope, import_id, lock=True)
        after = moved(one.state, Act.CHECK)
        kind, own = Kind(one.kind), one.sub_county_id is not None
        refuse_impossible(kind, mapping, choices, columns=len(one.headings), own=own)
        one.mapping, one.choices = dict(mapping), choices.as_dict()
        _remember(session, actor, one)
        _ask(session, actor, one, after)
        defer(session, CHECK, import_id=one.id, run=one.run)
        note_event(session, actor, one, "import.mapped", {"mapping": dict(mapping)})


def ask_to_store(
    scope: Scope, actor: Actor, import_id: int, *, run: int, tell: bool = False
) -> None:
    """Asks the queue to store the good rows of the check that was read (`run`).

    `tell`: an SMS tells each new officer how to sign in.

    Raises IllegalMove when the list was checked again since.
    """
    require(actor, "imports", "apply")
    with unit_of_work(db.session) as session:
        one = within_scope(session, scope, import_id, lock=True)
        after = moved(one.state, Act.STORE)
        if one.run != run:
            raise IllegalMove(
                "import-moved-on",
                N_("The import has moved on meanwhile. Look at it again."),
            )
        one.choices = {**(one.choices or {}), TELL: tell}
        _ask(session, actor, one, after)
        defer(session, STORE, import_id=one.id, run=one.run)
        note_event(session, actor, one, "import.store_asked", {TELL: tell})


def break_off(scope: Scope, actor: Actor, import_id: int) -> None:
    """Stops the check or the storing that is under way; what it did so far is taken back."""
    require(actor, "imports", "check")
    with unit_of_work(db.session) as session:
        one = within_scope(session, scope, import_id, lock=True)
        one.state, one.phase = moved(one.state, Act.BREAK_OFF), None
        one.run += 1
        note_event(session, actor, one, "import.broken_off", {})


def discard(scope: Scope, actor: Actor, import_id: int) -> None:
    """Gives the import up: the file and its rows are wiped at once."""
    require(actor, "imports", "discard")
    with unit_of_work(db.session) as session:
        one = within_scope(session, scope, import_id, lock=True)
        one.state = moved(one.state, Act.DISCARD)
        one.run += 1
        wipe_file(session, one)
        wipe_lines(session, one)
        note_event(session, actor, one, "import.discarded", {})


def wipe_old() -> int:
    """Wipes files and rows of imports older than `KEPT_DAYS` days; returns how many.

    What was not stored by then is discarded; what is being stored is left alone.
    """
    actor = system_actor("imports")
    before = clock.real_now() - dt.timedelta(days=KEPT_DAYS)
    with unit_of_work(db.session) as session:
        old = session.scalars(
            select(ListImport)
            .where(
                ListImport.added_at < before,
                ListImport.wiped_at.is_(None),
                ListImport.state != str(State.STORING),
            )
            .order_by(ListImport.id)
            .with_for_update(skip_locked=True)
        ).all()
        for one in old:
            if one.state not in (State.STORED, State.REFUSED):
                one.state, one.run = str(State.DISCARDED), one.run + 1
            wipe_file(session, one)
            wipe_lines(session, one)
            note_event(session, actor, one, "import.wiped", {})
    return len(old)


def _ask(session: Any, actor: Actor, one: ListImport, after: State) -> None:
    """The queue's turn: a new run, which puts every earlier job out of work."""
    one.state, one.run = str(after), one.run + 1
    one.problem, one.phase, one.rows_checked = None, None, 0
    one.asked_by, one.asked_at, one.finished_at = actor.user_id, clock.real_now(), None
    session.flush()


def _remember(session: Any, actor: Actor, one: ListImport) -> None:
    values = {"mapping": one.mapping, "choices": one.choices, "saved_by": actor.user_id}
    row = {
        "kind": one.kind,
        "headings_hash": headings_hash(Kind(one.kind), one.headings),
        "sub_county_id": one.sub_county_id,
    }
    session.execute(
        insert(ImportMapping)
        .values(**row, **values)
        .on_conflict_do_update(
            index_elements=["kind", "headings_hash", "sub_county_id"],
            set_={**values, "saved_at": text("clock_timestamp()")},
        )
    )
