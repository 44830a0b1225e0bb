"""The SCDE's concerns about deployments and the director's answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.db.uow import unit_of_work
from app.deployments.enums import ON_DUTY, UNPUBLISHED
from app.deployments.models import Deployment, DeploymentConcern
from app.deployments.services.steps import locked, note
from app.errors import IllegalMove, NotFound, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON = 500
STANDS = UNPUBLISHED | ON_DUTY


def raise_concern(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """The SCDE's concern about deployments, proposed or published, for the TSC director to answer.

    Raises IllegalMove for a deployment that was ended: nobody serves on it any more.
    """
    require(actor, "deployments", "raise_concern")
    with unit_of_work(db.session) as session:
        for deployment in locked(session, scope, ids):
            if deployment.status not in STANDS:
                raise IllegalMove(
                    "duty-ended", N_("This duty was ended. Nothing of it can change.")
                )
            session.add(
                DeploymentConcern(
                    deployment_id=deployment.id,
                    centre_id=deployment.centre_id,
                    sub_county_id=deployment.sub_county_id,
                    reason=reason[:LONGEST_REASON],
                    created_at=clock.now(),
                    created_by=actor.user_id,
                )
            )
            session.flush()
            note(session, actor, "concern_raised", deployment, reason=reason)


def answer_concern(scope: Scope, actor: Actor, ids: Sequence[int], answer: str) -> None:
    """The TSC director's answer to every open concern about the deployments."""
    require(actor, "deployments", "answer_concern")
    with unit_of_work(db.session) as session:
        for deployment in locked(session, scope, ids):
            statement = restrict(select(DeploymentConcern), DeploymentConcern, scope).where(
                DeploymentConcern.deployment_id == deployment.id, DeploymentConcern.answer.is_(None)
            )
            concerns = session.scalars(statement).all()
            if not concerns:
                raise IllegalMove("no-concern", N_("No concern about this deployment is open."))
            _answer(session, actor, deployment, concerns, answer)


def answer_concerns(scope: Scope, actor: Actor, ids: Sequence[int], answer: str) -> None:
    """The TSC director's answer to these very concerns, not to others about the same deployment.

    Raises NotFound outside the scope, IllegalMove where one was answered before.
    """
    require(actor, "deployments", "answer_concern")
    said = " ".join(answer.split())
    with unit_of_work(db.session) as session:
        about = session.execute(
            restrict(select(DeploymentConcern.deployment_id), DeploymentConcern, scope).where(
                DeploymentConcern.id.in_(set(ids))
            )
        )
        deployments = {one.id: one for one in locked(session, scope, about.scalars())}
        concerns = session.scalars(
            restrict(select(DeploymentConcern), DeploymentConcern, scope)
            .where(DeploymentConcern.id.in_(set(ids)))
            .order_by(DeploymentConcern.id)
            .execution_options(populate_existing=True)
        ).all()
        if len(concerns) != len(set(ids)):
            raise NotFound("not-found", N_("That record was not found."))
        if not said:
            raise RuleBroken("answer-missing", N_("Write the answer."), field="answer")
        for concern in concerns:
            if concern.answer is not None:
                raise IllegalMove("concern-answered", N_("This concern was answered already."))
            _answer(session, actor, deployments[concern.deployment_id], [concern], said)


def _answer(
    session: Any,
    actor: Actor,
    deployment: Deployment,
    concerns: Sequence[DeploymentConcern],
    answer: str,
) -> None:
    for concern in concerns:
        concern.answer = answer[:LONGEST_REASON]
        concern.answered_at, concern.answered_by = clock.now(), actor.user_id
    session.flush()
    note(session, actor, "concern_answered", deployment, reason=answer)
