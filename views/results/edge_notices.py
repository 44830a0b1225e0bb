"""Notices on the public pages of results: written, looked at, put up, taken away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app import clock
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.permissions import may
from app.results import services
from app.results.pages import LANGUAGES, dated
from app.results.queries.edge_notices import Posted, edge_notices, posted_notice
from app.results.services import NoticeText
from app.words import N_
from views.request import current_actor, current_scope
from views.results.context import errors_of

FIELDS = ("text_en", "text_sw", "shown_from", "shown_until", "reason")
PILLS = {
    "shown": ("success", "check", N_("On the pages")),
    "behind": ("information", "clock", N_("Behind a later one")),
    "waiting": ("attention", "clock", N_("Not yet begun")),
    "over": ("ink", "back", N_("Ended")),
    "taken": ("danger", "cross", N_("Taken away")),
}


class EdgeNoticeView(BaseView):
    """/edge-notices/: what headquarters says on the public pages of results, and said."""

    route_base = "/edge-notices"
    class_permission_name = "edge-notices"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def index(self) -> Any:
        """The notices, the newest first."""
        return self.render_template("results/edge_notices.html", **_listed())

    @expose("/add", methods=["GET"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """Asks for the words and the time."""
        return self._form({})

    @expose("/add", methods=["POST"])
    @has_access
    @permission_name("add")
    def put_up(self) -> Any:
        """Shows how it will stand; the button there puts it up."""
        try:
            text = services.checked_notice(_typed())
            if request.form.get("act") == "change":
                return self._form(request.form)
            if request.form.get("act") != "confirm":
                return self.render_template("results/edge_notice_preview.html", **_seen(text))
            services.put_notice_up(current_scope(), current_actor(), _typed())
        except RuleBroken as refusal:
            return self._form(request.form, errors_of(refusal)), refusal.status
        flash(_("The notice is on the public pages within seconds of its beginning."), "success")
        return redirect("/edge-notices/", 303)

    @expose("/<int:edge_notice_id>", methods=["GET"])
    @has_access
    @permission_name("list")
    def show(self, edge_notice_id: int) -> Any:
        """One notice with who put it up and why, and the way to take it away."""
        return self._page(edge_notice_id)

    @expose("/<int:edge_notice_id>/take-away", methods=["POST"])
    @has_access
    @permission_name("take_away")
    def take_away(self, edge_notice_id: int) -> Any:
        """Takes it away, for a reason."""
        reason = request.form.get("reason", "")
        try:
            services.take_notice_away(
                current_scope(), current_actor(), edge_notice_id, reason=reason
            )
        except RuleBroken as refusal:
            return self._page(edge_notice_id, errors_of(refusal)), refusal.status
        except IllegalMove as refusal:
            flash(refusal.spoken(_), "warning")
        return redirect("/edge-notices/", 303)

    def _form(self, typed: Any, errors: Any = ()) -> Any:
        return self.render_template("results/edge_notice_add.html", typed=typed, errors=errors)

    def _page(self, notice_id: int, errors: Any = ()) -> Any:
        posted = posted_notice(db.session, current_scope(), notice_id)
        can = may(current_actor(), "edge-notices", "take_away")
        return self.render_template(
            "results/edge_notice.html",
            **_line(posted, first=_first_shown()),
            may_take_away=can and not posted.is_over(clock.now()),
            errors=errors,
        )


def _typed() -> NoticeText:
    """The form. Raises RuleBroken for a moment that cannot be read."""
    said = {name: request.form.get(name, "") for name in FIELDS}
    return NoticeText(
        said["text_en"],
        said["text_sw"],
        _moment(said["shown_from"], "shown_from"),
        _moment(said["shown_until"], "shown_until"),
        said["reason"],
    )


def _moment(text: str, field: str) -> dt.datetime | None:
    """A moment on the Nairobi clock; None where nothing was written."""
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=clock.NAIROBI)
    except ValueError:
        raise RuleBroken("moment", N_("Write the day and the minute."), field=field) from None


def _listed() -> dict[str, Any]:
    first = _first_shown()
    found = edge_notices(db.session, current_scope())
    return {
        "notices": [_line(one, first=first) for one in found],
        "may_add": may(current_actor(), "edge-notices", "add"),
    }


def _first_shown() -> int | None:
    """The notice that stands on the pages at this moment."""
    found = edge_notices(db.session, current_scope())
    return next((one.one.id for one in found if one.is_shown(clock.now())), None)


def _line(posted: Posted, *, first: int | None) -> dict[str, Any]:
    colour, icon, words = PILLS[_state(posted, first)]
    return {"one": posted.one, "taken": posted.taken, "pill": (colour, icon, _(words))}


def _state(posted: Posted, first: int | None) -> str:
    now = clock.now()
    if posted.taken is not None:
        return "taken"
    if posted.is_over(now):
        return "over"
    if not posted.is_shown(now):
        return "waiting"
    return "shown" if posted.one.id == first else "behind"


def _seen(text: NoticeText) -> dict[str, Any]:
    """How it will stand on the pages, and what was typed, to be sent again."""
    at = clock.nairobi(text.shown_from or clock.now())
    said = {"en": text.text_en, "sw": text.text_sw}
    return {
        "shown": [(language, dated(said[language], at, language)) for language in LANGUAGES],
        "text": text,
        "typed": {name: request.form.get(name, "") for name in FIELDS},
    }
