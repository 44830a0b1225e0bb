"""/stores/: the SCDE fills the posts of the container, publishes them and marks its register."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.deployments.queries import stores
from app.deployments.services import deploy_officer
from app.errors import Conflict, IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.procedures import duties
from app.words import N_
from views.paging import page_asked
from views.registers.pages import day_in
from views.request import current_actor, current_scope
from views.stores.context import (
    deploy_context,
    list_context,
    registers_context,
    withdraw_context,
)

KEPT = (RuleBroken, IllegalMove, Conflict)
"""Refusals that stay on the page, with what was typed."""


class StoresView(BaseView):
    """The containers of a sub-county and their day register."""

    route_base = "/stores"
    class_permission_name = "store-registers"
    default_view = "containers"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def containers(self) -> Any:
        """Each container with its posts, who fills them and what is open."""
        return self.render_template("stores/list.html", **_listed())

    @expose("/<string(length=8):centre_code>/deploy/<int:role_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("mark")
    def deploy(self, centre_code: str, role_id: int) -> Any:
        """Somebody for an open place: searched by name or number, deployed, not yet published."""
        store, place = stores.place_at(db.session, current_scope(), centre_code, role_id)
        if request.method == "GET":
            return self._deploy_form(store, place, request.args)
        try:
            deployed = _deploy(store, place)
        except KEPT as error:
            return self._deploy_form(store, place, request.form, error), error.status
        flash(_("%(name)s is deployed. Publish to send the letter.", name=deployed), "success")
        return redirect("/stores/", 303)

    @expose("/publish", methods=["POST"])
    @has_access
    @permission_name("mark")
    def publish(self) -> Any:
        """Publishes the deployments that were ticked: letters and SMS go out."""
        ids = [_whole(one) for one in request.form.getlist("pick")[:200]]
        if not ids:
            flash(_("Tick whom to publish."), "warning")
            return redirect("/stores/", 303)
        try:
            duties.publish_deployments(current_scope(), current_actor(), ids, _reason())
        except KEPT as error:
            page = self.render_template("stores/list.html", **_listed(error))
            return page, error.status
        done = ngettext("%(num)s deployment published.", "%(num)s deployments published.", len(ids))
        flash(done, "success")
        return redirect("/stores/", 303)

    @expose("/withdraw/<int:deployment_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("mark")
    def withdraw(self, deployment_id: int) -> Any:
        """Withdraws a published deployment of a store, for a reason."""
        found = _holder(deployment_id)
        reason = request.form.get("reason", "")
        if request.method == "GET":
            return self.render_template("confirm.html", **withdraw_context(*found))
        try:
            duties.withdraw_deployments(current_scope(), current_actor(), [deployment_id], reason)
        except KEPT as error:
            context = withdraw_context(*found, reason=reason, error=error)
            return self.render_template("confirm.html", **context), error.status
        flash(_("Withdrawn, with the letter. The officer is told by SMS."), "success")
        return redirect("/stores/", 303)

    @expose("/register/", methods=["GET"])
    @has_access
    @permission_name("show")
    def register_today(self) -> Any:
        """The store's register of today."""
        return redirect(f"/stores/register/{clock.today()}")

    @expose("/register/<string(length=10):day>", methods=["GET"])
    @has_access
    @permission_name("show")
    def register_day(self, day: str) -> Any:
        """The register of the container on a day; of several, the list of them."""
        on = day_in(day)
        found = stores.stores_on(db.session, current_scope(), on)
        if len(found) != 1:
            return self.render_template("stores/registers.html", **registers_context(found, on))
        show = current_app.view_functions["DailyRegisterView.centre_day"]
        return show(centre_code=found[0].code, day=day)

    def _deploy_form(
        self, store: stores.Store, place: stores.Place, typed: Any, error: PortalError | None = None
    ) -> Any:
        context = deploy_context(current_scope(), store, place, typed=typed, error=error)
        return self.render_template("stores/deploy.html", **context)


def _listed(error: PortalError | None = None) -> dict[str, Any]:
    page = page_asked(request.args)
    return list_context(current_scope(), current_actor(), page=page, error=error)


def _deploy(store: stores.Store, place: stores.Place) -> str:
    """Deploys whom the form names; their name."""
    form = request.form
    values = {
        "centre_id": store.centre_id,
        "role_id": place.role_id,
        "officer_id": _whole(form.get("officer", "")),
        "starts_on": _date(form.get("starts_on", ""), "starts_on"),
        "ends_on": _date(form.get("ends_on", ""), "ends_on"),
        "reason": _reason(),
    }
    return deploy_officer(current_scope(), current_actor(), values=values).officer.full_name


def _reason() -> str | None:
    """Why it comes after the deadline, where the form says it."""
    return " ".join(request.form.get("reason", "").split())[:300] or None


def _holder(deployment_id: int) -> tuple[stores.Store, stores.Place, stores.Holder]:
    return stores.holding(db.session, current_scope(), deployment_id)


def _whole(text: str) -> int:
    plain = text.strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        raise RuleBroken("officer-missing", N_("Choose an officer."), field="officer")
    return int(plain)


def _date(text: str, field: str) -> dt.date:
    try:
        return clock.day_written(text)
    except ValueError:
        raise RuleBroken("no-day", N_("Write the day."), field=field) from None
