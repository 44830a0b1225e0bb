"""A register is marked, and whoever waited for what it says hears of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.attendance import services
from app.attendance.services import Marking
from app.extensions import db
from app.procedures.stand_in_calls import close_calls_at
from app.scoping.scope import Actor, Scope

__all__ = ["mark_register"]


def mark_register(
    scope: Scope, actor: Actor, centre_id: int, day: dt.date, marking: Marking
) -> dict[str, Any]:
    """Stores the marks as `attendance` does, then ends the calls for people who came after all.

    The marks are stored whatever becomes of the calls, which are looked at again every minute.
    """
    stored = services.mark_register(scope, actor, centre_id, day, marking)
    close_calls_at(db.session, centre_id, day)
    return stored
