"""One pick changed by hand: the director's own choice for a place, at a price that is said."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager

from app.db.uow import unit_of_work
from app.deployments.models import Deployment
from app.deployments.proposal import Candidate, Problem, Seat, solve
from app.deployments.queries import has_open_concern
from app.deployments.services import answer_concern, edit_deployment
from app.errors import RuleBroken
from app.extensions import db
from app.people.models import Officer
from app.permissions import require
from app.proposals import queries
from app.proposals.asks import Asks
from app.proposals.models import Proposal, ProposalPick, ProposalRefusal
from app.proposals.services.acts import note, ready
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_scope
from app.vacancies.queries import facts
from app.words import N_

__all__ = ["replace_pick"]

REPLACED = "%(name)s was taken out of this place."


def replace_pick(
    scope: Scope,
    actor: Actor,
    proposal_id: int,
    deployment_id: int,
    *,
    officer_id: int,
    reason: str | None = None,
) -> None:
    """Gives a pick's place to somebody else, who then is locked in it.

    NotFound where the proposal has no such pick; RuleBroken where the person is not free, a rule
    bars them, or it comes after the deadline without a reason. A concern about the person taken
    out is answered by saying so.
    """
    require(actor, "proposals", "lock")
    with unit_of_work(db.session) as session:
        proposal = ready(session, scope, proposal_id)
        line = queries.pick_line(session, scope, proposal.id, deployment_id)
        chosen = _chosen(session, proposal, line, officer_id)
        if has_open_concern(session, scope, deployment_id):
            said = REPLACED % {"name": line.name}
            answer_concern(scope, actor, [deployment_id], said)
        values = {"officer_id": officer_id} | ({"reason": reason} if reason else {})
        edit_deployment(scope, actor, pk=deployment_id, values=values)
        pick = session.get_one(ProposalPick, deployment_id)
        before = pick.distance + pick.fairness
        pick.distance, pick.fairness, pick.locked = chosen.distance, chosen.fairness, True
        session.flush()
        _refuse_instead(session, proposal, line, officer_id, points=(before, chosen.points))
        _weigh_anew(session, proposal, line)
        after = {"deployment": deployment_id, "from": line.officer_id, "to": officer_id}
        note(session, actor, "replaced", proposal, after=after, reason=reason)


def _chosen(session: Any, proposal: Proposal, line: Any, officer_id: int) -> queries.Substitute:
    for one in queries.substitutes_for(session, proposal, line):
        if one.officer_id == officer_id:
            return one
    raise RuleBroken(
        "not-free-for-it",
        N_("This person is not free for the place any more. Choose another."),
        field="officer",
    )


def _refuse_instead(
    session: Any, proposal: Proposal, line: Any, officer_id: int, *, points: tuple[int, int]
) -> None:
    """The person taken out is left over now, and whoever came in no longer is."""
    session.execute(
        delete(ProposalRefusal).where(
            ProposalRefusal.proposal_id == proposal.id, ProposalRefusal.officer_id == officer_id
        ),
        execution_options={"synchronize_session": False},
    )
    row = {
        "proposal_id": proposal.id,
        "officer_id": line.officer_id,
        "sub_county_id": proposal.sub_county_id,
        "post_id": line.post_id,
        "points": points[0],
        "taken_for": points[1],
        "bars": [],
    }
    session.execute(insert(ProposalRefusal).values(row).on_conflict_do_nothing())


def _weigh_anew(session: Any, proposal: Proposal, line: Any) -> None:
    """Spreads what the post asks for over the people who are in it now, as cheaply as can be."""
    asks = Asks(**proposal.asks)
    picks = session.scalars(
        select(ProposalPick)
        .join(Deployment, Deployment.id == ProposalPick.deployment_id)
        .options(contains_eager(ProposalPick.deployment))
        .where(ProposalPick.proposal_id == proposal.id, Deployment.post_id == line.post_id)
        .execution_options(populate_existing=True)
    ).all()
    holders = {one.deployment_id: one.deployment.officer_id for one in picks}
    with scoped_as(session, system_scope("proposals")):
        known = facts.people(session, holders.values())
        genders = dict(
            session.execute(
                select(Officer.id, Officer.gender).where(Officer.id.in_(list(holders.values())))
            ).all()
        )
    women, men, tried = (
        asks.of(share, len(picks))
        for share in (asks.women_share, asks.men_share, asks.experienced_share)
    )
    seat = Seat(0, len(picks), None, None, women, men, tried)
    candidates = [
        Candidate(
            officer,
            {"female": True, "male": False}.get(genders[officer]),
            known[officer].years_served,
        )
        for officer in holders.values()
    ]
    everybody = np.ones((len(candidates), 1), dtype=bool)
    plan = solve(Problem([seat], candidates, everybody), asks.weights)
    asked = {pick.candidate: pick.points["asked"] for pick in plan.picks}
    for one in picks:
        one.asked = asked[holders[one.deployment_id]]
    session.flush()
