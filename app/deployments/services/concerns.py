"""The SCDE's concerns about deployments and the director's answers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app import clock
from app.db.uow import unit_of_work
from app.deployments.models import DeploymentConcern
from app.deployments.services.steps import locked, note
from app.errors import IllegalMove
from app.extensions import db
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON = 500


def raise_concern(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """The SCDE's concern about deployments, for the TSC director to answer."""
    require(actor, "deployments", "raise_concern")
    with unit_of_work(db.session) as session:
        for deployment in locked(session, scope, ids):
            session.add(
                DeploymentConcern(
                    deployment_id=deployment.id,
                    centre_id=deployment.centre_id,
                    sub_county_id=deployment.sub_county_id,
                    reason=reason[:LONGEST_REASON],
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
            for concern in concerns:
                concern.answer = answer[:LONGEST_REASON]
                concern.answered_at, concern.answered_by = clock.now(), actor.user_id
            session.flush()
            note(session, actor, "concern_answered", deployment, reason=answer)
