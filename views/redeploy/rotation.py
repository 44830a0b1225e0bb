"""The weekly rotation as a table of all weeks: planned, changed by hand, published in one act."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import ngettext

from app.errors import RuleBroken
from app.procedures import rotation as procedure
from app.procedures.rotation_by_hand import read_plan
from views.redeploy.context import number_typed
from views.redeploy.rotation_table import changed_plan, rotation_context
from views.request import current_actor, current_scope

ADDRESS = "/redeploy/rotation/"


class RotationPages(BaseView):
    """/redeploy/rotation/: every week of the season at once."""

    route_base = "/redeploy/rotation"
    class_permission_name = "deployments"
    default_view = "weeks"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("rotate")
    def weeks(self) -> Any:
        """The best plan; a POST changes a cell of the plan it carries, or publishes it."""
        if request.form.get("act") == "publish":
            return self._publish()
        try:
            picked, plan = changed_plan(current_scope(), current_actor(), request.values)
        except RuleBroken as error:
            return self._table(error=error), error.status
        return self._table(plan=plan, picked=picked)

    def _publish(self) -> Any:
        series_id, role_id = (number_typed(request.form, name) for name in ("series", "role"))
        scope, actor = current_scope(), current_actor()
        try:
            now = procedure.rotation_now(scope, actor, series_id=series_id, role_id=role_id)
            plan = read_plan(now, request.form.get("plan", ""))
            done = procedure.publish(
                scope,
                actor,
                series_id=series_id,
                role_id=role_id,
                plan=plan,
                reason=request.form.get("reason", ""),
            )
        except RuleBroken as error:
            return self._table(error=error), error.status
        flash(_done(done), "success")
        return redirect(f"{ADDRESS}?series={series_id}&role={role_id}", 303)

    def _table(self, **said: Any) -> Any:
        context = rotation_context(current_scope(), current_actor(), request.values, **said)
        return self.render_template("redeploy/rotation.html", **context)


def _done(done: procedure.Published) -> str:
    moved = ngettext(
        "Published: %(num)s person moves.", "Published: %(num)s people move.", done.people
    )
    letters = ngettext("%(num)s new letter.", "%(num)s new letters.", done.stays + done.shortened)
    if not done.left_out:
        return f"{moved} {letters}"
    without = ngettext(
        "%(num)s person has a week without a station and is told by SMS.",
        "%(num)s people have a week without a station and are told by SMS.",
        done.left_out,
    )
    return f"{moved} {letters} {without}"
