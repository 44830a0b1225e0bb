"""Notices on the public edge: all of them with what became of them, and the one of a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.errors import NotFound
from app.results.models import EdgeNotice
from app.scoping.scope import Scope
from app.words import N_

__all__ = ["Posted", "edge_notices", "notice_at", "posted_notice"]

MOST = 50


@dataclass(frozen=True, slots=True)
class Posted:
    """A notice that was put up, and the row that took it away, if one did."""

    one: EdgeNotice
    taken: EdgeNotice | None

    def is_shown(self, now: dt.datetime) -> bool:
        """Whether it stands on the edge, unless a later one stands in its place."""
        begins, ends = self.one.shown_from, self.one.shown_until
        return bool(begins and ends and self.taken is None and begins <= now < ends)

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it will not be shown any more."""
        return self.taken is not None or (self.one.shown_until or now) <= now


def edge_notices(session: Any, scope: Scope) -> list[Posted]:
    """The newest notices first; none for a part of the country."""
    if not scope.is_everything:
        return []
    return [Posted(*row) for row in session.execute(_posted().limit(MOST))]


def posted_notice(session: Any, scope: Scope, notice_id: int) -> Posted:
    """The notice of this id. Raises NotFound, for a row that took another away too."""
    row = session.execute(_posted().where(EdgeNotice.id == notice_id)).one_or_none()
    if row is None or not scope.is_everything:
        raise NotFound("not-found", N_("That record was not found."))
    return Posted(*row)


def notice_at(session: Any, now: dt.datetime) -> EdgeNotice | None:
    """The notice that stands on the edge at a moment: the newest of those whose time it is."""
    taken = aliased(EdgeNotice)
    found: EdgeNotice | None = session.scalars(
        select(EdgeNotice)
        .outerjoin(taken, taken.takes_away_id == EdgeNotice.id)
        .where(EdgeNotice.shown_from <= now, EdgeNotice.shown_until > now, taken.id.is_(None))
        .order_by(EdgeNotice.id.desc())
        .limit(1)
    ).first()
    return found


def _posted() -> Any:
    taken = aliased(EdgeNotice)
    return (
        select(EdgeNotice, taken)
        .outerjoin(taken, taken.takes_away_id == EdgeNotice.id)
        .where(EdgeNotice.takes_away_id.is_(None))
        .order_by(EdgeNotice.id.desc())
    )
