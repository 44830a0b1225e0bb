"""Reads of the audit trail: what changed lately within a scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from app.audit.models import Event
from app.extensions import db
from app.scoping.restrict import restrict
from app.scoping.scope import Scope


@dataclass(frozen=True, slots=True)
class Change:
    """One event as a home page tells it."""

    at: dt.datetime
    actor: str
    action: str
    entity: str
    entity_id: str
    centre_id: int | None
    reason: str | None


def changes_since(scope: Scope, since: dt.datetime, *, most: int = 15) -> tuple[Change, ...]:
    """The latest events after an instant, newest first; nothing outside the scope."""
    statement = (
        select(
            Event.at,
            Event.actor_name,
            Event.action,
            Event.entity,
            Event.entity_id,
            Event.centre_id,
            Event.reason,
        )
        .where(Event.at > since)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(most)
    )
    return tuple(Change(*row) for row in db.session.execute(restrict(statement, Event, scope)))
