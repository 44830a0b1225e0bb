"""Beside the generated screen of notices: sending one by SMS, and putting one away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import PortalError
from app.extensions import db
from app.notices.services import put_away
from app.procedures.notices import SmsPlan, confirm_sms, sms_plan
from views.access.language import language_now
from views.request import current_actor, current_scope
from views.words import count, kes


class NoticePages(BaseView):
    """/notices/<id>/sms and /notices/<id>/seen."""

    route_base = "/notices"
    class_permission_name = "notices"
    default_view = "sms"

    @expose("/<int:notice_id>/sms", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def sms(self, notice_id: int) -> Any:
        """Whom it reaches and what it costs; a POST confirms the very number shown."""
        scope, actor = current_scope(), current_actor()
        record = f"/notices/show/{notice_id}"
        plan = sms_plan(db.session, scope, actor, notice_id)
        if request.method == "GET":
            return self._ask(plan, record)
        people = request.form.get("people", type=int) or 0
        try:
            confirm_sms(db.session, scope, actor, notice_id, people=people)
        except PortalError as error:
            return self._ask(plan, record, error.spoken(_)), error.status
        flash(_("The messages are being put in the outbox."), "success")
        return redirect(record, 303)

    @expose("/<int:notice_id>/seen", methods=["POST"])
    def seen(self, notice_id: int) -> Any:
        """Takes a notice from one's own home."""
        put_away(db.session, current_scope(), current_actor(), notice_id)
        return redirect("/", 303)

    def _ask(self, plan: SmsPlan, record: str, wrong: str | None = None) -> Any:
        return self.render_template(
            "notices/sms.html",
            sentence=plan_sentence(plan),
            plan=plan,
            cancel_url=record,
            errors=[{"field": None, "sentence": wrong}] if wrong else [],
        )


def plan_sentence(plan: SmsPlan) -> str:
    """ "This goes to 412 people, about KSh 330; today's budget allows 5,000." """
    tongue = language_now()
    said = ngettext(
        "This goes to %(people)s person, about %(sum)s.",
        "This goes to %(people)s people, about %(sum)s.",
        plan.people,
        people=count(plan.people, tongue),
        sum=kes(plan.kes, tongue),
    )
    if plan.allowed is None:
        return said
    allowed = _("Today's budget allows %(allowed)s.", allowed=count(plan.allowed, tongue))
    return f"{said} {allowed}"
