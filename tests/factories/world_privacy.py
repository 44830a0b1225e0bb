"""Requests about own data of the fixed world, one in each sub-county."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.people.models import Officer
from app.places.models import SubCounty
from app.privacy.models import DataRequest
from tests.factories import world


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        officer = b.session.scalars(
            select(Officer).where(Officer.sub_county_id == place.id).order_by(Officer.id)
        ).first()
        b.add(
            DataRequest(
                officer_id=officer.id,
                sub_county_id=place.id,
                kind="correction",
                words="My name is spelled in another way.",
                asked_at=world.NOW,
                due_on=world.TODAY + dt.timedelta(days=7),
            )
        )
