"""What an officer does with a duty of their own: accept it, decline it, say what is wrong with it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from app.deployments.enums import DeploymentAct
from app.deployments.models import Deployment
from app.deployments.services import own_duty
from app.deployments.services.corrections import open_correction
from app.errors import Conflict, IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.letters.queries import stations_of
from app.procedures import duties
from views import words
from views.access.language import language_now
from views.base_refusals import sayable
from views.duties.words import KINDS
from views.registers.sentences import in_language
from views.request import current_actor, current_scope

HOME = "/me/deployments/"


class OwnDutyView(BaseView):
    """The acts of /me/deployments/<id>/; the duties themselves are on /me/deployments/."""

    route_base = "/me/deployments"
    class_permission_name = "own-deployments"

    @expose("/<int:deployment_id>/accept", methods=["POST"])
    @has_access
    @permission_name("accept")
    def accept(self, deployment_id: int) -> Any:
        """Accepts the duty."""
        try:
            duties.answer_duty(
                current_scope(), current_actor(), deployment_id, DeploymentAct.ACCEPT
            )
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            flash(sayable(failure).spoken(_), "danger")
        else:
            flash(_("You have accepted this duty. Carry your letter on the first day."), "success")
        return redirect(f"{HOME}#duty-{deployment_id}", 303)

    @expose("/<int:deployment_id>/decline", methods=["GET", "POST"])
    @has_access
    @permission_name("decline")
    def decline(self, deployment_id: int) -> Any:
        """Asks for the reason, then declines the duty."""
        duty = _own(deployment_id)
        if request.method == "GET" or request.form.get("confirmed") != "yes":
            return self._ask_to_decline(duty)
        reason = request.form.get("reason", "")
        try:
            duties.answer_duty(
                current_scope(), current_actor(), deployment_id, DeploymentAct.DECLINE, reason
            )
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            refusal = sayable(failure)
            return self._ask_to_decline(_own(deployment_id), refusal), refusal.status
        flash(_("You have declined this duty. The letter no longer holds."), "success")
        return redirect(f"{HOME}#duty-{deployment_id}", 303)

    @expose("/<int:deployment_id>/wrong", methods=["GET", "POST"])
    @has_access
    @permission_name("correct")
    def wrong(self, deployment_id: int) -> Any:
        """Says what is wrong with the duty: its station, role, dates or name."""
        duty, form = _own(deployment_id), request.form
        if request.method == "GET":
            return self._form(duty)
        kind, said = form.get("kind", ""), form.get("words", "")
        try:
            open_correction(current_scope(), current_actor(), deployment_id, kind=kind, words=said)
        except (RuleBroken, IllegalMove, Conflict, DBAPIError) as failure:
            refusal = sayable(failure)
            return self._form(_own(deployment_id), refusal), refusal.status
        flash(_("Sent. The TSC Sub-County Director answers, and you hear by SMS."), "success")
        return redirect(f"{HOME}#duty-{deployment_id}", 303)

    def _ask_to_decline(self, duty: Deployment, refusal: PortalError | None = None) -> Any:
        return self.render_template(
            "confirm.html",
            title=_("Decline this duty"),
            sentence=_("The place is given to somebody else, and your letter no longer holds."),
            facts=_facts(duty),
            action_label=_("Decline this duty"),
            danger=True,
            post_url=f"{HOME}{duty.id}/decline",
            cancel_url=f"{HOME}#duty-{duty.id}",
            fields={},
            ask_reason=True,
            reason=request.form.get("reason", ""),
            reason_label=_("Why do you decline?"),
            errors=_errors(refusal),
        )

    def _form(self, duty: Deployment, refusal: PortalError | None = None) -> Any:
        return self.render_template(
            "duties/wrong.html",
            duty_id=duty.id,
            facts=_facts(duty),
            kinds=[{"value": one, "label": _(said)} for one, said in KINDS.items()],
            typed={name: request.form.get(name, "") for name in ("kind", "words")},
            errors=_errors(refusal),
        )


def _own(deployment_id: int) -> Deployment:
    return own_duty(db.session, current_scope(), current_actor(), deployment_id)


def _facts(duty: Deployment) -> list[dict[str, str]]:
    language = language_now()
    days = (words.day_with_year(one, language) for one in (duty.starts_on, duty.ends_on))
    return [
        {"label": _("Role"), "value": in_language(duty.role.name, duty.role.name_sw)},
        {
            "label": _("Duty station"),
            "value": stations_of(db.session, [duty])[duty.centre_id],
        },
        {"label": _("Days"), "value": _("%(first)s to %(last)s", **_pair(days))},
    ]


def _pair(days: Any) -> dict[str, str]:
    return dict(zip(("first", "last"), days, strict=True))


def _errors(refusal: PortalError | None) -> list[dict[str, Any]]:
    if refusal is None:
        return []
    return [{"field": one.field, "sentence": one.spoken(_)} for one in refusal.problems]
