"""/walk-ins/: the centre enters who is at work without a deployment, the director decides."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.attendance import queries as registers
from app.errors import Conflict, IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.permissions import may
from app.procedures.walk_ins import accept_walk_in, refuse_walk_in
from app.walk_ins import queries
from app.walk_ins.enums import WalkInState
from app.walk_ins.services import enter_walk_in, withdraw_walk_in
from views.registers.pages import own_centre_id, own_centre_on
from views.request import current_actor, current_scope
from views.walk_ins.context import (
    decide_context,
    form_context,
    list_context,
    own_context,
    row_of,
    told_context,
)
from views.walk_ins.forms import entry_in_form

KEPT = (RuleBroken, IllegalMove, Conflict)
"""Refusals that stay on the page, with what was typed."""


class WalkInsView(BaseView):
    """People at work who are not on a roster."""

    route_base = "/walk-ins"
    class_permission_name = "walk-ins"
    default_view = "entries"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def entries(self) -> Any:
        """What waits for the director, or the centre's own entries."""
        if may(current_actor(), "walk-ins", "add"):
            context = own_context(current_scope(), own_centre_id())
            return self.render_template("walk_ins/own.html", **context)
        decided = request.args.get("state") == "decided"
        context = list_context(current_scope(), decided=decided)
        return self.render_template("walk_ins/list.html", **context)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """The centre enters somebody who works there today without a deployment."""
        place = own_centre_on(clock.today())
        if request.method == "GET":
            return self._form(place, {"kind": "national_id", "status": "present"})
        scope, actor = current_scope(), current_actor()
        vault = current_app.extensions["vault"]
        try:
            entry = entry_in_form(request.form)
            enter_walk_in(scope, actor, place.centre_id, place.day, entry, vault=vault)
        except KEPT as error:
            return self._form(place, request.form, error), error.status
        flash(
            _("Entered. The TSC Sub-County Director decides today; nothing is paid before."),
            "success",
        )
        return redirect("/register/", 303)

    @expose("/<int:walk_in_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def show(self, walk_in_id: int) -> Any:
        """What the centre said, whose number it is, what stands in the way, and the decision."""
        if request.method == "GET":
            return self._decision(walk_in_id)
        try:
            said = _decide(walk_in_id)
        except KEPT as error:
            return self._decision(walk_in_id, error), error.status
        flash(said, "success")
        return redirect("/walk-ins/", 303)

    @expose("/<int:walk_in_id>/withdraw", methods=["GET", "POST"])
    @has_access
    @permission_name("withdraw")
    def withdraw(self, walk_in_id: int) -> Any:
        """The centre takes its entry back until it is decided."""
        line = queries.line_of(db.session, current_scope(), walk_in_id)
        if request.method == "GET":
            return self._ask_to_withdraw(line)
        try:
            withdraw_walk_in(current_scope(), current_actor(), walk_in_id)
        except IllegalMove as error:
            return self._ask_to_withdraw(line, error), error.status
        flash(_("Taken back."), "success")
        return redirect("/walk-ins/", 303)

    def _form(self, place: Any, typed: Any, error: PortalError | None = None) -> Any:
        scope, actor = current_scope(), current_actor()
        page = registers.register_page(scope, place)
        context = form_context(scope, actor, page, typed=typed, error=error)
        return self.render_template("walk_ins/add.html", **context)

    def _decision(self, walk_in_id: int, error: PortalError | None = None) -> Any:
        scope, actor = current_scope(), current_actor()
        line = queries.line_of(db.session, scope, walk_in_id)
        if not may(actor, "walk-ins", "decide") or line.state is not WalkInState.PROVISIONAL:
            context = told_context(line) | {"errors": _faults(error)}
            return self.render_template("walk_ins/decide.html", **context)
        vault = current_app.extensions["vault"]
        one, verdict, last_day = queries.to_decide(db.session, scope, walk_in_id, vault)
        context = decide_context(one, line, verdict, last_day=last_day)
        context |= {"errors": _faults(error), "reason": request.form.get("reason", "")}
        return self.render_template("walk_ins/decide.html", **context)

    def _ask_to_withdraw(self, line: queries.Line, error: PortalError | None = None) -> Any:
        row = row_of(line)
        return self.render_template(
            "confirm.html",
            title=_("Take this entry back?"),
            sentence=_("The director then decides nothing. You can enter them again today."),
            facts=[
                {"label": _("Name"), "value": row["name"]},
                {"label": _("Role"), "value": row["role"]},
            ],
            action_label=_("Take it back"),
            danger=True,
            post_url=row["withdraw_url"],
            cancel_url="/walk-ins/",
            fields={},
            errors=[{"field": None, "sentence": error.spoken(_)}] if error else [],
        )


def _decide(walk_in_id: int) -> str:
    """Does what the pressed button says; the sentence that tells so."""
    scope, actor, form = current_scope(), current_actor(), request.form
    if form.get("act") == "refuse":
        refuse_walk_in(scope, actor, walk_in_id, reason=form.get("reason", ""))
        return _("Refused. The day is not paid.")
    if form.get("act") not in ("day", "end"):
        raise RuleBroken("act-unknown", _("Choose what to do."), field="act")
    accept_walk_in(scope, actor, walk_in_id, to_the_end=form.get("act") == "end")
    return _("Accepted. They stand on the register; the day is paid once the SCDE confirms it.")


def _faults(error: PortalError | None) -> list[dict[str, str | None]]:
    """Each fault with the field of the page that it is about, where it has one."""
    return [
        {"field": "reason" if one.field == "reason" else None, "sentence": one.spoken(_)}
        for one in (error.problems if error else ())
    ]
