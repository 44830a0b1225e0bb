"""One person to another post, and two who change places: a page that says what will happen."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.errors import RuleBroken
from app.procedures import redeployment
from app.procedures.redeployment import Wish
from app.words import N_
from views import words
from views.access.language import language_now
from views.duties.kept import forget_answer, kept_answer
from views.redeploy.context import day_typed, move_context, number_typed, swap_context
from views.request import current_actor, current_scope


class RedeployPages(BaseView):
    """/redeploy/<deployment>/ and /redeploy/swap/."""

    route_base = "/redeploy"
    class_permission_name = "deployments"
    default_view = "move"

    @expose("/<int:deployment_id>/", methods=["GET", "POST"])
    @has_access
    @permission_name("redeploy")
    def move(self, deployment_id: int) -> Any:
        """Choose a place and a day, see what will happen; a POST does it."""
        if request.method == "GET":
            return self._move(deployment_id)
        try:
            wish = Wish(
                number_typed(request.form, "post_id"),
                _day(),
                request.form.get("reason", ""),
                number_typed(request.values, "correction") or None,
            )
            new = redeployment.redeploy(current_scope(), current_actor(), deployment_id, wish)
        except RuleBroken as error:
            return self._move(deployment_id, error), error.status
        forget_answer(wish.correction_id or 0)
        flash(_moved(new), "success")
        return redirect(f"/deployments/show/{new.id}", 303)

    @expose("/swap/", methods=["GET", "POST"])
    @has_access
    @permission_name("swap")
    def swap(self) -> Any:
        """Two people exchange their posts from a day on."""
        if request.method == "GET":
            return self._swap()
        a, b = (number_typed(request.form, name) for name in ("a", "b"))
        try:
            first, second = redeployment.swap(
                current_scope(),
                current_actor(),
                a=a,
                b=b,
                from_day=_day(),
                reason=request.form.get("reason", ""),
            )
        except RuleBroken as error:
            return self._swap(error), error.status
        flash(f"{_moved(first)} {_moved(second)}", "success")
        return redirect("/deployments/list/", 303)

    def _move(self, deployment_id: int, error: RuleBroken | None = None) -> Any:
        typed = request.values.to_dict()
        typed.setdefault("reason", kept_answer(number_typed(typed, "correction")))
        context = move_context(current_scope(), current_actor(), deployment_id, typed, error=error)
        return self.render_template("redeploy/move.html", **context)

    def _swap(self, error: RuleBroken | None = None) -> Any:
        context = swap_context(current_scope(), current_actor(), request.values, error=error)
        return self.render_template("redeploy/swap.html", **context)


def _day() -> Any:
    """The day of the form; the page fills it in, so that an empty one is refused in words."""
    day = day_typed(request.form)
    if day is None:
        raise RuleBroken(
            "day-missing", N_("Choose the first day at the new place."), field="from_day"
        )
    return day


def _moved(new: Any) -> str:
    return _(
        "%(officer)s is at %(centre)s from %(day)s. The letter and the messages are on their way.",
        officer=new.officer.full_name,
        centre=new.centre.name,
        day=words.day(new.starts_on, language_now()),
    )
