"""Secrets and changes of number of the fixed world."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.access.models import NumberChange
from app.people.models import Officer
from app.places.models import SubCounty

NEW_MOBILE = {"kisumu-east": "254799000001", "kisumu-west": "254799000002"}
"""The numbers to which an undeployed officer of each sub-county asks to move."""


def build(b: Any) -> None:
    """In each sub-county somebody whose old telephone is lost waits for the director."""
    for slug, mobile in NEW_MOBILE.items():
        officer = b.session.scalars(
            select(Officer)
            .join(SubCounty, SubCounty.id == Officer.sub_county_id)
            .where(SubCounty.slug == slug)
            .order_by(Officer.id.desc())
        ).first()
        b.add(
            NumberChange(
                officer_id=officer.id,
                sub_county_id=officer.sub_county_id,
                old_mobile=officer.mobile,
                new_mobile=mobile,
                in_person=True,
                state="waiting",
                asked_at=dt.datetime(2026, 11, 10, 9, 0, tzinfo=dt.UTC),
            )
        )
