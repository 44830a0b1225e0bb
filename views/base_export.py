"""Exports of exactly the list on the screen, through the one safe writer of each format."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from flask import g, request, send_file
from flask_babel import gettext
from sqlalchemy import types

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.words import N_
from reports.csv_writer import csv_pieces
from reports.tables import Column, Kind, Table
from reports.xlsx_writer import write_xlsx
from views.base_arguments import fill_filters, list_arguments, refuse_null_bytes

MOST_ROWS = 100_000
ROWS_AT_A_TIME = 1_000
KINDS = (
    (types.Boolean, Kind.TEXT),
    (types.Integer, Kind.INT),
    (types.Date, Kind.DATE),
    (types.Time, Kind.TIME),
)
MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(view: Any, kind: str) -> Any:
    """The filtered list as a file, or first the question what it is for."""
    purpose = _purpose(view)
    if purpose == "":
        return _ask_purpose(view)
    asked = list_arguments(view, request.args)
    fill_filters(view._filters, request.args)
    statement = view.datamodel.rows(view._filters)
    if view.datamodel.count(statement) > MOST_ROWS:
        raise RuleBroken(
            "too-many-rows",
            N_("A file holds at most %(most)s rows. Narrow the list with filters."),
            facts={"most": MOST_ROWS},
        )
    columns = view.columns_to_export()
    ordered = view.datamodel.ordered(statement, *view.order_for(asked))
    found = view.datamodel.loading(ordered, columns)
    file = _written(table_of(view, columns, rows_of(view, found, columns)), kind)
    if purpose:
        _note(view, purpose, kind)
    name = f"{view.resource}-{clock.today():%Y-%m-%d}.{kind}"
    return send_file(file, mimetype=MIME[kind], as_attachment=True, download_name=name, max_age=0)


def _purpose(view: Any) -> str | None:
    """What the file is for; empty when it has yet to be said, None where nobody asks."""
    if not view.export_asks_purpose:
        return None
    said = request.form.get("reason", "").strip()
    refuse_null_bytes([said])
    return said[:500]


def _ask_purpose(view: Any) -> Any:
    return view.page(
        "confirm.html",
        title=gettext("What is this file for?"),
        sentence=gettext(
            "It holds personal details. Your name, the purpose and the time are kept in the history."
        ),
        action_label=gettext("Export"),
        post_url=request.full_path,
        cancel_url=view.address("list"),
        ask_reason=True,
        reason_label=gettext("Purpose"),
        errors=[],
    )


def _note(view: Any, purpose: str, kind: str) -> None:
    scope = g.scope
    own = next(iter(scope.sub_county_ids)) if len(scope.sub_county_ids) == 1 else None
    with unit_of_work(db.session) as session:
        subject = Subject("export", f"{view.resource}.{kind}", sub_county_id=own)
        record(session, g.actor, "export.made", subject, reason=purpose)


def table_of(view: Any, columns: Iterable[str], rows: Iterable[Any]) -> Table:
    """The rows as a titled table; what was filtered is said on its second sheet."""
    heads = tuple(
        Column(path, str(view.label_columns.get(path, path)), kind_of(view.datamodel, path))
        for path in columns
    )
    words = "; ".join(
        f"{view.label_columns.get(f.column_name, f.column_name)}: {', '.join(map(str, values))}"
        for f, values in view._filters.get_filters_values()
    )
    return Table(str(view.list_title), heads, rows, clock.now(), filters=words)


def kind_of(datamodel: Any, path: str) -> Kind:
    """What a column of the file holds, by the type of the model's column."""
    column = datamodel.list_columns.get(path)
    if column is None:
        return Kind.TEXT
    return next((kind for sort, kind in KINDS if isinstance(column.type, sort)), Kind.TEXT)


def rows_of(view: Any, statement: Any, columns: Iterable[str]) -> Iterator[list[Any]]:
    """One list of cells for each record, fetched a thousand at a time."""
    paths = list(columns)
    options = {"yield_per": ROWS_AT_A_TIME}
    for item in db.session.scalars(statement, execution_options=options):
        yield [cell(view, item, path) for path in paths]


def cell(view: Any, item: Any, path: str) -> Any:
    """A value as a file holds it: words for choices and truths, names for related records."""
    value = view.value_of(item, path)
    if value is None or isinstance(value, str):
        return view.words_for(path, value)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    column = view.datamodel.list_columns.get(path)
    return value if column is not None else str(value)


def _written(table: Table, kind: str) -> io.BytesIO:
    """The file, whole before it is sent: the cap on rows keeps it to some twenty megabytes."""
    file = io.BytesIO()
    if kind == "csv":
        for piece in csv_pieces(table):
            file.write(piece)
    else:
        write_xlsx(table, file)
    file.seek(0)
    return file
