"""Notices of the fixed world: each director wrote to the officers, and to one named centre."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.notices.models import Notice, NoticeCentre
from app.places.models import Centre, SubCounty
from tests.factories import world


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        words = {
            "sub_county_id": place.id,
            "office": "tsc",
            "author_name": f"tsc.{place.slug}",
            "posted_at": world.NOW - dt.timedelta(hours=20),
            "shown_from": world.YESTERDAY,
            "shown_until": world.TODAY + dt.timedelta(days=7),
        }
        b.add(Notice(audience="officers", text_en=f"Rehearsal moved in {place.name}.", **words))
        named = b.add(
            Notice(audience="named_centres", text_en=f"Bring the keys, {place.name}.", **words)
        )
        centre = b.session.scalars(
            select(Centre)
            .where(Centre.sub_county_id == place.id, Centre.kind == "school")
            .order_by(Centre.id)
        ).first()
        b.add(NoticeCentre(notice_id=named.id, centre_id=centre.id, sub_county_id=place.id))
