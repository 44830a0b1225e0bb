"""Who was asked to stand in and what they said: for the board, and for the officer asked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.exams.models import ExamDay, Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, system_scope
from app.stand_ins.enums import CallState, OfferState
from app.stand_ins.models import StandInCall, StandInOffer

__all__ = ["Asked", "OwnOffer", "asked_for", "own_offers"]

OWN = system_scope("own-offers")
MOST_OWN = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A call for a place: when it was asked, until when it holds, and each person's answer."""

    call_id: int
    post_id: int
    slot: int
    first_day: dt.date
    last_day: dt.date
    state: CallState
    asked_at: dt.datetime
    expires_at: dt.datetime
    answers: tuple[tuple[str, OfferState], ...]

    def count(self, *states: OfferState) -> int:
        return sum(state in states for _, state in self.answers)


def asked_for(
    session: Any, scope: Scope, post_ids: Collection[int], since: dt.date
) -> Mapping[tuple[int, int], Asked]:
    """The newest call for each place (post, slot) of these posts with a day from `since` on."""
    if not post_ids:
        return {}
    calls = session.scalars(
        restrict(select(StandInCall), StandInCall, scope)
        .where(StandInCall.post_id.in_(sorted(post_ids)), StandInCall.last_day >= since)
        .order_by(StandInCall.id)
        .execution_options(populate_existing=True)
    ).all()
    answers: dict[int, list[tuple[str, OfferState]]] = defaultdict(list)
    rows = session.execute(
        select(StandInOffer.call_id, Officer.full_name, StandInOffer.state)
        .join(Officer, Officer.id == StandInOffer.officer_id)
        .where(StandInOffer.call_id.in_([one.id for one in calls]))
        .order_by(StandInOffer.id)
    )
    for call_id, name, state in rows:
        answers[call_id].append((name, OfferState(state)))
    return {
        (one.post_id, one.slot): Asked(
            one.id,
            one.post_id,
            one.slot,
            one.first_day,
            one.last_day,
            CallState(one.state),
            one.asked_at,
            one.expires_at,
            tuple(answers[one.id]),
        )
        for one in calls
    }


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """An offer as the officer who was asked reads it."""

    id: int
    code: str
    state: OfferState
    offered_at: dt.datetime
    expires_at: dt.datetime
    first_day: dt.date
    last_day: dt.date
    starts: dt.time | None
    role: str
    role_sw: str
    centre: str
    series: str


def own_offers(session: Any, officer_ids: Collection[int]) -> Sequence[OwnOffer]:
    """The officer's offers, those that wait first, then the newest; read with where they lead,
    which an officer's own scope does not reach."""
    statement = (
        select(
            StandInOffer.id,
            StandInOffer.code,
            StandInOffer.state,
            StandInOffer.offered_at,
            StandInCall.expires_at,
            StandInCall.first_day,
            StandInCall.last_day,
            ExamDay.first_session.label("starts"),
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Centre.name.label("centre"),
            Series.name.label("series"),
        )
        .join(StandInCall, StandInCall.id == StandInOffer.call_id)
        .join(StaffRole, StaffRole.id == StandInCall.role_id)
        .join(Centre, Centre.id == StandInCall.centre_id)
        .join(Series, Series.id == StandInCall.series_id)
        .outerjoin(
            ExamDay,
            (ExamDay.series_id == StandInCall.series_id) & (ExamDay.day == StandInCall.first_day),
        )
        .where(StandInOffer.officer_id.in_(sorted(officer_ids)))
        .order_by((StandInOffer.state == OfferState.OFFERED).desc(), StandInOffer.id.desc())
        .limit(MOST_OWN)
    )
    with session.no_autoflush, scoped_as(session, OWN):
        rows = session.execute(statement).mappings().all()
    return [OwnOffer(**{**row, "state": OfferState(row["state"])}) for row in rows]
