"""Writes a table as CSV that a spreadsheet opens without running anything in it.

UTF-8, one header row of labels, text always quoted, days and times in ISO form by the Nairobi
clock, money and counts as bare whole numbers. A text cell that begins with a character that
spreadsheets read as a formula gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, time

from reports.tables import Cell, Kind, Table, in_nairobi

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS_A_PIECE = 500


def harmless(text: str) -> str:
    """The text with a leading apostrophe when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_pieces(table: Table) -> Iterator[bytes]:
    """The file in pieces, so that a long report is never whole in memory."""
    kinds = [column.kind for column in table.columns]
    yield _written([[harmless(column.label) for column in table.columns]])
    waiting: list[list[Cell]] = []
    for row in table.rows:
        waiting.append([_cell(kind, cell) for kind, cell in zip(kinds, row, strict=True)])
        if len(waiting) == _ROWS_A_PIECE:
            yield _written(waiting)
            waiting = []
    if waiting:
        yield _written(waiting)


def csv_bytes(table: Table) -> bytes:
    """The whole file at once, for short tables."""
    return b"".join(csv_pieces(table))


def _written(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue().encode("utf-8")


def _cell(kind: Kind, cell: Cell) -> Cell:
    cell = in_nairobi(cell)
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return f"{cell:%H:%M}" if kind is Kind.TIME else cell.isoformat(timespec="seconds")
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return cell
