"""Writes a table as an XLSX workbook: text is text and never a formula, numbers and days are real.

The first sheet is the table alone, header frozen; the second says what was asked for, when, and
whose data it is. Rows stream through a temporary file, so that a long report stays small in
memory. The same table gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import xlsxwriter

from app import clock
from app.errors import RuleBroken
from app.words import N_
from reports.tables import Cell, Column, Kind, Table, in_nairobi

MOST_ROWS = 1_048_575
MOST_LETTERS = 32_767
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NUMBER_FORMATS = {
    Kind.INT: "#,##0",
    Kind.KES: "#,##0",
    Kind.DATE: "yyyy-mm-dd",
    Kind.TIME: "hh:mm",
    Kind.PERCENT: "0.0%",
    Kind.TEXT: "@",
}
_WIDTHS = {
    Kind.TEXT: 24,
    Kind.INT: 10,
    Kind.KES: 13,
    Kind.DATE: 12,
    Kind.TIME: 9,
    Kind.PERCENT: 9,
}
_INSTANT_FORMAT = "yyyy-mm-dd hh:mm"


@dataclass(frozen=True, slots=True)
class _Formats:
    header: Any
    instant: Any
    by_kind: dict[Kind, Any]


def workbook_of_csv(source: Path, target: Path, title: str) -> None:
    """Writes a file of comma-separated values as a workbook, every cell as text; row by row."""
    with source.open(encoding="utf-8", newline="") as stream, target.open("wb") as out:
        rows = csv.reader(stream)
        columns = tuple(Column(heading, heading, width=6) for heading in next(rows))
        filled = ([cell or None for cell in row] for row in rows)
        write_xlsx(Table(title, columns, filled, clock.now()), out)


def write_xlsx(table: Table, stream: BinaryIO) -> None:
    """Writes the workbook; more rows than a sheet holds raises RuleBroken.

    The rows wait in a private folder that is gone afterwards, also when the report breaks off.
    """
    with TemporaryDirectory(prefix="sajili-xlsx-") as folder:
        book = xlsxwriter.Workbook(stream, {**_OPTIONS, "tmpdir": folder})
        try:
            _fill(book, table)
            book.close()
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()


def _fill(book: Any, table: Table) -> None:
    made = clock.nairobi(table.made_at).replace(tzinfo=None)
    book.set_properties({"title": table.title, "comments": table.credit, "created": made})
    formats = _formats(book)
    _write_rows(book.add_worksheet(_sheet_name(table.title)), table, formats)
    _write_about(book, table, formats)


def xlsx_bytes(table: Table) -> bytes:
    """The workbook as bytes."""
    stream = io.BytesIO()
    write_xlsx(table, stream)
    return stream.getvalue()


def _formats(book: Any) -> _Formats:
    header = {
        "bold": True,
        "bg_color": "#E6F4EA",
        "bottom": 1,
        "text_wrap": True,
        "valign": "vcenter",
    }
    return _Formats(
        header=book.add_format(header),
        instant=book.add_format({"num_format": _INSTANT_FORMAT}),
        by_kind={
            kind: book.add_format({"num_format": shape}) for kind, shape in _NUMBER_FORMATS.items()
        },
    )


def _write_rows(sheet: Any, table: Table, formats: _Formats) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, _width(column))
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.label, formats.header)
    last = 0
    for last, row in enumerate(table.rows, start=1):
        if last > MOST_ROWS:
            raise RuleBroken(
                "too-many-rows",
                N_("A sheet holds %(most)s rows. Narrow the list, or take the CSV file."),
                facts={"most": MOST_ROWS},
            )
        for at, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            _write_cell(sheet, (last, at), column.kind, cell, formats)
    if table.columns:
        sheet.autofilter(0, 0, last, len(table.columns) - 1)


def _write_cell(
    sheet: Any, where: tuple[int, int], kind: Kind, cell: Cell, formats: _Formats
) -> None:
    cell = in_nairobi(cell)
    style = formats.by_kind[kind]
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(*where, cell[:MOST_LETTERS], formats.by_kind[Kind.TEXT])
    elif isinstance(cell, datetime):
        if kind is not Kind.TIME:
            style = formats.instant
        sheet.write_datetime(*where, _on_the_wall(cell, kind), style)
    elif isinstance(cell, date | time):
        sheet.write_datetime(*where, cell, style)
    else:
        sheet.write_number(*where, cell, style)


def _on_the_wall(instant: datetime, kind: Kind) -> datetime | time:
    naive = instant.replace(tzinfo=None)
    return naive.time() if kind is Kind.TIME else naive


def _write_about(book: Any, table: Table, formats: _Formats) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 90)
    made = f"{clock.nairobi(table.made_at):%Y-%m-%d %H:%M}, Nairobi time"
    rows = (
        ("Report", table.title),
        ("Shows", table.filters or "Everything in your scope"),
        ("Made at", made),
        ("Source", table.credit),
    )
    for at, (label, said) in enumerate(rows):
        sheet.write_string(at, 0, label, formats.header)
        sheet.write_string(at, 1, said)


def _width(column: Column) -> int:
    return column.width or max(_WIDTHS[column.kind], min(len(column.label) + 2, 30))


def _sheet_name(title: str) -> str:
    """The title as a sheet may be called: no reserved characters, at most 31 letters."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:31].strip(" '")
    return "Table" if not name or name.lower() in {"history", "about"} else name
