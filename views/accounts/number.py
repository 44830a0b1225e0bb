"""Pages on which an officer moves the account to another number: with both phones, or without
the old one, which the director then decides in person."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app import logs
from app.access.models import masked
from app.errors import RuleBroken, TooMany
from app.extensions import db
from app.people import formats
from app.permissions import require
from app.procedures import number_changes as changes
from views.access.language import language_now
from views.access.sign_in import remember
from views.accounts.forms import evenly, mobile_twice, page, ticket, typed
from views.request import current_actor, device_of_request, open_to_everybody


class NumberView(BaseView):
    """/account/number/ for who is signed in, /account/number/lost/ for whose phone is gone."""

    route_base = "/account/number"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    def ask(self) -> Any:
        """The new number twice; codes go to both telephones."""
        actor = current_actor()
        require(actor, "own-profile", "change_number")
        if request.method == "GET":
            return page("number.html", current=masked(actor.username))
        try:
            numbers = changes.Numbers(actor.username, mobile_twice("new_mobile", "again"))
            with evenly():
                asked = changes.ask_with_both(
                    db.session, actor, numbers, device=device_of_request(), locale=language_now()
                )
        except (RuleBroken, TooMany) as refusal:
            return page("number.html", refusal, current=masked(actor.username))
        return _codes_page(numbers, asked, lost=False)

    @expose("/codes/", methods=["GET", "POST"])
    def prove(self) -> Any:
        """The two codes; then the account has the new number and every other device is out."""
        actor = current_actor()
        require(actor, "own-profile", "change_number")
        if request.method == "GET":
            return redirect("/account/number/")
        numbers, tickets = _carried(actor.username), _tickets()
        if numbers is None:
            return redirect("/account/number/", 303)
        given = changes.Codes(typed("new_code"), typed("old_code"))
        try:
            secret = changes.prove_both(
                db.session, actor, numbers, tickets, given, device=device_of_request()
            )
        except (RuleBroken, TooMany) as refusal:
            return _codes_page(numbers, tickets, refusal, lost=False)
        logs.note("number-changed", user_id=actor.user_id)
        remember(numbers.new, secret)
        flash(_("Your number is changed. You sign in with the new one from now on."), "success")
        return redirect("/account/", 303)

    @expose("/lost/", methods=["GET", "POST"])
    @open_to_everybody
    def lost(self) -> Any:
        """The old number and the new one twice; a code goes to the new one."""
        own = g.actor.username if g.actor is not None and g.actor.officer_id else ""
        if request.method == "GET":
            return page("number_lost.html", own=own)
        try:
            numbers = changes.Numbers(
                formats.mobile(typed("old_mobile"), field="old_mobile"),
                mobile_twice("new_mobile", "again"),
            )
            with evenly():
                asked = changes.ask_with_new(
                    db.session, numbers, device=device_of_request(), locale=language_now()
                )
        except (RuleBroken, TooMany) as refusal:
            return page("number_lost.html", refusal, own=own)
        return _codes_page(numbers, asked, lost=True)

    @expose("/lost/codes/", methods=["GET", "POST"])
    @open_to_everybody
    def prove_lost(self) -> Any:
        """The code of the new number; then the director must see the person."""
        if request.method == "GET":
            return redirect("/account/number/lost/")
        numbers, tickets = _carried(typed("old_mobile")), _tickets()
        if numbers is None:
            return redirect("/account/number/lost/", 303)
        try:
            with evenly():
                changes.prove_new(
                    db.session,
                    numbers,
                    tickets,
                    changes.Codes(typed("new_code")),
                    device=device_of_request(),
                )
        except (RuleBroken, TooMany) as refusal:
            return _codes_page(numbers, tickets, refusal, lost=True)
        logs.note("number-change-waits")
        return page("number_waits.html", new=masked(numbers.new))


def _carried(old: str) -> changes.Numbers | None:
    """The numbers that the page of the codes carries along; None where somebody changed them."""
    try:
        return changes.Numbers(formats.mobile(old), formats.mobile(typed("new_mobile")))
    except RuleBroken:
        return None


def _tickets() -> changes.Tickets:
    return changes.Tickets(ticket("new_ticket"), ticket("old_ticket"))


def _codes_page(
    numbers: changes.Numbers, tickets: changes.Tickets, refusal: Any = None, *, lost: bool
) -> Any:
    return page("number_codes.html", refusal, numbers=numbers, tickets=tickets, lost=lost)
