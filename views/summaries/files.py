"""A dashboard's table as a file: the rows that are seen, through the one safe writer of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.errors import NotFound
from app.extensions import db
from app.words import N_
from reports import summaries
from reports.csv_writer import csv_bytes
from reports.tables import Table
from reports.xlsx_writer import xlsx_bytes
from views.api.summaries import asked_for

WRITERS: dict[str, tuple[str, Callable[[Table], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv_bytes),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        xlsx_bytes,
    ),
}


class SummaryFilesView(BaseView):
    """/summaries/<coverage|attendance|claims>.<csv|xlsx>, with the words of the page's address."""

    route_base = "/summaries"
    class_permission_name = "summaries"

    @expose("/<string:name>.<string:kind>", methods=["GET"])
    @has_access
    @permission_name("export")
    def file(self, name: str, kind: str) -> Any:
        """The file of what is seen."""
        if kind not in WRITERS:
            raise NotFound("no-such-file", N_("There is no such file."))
        view = asked_for(name)
        table = summaries.table(
            db.session, view.scope, view.part, name, made_at=view.now, translate=_
        )
        mimetype, write = WRITERS[kind]
        day = view.part.day or view.part.today
        filename = f"{name}-{view.part.series.code}-{view.part.by}-{day}.{kind}"
        return Response(
            write(table),
            mimetype=mimetype,
            headers={
                "Content-Disposition": f'attachment; filename="{filename}"',
                "Cache-Control": "private, no-store",
            },
        )
