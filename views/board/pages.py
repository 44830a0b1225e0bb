"""/board/: who is missing before a paper and who could come; offered in one click."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import BadRequest

from app import clock
from app.attendance.queries.lists import sub_county_named
from app.errors import IllegalMove, NotFound, RuleBroken
from app.extensions import db
from app.kept import keep
from app.procedures.stand_ins import Ask, offer_place, withdraw_call
from app.scoping.scope import Scope
from app.stand_ins.enums import Span
from app.stand_ins.queries.board import Board, board
from app.words import N_
from views.base_refusals import sayable
from views.board.context import board_context
from views.request import current_actor, current_scope

MOST_PICKED = 12
MOST_PAGES = 200
KEPT_SECONDS = 5.0
"""For readers of the whole country, who change nothing here: together they ask for it once."""


class BoardView(BaseView):
    """The board, the part of it that refreshes, and what a director does on it."""

    route_base = "/board"
    class_permission_name = "board"
    default_view = "page"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def page(self) -> Any:
        """The whole page; `?sub-county=` looks at one, `?ahead=2` at the next page of the places to
        come, `?wall=1` is for a screen on a wall."""
        shown, here = _asked_for()
        return self.render_template("board.html", **board_context(shown, here))

    @expose("/now/", methods=["GET"])
    @has_access
    @permission_name("show")
    def now(self) -> Any:
        """What changes of the page; 304 while the reader has it already."""
        shown, here = _asked_for()
        stamp = shown.stamp(here, clock.real_now().hour)
        if request.if_none_match.contains(stamp):
            return _stamped(Response(status=304), shown, stamp)
        page = self.render_template("board/_now.html", **board_context(shown, here))
        return _stamped(make_response(page), shown, stamp)

    @expose("/offer", methods=["POST"])
    @has_access
    @permission_name("offer")
    def offer(self) -> Any:
        """Offers one place to one person or to several, each by SMS."""
        ask = _ask(request.form)
        try:
            offer_place(current_scope(), current_actor(), ask)
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            flash(sayable(failure).spoken(_), "danger")
        else:
            asked = len(ask.officer_ids)
            said = ngettext(
                "%(num)s person was asked by SMS.", "%(num)s people were asked by SMS.", asked
            )
            flash(said, "success")
        return redirect(_back(f"place-{ask.post_id}-{ask.slot}"), 303)

    @expose("/calls/<int:call_id>/withdraw", methods=["POST"])
    @has_access
    @permission_name("offer")
    def withdraw(self, call_id: int) -> Any:
        """Takes back what was offered."""
        try:
            withdraw_call(current_scope(), current_actor(), call_id)
        except IllegalMove as failure:
            flash(failure.spoken(_), "danger")
        else:
            flash(_("The offers are withdrawn, and those asked are told."), "success")
        return redirect(_back("board"), 303)


def _asked_for() -> tuple[Board, dict[str, str]]:
    """The board of the place that the address names, and the words that lead back to it."""
    scope, here = current_scope(), _here(request.args)
    sub_county_id = _within(scope, here["sub-county"]) if "sub-county" in here else None
    if sub_county_id is None and scope.is_everything:
        key = ("board", scope.cache_key, clock.today())
        return keep(key, lambda: board(db.session, scope), KEPT_SECONDS), here
    page = int(here.get("ahead", 1))
    return board(db.session, scope, sub_county_id=sub_county_id, ahead_page=page), here


def _here(given: Any) -> dict[str, str]:
    words = {"sub-county": given.get("sub-county", "")[:60], "wall": given.get("wall", "")[:1]}
    page = given.get("ahead", "")
    if page.isascii() and page.isdecimal() and 1 < int(page[:4]) <= MOST_PAGES:
        words["ahead"] = page[:4]
    return {name: word for name, word in words.items() if word}


def _within(scope: Scope, slug: str) -> int:
    """The sub-county of this short name; NotFound outside the scope."""
    found = sub_county_named(slug)
    if not scope.is_everything and found not in scope.sub_county_ids:
        raise NotFound("no-sub-county", N_("There is no such sub-county."))
    return found


def _stamped(response: Response, shown: Board, stamp: str) -> Response:
    response.set_etag(stamp)
    response.headers["X-As-Of"] = f"{clock.nairobi(shown.as_of):%H:%M}"
    return response


def _back(anchor: str) -> str:
    words = urlencode(_here(request.form))
    return f"/board/?{words}#{anchor}" if words else f"/board/#{anchor}"


def _ask(form: Any) -> Ask:
    """The form as it was sent; a 400 for what no form of ours sends."""
    try:
        picked = tuple(int(one) for one in form.get("officers", "").split(",") if one)
        ask = Ask(
            post_id=int(form.get("post", "")),
            slot=int(form.get("slot", "")),
            first=dt.date.fromisoformat(form.get("first", "")),
            span=Span(form.get("span", "")),
            officer_ids=picked,
        )
    except ValueError as error:
        raise BadRequest from error
    largest = 2**31 - 1
    if len(picked) > MOST_PICKED or any(
        not 0 <= one <= largest for one in (*picked, ask.post_id, ask.slot)
    ):
        raise BadRequest
    return ask
