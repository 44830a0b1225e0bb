"""A table of the results dashboard as a file, with the words of the page's address."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.errors import NotFound
from app.extensions import db
from app.words import N_
from dashboards.results import live
from dashboards.results.asked import ResultsView, of_words
from reports import result_figures
from reports.tables import Table
from views.summaries.files import WRITERS


class ResultFiguresView(BaseView):
    """/result-figures/<table>.<csv|xlsx>: counties, grades, subjects, irregularities, centres, edge."""

    route_base = "/result-figures"
    class_permission_name = "result-figures"

    @expose("/<string:name>.<string:kind>", methods=["GET"])
    @has_access
    @permission_name("export")
    def file(self, name: str, kind: str) -> Any:
        """The file of what is seen."""
        if kind not in WRITERS or name not in {*result_figures.TABLES, "edge"}:
            raise NotFound("no-such-file", N_("There is no such file."))
        view = of_words(request.args)
        mimetype, write = WRITERS[kind]
        filename = f"{name}-{view.shown.release.code}.{kind}"
        headers = {
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Cache-Control": "private, no-store",
        }
        return Response(write(_table(view, name)), mimetype=mimetype, headers=headers)


def _table(view: ResultsView, name: str) -> Table:
    if name == "edge":
        frame = live.nodes(view)
        return result_figures.edge_table(frame, view.shown, made_at=view.now, translate=_)
    return result_figures.table(
        db.session, view.scope, view.shown, name, made_at=view.now, translate=_
    )
