"""Pages of imports: the list, bringing a file, one import in its state, and the file to correct."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.imports import services
from app.imports.enums import Kind, State
from app.imports.models import ListImport
from reports.readers import MOST_BYTES
from views.base_arguments import FURTHEST_PAGE, whole_number
from views.imports.context import (
    add_context,
    import_context,
    list_context,
    mapping_context,
)
from views.imports.corrected import corrected_file
from views.imports.forms import choices_in_form, mapping_in_form, upload_in_form
from views.request import current_actor, current_scope, takes_large_body

LARGEST_UPLOAD = MOST_BYTES + 64 * 1024


class ImportView(BaseView):
    """/imports/ and everything below it."""

    route_base = "/imports"
    class_permission_name = "imports"
    default_view = "index"

    @expose("/", methods=["GET"])
    @expose("/list/", methods=["GET"])
    @has_access
    @permission_name("list")
    def index(self) -> Any:
        """The imports of the reader's scope."""
        page = whole_number(request.args.get("page", "0"), most=FURTHEST_PAGE)
        context = list_context(current_scope(), current_actor(), page)
        return self.render_template("imports/list.html", **context)

    @expose("/add", methods=["GET"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """Asks for the kind of list and the file."""
        return self.render_template("imports/add.html", **add_context(current_actor(), {}))

    @expose("/add", methods=["POST"])
    @has_access
    @permission_name("add")
    @takes_large_body(LARGEST_UPLOAD, "imports", "add")
    def bring(self) -> Any:
        """Keeps the file and lets the queue look at it."""
        try:
            one, is_new = services.add_list(
                current_scope(), current_actor(), vault=_vault(), upload=upload_in_form()
            )
        except RuleBroken as refusal:
            context = add_context(current_actor(), request.form, refusal)
            return self.render_template("imports/add.html", **context), refusal.status
        if not is_new:
            flash(_("This very file is here already: this is it."), "information")
        return redirect(f"/imports/{one.id}", 303)

    @expose("/<int:import_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, import_id: int) -> Any:
        """One import in its state."""
        return self._page(_found(import_id))

    @expose("/<int:import_id>/map", methods=["POST"])
    @has_access
    @permission_name("map")
    def map(self, import_id: int) -> Any:
        """Keeps the chosen columns and asks for the check."""
        one = _found(import_id)
        mapping = mapping_in_form(Kind(one.kind), request.form)
        choices = choices_in_form(request.form)
        try:
            services.map_columns(
                current_scope(), current_actor(), import_id, mapping=mapping, choices=choices
            )
        except RuleBroken as refusal:
            again = mapping_context(_found(import_id), mapping, refusal, choices)
            return self._page(_found(import_id), mapping=again), refusal.status
        return redirect(f"/imports/{import_id}", 303)

    @expose("/<int:import_id>/store", methods=["POST"])
    @has_access
    @permission_name("apply")
    def store(self, import_id: int) -> Any:
        """Asks the queue to store the good rows."""
        run = whole_number(request.form.get("run", ""), most=2**31 - 1)
        tell = request.form.get("tell") == "yes"
        return _done(
            import_id,
            lambda: services.ask_to_store(
                current_scope(), current_actor(), import_id, run=run, tell=tell
            ),
        )

    @expose("/<int:import_id>/stop", methods=["POST"])
    @has_access
    @permission_name("check")
    def stop(self, import_id: int) -> Any:
        """Breaks off what the queue does."""
        return _done(
            import_id, lambda: services.break_off(current_scope(), current_actor(), import_id)
        )

    @expose("/<int:import_id>/discard", methods=["POST"])
    @has_access
    @permission_name("discard")
    def discard(self, import_id: int) -> Any:
        """Gives the import up."""
        return _done(
            import_id, lambda: services.discard(current_scope(), current_actor(), import_id)
        )

    @expose("/<int:import_id>/corrected.<string:kind>", methods=["GET"])
    @has_access
    @permission_name("show")
    def corrected(self, import_id: int, kind: str) -> Any:
        """The rejected rows as a file, with what is wrong in a last column."""
        one = _found(import_id)
        if kind not in ("csv", "xlsx") or not (one.counts or {}).get("rejected") or one.wiped_at:
            raise NotFound
        file = corrected_file(current_scope(), one, kind)
        with unit_of_work(db.session) as session:
            subject = Subject("list_import", one.id, one.sub_county_id)
            record(session, current_actor(), "import.corrected_taken", subject)
        return file

    def _page(self, one: ListImport, **more: Any) -> Any:
        page = whole_number(request.args.get("page", "0"), most=FURTHEST_PAGE)
        asked = {
            "page": page,
            "show": request.args.get("show", ""),
            "map": request.args.get("map") == "1" and one.state == State.CHECKED,
        }
        context = import_context(current_scope(), current_actor(), one, asked) | more
        return self.render_template("imports/show.html", **context)


def _vault() -> Any:
    from flask import current_app

    return current_app.extensions["vault"]


def _found(import_id: int) -> ListImport:
    return services.within_scope(db.session, current_scope(), import_id)


def _done(import_id: int, act: Any) -> Any:
    """Does the act and shows the import; one that has moved on says so there."""
    try:
        act()
    except IllegalMove as refusal:
        flash(refusal.spoken(_), "warning")
    return redirect(f"/imports/{import_id}", 303)
