"""Letters of the fixed world: one for every published deployment, a file of each sub-county."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.deployments.enums import ON_DUTY
from app.deployments.models import Deployment
from app.letters import services
from app.letters.models import LetterFile, LetterTemplate
from app.places.models import SubCounty
from app.scoping.scope import system_actor

INVIGILATORS_SUBJECT = "DUTY OF {{ role }} AT {{ centre }}"


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    b.add(
        LetterTemplate(
            language="en",
            role_id=b.roles["invigilator"].id,
            subject=INVIGILATORS_SUBJECT,
            body="You invigilate {{ series }} at {{ centre }} from {{ first_day }} to {{ last_day }}"
            " and are paid {{ rate }} a day.\n\nPayment is based on days worked.",
            duties="Be in the room half an hour before the paper.\nCount the scripts.",
            effective_from=dt.date(2026, 1, 1),
        )
    )
    published = b.session.scalars(
        select(Deployment).where(Deployment.status.in_(ON_DUTY)).order_by(Deployment.id)
    ).all()
    services.issue_letters(b.session, system_actor("world"), published)
    series_id = published[0].series_id
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        b.add(LetterFile(series_id=series_id, sub_county_id=place.id, language="en", state="wiped"))
