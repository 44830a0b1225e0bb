"""Lists for the offices: the day's registers with whom to call, disputes, and closing a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import BadRequest

from app import clock
from app.attendance import services
from app.errors import IllegalMove, RuleBroken
from app.permissions import may
from views import words
from views.access.language import language_now
from views.paging import page_asked
from views.registers.pages import day_in
from views.registers.today import disputes_context, disputes_query, lock_context, today_context
from views.request import current_actor, current_scope


class DayListView(BaseView):
    """/registers/today/, /registers/disputes/ and /registers/lock/."""

    route_base = "/registers"
    class_permission_name = "registers"
    default_view = "today"

    @expose("/today/", methods=["GET"])
    @has_access
    @permission_name("list")
    def today(self) -> Any:
        """Every centre's register of a day, opened or not, with its manager's telephone."""
        if may(current_actor(), "registers", "open"):
            return redirect("/register/season/")
        context = today_context(current_scope(), current_actor(), _day_asked(), request.args)
        return self.render_template("register/today.html", **context)

    @expose("/today/confirm", methods=["POST"])
    @has_access
    @permission_name("confirm")
    def confirm(self) -> Any:
        """Confirms the registers that were ticked, each as it was read."""
        day = day_in(request.form.get("day", ""))
        picked = _picked(request.form.getlist("pick"))
        outcome = services.confirm_registers(
            current_scope(), current_actor(), [(one, day) for one in picked], versions=picked
        )
        _say(outcome)
        return redirect(f"/registers/today/?day={day}", 303)

    @expose("/disputes/", methods=["GET"])
    def disputes(self) -> Any:
        """The disputes that wait for an answer, or with `?state=all` every one, page by page."""
        return self._disputes()

    @expose("/disputes/<int:dispute_id>", methods=["POST"])
    def answer(self, dispute_id: int) -> Any:
        """The TSC director's answer to one dispute."""
        form = request.form
        state, said = form.get("state", ""), form.get("answer", "")
        try:
            services.answer_dispute(
                current_scope(), current_actor(), dispute_id, state=state, answer=said
            )
        except (RuleBroken, IllegalMove) as error:
            typed = {dispute_id: {"answer": said, "state": state, "error": error.spoken(_)}}
            return self._disputes(typed), error.status
        flash(_("Answered. The officer sees it on their days."), "success")
        return redirect("/registers/disputes/" + disputes_query(**_disputes_asked()), 303)

    @expose("/lock/", methods=["GET", "POST"])
    @has_access
    @permission_name("lock")
    def lock(self) -> Any:
        """KNEC closes a day: asks once more, then locks every confirmed register of it."""
        if request.method == "GET":
            return self.render_template("register/lock.html", **lock_context(current_scope()))
        day, series_id = day_in(request.form.get("day", "")), _whole(request.form.get("series_id"))
        if request.form.get("confirmed") != "yes":
            return self._ask_to_lock(series_id, day)
        locked = services.lock_day(current_scope(), current_actor(), series_id, day)
        flash(ngettext("%(num)s register locked.", "%(num)s registers locked.", locked), "success")
        return redirect("/registers/lock/", 303)

    def _ask_to_lock(self, series_id: int, day: dt.date) -> Any:
        return self.render_template(
            "confirm.html",
            title=_("Close %(day)s", day=words.day(day, language_now())),
            sentence=_(
                "Every confirmed register of this day is locked. Only KNEC can open one again."
            ),
            action_label=_("Lock the registers"),
            danger=True,
            post_url="/registers/lock/",
            cancel_url="/registers/lock/",
            fields={"series_id": series_id, "day": day.isoformat()},
        )

    def _disputes(self, typed: Any = None) -> Any:
        context = disputes_context(
            current_scope(), current_actor(), **_disputes_asked(), typed=typed or {}
        )
        return self.render_template("register/disputes.html", **context)


def _disputes_asked() -> dict[str, Any]:
    """Which page of which disputes the address names."""
    return {"everything": request.args.get("state") == "all", "page": page_asked(request.args)}


def _day_asked() -> dt.date:
    text = request.args.get("day")
    return day_in(text) if text else clock.today()


def _picked(values: list[str]) -> dict[int, int]:
    """The ticked centres with the version that was read: "17:3"."""
    picked = {}
    for value in values[:1000]:
        centre_id, _colon, version = value.partition(":")
        picked[_whole(centre_id)] = _whole(version)
    return picked


def _whole(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise BadRequest
    return int(text)


def _say(outcome: services.Outcome) -> None:
    done = len(outcome.done)
    if done:
        flash(
            ngettext("%(num)s register confirmed.", "%(num)s registers confirmed.", done), "success"
        )
    elif not outcome.refused:
        flash(_("Tick the registers that you want to confirm."), "warning")
    for refusal in outcome.refused:
        flash(f"{refusal.place.name}: {refusal.error.spoken(_)}", "warning")
