"""Reads of corrections: an officer's own, those of an area with their deployments, what waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.access.accounts import account_name
from app.access.models import User
from app.deployments.enums import ON_DUTY, CorrectionState, DeploymentStatus
from app.deployments.models import Deployment, DeploymentCorrection
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

MOST_CORRECTIONS = 200


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction with the deployment that it is about."""

    id: int
    deployment_id: int
    officer_id: int
    officer: str
    mobile: str | None
    role: str
    role_sw: str
    centre_code: str
    centre: str
    starts_on: dt.date
    ends_on: dt.date
    status: str
    kind: str
    words: str
    opened_at: dt.datetime
    state: str
    answer: str | None
    answered_at: dt.datetime | None
    answered_by: str | None

    @property
    def stands(self) -> bool:
        """Whether the deployment may still be amended."""
        return self.status in ON_DUTY


def corrections_in(
    session: Any, scope: Scope, *, only_open: bool, most: int = MOST_CORRECTIONS
) -> Sequence[CorrectionLine]:
    """The corrections in scope, those that wait first (oldest first), then the newest answers."""
    waits = DeploymentCorrection.state == CorrectionState.OPEN
    wanted = (
        select(
            DeploymentCorrection.id,
            DeploymentCorrection.deployment_id,
            DeploymentCorrection.officer_id,
            Officer.full_name.label("officer"),
            Officer.mobile,
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Centre.code.label("centre_code"),
            Centre.name.label("centre"),
            Deployment.starts_on,
            Deployment.ends_on,
            Deployment.status,
            DeploymentCorrection.kind,
            DeploymentCorrection.words,
            DeploymentCorrection.opened_at,
            DeploymentCorrection.state,
            DeploymentCorrection.answer,
            DeploymentCorrection.answered_at,
            account_name().label("answered_by"),
        )
        .join(Deployment, Deployment.id == DeploymentCorrection.deployment_id)
        .join(Officer, Officer.id == DeploymentCorrection.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .outerjoin(User, User.id == DeploymentCorrection.answered_by)
        .order_by(
            waits.desc(), DeploymentCorrection.answered_at.desc(), DeploymentCorrection.opened_at,
            DeploymentCorrection.id,
        )
        .limit(most)
    )  # fmt: skip
    if only_open:
        wanted = wanted.where(waits)
    found = session.execute(restrict(wanted, DeploymentCorrection, scope))
    return [CorrectionLine(**row) for row in found.mappings()]


def corrections_of(
    session: Any, scope: Scope, deployment_ids: Iterable[int]
) -> Sequence[DeploymentCorrection]:
    """The corrections of some deployments, the newest first."""
    found: Sequence[DeploymentCorrection] = session.scalars(
        restrict(select(DeploymentCorrection), DeploymentCorrection, scope)
        .where(DeploymentCorrection.deployment_id.in_(list(deployment_ids)))
        .order_by(DeploymentCorrection.opened_at.desc(), DeploymentCorrection.id.desc())
    ).all()
    return found


def open_corrections(session: Any, scope: Scope) -> int:
    """How many corrections in scope wait for an answer."""
    wanted = restrict(select(func.count(DeploymentCorrection.id)), DeploymentCorrection, scope)
    found: int = session.scalar(wanted.where(DeploymentCorrection.state == CorrectionState.OPEN))
    return found


def declined_and_empty(session: Any, scope: Scope) -> int:
    """How many places in scope were declined for days to come and are nobody's since then."""
    taken = Deployment.__table__.alias("taken")
    someone = (
        select(taken.c.id)
        .where(
            taken.c.post_id == Deployment.post_id,
            taken.c.slot == Deployment.slot,
            taken.c.period.op("&&")(func.daterange(Deployment.starts_on, Deployment.ends_on, "[]")),
        )
        .exists()
    )
    wanted = restrict(select(func.count(Deployment.id)), Deployment, scope).where(
        Deployment.status == DeploymentStatus.DECLINED,
        Deployment.ends_on >= clock.today(),
        ~someone,
    )
    found: int = session.scalar(wanted)
    return found
