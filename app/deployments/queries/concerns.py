"""Reads of deployments for their screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.deployments.models import Deployment, DeploymentConcern
from app.scoping.restrict import restrict
from app.scoping.scope import Scope


def concerns_about(session: Any, scope: Scope, deployment_id: int) -> Sequence[DeploymentConcern]:
    """The concerns about a deployment, oldest first."""
    statement = restrict(select(DeploymentConcern), DeploymentConcern, scope)
    found: Sequence[DeploymentConcern] = session.scalars(
        statement.where(DeploymentConcern.deployment_id == deployment_id).order_by(
            DeploymentConcern.created_at, DeploymentConcern.id
        )
    ).all()
    return found


def has_open_concern(session: Any, scope: Scope, deployment_id: int) -> bool:
    """Whether a concern about the deployment waits for its answer."""
    wanted = restrict(select(DeploymentConcern.id), DeploymentConcern, scope).where(
        DeploymentConcern.deployment_id == deployment_id, DeploymentConcern.answer.is_(None)
    )
    return session.scalar(wanted.limit(1)) is not None


def unpublished_and_questioned(session: Any, scope: Scope) -> tuple[int, int]:
    """How many deployments in scope wait for publication, and how many concerns for an answer."""
    waiting = restrict(select(func.count(Deployment.id)), Deployment, scope)
    asked = restrict(select(func.count(DeploymentConcern.id)), DeploymentConcern, scope)
    return (
        session.scalar(waiting.where(Deployment.status == "proposed")),
        session.scalar(asked.where(DeploymentConcern.answer.is_(None))),
    )
