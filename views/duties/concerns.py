"""The SCDE's concerns about deployments, open and answered, answered here by the director."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from app.deployments import services
from app.deployments.queries import ConcernLine, concerns_in
from app.errors import IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.permissions import may
from views.base_arguments import refuse_null_bytes
from views.registers.sentences import in_language
from views.request import current_actor, current_scope

LONGEST = 80


class ConcernView(BaseView):
    """/concerns/ and the answers."""

    route_base = "/concerns"
    class_permission_name = "concerns"
    default_view = "list"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def list(self) -> Any:
        """The concerns that wait, with `?state=answered` the others; `q` names person or centre."""
        return self._list()

    @expose("/<int:concern_id>/answer", methods=["POST"])
    def answer(self, concern_id: int) -> Any:
        """The director's answer to one concern."""
        said = request.form.get("answer", "")
        try:
            services.answer_concerns(current_scope(), current_actor(), [concern_id], said)
        except (RuleBroken, IllegalMove) as refusal:
            if isinstance(refusal, IllegalMove):
                flash(refusal.spoken(_), "danger")
            return self._list(concern_id, refusal), refusal.status
        flash(_("Answered. The SCDE reads it here."), "success")
        return redirect("/concerns/", 303)

    def _list(self, refused: int | None = None, refusal: PortalError | None = None) -> Any:
        answered, asked = request.args.get("state") == "answered", request.args.get("q", "")
        refuse_null_bytes([asked])
        found = concerns_in(db.session, current_scope(), answered=answered, named=asked[:LONGEST])
        count = len(found)
        said = {refused: refusal.spoken(_)} if refused and refusal else {}
        return self.render_template(
            "duties/concerns.html",
            answered=answered,
            q=asked[:LONGEST],
            sentence=ngettext("%(num)s concern answered", "%(num)s concerns answered", count)
            if answered
            else ngettext(
                "%(num)s concern waits for an answer", "%(num)s concerns wait for an answer", count
            ),
            may_answer=may(current_actor(), "deployments", "answer_concern"),
            may_raise=may(current_actor(), "deployments", "raise_concern"),
            concerns=[_shown(one, said.get(one.id)) for one in found],
        )


def _shown(one: ConcernLine, wrong: str | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "officer": one.officer,
        "role": in_language(one.role, one.role_sw),
        "centre": f"{one.centre_code} {one.centre}",
        "href": f"/deployments/show/{one.deployment_id}",
        "from_day": one.starts_on,
        "to_day": one.ends_on,
        "status": one.status,
        "reason": one.reason,
        "raised_by": one.raised_by,
        "raised_at": one.raised_at,
        "answer": one.answer,
        "answered_by": one.answered_by,
        "answered_at": one.answered_at,
        "typed": request.form.get("answer", "") if wrong else "",
        "error": wrong,
    }
