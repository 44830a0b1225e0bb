"""Rows of the first sheet of a workbook that holds any; formulas give what they last showed."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from app.errors import RuleBroken
from app.words import N_
from reports.readers import limits
from reports.readers.sniffing import bomb, locked, refuse_bombs

_HEAD = 8_192
_DIMENSION = re.compile(rb'<dimension\s[^>]*ref="[A-Z]+\d+:([A-Z]+)(\d+)"')
_PIECE = 1 << 20


def rows_of(body: bytes, size: limits.Size = limits.LIST) -> Iterator[tuple[int, list[str]]]:
    """Each row of the sheet with its number there, its cells as text."""
    refuse_bombs(body, size)
    _refuse_traps(body, size)
    sheet = _sheet(body)
    left = [""] * (sheet.start or (0, 0))[1]
    headings_seen = False
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts = left + [_text(cell) for cell in cells]
        if not headings_seen and sum(map(bool, texts)) > 1:
            headings_seen = True
            _refuse_merged(sheet.merged_cell_ranges or [], number)
        yield number, texts


def _sheet(body: bytes) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        for at, about in enumerate(book.sheets_metadata):
            if about.typ == SheetTypeEnum.WorkSheet:
                sheet = book.get_sheet_by_index(at)
                if sheet.height:
                    return sheet
    except PasswordError:
        raise locked() from None
    except (CalamineError, ValueError, OSError):
        raise _refused(
            "workbook-broken", N_("The workbook is damaged. Save it again and bring the new file.")
        ) from None
    raise _refused("file-empty", N_("The file is empty."))


def _refuse_traps(body: bytes, size: limits.Size) -> None:
    """Raises RuleBroken for entities, sheets as wide as Excel goes, and sizes that are a lie."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        for part in packed.infolist():
            if part.filename.endswith((".xml", ".rels")):
                try:
                    _refuse_trap(packed, part, size)
                except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
                    raise bomb() from None


def _refuse_trap(packed: zipfile.ZipFile, part: zipfile.ZipInfo, size: limits.Size) -> None:
    with packed.open(part) as stream:
        head = stream.read(_HEAD)
        if re.search(rb"<!(DOCTYPE|ENTITY)", head.replace(b"\0", b""), re.IGNORECASE):
            raise _refused(
                "workbook-entities",
                N_("The workbook refers to things outside itself. Copy the list into a new one."),
            )
        found = _DIMENSION.search(head)
        if found and part.filename.startswith("xl/worksheets/"):
            _refuse_dimension(column_number(found[1].decode()), int(found[2]), size)
        seen = len(head)
        while piece := stream.read(_PIECE):
            seen += len(piece)
            if seen > part.file_size:
                raise bomb()


def _refuse_dimension(columns: int, rows: int, size: limits.Size) -> None:
    if columns > limits.MOST_COLUMNS and rows > size.most_rows:
        raise bomb()


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _refuse_merged(merged: list[Any], headings: int) -> None:
    """Raises RuleBroken when cells from the headings on are merged; titles above them may be."""
    for (top, left), (bottom, _right) in merged:
        if bottom + 1 >= headings:
            raise _refused(
                "cells-merged",
                N_(
                    "Cells are merged from row %(top)s, column %(column)s on. Undo the merging, so"
                    " that every row has its own cells."
                ),
                top=top + 1,
                column=left + 1,
            )


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _refused(code: str, words: str, **facts: object) -> RuleBroken:
    return RuleBroken(code, words, field="file", facts=facts)
