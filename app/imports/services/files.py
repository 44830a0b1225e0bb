"""The file of an import: kept in the database in sealed pieces, so that any worker can read it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, insert, select, update

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import NotFound, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.imports.enums import Kind, State
from app.imports.machine import OPEN
from app.imports.models import (
    SEALED_FILE,
    SEALED_LINE,
    ImportFault,
    ImportLine,
    ImportPiece,
    ListImport,
)
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, ScopeKind
from app.words import N_

PIECE = 4 * 1024 * 1024
LOOK = "imports.look"


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody brings: the kind of list, its series for centres, and the file."""

    kind: Kind
    series_id: int | None
    file_name: str
    format: str
    body: bytes


def add_list(
    scope: Scope, actor: Actor, *, vault: Vault, upload: Upload
) -> tuple[ListImport, bool]:
    """Keeps the file and asks the queue to look at it; the import, and whether it is a new one.

    The very file that waits already, of the same kind and series, is recognised by its hash.
    Raises NotAllowed, and RuleBroken for a series that has ended.
    """
    require(actor, "imports", "add")
    if upload.kind is Kind.SCHOOLS:
        require(actor, "schools", "add")
    own = own_sub_county(scope)
    with unit_of_work(db.session) as session:
        series_id = _series(session, upload)
        digest = hashlib.sha256(upload.body).digest()
        known = _waiting(session, scope, (upload.kind, series_id, own, digest))
        if known is not None:
            return known, False
        one = ListImport(
            kind=str(upload.kind),
            series_id=series_id,
            sub_county_id=own,
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
        note_event(session, actor, one, "import.added", {"sha256": digest.hex()})
        defer(session, LOOK, import_id=one.id, run=one.run)
    return one, True


def own_sub_county(scope: Scope) -> int | None:
    """The sub-county whose rows alone the scope may bring; None for headquarters."""
    if scope.is_everything:
        return None
    if scope.kind is ScopeKind.SUB_COUNTY and len(scope.sub_county_ids) == 1:
        return next(iter(scope.sub_county_ids))
    raise NotFound("not-found", N_("That record was not found."))


def within_scope(session: Any, scope: Scope, import_id: int, *, lock: bool = False) -> ListImport:
    """The import of this id in scope; raises NotFound for anything else."""
    statement = restrict(select(ListImport).where(ListImport.id == import_id), ListImport, scope)
    statement = statement.execution_options(populate_existing=True)
    one = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if one is None:
        raise NotFound("not-found", N_("That record was not found."))
    found: ListImport = one
    return found


def body_of(session: Any, one: ListImport, vault: Vault) -> bytes:
    """The file as it was brought. Raises RuleBroken when it is wiped, or its key was replaced."""
    pieces = session.scalars(
        select(ImportPiece.body).where(ImportPiece.import_id == one.id).order_by(ImportPiece.number)
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


def cells_of(vault: Vault, sealed: bytes) -> list[str]:
    """The cells of one row again."""
    cells: list[str] = json.loads(vault.unseal(sealed, context=SEALED_LINE))
    return cells


def wipe_file(session: Any, one: ListImport) -> None:
    """Removes the file and its first rows; what was found to be wrong stays."""
    session.execute(delete(ImportPiece).where(ImportPiece.import_id == one.id))
    one.first_rows = None


def wipe_lines(session: Any, one: ListImport) -> None:
    """Removes the rows that had faults, and the faults."""
    for table in (ImportFault, ImportLine):
        session.execute(delete(table).where(table.import_id == one.id))
    session.execute(
        update(ListImport).where(ListImport.id == one.id).values(wiped_at=clock.real_now())
    )


def note_event(session: Any, actor: Actor, one: ListImport, action: str, after: Any) -> None:
    """The event of an import: whose it is, what kind, and plain counts."""
    subject = Subject("list_import", one.id, one.sub_county_id)
    record(session, actor, action, subject, after={"kind": one.kind, **after})


def _series(session: Any, upload: Upload) -> int | None:
    if upload.kind not in (Kind.CENTRES, Kind.CANDIDATES):
        return None
    series = session.get(Series, upload.series_id) if upload.series_id else None
    if series is None:
        raise RuleBroken("series-missing", N_("Choose the series."), field="series_id")
    if series.status == "finished":
        raise RuleBroken("series-ended", N_("This series has ended."), field="series_id")
    return int(series.id)


def _waiting(session: Any, scope: Scope, same: tuple[Any, ...]) -> ListImport | None:
    kind, series_id, own, digest = same
    statement = select(ListImport).where(
        ListImport.kind == str(kind),
        ListImport.series_id.is_not_distinct_from(series_id),
        ListImport.sub_county_id.is_not_distinct_from(own),
        ListImport.file_hash == digest,
        ListImport.state.in_([str(State(state)) for state in OPEN]),
    )
    found: ListImport | None = session.scalars(
        restrict(statement, ListImport, scope).order_by(ListImport.id.desc())
    ).first()
    return found


def _keep(session: Any, one: ListImport, body: bytes, vault: Vault) -> None:
    for number, piece in enumerate(_pieces(body)):
        packed = zlib.compress(piece, level=1)
        session.execute(
            insert(ImportPiece),
            [
                {
                    "import_id": one.id,
                    "number": number,
                    "sub_county_id": one.sub_county_id,
                    "body": vault.seal_bytes(packed, context=SEALED_FILE),
                }
            ],
        )


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]
