"""Stand-ins of the fixed world: in each sub-county a call of last week that the office took back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.deployments.models import Post
from app.people.models import Officer
from app.places.models import SubCounty
from app.stand_ins.models import StandInCall, StandInOffer

_ASKED = dt.datetime(2026, 11, 3, 4, 25, tzinfo=dt.UTC)


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        post = b.session.scalars(
            select(Post)
            .where(Post.sub_county_id == place.id, Post.role_id == b.roles["invigilator"].id)
            .order_by(Post.id)
        ).first()
        call = b.add(
            StandInCall(
                series_id=post.series_id,
                centre_id=post.centre_id,
                sub_county_id=place.id,
                post_id=post.id,
                role_id=post.role_id,
                slot=1,
                first_day=_ASKED.date(),
                last_day=_ASKED.date(),
                state="withdrawn",
                asked_at=_ASKED,
                expires_at=_ASKED + dt.timedelta(minutes=50),
                settled_at=_ASKED + dt.timedelta(minutes=5),
            )
        )
        asked = b.session.scalars(
            select(Officer)
            .where(Officer.sub_county_id == place.id, Officer.workstation == f"{place.name} Boys")
            .order_by(Officer.id)
        ).first()
        b.add(
            StandInOffer(
                call_id=call.id,
                sub_county_id=place.id,
                officer_id=asked.id,
                code="0417",
                state="withdrawn",
                offered_at=_ASKED,
                answered_at=_ASKED + dt.timedelta(minutes=5),
                answered_how="office",
            )
        )
