"""Reads of imports: the list, one import as its page shows it, its rows with faults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Text, cast, distinct, func, select

from app.db.vault import Vault
from app.imports.columns import COLUMNS
from app.imports.enums import Kind
from app.imports.models import (
    SEALED_LINE,
    SEALED_ROWS,
    ImportFault,
    ImportLine,
    ListImport,
)
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

ROWS_A_PAGE = 25
IMPORTS_A_PAGE = 25
_HIDDEN = "•"


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row of the file with what is said about its cells, by their place in the file."""

    number: int
    cells: tuple[str, ...]
    by_cell: Mapping[int | None, Sequence[ImportFault]]


def imports_in(session: Any, scope: Scope, *, page: int = 0) -> tuple[list[ListImport], int]:
    """The newest imports of a scope, and how many there are."""
    total = session.scalar(restrict(select(func.count(ListImport.id)), ListImport, scope)) or 0
    statement = restrict(select(ListImport), ListImport, scope).order_by(ListImport.id.desc())
    found = session.scalars(statement.limit(IMPORTS_A_PAGE).offset(page * IMPORTS_A_PAGE)).all()
    return list(found), int(total)


def first_rows(one: ListImport, vault: Vault) -> list[tuple[int, list[str]]]:
    """The first rows of the file, with identity numbers as they stand in it."""
    if one.first_rows is None:
        return []
    rows = _opened(vault, one.first_rows, SEALED_ROWS)
    return [(number, cells) for number, cells in rows]


def _opened(vault: Vault, sealed: bytes, context: str) -> list[Any]:
    """What was sealed; nothing where it was sealed under keys that were replaced since."""
    try:
        found: list[Any] = json.loads(vault.unseal(sealed, context=context))
    except (ValueError, InvalidTag):
        return []
    return found


def faults_by_kind(session: Any, scope: Scope, one: ListImport) -> list[Any]:
    """How often each thing is wrong, the most frequent first: field, message, warning, count.

    `facts` are those of one cell, `variety` says how many different ones there are.
    """
    statement = (
        select(
            ImportFault.field,
            ImportFault.code,
            func.min(ImportFault.message).label("message"),
            func.min(ImportFault.row_number).label("row"),
            func.min(cast(ImportFault.facts, Text)).label("facts"),
            func.count(distinct(cast(ImportFault.facts, Text))).label("variety"),
            ImportFault.warning,
            func.count().label("number"),
        )
        .where(ImportFault.import_id == one.id)
        .group_by(ImportFault.field, ImportFault.code, ImportFault.warning)
        .order_by(ImportFault.warning, func.count().desc(), ImportFault.code, ImportFault.field)
    )
    return list(session.execute(restrict(statement, ImportFault, scope)))


def faulty_rows(
    session: Any,
    scope: Scope,
    one: ListImport,
    *,
    vault: Vault,
    rejected: bool,
    page: int = 0,
) -> list[FaultyRow]:
    """A page of the rows that are rejected, or of those that are only worth a look."""
    lines = session.execute(
        restrict(
            select(ImportLine.row_number, ImportLine.cells)
            .where(ImportLine.import_id == one.id, ImportLine.rejected.is_(rejected))
            .order_by(ImportLine.row_number)
            .limit(ROWS_A_PAGE)
            .offset(page * ROWS_A_PAGE),
            ImportLine,
            scope,
        )
    ).all()
    return list(_with_faults(session, scope, one, lines=lines, vault=vault))


def rejected_rows(
    session: Any, scope: Scope, one: ListImport, *, vault: Vault
) -> Iterator[FaultyRow]:
    """Every rejected row, some hundreds at a time."""
    after = 0
    while True:
        lines = session.execute(
            restrict(
                select(ImportLine.row_number, ImportLine.cells)
                .where(
                    ImportLine.import_id == one.id,
                    ImportLine.rejected,
                    ImportLine.row_number > after,
                )
                .order_by(ImportLine.row_number)
                .limit(1_000),
                ImportLine,
                scope,
            )
        ).all()
        if not lines:
            return
        after = lines[-1].row_number
        yield from _with_faults(session, scope, one, lines=lines, vault=vault)


def _with_faults(
    session: Any, scope: Scope, one: ListImport, *, lines: Sequence[Any], vault: Vault
) -> Iterator[FaultyRow]:
    numbers = [line.row_number for line in lines]
    statement = (
        select(ImportFault)
        .where(ImportFault.import_id == one.id, ImportFault.row_number.in_(numbers))
        .order_by(ImportFault.row_number, ImportFault.id)
    )
    by_row: dict[int, dict[int | None, list[ImportFault]]] = {}
    for fault in session.scalars(restrict(statement, ImportFault, scope)):
        at = (one.mapping or {}).get(fault.field)
        by_row.setdefault(fault.row_number, {}).setdefault(at, []).append(fault)
    for line in lines:
        cells = _opened(vault, line.cells, SEALED_LINE)
        yield FaultyRow(line.row_number, tuple(cells), by_row.get(line.row_number, {}))


def masked(one: ListImport, row: FaultyRow) -> tuple[str, ...]:
    """The cells of a row as a page shows them: identity numbers that are right lose their head."""
    secret = {
        (one.mapping or {}).get(column.name) for column in COLUMNS[Kind(one.kind)] if column.secret
    }
    return tuple(
        hidden(cell) if at in secret and at not in row.by_cell else cell
        for at, cell in enumerate(row.cells)
    )


def hidden(text: str) -> str:
    """The text with all but its last three characters hidden."""
    return _HIDDEN * 5 + text[-3:] if text else ""
