"""One pick of a proposal: somebody else chosen by hand, a concern raised about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from app.deployments import services as deployments
from app.deployments.services.moves import given_reason
from app.deployments.services.steps import late_since
from app.errors import PortalError
from app.extensions import db
from app.proposals import queries, services
from app.proposals.asks import Asks
from views.base_refusals import sayable
from views.proposals import sentences
from views.proposals.pages import address_of, reason_typed
from views.proposals.review import pick
from views.request import current_actor, current_scope
from views.vacancies.office import _whole

MOST = 20
PICK = "/<int:proposal_id>/picks/<int:deployment_id>"


class PickPages(BaseView):
    """/proposals/<id>/picks/<deployment>/…"""

    route_base = "/proposals"
    class_permission_name = "proposals"

    @expose(f"{PICK}/", methods=["GET", "POST"])
    @has_access
    @permission_name("lock")
    def choose(self, proposal_id: int, deployment_id: int) -> Any:
        """Who else could have this place and what that costs; a POST chooses one of them."""
        if request.method == "GET":
            return self._choices(proposal_id, deployment_id)
        officer, why = _whole(request.form.get("officer")), reason_typed()
        place = (proposal_id, deployment_id)
        try:
            services.replace_pick(
                current_scope(), current_actor(), *place, officer_id=officer, reason=why
            )
        except (PortalError, DBAPIError) as failure:
            refusal = sayable(failure)
            return self._choices(proposal_id, deployment_id, refusal), refusal.status
        flash(_("Chosen and locked: the place stays as it is when the rest is solved."), "success")
        return redirect(address_of(proposal_id), 303)

    @expose(f"{PICK}/concern", methods=["GET", "POST"])
    @has_access
    @permission_name("show")
    def concern(self, proposal_id: int, deployment_id: int) -> Any:
        """The SCDE writes what is wrong with this pick; the TSC director answers."""
        line = queries.pick_line(db.session, current_scope(), proposal_id, deployment_id)
        if request.method == "GET":
            return self._ask_concern(line, proposal_id)
        try:
            reason = given_reason(request.form.get("reason"))
            deployments.raise_concern(current_scope(), current_actor(), [deployment_id], reason)
        except (PortalError, DBAPIError) as failure:
            refusal = sayable(failure)
            return self._ask_concern(line, proposal_id, refusal), refusal.status
        flash(_("The TSC director has your concern."), "success")
        return redirect(address_of(proposal_id), 303)

    def _choices(
        self, proposal_id: int, deployment_id: int, refusal: PortalError | None = None
    ) -> Any:
        session, scope = db.session, current_scope()
        proposal = queries.proposal_in(session, scope, proposal_id)
        line = queries.pick_line(session, scope, proposal_id, deployment_id)
        free = queries.substitutes_for(session, proposal, line)
        now = line.distance + line.fairness
        return self.render_template(
            "proposals/choose.html",
            pick=pick(line, Asks(**proposal.asks)),
            address=address_of(proposal_id),
            ready=proposal.state == "ready",
            total=len(free),
            people=[substitute(one, now) for one in free[:MOST]],
            late_since=late_since(session, proposal.series_id),
            reason=request.form.get("reason", ""),
            errors=[{"field": refusal.field, "sentence": refusal.spoken(_)}] if refusal else [],
        )

    def _ask_concern(self, line: Any, proposal_id: int, refusal: PortalError | None = None) -> Any:
        errors = [{"field": refusal.field, "sentence": refusal.spoken(_)}] if refusal else []
        return self.render_template(
            "confirm.html",
            title=_("Raise a concern"),
            sentence=_("The TSC director sees it with your name and answers it."),
            facts=[
                {"label": _("Officer"), "value": line.name},
                {"label": _("Role"), "value": sentences.role_of(line)},
                {"label": _("Centre"), "value": f"{line.centre} {line.centre_code}"},
            ],
            action_label=_("Raise a concern"),
            post_url=f"{address_of(proposal_id)}picks/{line.deployment_id}/concern",
            cancel_url=address_of(proposal_id),
            ask_reason=True,
            reason=request.form.get("reason", ""),
            reason_label=_("What is the concern?"),
            errors=errors,
        )


def substitute(one: queries.Substitute, now: int) -> dict[str, Any]:
    """Somebody free as the page shows them: what they cost, and how much more than the pick."""
    more = one.points - now
    said = [
        _("Counts %(km)s.", km=sentences.km(one.distance)),
        _("Chosen last year: costs %(km)s.", km=sentences.km(one.fairness))
        if one.fairness
        else _("Not chosen last year."),
        _("Has served before.") if one.seasons else _("Has not served before."),
    ]
    return {
        "id": one.officer_id,
        "name": one.name,
        "workstation": one.workstation,
        "why": said,
        "more": _("%(km)s more", km=sentences.km(more))
        if more >= 0
        else _("%(km)s less", km=sentences.km(-more)),
    }
