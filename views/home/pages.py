"""`/` for every role, `/me/` for officers, and the list of all records that a role may open."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.attendance import queries, services
from app.errors import Conflict, RuleBroken
from app.permissions import Role, may
from views.home.officer import officer_home
from views.home.records import records_for
from views.home.staff import plain_home, staff_home
from views.navigation import words_for
from views.registers.pages import day_in
from views.registers.sentences import in_language
from views.request import current_actor, current_scope


class HomeView(BaseView):
    """The first page after signing in: what needs doing now, for this role."""

    route_base = ""
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> Any:
        """The centre's home is its register; an officer's are their days; others get three blocks."""
        actor, scope = current_actor(), current_scope()
        if Role.CENTRE in actor.roles:
            return current_app.view_functions["DailyRegisterView.today"]()
        if actor.officer_id is not None and may(actor, "own-record", "show"):
            return redirect("/me/")
        if may(actor, "registers", "list"):
            return self.render_template("home.html", **staff_home(scope, actor))
        return self.render_template("home_plain.html", **plain_home(actor, words_for(actor)))

    @expose("/records/", methods=["GET"])
    def records(self) -> Any:
        """Every list of records that the role may open."""
        return self.render_template("records.html", groups=records_for(current_actor()))


class OwnDaysView(BaseView):
    """The officer's own pages."""

    route_base = "/me"
    class_permission_name = "own-record"
    default_view = "home"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def home(self) -> Any:
        """Your duty, your days, your money."""
        context = officer_home(current_scope(), current_actor())
        return self.render_template("home_officer.html", **context)

    @expose("/days/<int:deployment_id>/<string(length=10):day>/dispute", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def dispute(self, deployment_id: int, day: str) -> Any:
        """Contests what the register says of one's own day."""
        scope, actor, claim = current_scope(), current_actor(), request.form.get("reason", "")
        duty = queries.own_day(scope, actor, deployment_id, day_in(day))
        if request.method == "GET":
            return self._form(duty)
        try:
            services.raise_dispute(scope, actor, deployment_id, duty.day, claim=claim)
        except (RuleBroken, Conflict) as error:
            return self._form(duty, claim, error.spoken(_)), error.status
        flash(
            _("Sent. The TSC Sub-County Director answers; until then the day is held."), "success"
        )
        return redirect("/me/#days", 303)

    def _form(self, duty: queries.MarkedDay, claim: str = "", wrong: str | None = None) -> Any:
        from views import words
        from views.access.language import language_now

        return self.render_template(
            "confirm.html",
            title=_("This day is wrong"),
            sentence=_(
                "The TSC Sub-County Director sees what you write and answers. Until then the pay"
                " of this day is held."
            ),
            facts=[
                {"label": _("Day"), "value": words.day(duty.day, language_now())},
                {"label": _("Centre"), "value": duty.centre},
                {"label": _("Role"), "value": in_language(duty.role, duty.role_sw)},
            ],
            action_label=_("Send the dispute"),
            post_url=f"/me/days/{duty.deployment_id}/{duty.day}/dispute",
            cancel_url="/me/#days",
            fields={},
            ask_reason=True,
            reason=claim,
            reason_label=_("What is wrong with this day?"),
            errors=[{"field": "reason", "sentence": wrong}] if wrong else [],
        )
