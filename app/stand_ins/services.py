"""Writes of calls and offers, each in the caller's unit of work, under the lock of the call."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.audit.services import Subject, record
from app.errors import IllegalMove, NotFound, RuleBroken
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.stand_ins.enums import AnsweredBy, CallState, OfferAct, OfferState
from app.stand_ins.machine import state_after
from app.stand_ins.models import StandInCall, StandInOffer
from app.stand_ins.queries.places import Place
from app.words import N_

__all__ = ["Asking", "add_offers", "call_for", "end_offer", "locked_call", "offers_of", "settle"]

MOST_OFFERS = 12
"""People asked for one place, all rounds together."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A place that somebody is sought for, the days, and until when an answer counts."""

    place: Place
    first: dt.date
    last: dt.date
    expires_at: dt.datetime


def locked_call(session: Any, scope: Scope, call_id: int) -> StandInCall:
    """The call, locked against other answers; NotFound outside the scope."""
    statement = restrict(select(StandInCall), StandInCall, scope).where(StandInCall.id == call_id)
    found: StandInCall | None = session.scalars(
        statement.with_for_update(of=StandInCall).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def offers_of(session: Any, call: StandInCall) -> Sequence[StandInOffer]:
    """The offers of a locked call as they stand now, in order."""
    found: Sequence[StandInOffer] = session.scalars(
        select(StandInOffer)
        .where(StandInOffer.call_id == call.id)
        .order_by(StandInOffer.id)
        .execution_options(populate_existing=True)
    ).all()
    return found


def call_for(session: Any, scope: Scope, actor: Actor, asking: Asking) -> StandInCall:
    """The open call for the place, locked: the one that runs for the same days, else a new one.

    One that has run out is closed first. Raises IllegalMove where people are being asked for other
    days of the place.
    """
    post_id, slot = asking.place.key
    running = session.scalars(
        restrict(select(StandInCall.id), StandInCall, scope).where(
            StandInCall.post_id == post_id,
            StandInCall.slot == slot,
            StandInCall.state == CallState.OPEN,
            StandInCall.first_day <= asking.last,
            StandInCall.last_day >= asking.first,
        )
    ).all()
    for call_id in sorted(running):
        call = locked_call(session, scope, call_id)
        if call.state == CallState.OPEN and call.expires_at <= clock.now():
            settle(session, actor, call, CallState.EXPIRED)
        elif call.state == CallState.OPEN and (call.first_day, call.last_day) == (
            asking.first,
            asking.last,
        ):
            return call
        elif call.state == CallState.OPEN:
            raise IllegalMove(
                "asked-already",
                N_("People are being asked for other days of this place. Withdraw that first."),
            )
    return _new_call(session, actor, asking)


def add_offers(
    session: Any, actor: Actor, call: StandInCall, officer_ids: Iterable[int]
) -> list[StandInOffer]:
    """An offer to each of the officers who has none in this call yet."""
    have = offers_of(session, call)
    wanted = sorted(set(officer_ids) - {one.officer_id for one in have})
    if len(have) + len(wanted) > MOST_OFFERS:
        raise RuleBroken(
            "asked-enough",
            N_("%(most)s people were asked for this place. Telephone somebody."),
            facts={"most": MOST_OFFERS},
        )
    made = [_new_offer(session, call, officer_id) for officer_id in wanted]
    session.flush()
    for offer in made:
        _note(session, actor, "stand_in.offered", call, offer, after={"offer": offer.id})
    return made


def end_offer(
    session: Any,
    actor: Actor,
    offer: StandInOffer,
    act: OfferAct,
    how: AnsweredBy,
    *,
    deployment_id: int | None = None,
) -> None:
    """Ends an offer of a locked call; raises IllegalMove where it has ended already."""
    offer.state = state_after(OfferState(offer.state), act)
    offer.answered_at, offer.answered_how = clock.now(), how
    offer.deployment_id = deployment_id
    session.flush()
    after = {"offer": offer.id, "state": str(offer.state), "by": str(how)}
    call = session.get(StandInCall, offer.call_id)
    _note(session, actor, "stand_in.answered", call, offer, after=after)


_ENDS = {
    CallState.FILLED: (OfferAct.TAKE, AnsweredBy.OFFICE),
    CallState.WITHDRAWN: (OfferAct.WITHDRAW, AnsweredBy.OFFICE),
    CallState.EXPIRED: (OfferAct.EXPIRE, AnsweredBy.TIME),
}


def settle(session: Any, actor: Actor, call: StandInCall, state: CallState) -> list[StandInOffer]:
    """Closes a locked call; the offers that still waited end with it and are returned."""
    act, how = _ENDS[state]
    waiting = [one for one in offers_of(session, call) if one.state == OfferState.OFFERED]
    for offer in waiting:
        end_offer(session, actor, offer, act, how)
    call.state, call.settled_at = state, clock.now()
    session.flush()
    _note(session, actor, "stand_in.settled", call, None, after={"state": str(state)})
    return waiting


def _new_call(session: Any, actor: Actor, asking: Asking) -> StandInCall:
    place = asking.place
    call = StandInCall(
        series_id=place.series_id,
        centre_id=place.centre_id,
        sub_county_id=place.sub_county_id,
        post_id=place.open.post_id,
        role_id=place.role_id,
        slot=place.open.slot,
        first_day=asking.first,
        last_day=asking.last,
        follows_id=place.open.follows.deployment_id if place.open.follows else None,
        state=CallState.OPEN,
        asked_at=clock.now(),
        asked_by=actor.user_id,
        expires_at=asking.expires_at,
    )
    session.add(call)
    session.flush()
    days = {"from": asking.first.isoformat(), "to": asking.last.isoformat()}
    terms = {"role": call.role_id, "place": call.slot, **days}
    _note(session, actor, "stand_in.called", call, None, after=terms)
    return call


def _new_offer(session: Any, call: StandInCall, officer_id: int) -> StandInOffer:
    used = set(
        session.scalars(select(StandInOffer.code).where(StandInOffer.officer_id == officer_id))
    )
    code = next(one for one in iter(_code, "") if one not in used)
    offer = StandInOffer(
        call_id=call.id,
        sub_county_id=call.sub_county_id,
        officer_id=officer_id,
        code=code,
        state=OfferState.OFFERED,
        offered_at=clock.now(),
    )
    session.add(offer)
    return offer


def _code() -> str:
    return f"{secrets.randbelow(10_000):04d}"


def _note(
    session: Any,
    actor: Actor,
    action: str,
    call: StandInCall,
    offer: StandInOffer | None,
    **said: Any,
) -> None:
    officer_id = offer.officer_id if offer else None
    subject = Subject("stand_in_call", call.id, call.sub_county_id, call.centre_id, officer_id)
    record(session, actor, action, subject, **said)
