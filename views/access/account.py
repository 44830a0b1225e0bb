"""One's own account: what can be done with it, its password, the devices that are signed in."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app import logs
from app.access import services, sessions
from app.errors import RuleBroken
from app.extensions import db
from app.permissions import may
from app.scoping.scope import Actor
from views.access.sign_in import remember
from views.navigation import exists
from views.request import (
    allowed_with_one_time_password,
    current_actor,
    device_of_request,
    safe_next,
)


class AccountView(BaseView):
    """/account/, /account/password/ and /account/devices/."""

    route_base = "/account"
    default_view = "index"

    @expose("/", methods=["GET"])
    def index(self) -> Any:
        """Everything that one can do with one's own account."""
        actor = current_actor()
        return self.render_template(
            "accounts/account.html", username=actor.username, links=_links(actor)
        )

    @expose("/password/", methods=["GET", "POST"])
    @allowed_with_one_time_password
    def password(self) -> Any:
        """The form; a change ends every session and opens a new one here."""
        errors: list[dict[str, Any]] = []
        if request.method == "POST":
            try:
                return _change_password()
            except RuleBroken as refusal:
                errors = [
                    {"field": one.field, "sentence": one.spoken(_)} for one in refusal.problems
                ]
        must_change = g.user.must_change_password
        page = self.render_template(
            "change_password.html",
            must_change=must_change,
            errors=errors,
            cancel_url=None if must_change else "/",
        )
        return page, 422 if errors else 200

    @expose("/devices/", methods=["GET"])
    def devices(self) -> Any:
        """Every device and program signed in to this account."""
        actor = current_actor()
        return self.render_template(
            "sessions.html",
            devices=[
                {
                    "id": row.id,
                    "name": row.device,
                    "current": row.id == actor.session_id,
                    "signed_in_at": row.created_at,
                    "last_seen_at": row.last_seen_at,
                    "season": row.season_long,
                }
                for row in sessions.sessions_of(db.session, actor.user_id or 0)
            ],
            revoke_url="/account/devices/end/",
            revoke_all_url="/account/devices/end-others/",
        )

    @expose("/devices/end/", methods=["POST"])
    def end(self) -> Any:
        """Signs one device out."""
        services.end_own_session(db.session, current_actor(), request.form.get("session_id", ""))
        logs.note("device-ended")
        flash(_("That device is signed out."), "success")
        return redirect("/account/devices/")

    @expose("/devices/end-others/", methods=["POST"])
    def end_others(self) -> Any:
        """Signs every other device out."""
        services.end_other_sessions(db.session, current_actor())
        logs.note("other-devices-ended")
        flash(_("All other devices are signed out."), "success")
        return redirect("/account/devices/")


def _links(actor: Actor) -> list[dict[str, str]]:
    """The pages of the account that exist and that this actor may use."""
    links = [
        ("/account/devices/", _("My devices"), _("See where you are signed in, and sign out.")),
        ("/account/password/", _("Change my password"), _("You are signed out elsewhere then.")),
    ]
    if may(actor, "own-profile", "change_number"):
        words = _("The account moves to a new number; a code comes to each telephone.")
        links.append(("/account/number/", _("Change my number"), words))
    own_data = "/me/data/" if may(actor, "own-profile", "download") else "/privacy/"
    links.append((own_data, _("My data"), _("What is kept about you, and why.")))
    return [
        {"href": href, "label": label, "hint": hint} for href, label, hint in links if exists(href)
    ]


def _change_password() -> Any:
    actor = current_actor()
    form = request.form
    secret = services.change_own_password(
        db.session,
        actor,
        old=form.get("old_password", ""),
        new=form.get("new_password", ""),
        again=form.get("again", ""),
        device=device_of_request(actor.username),
    )
    logs.note("password-changed")
    remember(actor.username, secret)
    flash(_("Your password is changed. Other devices are signed out."), "success")
    return redirect(safe_next(request.args.get("next")) or "/")
