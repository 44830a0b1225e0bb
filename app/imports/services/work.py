"""What the queue does with an import: look at the file, check every row, store the good ones.

Each job is one transaction: a worker that dies leaves nothing half stored, and the job is run
again. Checking stores nothing but what was found; storing checks everything afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app import clock
from app.db.retries import AGAIN, in_one_transaction
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import PortalError, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.imports.enums import Act, Kind, State
from app.imports.machine import moved
from app.imports.mapping import Plan, choices_of, guess, headings_hash, plan
from app.imports.models import (
    SEALED_ROWS,
    ImportFault,
    ImportLine,
    ImportMapping,
    ListImport,
)
from app.imports.rows import RowReader, sealing
from app.imports.services import centres, officers, schools, staging
from app.imports.services.files import (
    body_of,
    note_event,
    sealed_cells,
    wipe_file,
)
from app.imports.services.jobs import Block, Job, Read, asker, claimed, places_for, take_turn
from app.imports.services.progress import BrokenOff, Tell, silent
from app.people.services import sealed
from app.permissions import Role
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_actor
from app.words import N_

READING, COMPARING, STORING, FINISHING = "reading", "comparing", "storing", "finishing"
TAKEN = frozenset({"23505"})
"""What the database says where a number or code was stored by somebody else meanwhile."""


class Head(Protocol):
    """What a look at a file gives: its headings, the row they stand in, and the first rows."""

    @property
    def row(self) -> int: ...
    @property
    def headings(self) -> tuple[str, ...]: ...
    @property
    def first(self) -> tuple[tuple[int, list[str]], ...]: ...


@dataclass(frozen=True)
class Tools:
    """What a job needs from outside the house: keys, the reader of files, who hears of progress.

    `may_store` raises RuleBroken for what the asker may not store; `stored_officers` is told the
    ids of new officers in the job's transaction.
    """

    vault: Vault
    read: Read
    tell: Tell = silent
    may_store: Callable[[Actor, ListImport, dict[str, Any]], None] = lambda *_: None
    stored_officers: Callable[[Any, Actor, ListImport, Sequence[int]], None] = lambda *_: None


def look(vault: Vault, job: Job, head_of: Callable[[bytes, str], Head]) -> None:
    """Finds the headings, and the mapping: the remembered one, else a guess."""
    with unit_of_work(db.session) as session:
        one = claimed(session, job, State.RECEIVED)
        if one is None:
            return
        try:
            head = head_of(body_of(session, one, vault), one.format)
        except RuleBroken as refusal:
            one.state = moved(one.state, Act.REFUSE)
            one.problem = _problem(refusal)
            wipe_file(session, one)
            note_event(session, system_actor("imports"), one, "import.refused", {})
            return
        _keep_head(session, one, head, vault)
        one.state = moved(one.state, Act.LOOK)
        note_event(session, system_actor("imports"), one, "import.looked", {})


def _keep_head(session: Any, one: ListImport, head: Head, vault: Vault) -> None:
    import json

    one.headings, one.heading_row = list(head.headings), head.row
    rows = json.dumps([[number, cells] for number, cells in head.first], ensure_ascii=False)
    one.first_rows = vault.seal(rows, context=SEALED_ROWS)
    kind = Kind(one.kind)
    known = session.scalars(
        select(ImportMapping).where(
            ImportMapping.kind == one.kind,
            ImportMapping.headings_hash == headings_hash(kind, head.headings),
            ImportMapping.sub_county_id.is_not_distinct_from(one.sub_county_id),
        )
    ).one_or_none()
    one.mapping = known.mapping if known else guess(kind, head.headings)
    one.choices = (known.choices if known else None) or {}


def check_list(tools: Tools, job: Job) -> None:
    """Checks every row and keeps what was found; nothing else is stored."""
    try:
        with unit_of_work(db.session) as session:
            one = claimed(session, job, State.CHECKING)
            if one is not None:
                _scope, actor = asker(session, one, "check")
                run = _Run(session, one, tools)
                counts = run.examined(dry=True)
                run.keep_faults()
                _finish(session, one, Act.REPORT, counts)
                note_event(session, actor, one, "import.checked", _plain_counts(counts))
    except BrokenOff:
        return
    except PortalError as refusal:
        _give_back(job, State.CHECKING, refusal)


def store_list(tools: Tools, job: Job) -> None:
    """Checks every row again and stores the good ones, in one transaction.

    Tried again where somebody stored the same officer or centre at the same moment.
    """
    try:
        in_one_transaction(db.session, lambda: _store(db.session, tools, job), also=TAKEN)
    except BrokenOff:
        return
    except PortalError as refusal:
        _give_back(job, State.STORING, refusal)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in AGAIN | TAKEN:
            raise
        words = N_("Somebody stored the same at the same moment. Store the list again.")
        _give_back(job, State.STORING, RuleBroken("stored-meanwhile", words))


def _store(session: Any, tools: Tools, job: Job) -> None:
    one = claimed(session, job, State.STORING)
    if one is None:
        return
    take_turn(session, one.kind)
    scope, actor = asker(session, one, "apply")
    run = _Run(session, one, tools)
    counts = run.examined(dry=False)
    tools.may_store(actor, one, counts)
    run.store(scope, actor, counts)
    run.keep_faults()
    note_event(session, actor, one, "import.stored", _plain_counts(counts))
    tools.tell(FINISHING, counts["rows"])
    wipe_file(session, one)
    _finish(session, one, Act.FINISH, counts)


class _Run:
    """One pass over the file within one transaction."""

    def __init__(self, session: Any, one: ListImport, tools: Tools) -> None:
        self.session, self.one, self.tools = session, one, tools
        self.kind, self.choices = Kind(one.kind), choices_of(one.choices)
        self.own = one.sub_county_id
        self.body = body_of(session, one, tools.vault)
        self.new_officers: list[int] = []

    def _blocks(self) -> Iterator[Block]:
        return self.tools.read(self.body, self.one.format, self.one.heading_row or 1)

    def _plan(self) -> Plan:
        width, own = len(self.one.headings), self.own is not None
        return plan(self.kind, self.one.mapping, self.choices, width=width, own=own)

    def examined(self, *, dry: bool) -> dict[str, Any]:
        """Stages and checks every row; returns the counts. A dry run tries the posts and takes
        them back."""
        places = places_for(self.session, self.one)
        reader = RowReader(self._plan(), places, sealing(self.tools.vault, sealed))
        staging.open_tables(self.session, self.kind)
        rows = reader.staged(self._blocks(), lambda done: self.tools.tell(READING, done))
        staging.copy_rows(self.session, self.kind, rows)
        self.tools.tell(COMPARING, reader.rows)
        staging.copy_faults(self.session, reader.faults)
        if reader.rows == reader.left_out:
            raise RuleBroken("no-rows", N_("No row is left to bring in."))
        self._compare()
        found: dict[str, Any] = {"rows": reader.rows, "left_out": reader.left_out}
        if dry and self.kind in (Kind.CENTRES, Kind.CANDIDATES):
            found["posts"] = self._try_posts()
        return found | self._counts()

    def _compare(self) -> None:
        if self.kind is Kind.OFFICERS:
            officers.check(self.session, own=self.own)
        elif self.kind is Kind.SCHOOLS:
            schools.check(self.session)
        else:
            centres.check(
                self.session, self.kind, self.choices, series=self._series(), own=self.own
            )

    def _series(self) -> Series:
        series: Series = self.session.get(Series, self.one.series_id)
        return series

    def _counts(self) -> dict[str, Any]:
        by_kind = {Kind.OFFICERS: officers, Kind.SCHOOLS: schools}
        found: dict[str, Any] = by_kind.get(self.kind, centres).counts(self.session)
        number = staging.number_of
        found["rejected"] = number(self.session, "SELECT count(*) FROM incoming WHERE bad")
        found["warned"] = number(
            self.session, "SELECT count(DISTINCT row_number) FROM incoming_fault WHERE warning"
        )
        return found

    def _try_posts(self) -> list[dict[str, Any]]:
        """The posts before and after by role, tried and taken back; refused rows become faults."""
        trial = self.session.begin_nested()
        series_id: Any = self.one.series_id
        ids, hosts = centres.store(self.session, series_id)
        before = centres.posts_by_role(self.session, {*ids, *hosts})
        refused = centres.refused_posts(self.session, series_id, hosts)
        after = centres.posts_by_role(self.session, {*ids, *hosts})
        trial.rollback()
        self.session.expire_all()
        if refused:
            centres.note_refused(self.session, refused)
            centres.find_changes(self.session)
        roles = [*before, *(role for role in after if role not in before)]
        return [
            {"role": role, "before": before.get(role, 0), "after": after.get(role, 0)}
            for role in roles
        ]

    def store(self, scope: Scope, actor: Actor, counts: dict[str, Any]) -> None:
        """Stores the good rows under the asker's own scope."""
        self.tools.tell(STORING, counts["rows"])
        with scoped_as(self.session, scope):
            if self.kind is Kind.OFFICERS:
                self._store_officers(actor)
            elif self.kind is Kind.SCHOOLS:
                schools.store(self.session)
            else:
                self._store_centres(actor, counts)
        self.session.expire_all()
        self.tools.stored_officers(self.session, actor, self.one, self.new_officers)

    def _store_officers(self, actor: Actor) -> None:
        from app.imports.services.history import officers_changed

        knows_them = Role.TSC_DIRECTOR in actor.roles
        officers_changed(self.session, actor, self.one.id, officers.changed(self.session))
        self.new_officers = officers.store(
            self.session, actor_id=actor.user_id, knows_them=knows_them
        )

    def _store_centres(self, actor: Actor, counts: dict[str, Any]) -> None:
        from app.imports.services.history import centres_stored

        series_id: Any = self.one.series_id
        trial = self.session.begin_nested()
        ids, hosts = centres.store(self.session, series_id)
        refused = centres.refused_posts(self.session, series_id, hosts)
        if refused:
            trial.rollback()
            self.session.expire_all()
            centres.note_refused(self.session, refused)
            centres.find_changes(self.session)
            ids, hosts = centres.store(self.session, series_id)
            refused = centres.refused_posts(self.session, series_id, hosts)
            counts.update(self._counts())
        else:
            trial.commit()
        if refused:
            raise next(iter(refused.values()))
        centres_stored(self.session, actor, self.one.id, centres.changed(self.session, ids))

    def keep_faults(self) -> None:
        """Keeps the faults of this run, with the rows that have them, in place of earlier ones."""
        session, one = self.session, self.one
        for table in (ImportFault, ImportLine):
            session.execute(delete(table).where(table.import_id == one.id))
        session.execute(
            text(
                "INSERT INTO import_fault (import_id, sub_county_id, row_number, field, code,"
                " message, facts, warning) SELECT :id, :own, row_number, field, code, message,"
                " facts, warning FROM incoming_fault ORDER BY row_number, warning, field"
            ),
            {"id": one.id, "own": self.own},
        )
        rejected = dict(
            session.execute(
                text("SELECT row_number, bool_or(NOT warning) FROM incoming_fault GROUP BY 1")
            )
            .tuples()
            .all()
        )
        if rejected:
            self._keep_lines(rejected)

    def _keep_lines(self, rejected: dict[int, bool]) -> None:
        """A second reading picks the rows that have faults: only these are kept."""
        vault, own = self.tools.vault, {"import_id": self.one.id, "sub_county_id": self.own}
        for block in self._blocks():
            lines = [
                {
                    **own,
                    "row_number": number,
                    "rejected": rejected[number],
                    "cells": sealed_cells(vault, cells),
                }
                for number, cells in block
                if number in rejected
            ]
            if lines:
                self.session.execute(insert(ImportLine), lines)


def _finish(session: Any, one: ListImport, act: Act, counts: dict[str, Any]) -> None:
    """The last step: the state moves, unless somebody broke the job off meanwhile."""
    session.flush()
    done = session.execute(
        update(ListImport)
        .where(ListImport.id == one.id, ListImport.run == one.run, ListImport.state == one.state)
        .values(
            state=str(moved(one.state, act)),
            counts=counts,
            problem=None,
            phase=None,
            rows_checked=counts["rows"],
            finished_at=clock.real_now(),
        )
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        raise BrokenOff
    session.expire_all()


def _give_back(job: Job, state: State, refusal: PortalError) -> None:
    """Puts the import back where its owner can act, with the sentence."""
    with unit_of_work(db.session) as session:
        one = claimed(session, job, state)
        if one is None:
            return
        one.state = moved(one.state, Act.REFUSE)
        one.problem, one.phase = _problem(refusal), None
        note_event(session, system_actor("imports"), one, "import.refused", {"code": refusal.code})


def _problem(refusal: PortalError) -> dict[str, Any]:
    facts = {name: str(value) for name, value in refusal.facts.items()}
    return {"code": refusal.code, "message": refusal.message, "facts": facts}


def _plain_counts(counts: dict[str, Any]) -> dict[str, Any]:
    return {name: number for name, number in counts.items() if isinstance(number, int)}
