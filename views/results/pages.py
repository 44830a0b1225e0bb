"""Pages of results: releases with their proof and minute, files on their way in, one candidate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.errors import IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.results import queries, services
from app.results.enums import Channel
from app.results.machine import Change
from app.results.models import ResultFile
from app.results.services import Which
from app.words import N_
from reports.readers import RELEASE
from views.base_arguments import FURTHEST_PAGE, LARGEST_INT, whole_number
from views.request import current_actor, current_scope, takes_large_body
from views.results.context import (
    add_context,
    candidate_context,
    errors_of,
    file_context,
    list_context,
    mapping_context,
    release_context,
)
from views.results.files import faults_file, school_file
from views.results.forms import amended_in_form, mapping_in_form, upload_in_form
from views.results.slips import slips_file

LARGEST_UPLOAD = RELEASE.most_bytes + 64 * 1024


class ReleaseView(BaseView):
    """/result-releases/: every release, its proof and counts, the approval and the minute."""

    route_base = "/result-releases"
    class_permission_name = "result-releases"
    default_view = "index"

    @expose("/", methods=["GET"])
    @expose("/list/", methods=["GET"])
    @has_access
    @permission_name("list")
    def index(self) -> Any:
        """The releases, the newest first."""
        context = list_context(current_scope(), current_actor())
        return self.render_template("results/list.html", **context)

    @expose("/<int:release_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, release_id: int) -> Any:
        """One release."""
        return self._page(release_id)

    @expose("/<int:release_id>/approve", methods=["POST"])
    @has_access
    @permission_name("approve")
    def approve(self, release_id: int) -> Any:
        """Approves it, as another person than the one who loaded it."""
        return self._done(
            release_id, lambda: services.approve(current_scope(), current_actor(), release_id)
        )

    @expose("/<int:release_id>/take-back", methods=["POST"])
    @has_access
    @permission_name("take_back")
    def take_back(self, release_id: int) -> Any:
        """Takes the approval back."""
        return self._done(
            release_id, lambda: services.take_back(current_scope(), current_actor(), release_id)
        )

    @expose("/<int:release_id>/minute", methods=["POST"])
    @has_access
    @permission_name("schedule")
    def minute(self, release_id: int) -> Any:
        """Sets the minute of the release, by the Nairobi clock."""

        def act() -> None:
            at = _minute(request.form.get("at", ""))
            services.set_minute(current_scope(), current_actor(), release_id, at=at)

        return self._done(release_id, act)

    @expose("/<int:release_id>/channels/<string:channel>", methods=["POST"])
    @has_access
    @permission_name("switch")
    def switch(self, release_id: int, channel: str) -> Any:
        """Switches SMS or USSD on or off for the release."""
        if channel not in set(Channel):
            abort(404)
        on, reason = request.form.get("on") == "yes", request.form.get(f"{channel}-reason", "")
        who = current_scope(), current_actor(), release_id, Channel(channel)
        return self._done(release_id, lambda: services.switch_channel(*who, on=on, reason=reason))

    def _done(self, release_id: int, act: Any) -> Any:
        try:
            act()
        except RuleBroken as refusal:
            return self._page(release_id, refusal), refusal.status
        except IllegalMove as refusal:
            flash(refusal.spoken(_), "warning")
        return redirect(f"/result-releases/{release_id}", 303)

    def _page(self, release_id: int, refusal: PortalError | None = None) -> Any:
        one = queries.release_of(db.session, current_scope(), release_id)
        context = release_context(current_scope(), current_actor(), one)
        errors = errors_of(refusal)
        typed = {
            "at": request.form.get("at", ""),
            "errors": errors,
            "reasons": {one: request.form.get(f"{one}-reason", "") for one in Channel},
            "wrong": {one["field"].partition("-")[0]: one["sentence"] for one in errors},
        }
        return self.render_template("results/release.html", **context, typed=typed)


class ResultFileView(BaseView):
    """/result-files/: a release file brought, mapped, checked and loaded."""

    route_base = "/result-files"
    class_permission_name = "results"
    default_view = "add"

    @expose("/add", methods=["GET"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """Asks for the series and the file."""
        return self.render_template("results/add.html", **add_context({}))

    @expose("/add", methods=["POST"])
    @has_access
    @permission_name("add")
    @takes_large_body(LARGEST_UPLOAD, "results", "add")
    def bring(self) -> Any:
        """Keeps the file and lets the queue look at it."""
        vault = current_app.extensions["vault"]
        try:
            upload = upload_in_form()
            one, is_new = services.add_file(
                current_scope(), current_actor(), vault=vault, upload=upload
            )
        except RuleBroken as refusal:
            context = add_context(request.form, refusal)
            return self.render_template("results/add.html", **context), refusal.status
        if not is_new:
            flash(_("This very file is here already: this is it."), "information")
        return redirect(f"/result-files/{one.id}", 303)

    @expose("/<int:result_file_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, result_file_id: int) -> Any:
        """One file in its state."""
        return self._page(_file(result_file_id))

    @expose("/<int:result_file_id>/map", methods=["POST"])
    @has_access
    @permission_name("map")
    def map(self, result_file_id: int) -> Any:
        """Keeps what each column holds and asks for the check."""
        chosen = mapping_in_form(len(_file(result_file_id).headings or ()))
        try:
            services.map_columns(current_scope(), current_actor(), result_file_id, mapping=chosen)
        except RuleBroken as refusal:
            again = mapping_context(_file(result_file_id), chosen, refusal)
            return self._page(_file(result_file_id), mapping=again), refusal.status
        except IllegalMove as refusal:
            flash(refusal.spoken(_), "warning")
        return redirect(f"/result-files/{result_file_id}", 303)

    @expose("/<int:result_file_id>/load", methods=["POST"])
    @has_access
    @permission_name("load")
    def load(self, result_file_id: int) -> Any:
        """Asks the queue to load the whole file."""
        run = whole_number(request.form.get("run", ""), most=LARGEST_INT)
        looked = request.form.get("looked") == "yes"
        try:
            services.ask_to_store(
                current_scope(), current_actor(), result_file_id, run=run, looked=looked
            )
        except RuleBroken as refusal:
            return self._page(_file(result_file_id), refusal=refusal), refusal.status
        except IllegalMove as refusal:
            flash(refusal.spoken(_), "warning")
        return redirect(f"/result-files/{result_file_id}", 303)

    @expose("/<int:result_file_id>/discard", methods=["POST"])
    @has_access
    @permission_name("discard")
    def discard(self, result_file_id: int) -> Any:
        """Gives the file up."""
        try:
            services.discard(current_scope(), current_actor(), result_file_id)
        except IllegalMove as refusal:
            flash(refusal.spoken(_), "warning")
        return redirect(f"/result-files/{result_file_id}", 303)

    @expose("/<int:result_file_id>/errors.<string:kind>", methods=["GET"])
    @has_access
    @permission_name("show")
    def errors(self, result_file_id: int, kind: str) -> Any:
        """What is wrong, cell by cell, as a file."""
        return faults_file(current_scope(), _file(result_file_id), kind)

    def _page(self, one: ResultFile, *, refusal: PortalError | None = None, **more: Any) -> Any:
        asked = {
            "page": whole_number(request.args.get("page", "0"), most=FURTHEST_PAGE),
            "show": request.args.get("show", ""),
            "map": request.args.get("map") == "1",
            "errors": errors_of(refusal),
        }
        context = file_context(current_scope(), current_actor(), one, asked) | more
        return self.render_template("results/file.html", **context)


class ResultView(BaseView):
    """/results-of/: one candidate of a release, looked up by index number, and a school's file."""

    route_base = "/results-of"
    class_permission_name = "results"
    default_view = "look_up"

    @expose("/<int:release_id>/", methods=["GET"])
    @has_access
    @permission_name("show")
    def look_up(self, release_id: int) -> Any:
        """Goes to the candidate of the index number, or the school's file."""
        queries.release_of(db.session, current_scope(), release_id)
        typed = "".join(request.args.get("index", "").split())
        if typed.isascii() and typed.isdecimal() and len(typed) in (8, 11):
            tail = typed if len(typed) == 11 else f"schools/{typed}.xlsx"
            return redirect(f"/results-of/{release_id}/{tail}", 303)
        flash(_("Write the 11 digits of an index number, or the 8 of a centre."), "warning")
        return redirect(f"/result-releases/{release_id}", 303)

    @expose("/<int:release_id>/<string:index_number>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, release_id: int, index_number: str) -> Any:
        """One result, with its history."""
        return self._page(release_id, index_number)

    @expose("/<int:release_id>/<string:index_number>/withhold", methods=["POST"])
    @has_access
    @permission_name("withhold")
    def withhold(self, release_id: int, index_number: str) -> Any:
        """Puts a W in the place of the mean."""
        return self._change(release_id, index_number, Change.WITHHOLD)

    @expose("/<int:release_id>/<string:index_number>/cancel", methods=["POST"])
    @has_access
    @permission_name("cancel")
    def cancel(self, release_id: int, index_number: str) -> Any:
        """Puts a Y in the place of the mean."""
        return self._change(release_id, index_number, Change.CANCEL)

    @expose("/<int:release_id>/<string:index_number>/pend", methods=["POST"])
    @has_access
    @permission_name("pend")
    def pend(self, release_id: int, index_number: str) -> Any:
        """Puts a P in the place of the mean."""
        return self._change(release_id, index_number, Change.PEND)

    @expose("/<int:release_id>/<string:index_number>/restore", methods=["POST"])
    @has_access
    @permission_name("restore")
    def restore(self, release_id: int, index_number: str) -> Any:
        """Takes the letter away again."""
        return self._change(release_id, index_number, Change.RESTORE)

    @expose("/<int:release_id>/<string:index_number>/amend", methods=["POST"])
    @has_access
    @permission_name("amend")
    def amend(self, release_id: int, index_number: str) -> Any:
        """Writes other names or grades."""
        return self._change(release_id, index_number, Change.AMEND)

    @expose("/<int:release_id>/schools/<string:school_code>.<string:kind>", methods=["GET"])
    @has_access
    @permission_name("export")
    def school(self, release_id: int, school_code: str, kind: str) -> Any:
        """Every result of one school as a file."""
        return school_file(current_scope(), current_actor(), release_id, (school_code, kind))

    @expose("/<int:release_id>/slips/<string:number>.pdf", methods=["GET"])
    @has_access
    @permission_name("export")
    def slips(self, release_id: int, number: str) -> Any:
        """The slip of an index number, or those of a school, four to a page."""
        try:
            return slips_file(current_scope(), current_actor(), release_id, number)
        except RuleBroken as refusal:
            flash(refusal.spoken(_), "warning")
            return redirect(f"/result-releases/{release_id}", 303)

    def _change(self, release_id: int, index_number: str, change: Change) -> Any:
        version = whole_number(request.form.get("version", ""), most=LARGEST_INT)
        reason = request.form.get("reason", "")
        amended = amended_in_form() if change is Change.AMEND else None
        which = Which(release_id, index_number, version)
        try:
            services.change_result(
                current_scope(), current_actor(), which, change, reason=reason, amended=amended
            )
        except RuleBroken as refusal:
            return self._page(release_id, index_number, refusal), refusal.status
        except PortalError as refusal:
            if refusal.status != IllegalMove.status:
                raise
            flash(refusal.spoken(_), "warning")
        else:
            flash(_("Version %(number)s is stored.", number=version + 1), "success")
        return redirect(f"/results-of/{release_id}/{index_number}", 303)

    def _page(self, release_id: int, index_number: str, refusal: PortalError | None = None) -> Any:
        one = queries.candidate_in(db.session, current_scope(), release_id, index_number)
        context = candidate_context(current_scope(), current_actor(), one, request.form, refusal)
        return self.render_template("results/candidate.html", **context)


def _file(file_id: int) -> ResultFile:
    return services.file_in_scope(db.session, current_scope(), file_id)


def _minute(text: str) -> dt.datetime:
    """The moment on the Nairobi clock. Raises RuleBroken for anything else."""
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=clock.NAIROBI)
    except ValueError:
        raise RuleBroken(
            "minute-missing", N_("Write the day and the minute of the release."), field="at"
        ) from None
