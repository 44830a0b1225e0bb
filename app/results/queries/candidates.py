"""One candidate with the history, and the rows of a file that have something to say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from app.db.vault import Vault
from app.errors import NotFound
from app.results.models import (
    SEALED_LINE,
    SEALED_ROWS,
    ResultCandidate,
    ResultCentre,
    ResultFault,
    ResultFile,
    ResultLine,
    ResultVersion,
)
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

ROWS_A_PAGE = 25
CENTRES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row of the file with what is said about its cells, by their column."""

    number: int
    cells: Sequence[str]
    by_cell: Mapping[int | None, Sequence[ResultFault]]


def candidate_in(
    session: Any, scope: Scope, release_id: int, index_number: str, *, lock: bool = False
) -> ResultCandidate:
    """The candidate's result in a release. Raises NotFound for whoever may not read results."""
    statement = select(ResultCandidate).where(
        ResultCandidate.release_id == release_id, ResultCandidate.index_number == index_number
    )
    statement = statement.execution_options(populate_existing=True)
    statement = restrict(statement, ResultCandidate, scope)
    one = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if one is None:
        raise NotFound("not-found", N_("That record was not found."))
    found: ResultCandidate = one
    return found


def centre_named(session: Any, scope: Scope, one: ResultCandidate) -> ResultCentre:
    """The centre of a candidate as it stood when the release was loaded."""
    statement = select(ResultCentre).where(
        ResultCentre.release_id == one.release_id, ResultCentre.centre_id == one.centre_id
    )
    found: ResultCentre = session.scalars(restrict(statement, ResultCentre, scope)).one()
    return found


def versions_of(session: Any, scope: Scope, one: ResultCandidate) -> list[ResultVersion]:
    """Every version after the first, the newest first."""
    statement = (
        select(ResultVersion)
        .where(
            ResultVersion.release_id == one.release_id,
            ResultVersion.index_number == one.index_number,
        )
        .order_by(ResultVersion.version.desc())
    )
    return list(session.scalars(restrict(statement, ResultVersion, scope)))


def centres_off(session: Any, scope: Scope, release_id: int) -> list[ResultCentre]:
    """The centres whose results differ most from their registration."""
    difference = ResultCentre.registered - ResultCentre.candidates
    statement = (
        select(ResultCentre)
        .where(ResultCentre.release_id == release_id, difference != 0)
        .order_by((difference * difference).desc(), ResultCentre.code)
        .limit(CENTRES_SHOWN)
    )
    return list(session.scalars(restrict(statement, ResultCentre, scope)))


def first_rows(one: ResultFile, vault: Vault) -> list[tuple[int, list[str]]]:
    """The first rows of the file."""
    if one.first_rows is None:
        return []
    return [(number, cells) for number, cells in _opened(vault, one.first_rows, SEALED_ROWS)]


def lines_of(
    session: Any, scope: Scope, one: ResultFile, *, vault: Vault, rejected: bool, page: int = 0
) -> list[FaultyRow]:
    """A page of the rows that are wrong, or of those that are only worth a look."""
    lines = session.execute(
        restrict(
            select(ResultLine.row_number, ResultLine.cells)
            .where(ResultLine.file_id == one.id, ResultLine.rejected.is_(rejected))
            .order_by(ResultLine.row_number)
            .limit(ROWS_A_PAGE)
            .offset(page * ROWS_A_PAGE),
            ResultLine,
            scope,
        )
    ).all()
    by_row = _faults_by_row(session, scope, one, [line.row_number for line in lines])
    return [
        FaultyRow(line.row_number, _opened(vault, line.cells, SEALED_LINE), by_row[line.row_number])
        for line in lines
        if line.row_number in by_row
    ]


def faults_of(session: Any, scope: Scope, one: ResultFile) -> list[ResultFault]:
    """Every fault that is kept, row by row."""
    statement = (
        select(ResultFault)
        .where(ResultFault.file_id == one.id)
        .order_by(ResultFault.row_number, ResultFault.id)
    )
    return list(session.scalars(restrict(statement, ResultFault, scope)))


def _faults_by_row(
    session: Any, scope: Scope, one: ResultFile, numbers: list[int]
) -> dict[int, dict[int | None, list[ResultFault]]]:
    statement = select(ResultFault).where(
        ResultFault.file_id == one.id, ResultFault.row_number.in_(numbers)
    )
    found: dict[int, dict[int | None, list[ResultFault]]] = {}
    for fault in session.scalars(restrict(statement.order_by(ResultFault.id), ResultFault, scope)):
        found.setdefault(fault.row_number, {}).setdefault(fault.at, []).append(fault)
    return found


def _opened(vault: Vault, sealed: bytes, context: str) -> list[Any]:
    """What was sealed; nothing where it was sealed under keys that were replaced since."""
    try:
        found: list[Any] = json.loads(vault.unseal(sealed, context=context))
    except (ValueError, InvalidTag):
        return []
    return found
