"""Walk-ins of the fixed world: at each first KCSE centre one of yesterday that nobody decided."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.places.models import Centre
from app.walk_ins.models import WalkIn
from tests.factories import world

TYPED_NAME = "Zablon Kiprono"
ENTERED = dt.datetime(2026, 11, 10, 5, 10, tzinfo=dt.UTC)


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    codes = (world.CENTRE, world.NEXT_DOOR, world.FAR_AWAY)
    centres = b.session.scalars(select(Centre).where(Centre.code.in_(codes)).order_by(Centre.code))
    for centre in centres.all():
        b.add(
            WalkIn(
                series_id=centre.series_id,
                centre_id=centre.id,
                sub_county_id=centre.sub_county_id,
                day=world.YESTERDAY,
                role_id=b.roles["clerk"].id,
                typed_name=TYPED_NAME,
                number_kind="national_id",
                number_cipher=b"not opened in tests",
                number_index=f"walk-in of {centre.code}".encode(),
                number_last="999",
                why="Came with the papers.",
                status="present",
                entered_at=ENTERED,
            )
        )
