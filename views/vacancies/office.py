"""The office's side: what a sub-county lacks advertised in one act, and a vacancy's applicants."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound

from app import clock
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.vacancies import services
from app.vacancies.queries.applicants import board_of
from app.words import N_
from views.base_refusals import sayable
from views.request import current_actor, current_scope
from views.vacancies.boards import board_context
from views.vacancies.previews import preview_context

MOST_AT_ONCE = 200


class AdvertiseView(BaseView):
    """/advertise/: every post that nobody holds and no advert covers, previewed, then advertised."""

    route_base = "/advertise"
    class_permission_name = "vacancies"
    default_view = "preview"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("add")
    def preview(self) -> Any:
        """What would be advertised in a sub-county for a series."""
        return self._page()

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("add")
    def advertise(self) -> Any:
        """Advertises what the preview shows."""
        form = request.form
        series_id, sub_county_id = _whole(form.get("series")), _whole(form.get("sub_county"))
        try:
            posts = services.advertise_missing(
                current_scope(),
                current_actor(),
                series_id=series_id,
                sub_county_id=sub_county_id,
                closes_at=_moment(form.get("closes_at")),
                late_reason=form.get("late_reason", "").strip()[:300] or None,
            )
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            refusal = sayable(failure)
            wrong = {"field": refusal.field, "sentence": refusal.spoken(_)}
            return self._page(form, [wrong]), refusal.status
        flash(ngettext("%(num)s post advertised.", "%(num)s posts advertised.", posts), "success")
        return redirect("/vacancies/list/", 303)

    def _page(self, typed: Any = None, errors: Any = ()) -> Any:
        given = typed or request.args
        context = preview_context(
            db.session,
            current_scope(),
            series_id=_number(given.get("series")),
            sub_county_id=_number(given.get("sub_county")),
            typed=typed or {},
        )
        return self.render_template("vacancies/advertise.html", errors=list(errors), **context)


class ShortlistView(BaseView):
    """/shortlists/<vacancy>: the applicants in order, with every number behind the order."""

    route_base = "/shortlists"
    class_permission_name = "applications"
    default_view = "board"

    @expose("/<int:vacancy_id>", methods=["GET"])
    @has_access
    @permission_name("list")
    def board(self, vacancy_id: int) -> Any:
        """The applicants of a vacancy, the best first."""
        return self._page(vacancy_id)

    @expose("/<int:vacancy_id>", methods=["POST"])
    @has_access
    @permission_name("shortlist")
    def choose(self, vacancy_id: int) -> Any:
        """Shortlists the first of the order, or moves one applicant."""
        if board_of(db.session, current_scope(), vacancy_id) is None:
            raise NotFound
        form, act = request.form, request.form.get("act", "")
        if act == "decline" and form.get("confirmed") != "yes":
            return self._ask(vacancy_id, _whole(form.get("application")))
        try:
            said = _done(vacancy_id, act, form)
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            flash(sayable(failure).spoken(_), "danger")
        else:
            flash(said, "success")
        return redirect(f"/shortlists/{vacancy_id}", 303)

    def _page(self, vacancy_id: int) -> Any:
        board = board_of(db.session, current_scope(), vacancy_id)
        if board is None:
            raise NotFound
        context = board_context(board, current_actor())
        return self.render_template("vacancies/shortlist.html", **context)

    def _ask(self, vacancy_id: int, application_id: int) -> Any:
        return self.render_template(
            "confirm.html",
            title=_("Decline"),
            sentence=_("Each officer reads the reason."),
            action_label=_("Decline"),
            danger=True,
            post_url=f"/shortlists/{vacancy_id}",
            cancel_url=f"/shortlists/{vacancy_id}",
            fields={"act": "decline", "application": application_id},
            ask_reason=True,
            reason_label=_("Why are they not selected?"),
        )


def _done(vacancy_id: int, act: str, form: Any) -> str:
    """Does what the form asks and says it; RuleBroken for an act that does not exist."""
    scope, actor = current_scope(), current_actor()
    if act == "shortlist_best":
        number = min(max(_number(form.get("number")) or 0, 0), MOST_AT_ONCE)
        found = services.shortlist_best(scope, actor, vacancy_id, number=number)
        return ngettext("%(num)s shortlisted.", "%(num)s shortlisted.", found)
    one = [_whole(form.get("application"))]
    if act == "shortlist":
        services.shortlist_applications(scope, actor, one)
        return _("Shortlisted.")
    if act == "select":
        services.select_applications(scope, actor, one)
        return _("Selected: the offer goes out by SMS.")
    if act == "decline":
        services.decline_applications(scope, actor, one, form.get("reason", ""))
        return _("Declined.")
    raise RuleBroken("act-unknown", N_("Choose what to do with the application."))


def _number(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text)


def _whole(text: str | None) -> int:
    number = _number(text)
    if number is None:
        raise NotFound
    return number


def _moment(text: str | None) -> dt.datetime | None:
    """A moment typed on the Nairobi wall clock; None where none was."""
    if not (text or "").strip():
        return None
    try:
        return dt.datetime.fromisoformat(str(text)).replace(tzinfo=clock.NAIROBI)
    except ValueError:
        raise RuleBroken(
            "not-a-moment", N_("Write the day and the time."), field="closes_at"
        ) from None
