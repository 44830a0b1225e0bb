"""What the sweeps compare before and after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories.addresses import Place


def fingerprint(session: Session, at: Place) -> dict[str, Any]:
    """A hash of every scoped table's rows in the place's sub-county."""
    with scoped_as(session, NATIONAL):
        sub_county = session.scalar(
            select(Centre.sub_county_id).where(Centre.code == at.centre_code)
        )
        return {
            table: session.execute(
                text(
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
                    " WHERE sub_county_id = :here"
                ),
                {"here": sub_county},
            ).scalar_one()
            for table in at.ids
        }
