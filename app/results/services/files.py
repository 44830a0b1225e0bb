"""A release file: kept in the database in sealed pieces, so that any worker can read it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, insert, select

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import IllegalMove, NotFound, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.permissions import require
from app.results.columns import refuse_impossible
from app.results.machine import FileAct, FileState, file_after
from app.results.models import (
    SEALED_FILE,
    SEALED_LINE,
    ResultFault,
    ResultFile,
    ResultLine,
    ResultPiece,
    ResultRelease,
    ResultSubject,
)
from app.results.services.subjects import adopt_subjects
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_actor
from app.words import N_

LOOK, CHECK, STORE = "results.look", "results.check", "results.store"
PIECE = 4 * 1024 * 1024
KEPT_DAYS = 7
_OPEN = ("received", "to_map", "checking", "checked", "storing")


@dataclass(frozen=True, slots=True)
class Upload:
    """What an officer brings: the series, and the file."""

    series_id: int | None
    file_name: str
    format: str
    body: bytes


def add_file(
    scope: Scope, actor: Actor, *, vault: Vault, upload: Upload
) -> tuple[ResultFile, bool]:
    """Keeps the file and asks the queue to look at it; the file, and whether it is a new one.

    The very file that waits already is recognised by its hash. Raises RuleBroken without a series.
    """
    require(actor, "results", "add")
    with unit_of_work(db.session) as session:
        series = session.get(Series, upload.series_id) if upload.series_id else None
        if series is None:
            raise RuleBroken("series-missing", N_("Choose the series."), field="series_id")
        digest = hashlib.sha256(upload.body).digest()
        known = session.scalars(
            restrict(
                select(ResultFile).where(
                    ResultFile.series_id == series.id,
                    ResultFile.file_hash == digest,
                    ResultFile.state.in_(_OPEN),
                ),
                ResultFile,
                scope,
            )
        ).first()
        if known is not None:
            return known, False
        adopt_subjects(session, series.id)
        one = ResultFile(
            series_id=series.id,
            file_name=upload.file_name[-160:],
            file_bytes=len(upload.body),
            file_hash=digest,
            format=upload.format,
            added_by=actor.user_id,
            asked_by=actor.user_id,
        )
        session.add(one)
        session.flush()
        _keep(session, one, upload.body, vault)
        note_file(session, actor, one, "results.file_added", {"sha256": digest.hex()})
        defer(session, LOOK, file_id=one.id, run=one.run)
    return one, True


def map_columns(scope: Scope, actor: Actor, file_id: int, *, mapping: Sequence[str]) -> None:
    """Keeps what each column holds and asks for the check. Raises RuleBroken with every fault."""
    require(actor, "results", "map")
    with unit_of_work(db.session) as session:
        one = file_in_scope(session, scope, file_id, lock=True)
        after = file_after(one.state, FileAct.CHECK)
        refuse_impossible(mapping, one.headings, subject_names(session, one.series_id))
        one.mapping = list(mapping)
        _ask(session, actor, one, after)
        defer(session, CHECK, file_id=one.id, run=one.run)
        note_file(session, actor, one, "results.file_mapped", {"columns": len(mapping)})


def ask_to_store(
    scope: Scope, actor: Actor, file_id: int, *, run: int, looked: bool = False
) -> None:
    """Asks the queue to load the file as a release, all of it.

    Raises RuleBroken while a row is wrong, or where something is worth a look and nobody said that
    they looked; IllegalMove when the file was checked again since.
    """
    require(actor, "results", "load")
    with unit_of_work(db.session) as session:
        one = file_in_scope(session, scope, file_id, lock=True)
        after = file_after(one.state, FileAct.STORE)
        if one.run != run:
            raise IllegalMove(
                "file-moved-on", N_("The file has moved on meanwhile. Look at it again.")
            )
        refuse_unfit(one.report)
        if one.report["warned"] and not looked:
            raise RuleBroken(
                "not-looked",
                N_("Say that you compared what is worth a look with the papers."),
                field="looked",
            )
        _ask(session, actor, one, after)
        defer(session, STORE, file_id=one.id, run=one.run)
        note_file(session, actor, one, "results.load_asked", {"looked": looked})


def refuse_unfit(report: dict[str, Any]) -> None:
    """Raises RuleBroken for a file of which anything is wrong: a release is the whole file or none."""
    if report["rejected"] or report["wrong_columns"] or not report["rows"]:
        raise RuleBroken(
            "file-unfit",
            N_("A release is the whole file: put every error right and bring it again."),
        )


def discard(scope: Scope, actor: Actor, file_id: int) -> None:
    """Gives the file up: it and its rows are wiped at once."""
    require(actor, "results", "discard")
    with unit_of_work(db.session) as session:
        one = file_in_scope(session, scope, file_id, lock=True)
        one.state, one.run = file_after(one.state, FileAct.DISCARD), one.run + 1
        wipe(session, one)
        note_file(session, actor, one, "results.file_discarded", {})


def wipe_old() -> int:
    """Wipes the files older than `KEPT_DAYS` days; one whose release is not proven yet is kept."""
    before = clock.real_now() - dt.timedelta(days=KEPT_DAYS)
    with unit_of_work(db.session) as session:
        old = session.scalars(
            select(ResultFile)
            .outerjoin(ResultRelease, ResultRelease.id == ResultFile.release_id)
            .where(
                ResultFile.added_at < before,
                ResultFile.wiped_at.is_(None),
                ResultFile.state != str(FileState.STORING),
                ResultRelease.id.is_(None) | (ResultRelease.state != "loaded"),
            )
            .with_for_update(of=ResultFile, skip_locked=True)
        ).all()
        for one in old:
            if one.state not in (FileState.STORED, FileState.REFUSED):
                one.state, one.run = str(FileState.DISCARDED), one.run + 1
            wipe(session, one)
            note_file(session, system_actor("results"), one, "results.file_wiped", {})
    return len(old)


def wipe(session: Any, one: ResultFile) -> None:
    """Removes the file, its first rows, and the rows that had faults."""
    for table in (ResultPiece, ResultFault, ResultLine):
        session.execute(delete(table).where(table.file_id == one.id))
    one.first_rows, one.wiped_at = None, clock.real_now()


def file_in_scope(session: Any, scope: Scope, file_id: int, *, lock: bool = False) -> ResultFile:
    """The file of this id; raises NotFound for whoever may not read results."""
    statement = restrict(select(ResultFile).where(ResultFile.id == file_id), ResultFile, scope)
    statement = statement.execution_options(populate_existing=True)
    one = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if one is None:
        raise NotFound("not-found", N_("That record was not found."))
    found: ResultFile = one
    return found


def body_of(session: Any, one: ResultFile, vault: Vault) -> bytes:
    """The file as it was brought. Raises RuleBroken when it is wiped, or its key was replaced."""
    pieces = session.scalars(
        select(ResultPiece.body).where(ResultPiece.file_id == one.id).order_by(ResultPiece.number)
    ).all()
    if not pieces:
        raise RuleBroken("file-wiped", N_("The file is not kept any more. Bring it again."))
    try:
        return b"".join(
            zlib.decompress(vault.unseal_bytes(piece, context=SEALED_FILE)) for piece in pieces
        )
    except (ValueError, InvalidTag, zlib.error):
        raise RuleBroken(
            "file-not-opened", N_("The file cannot be opened any more. Bring it again.")
        ) from None


def sealed_cells(vault: Vault, cells: Sequence[str]) -> bytes:
    """The cells of one row, sealed."""
    return vault.seal(json.dumps(list(cells), ensure_ascii=False), context=SEALED_LINE)


def subject_names(session: Any, series_id: int) -> dict[str, str]:
    """The subjects of a series: code -> name, in the order of the codes."""
    rows = session.execute(
        select(ResultSubject.code, ResultSubject.name)
        .where(ResultSubject.series_id == series_id)
        .order_by(ResultSubject.code)
    )
    return dict(rows.tuples().all())


def note_file(session: Any, actor: Actor, one: ResultFile, action: str, after: Any) -> None:
    """The event of a file: which series, and plain counts."""
    subject = Subject("result_file", one.id)
    record(session, actor, action, subject, after={"series": one.series_id, **after})


def _keep(session: Any, one: ResultFile, body: bytes, vault: Vault) -> None:
    for number, start in enumerate(range(0, len(body), PIECE)):
        packed = zlib.compress(body[start : start + PIECE], level=1)
        sealed = vault.seal_bytes(packed, context=SEALED_FILE)
        session.execute(
            insert(ResultPiece), [{"file_id": one.id, "number": number, "body": sealed}]
        )


def _ask(session: Any, actor: Actor, one: ResultFile, after: str) -> None:
    """The queue's turn: a new run, which puts every earlier job out of work."""
    one.state, one.run = after, one.run + 1
    one.problem, one.phase, one.rows_done = None, None, 0
    one.asked_by, one.finished_at = actor.user_id, None
    session.flush()
