"""Pages of a school's results: the school's own, and the queries that results officers answer."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.errors import IllegalMove, NotFound, PortalError, RuleBroken
from app.extensions import db
from app.school_results import queries, services
from app.school_results.enums import QueryAct
from app.school_results.machine import LEADS_TO
from app.school_results.queries import School
from app.school_results.services import Asked
from app.words import N_
from views.base_arguments import FURTHEST_PAGE, whole_number
from views.request import current_actor, current_scope
from views.school_results import files
from views.school_results.context import (
    ORDERS,
    analysis_context,
    candidate_context,
    list_context,
    queries_context,
    query_context,
    waiting_context,
)

LONGEST_SEARCH = 80


class SchoolResultsView(BaseView):
    """/school-results/: every result of the school that is signed in, from the minute on."""

    route_base = "/school-results"
    class_permission_name = "school-results"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def index(self) -> Any:
        """The whole school; before the minute, when results come."""
        scope, asked = current_scope(), request.args
        school = queries.school_of(db.session, scope)
        if school is None:
            return self.render_template("school_results/waiting.html", **waiting_context(scope))
        shown = {
            "q": asked.get("q", "")[:LONGEST_SEARCH].strip(),
            "order": asked["order"] if asked.get("order") in ORDERS else "index",
            "page": whole_number(asked.get("page", "0"), most=FURTHEST_PAGE),
        }
        context = list_context(scope, school, shown)
        return self.render_template("school_results/list.html", **context)

    @expose("/analysis", methods=["GET"])
    @has_access
    @permission_name("list")
    def analysis(self) -> Any:
        """The school's statistics, with last year's beside."""
        return self.render_template("school_results/analysis.html", **analysis_context(_school()))

    @expose("/results.xlsx", methods=["GET"])
    @has_access
    @permission_name("export")
    def workbook(self) -> Any:
        """Every result as a workbook."""
        return files.workbook(current_actor(), _school())

    @expose("/list.pdf", methods=["GET"])
    @has_access
    @permission_name("export")
    def paper(self) -> Any:
        """Every result as a list on A4."""
        return files.paper(current_actor(), _school())

    @expose("/slips.pdf", methods=["GET"])
    @has_access
    @permission_name("export")
    def slips(self) -> Any:
        """A slip for every candidate, four to a page."""
        return files.slips(current_actor(), _school())

    @expose("/<string(length=3):number>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, number: str) -> Any:
        """One candidate's result, and what was asked about it."""
        return self._page(number)

    @expose("/<string(length=3):number>", methods=["POST"])
    @has_access
    @permission_name("show")
    def ask(self, number: str) -> Any:
        """Raises a query about it."""
        form, index = request.form, f"{_school().code}{number}"
        asked = Asked(index, form.get("subject", ""), form.get("words", ""))
        try:
            services.raise_query(current_scope(), current_actor(), asked)
        except RuleBroken as refusal:
            return self._page(number, refusal), refusal.status
        flash(_("Sent. The answer will stand here, and the centre gets an SMS."), "success")
        return redirect(f"/school-results/{number}", 303)

    def _page(self, number: str, refusal: PortalError | None = None) -> Any:
        scope, school = current_scope(), _school()
        one = school.result(f"{school.code}{number}")
        context = candidate_context(
            scope, current_actor(), school, one, typed=request.form, refusal=refusal
        )
        return self.render_template("school_results/candidate.html", **context)


class ResultQueryView(BaseView):
    """/result-queries/: what schools ask about results, answered by results officers."""

    route_base = "/result-queries"
    class_permission_name = "result-queries"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def index(self) -> Any:
        """Those that wait, or those that were settled."""
        settled = request.args.get("state") == "settled"
        context = queries_context(current_scope(), settled=settled)
        return self.render_template("school_results/queries.html", **context)

    @expose("/<int:query_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, query_id: int) -> Any:
        """One query with its history."""
        return self._page(query_id)

    @expose("/<int:query_id>", methods=["POST"])
    @has_access
    @permission_name("answer")
    def settle(self, query_id: int) -> Any:
        """Answers it, refuses it, or says that it led to a change."""
        scope, actor, form = current_scope(), current_actor(), request.form
        try:
            act = _act(form.get("act", ""))
            services.settle_query(scope, actor, query_id, act, words=form.get("words", ""))
        except (RuleBroken, IllegalMove) as refusal:
            return self._page(query_id, refusal), refusal.status
        flash(_("Stored. The school sees it, and the centre gets an SMS."), "success")
        return redirect("/result-queries/", 303)

    def _page(self, query_id: int, refusal: PortalError | None = None) -> Any:
        context = query_context(
            current_scope(), current_actor(), query_id, typed=request.form, refusal=refusal
        )
        return self.render_template("school_results/query.html", **context)


def _school() -> School:
    """The school in its open release. Raises NotFound while there is none."""
    found = queries.school_of(db.session, current_scope())
    if found is None:
        raise NotFound("no-release", N_("No results are released yet."))
    return found


def _act(typed: str) -> QueryAct:
    """The act of the pressed button. Raises RuleBroken for anything else."""
    if typed not in set(map(str, LEADS_TO)):
        raise RuleBroken("act-unknown", N_("Choose what to do."), field="act")
    return QueryAct(typed)
