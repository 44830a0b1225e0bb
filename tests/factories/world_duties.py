"""Rows of the room of duties in the test world: a correction asked for at each KCSE centre."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.deployments.enums import ON_DUTY, CorrectionKind
from app.deployments.models import Deployment, DeploymentCorrection
from app.places.models import Centre

WORDS = "I was told another school by the office."


def build(b: Any) -> None:
    """Adds this room's rows in both sub-counties; `b` is the builder of `world`."""
    from tests.factories.world import CENTRE, FAR_AWAY, NEXT_DOOR

    for code in (CENTRE, NEXT_DOOR, FAR_AWAY):
        duty = b.session.scalars(
            select(Deployment)
            .join(Centre, Centre.id == Deployment.centre_id)
            .where(Centre.code == code, Deployment.status.in_(ON_DUTY))
            .order_by(Deployment.id.desc())
        ).first()
        b.add(
            DeploymentCorrection(
                deployment_id=duty.id,
                officer_id=duty.officer_id,
                centre_id=duty.centre_id,
                sub_county_id=duty.sub_county_id,
                kind=CorrectionKind.STATION,
                words=WORDS,
            )
        )
