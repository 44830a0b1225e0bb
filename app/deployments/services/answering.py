"""The officer's own answer to a duty: accepted, or declined with a reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from app import clock
from app.db.uow import unit_of_work
from app.deployments.enums import DeploymentAct, DeploymentStatus
from app.deployments.machine import BY_ACT, status_after
from app.deployments.models import Deployment
from app.deployments.services.moves import LONGEST_REASON, given_reason
from app.deployments.services.steps import locked, note, terms
from app.errors import IllegalMove, NotFound, RuleBroken
from app.extensions import Model, db
from app.permissions import require
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_scope
from app.words import N_

OWN_DUTY = system_scope("own-duty")
"""Officers write no deployment by themselves: what they answer is written for them, row by row."""


def answer_duty(
    scope: Scope, actor: Actor, deployment_id: int, act: DeploymentAct, reason: str | None = None
) -> Deployment:
    """The officer accepts or declines a duty of their own; a declined one leaves its rosters.

    Raises NotFound for another person's duty, IllegalMove where it was answered or ended before or
    is over, RuleBroken when a decline says no reason or a day is marked already.
    """
    require(actor, "own-deployments", str(act))
    move = BY_ACT[act]
    if not move.by_officer:
        raise RuleBroken("not-an-answer", N_("Accept the duty, or decline it."), field="act")
    with unit_of_work(db.session) as session:
        own_duty(session, scope, actor, deployment_id)
        with scoped_as(session, OWN_DUTY):
            (deployment,) = locked(session, OWN_DUTY, [deployment_id])
            before = terms(deployment)
            after = status_after(DeploymentStatus(deployment.status), act)
            refuse_over(deployment)
            if act is DeploymentAct.DECLINE:
                _refuse_marked(session, deployment)
                deployment.reason = given_reason(reason)[:LONGEST_REASON]
            deployment.status, deployment.answered_at = after, clock.now()
            session.flush()
            what = {DeploymentAct.ACCEPT: "accepted", DeploymentAct.DECLINE: "declined"}[act]
            note(
                session, actor, what, deployment,
                before=before, after=terms(deployment), reason=reason,
            )  # fmt: skip
    return deployment


def own_duty(session: Any, scope: Scope, actor: Actor, deployment_id: int) -> Deployment:
    """The actor's own deployment that they were told of; NotFound for anybody else's."""
    found: Deployment | None = session.scalars(
        restrict(select(Deployment), Deployment, scope).where(
            Deployment.id == deployment_id,
            Deployment.officer_id == actor.officer_id,
            Deployment.status != DeploymentStatus.PROPOSED,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("no-duty-here", N_("There is no such duty."))
    return found


def refuse_over(deployment: Deployment) -> None:
    """Raises IllegalMove once the last day of a duty is past."""
    if deployment.ends_on < clock.today():
        raise IllegalMove("duty-over", N_("This duty is over."))


def _refuse_marked(session: Any, deployment: Deployment) -> None:
    mark = Model.metadata.tables["mark"]
    if session.scalar(select(exists().where(mark.c.deployment_id == deployment.id))):
        raise RuleBroken(
            "day-marked",
            N_(
                "A day of this duty is marked in the register already. Ask the TSC Sub-County"
                " Director to end it."
            ),
        )
