"""Pages for strangers: create an account, and come back into one whose password is forgotten.

Each answers every number alike; the truth goes to the number by SMS.
"""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app import logs
from app.errors import PortalError, RuleBroken, TooMany
from app.extensions import db
from app.people import formats
from app.procedures import officer_accounts as accounts
from views.access.language import language_now
from views.access.sign_in import remember
from views.accounts.forms import evenly, mobile_twice, page, ticket, typed
from views.navigation import exists
from views.request import device_of_request, open_to_everybody

PRIVACY = "/privacy/"


class OpeningView(BaseView):
    """/account/create/ and /account/forgot/."""

    route_base = "/account"
    default_view = "create"

    @expose("/create/", methods=["GET", "POST"])
    @open_to_everybody
    def create(self) -> Any:
        """The number twice; afterwards the same page for every number."""
        if g.actor is not None:
            return redirect("/")
        if request.method == "GET":
            return _create_page()
        try:
            mobile = mobile_twice("mobile", "again")
            with evenly():
                accounts.register_number(
                    db.session, mobile, device=device_of_request(), locale=language_now()
                )
        except (RuleBroken, TooMany) as refusal:
            return _create_page(refusal)
        logs.note("account-asked")
        return page("sent.html", mobile=mobile)

    @expose("/forgot/", methods=["GET", "POST"])
    @open_to_everybody
    def forgot(self) -> Any:
        """The number; afterwards the page that takes the code, the same for every number."""
        if request.method == "GET":
            return page("forgot.html")
        try:
            mobile = formats.mobile(typed("mobile"))
            with evenly():
                asked = accounts.ask_code(
                    db.session, mobile, device=device_of_request(), locale=language_now()
                )
        except (RuleBroken, TooMany) as refusal:
            return page("forgot.html", refusal)
        logs.note("code-asked")
        return page("code.html", mobile=mobile, ticket=asked)

    @expose("/forgot/code/", methods=["GET", "POST"])
    @open_to_everybody
    def code(self) -> Any:
        """The code and a new password; whoever has them is signed in."""
        if request.method == "GET":
            return redirect("/account/forgot/")
        try:
            mobile = formats.mobile(typed("mobile"))
        except RuleBroken as refusal:
            return page("forgot.html", refusal)
        given = accounts.NewPassword(
            ticket("ticket"), typed("code"), request.form.get("new_password", ""), typed("again")
        )
        try:
            entered = accounts.reset_with_code(
                db.session, mobile, given, device=device_of_request()
            )
        except (RuleBroken, TooMany) as refusal:
            return page("code.html", refusal, mobile=mobile, ticket=given.ticket)
        logs.note("password-recovered", user_id=entered.user_id)
        remember(mobile, entered.secret)
        flash(_("Your password is changed. Other devices are signed out."), "success")
        return redirect("/", 303)


def _create_page(refusal: PortalError | None = None) -> Any:
    return page("create.html", refusal, privacy_url=PRIVACY if exists(PRIVACY) else None)
