"""The corrected-file: the rejected rows in their own layout, and a last column that says why."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from flask import current_app, send_file
from flask_babel import gettext as _

from app import clock
from app.extensions import db
from app.imports.columns import WRONG
from app.imports.models import ListImport
from app.imports.queries import FaultyRow, rejected_rows
from app.scoping.scope import Scope
from reports.csv_writer import csv_pieces
from reports.tables import Column, Table
from reports.xlsx_writer import write_xlsx
from views.base_export import MIME
from views.imports.words import fault_words, labels


def corrected_file(scope: Scope, one: ListImport, kind: str) -> Any:
    """The file to correct and bring again."""
    stream = io.BytesIO()
    table = _table(scope, one)
    if kind == "xlsx":
        write_xlsx(table, stream)
    else:
        stream.writelines(csv_pieces(table))
    stream.seek(0)
    name = f"to-correct-{one.id}.{kind}"
    return send_file(stream, mimetype=MIME[kind], as_attachment=True, download_name=name, max_age=0)


def _table(scope: Scope, one: ListImport) -> Table:
    headings = [heading for heading in one.headings if heading not in (WRONG, _(WRONG))]
    columns = [Column(f"c{at}", heading) for at, heading in enumerate(headings)]
    return Table(
        title=_("Rows to correct"),
        columns=(*columns, Column("wrong", _(WRONG), width=60)),
        rows=_rows(scope, one, len(headings)),
        made_at=clock.now(),
        filters=one.file_name,
    )


def _rows(scope: Scope, one: ListImport, width: int) -> Iterator[list[str]]:
    named = labels(one.kind)
    vault = current_app.extensions["vault"]
    for row in rejected_rows(db.session, scope, one, vault=vault):
        cells = [*row.cells, *[""] * width][:width]
        yield [*cells, _wrong(row, named)]


def _wrong(row: FaultyRow, named: dict[str, str]) -> str:
    said = [
        f"{named.get(fault.field or '', '')}: {fault_words(fault)}".removeprefix(": ")
        for faults in row.by_cell.values()
        for fault in faults
        if not fault.warning
    ]
    return _("Row %(row)s.", row=row.number) + " " + " ".join(said)
