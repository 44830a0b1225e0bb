"""Proposals as directors see them: asked for, waited for, reviewed, held fast, solved again."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError

from app.deployments.services.moves import LONGEST_REASON
from app.deployments.services.steps import late_since
from app.errors import PortalError, RuleBroken
from app.extensions import db
from app.proposals import queries, services
from app.proposals.asks import Asks, asks_from
from app.scoping.scope import ScopeKind
from views.base_refusals import sayable
from views.proposals.lists import list_context, series_asked
from views.proposals.review import review_context
from views.request import current_actor, current_scope
from views.vacancies.office import _number, _whole

LIST = "/proposals/"


class ProposalPages(BaseView):
    """/proposals/ and each proposal's review."""

    route_base = "/proposals"
    class_permission_name = "proposals"
    default_view = "proposals"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def proposals(self) -> Any:
        """The live proposal of the one sub-county that is reached, else the list of them."""
        scope, series = current_scope(), series_asked()
        if scope.kind is ScopeKind.SUB_COUNTY and series and "list" not in request.args:
            (own,) = scope.sub_county_ids
            live = queries.live_proposal(db.session, scope, series_id=series.id, sub_county_id=own)
            if live is not None:
                return redirect(address_of(live.id), 303)
        return self.render_template("proposals/list.html", **list_context(scope, series))

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("add")
    def propose(self) -> Any:
        """Asks for a proposal of a sub-county, by the usual weights."""
        proposal = services.propose(
            current_scope(),
            current_actor(),
            series_id=_whole(request.form.get("series")),
            sub_county_id=_whole(request.form.get("sub_county")),
            asks=Asks(),
        )
        return redirect(address_of(proposal.id), 303)

    @expose("/country", methods=["POST"])
    @has_access
    @permission_name("propose_all")
    def country(self) -> Any:
        """Asks for a proposal of every sub-county that has none."""
        series = _whole(request.form.get("series"))
        asked = services.propose_country(current_actor(), series, Asks())
        flash(
            ngettext("%(num)s sub-county asked for.", "%(num)s sub-counties asked for.", asked),
            "success",
        )
        return redirect(f"{LIST}?series={series}", 303)

    @expose("/<int:proposal_id>/", methods=["GET"])
    @has_access
    @permission_name("show")
    def review(self, proposal_id: int) -> Any:
        """How it stands: waiting, or every pick, gap and refusal with its reason."""
        return self._page(proposal_id)

    @expose("/<int:proposal_id>/", methods=["POST"])
    @has_access
    @permission_name("lock")
    def act(self, proposal_id: int) -> Any:
        """Locks or unlocks picks, or solves the rest again with other weights."""
        form = request.form
        try:
            said = done(proposal_id, form)
        except (PortalError, DBAPIError) as failure:
            refusal = sayable(failure)
            return self._page(proposal_id, form, refusal), refusal.status
        flash(said, "success")
        return redirect(back_to(proposal_id, form), 303)

    @expose("/<int:proposal_id>/discard", methods=["GET", "POST"])
    @has_access
    @permission_name("discard")
    def discard(self, proposal_id: int) -> Any:
        """Asks once, then takes the proposal back."""
        proposal = queries.proposal_in(db.session, current_scope(), proposal_id)
        if request.form.get("confirmed") != "yes":
            return self._ask_discard(proposal)
        try:
            services.discard(current_scope(), current_actor(), proposal_id, reason_typed())
        except RuleBroken as refusal:
            return self._ask_discard(proposal, refusal), refusal.status
        flash(_("Discarded. Nobody was told of it."), "success")
        return redirect(f"{LIST}?series={proposal.series_id}", 303)

    def _page(self, proposal_id: int, typed: Any = None, refusal: Any = None) -> Any:
        context = review_context(
            current_scope(), current_actor(), proposal_id, typed=typed, refusal=refusal
        )
        return self.render_template("proposals/show.html", **context)

    def _ask_discard(self, proposal: Any, refusal: RuleBroken | None = None) -> Any:
        late = late_since(db.session, proposal.series_id)
        return self.render_template(
            "confirm.html",
            title=_("Discard the proposal"),
            sentence=_(
                "Everybody proposed for %(place)s leaves it, the locked ones too, and the concerns"
                " about them end. Nobody was told yet.",
                place=proposal.sub_county.name,
            ),
            action_label=_("Discard the proposal"),
            danger=True,
            post_url=f"{address_of(proposal.id)}discard",
            cancel_url=address_of(proposal.id),
            ask_reason=late is not None,
            reason=request.form.get("reason", ""),
            reason_label=_("Why does this come after the deadline?"),
            errors=[{"field": refusal.field, "sentence": refusal.spoken(_)}] if refusal else [],
        )


def reason_typed() -> str | None:
    """The reason that the form gives, as the history keeps it; None where it gives none."""
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON] or None


def address_of(proposal_id: int) -> str:
    """Where a proposal is reviewed."""
    return f"/proposals/{proposal_id}/"


def back_to(proposal_id: int, form: Any) -> str:
    """The same part of the review that the form stood on."""
    kept = {
        name: form[name]
        for name in ("show", "centre", "role", "page")
        if form.get(name, "").strip()
    }
    safe = {name: value for name, value in kept.items() if value.isalnum() and len(value) < 12}
    query = "&".join(f"{name}={value}" for name, value in safe.items())
    return address_of(proposal_id) + (f"?{query}" if query else "")


def done(proposal_id: int, form: Any) -> str:
    """Does what the form asks, and says it."""
    scope, actor = current_scope(), current_actor()
    proposal = queries.proposal_in(db.session, scope, proposal_id)
    act = form.get("act", "")
    if act == "solve":
        services.propose(
            scope,
            actor,
            series_id=proposal.series_id,
            sub_county_id=proposal.sub_county_id,
            asks=asks_from(form),
        )
        return _("The rest is being worked out again. What is locked stays.")
    ids = _chosen(proposal_id, form)
    locked = "unlock" not in act and "unlock" not in form
    services.lock_picks(scope, actor, ids, locked=locked)
    if locked:
        return ngettext("%(num)s locked.", "%(num)s locked.", len(ids))
    return ngettext("%(num)s unlocked.", "%(num)s unlocked.", len(ids))


def _chosen(proposal_id: int, form: Any) -> list[int]:
    """The picks that the form means: the one at its button, all of them, or those ticked."""
    for name in ("lock", "unlock"):
        if form.get(name):
            return [_whole(form.get(name))]
    if form.get("act", "").endswith("_all"):
        lines, _total = queries.pick_lines(db.session, current_scope(), proposal_id)
        return [one.deployment_id for one in lines]
    return [one for one in map(_number, form.getlist("pick")) if one is not None]
