"""Reads of the SCDE's concerns: about one deployment, those that wait, and the list of them all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from app.access.accounts import account_name
from app.access.models import User
from app.deployments.models import Deployment, DeploymentConcern
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

MOST_CONCERNS = 200


@dataclass(frozen=True, slots=True)
class ConcernLine:
    """A concern with the deployment that it is about."""

    id: int
    deployment_id: int
    post_id: int
    officer_id: int
    officer: str
    role: str
    role_sw: str
    centre_id: int
    centre_code: str
    centre: str
    starts_on: dt.date
    ends_on: dt.date
    status: str
    reason: str
    raised_at: dt.datetime
    raised_by: str | None
    answer: str | None
    answered_at: dt.datetime | None
    answered_by: str | None


def open_concerns(
    session: Any, scope: Scope, series_id: int | None = None
) -> Sequence[ConcernLine]:
    """The concerns in scope that wait for an answer, oldest first; of one series where given."""
    found = session.execute(
        _lines(scope, series_id)
        .where(DeploymentConcern.answer.is_(None))
        .order_by(DeploymentConcern.created_at, DeploymentConcern.id)
    )
    return [ConcernLine(**row) for row in found.mappings()]


def concerns_in(
    session: Any, scope: Scope, *, answered: bool, named: str = "", most: int = MOST_CONCERNS
) -> Sequence[ConcernLine]:
    """The concerns in scope that wait or were answered, the newest first; `named` is part of the
    name of a person, or of the name or code of a centre."""
    is_answered = DeploymentConcern.answer.is_not(None)
    wanted = _lines(scope, None).where(is_answered if answered else ~is_answered)
    if named.strip():
        part = named.strip()
        wanted = wanted.where(
            or_(
                Officer.full_name.icontains(part, autoescape=True),
                Centre.name.icontains(part, autoescape=True),
                Centre.code == part,
            )
        )
    newest = (DeploymentConcern.created_at.desc(), DeploymentConcern.id.desc())
    found = session.execute(wanted.order_by(*newest).limit(most))
    return [ConcernLine(**row) for row in found.mappings()]


def _lines(scope: Scope, series_id: int | None) -> Select[Any]:
    """Concerns with officer, post and the names of who raised and who answered them."""
    raiser, answerer = aliased(User), aliased(User)
    wanted = (
        select(
            DeploymentConcern.id,
            DeploymentConcern.deployment_id,
            Deployment.post_id,
            Deployment.officer_id,
            Officer.full_name.label("officer"),
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Deployment.centre_id,
            Centre.code.label("centre_code"),
            Centre.name.label("centre"),
            Deployment.starts_on,
            Deployment.ends_on,
            Deployment.status,
            DeploymentConcern.reason,
            DeploymentConcern.created_at.label("raised_at"),
            account_name(raiser).label("raised_by"),
            DeploymentConcern.answer,
            DeploymentConcern.answered_at,
            account_name(answerer).label("answered_by"),
        )
        .join(Deployment, Deployment.id == DeploymentConcern.deployment_id)
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .outerjoin(raiser, raiser.id == DeploymentConcern.created_by)
        .outerjoin(answerer, answerer.id == DeploymentConcern.answered_by)
    )
    if series_id is not None:
        wanted = wanted.where(Deployment.series_id == series_id)
    return restrict(wanted, DeploymentConcern, scope)


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
