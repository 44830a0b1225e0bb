"""Somebody stands in: people are asked, the first yes gets the place with a letter, all are told.

Locks are taken in one order: the officer who answers, the call, whoever held the place, the post.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE
from sqlalchemy.exc import IntegrityError

from app import clock
from app.access import reach
from app.audit.services import Subject, record
from app.db.retries import in_one_transaction
from app.deployments import texts as duty_texts
from app.deployments.enums import ON_DUTY, DeploymentAct
from app.deployments.models import Deployment, Post
from app.deployments.queries import Seating, bars_of
from app.deployments.services import Placing
from app.errors import IllegalMove, NotFound, PortalError, RuleBroken
from app.extensions import db
from app.messages.enums import MessageKind
from app.messages.inbound import InboundText, keyword
from app.messages.services import post
from app.messages.texts import SmsText
from app.people.models import Officer
from app.permissions import require
from app.procedures.duties import end_duty, place_officer, tell
from app.procedures.stand_in_calls import (
    EVERYWHERE,
    place_called,
    start_of,
    tell_asked,
    withdraw,
)
from app.reference.services import within
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_actor
from app.stand_ins import services as stand_ins
from app.stand_ins import texts
from app.stand_ins.enums import AnsweredBy, CallState, Cause, OfferAct, OfferState, Span
from app.stand_ins.models import StandInCall, StandInOffer
from app.stand_ins.queries.places import Place, place_of
from app.stand_ins.rules import expires_at
from app.words import N_, day_words

__all__ = ["Ask", "answer_offer", "offer_place", "withdraw_call"]

RAISED_AT_ONCE = frozenset({"23P01"})
"""Two directors ask for one place at the same moment: the second finds the first one's call."""
_ONE_ANSWER = text("SELECT pg_advisory_xact_lock(hashtext('stand-in officer'), :officer)")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a director asks: this place from this day, for a day or to the end, of these people."""

    post_id: int
    slot: int
    first: dt.date
    span: Span
    officer_ids: tuple[int, ...]


def offer_place(scope: Scope, actor: Actor, ask: Ask) -> StandInCall:
    """Offers an open place to people, each by SMS; those asked before are not asked again.

    Raises NotFound for a post or a person out of reach, IllegalMove where the place is filled by
    now, RuleBroken for whoever a rule bars.
    """
    require(actor, "board", "offer")

    def work() -> StandInCall:
        session = db.session
        place = _open_place(session, scope, ask)
        last = ask.first if ask.span is Span.TODAY else place.ends_on
        start = start_of(session, place.series_id, ask.first)
        _refuse_unfit(session, scope, ask, last)
        asking = stand_ins.Asking(place, ask.first, last, expires_at(start, clock.now()))
        if asking.expires_at <= clock.now():
            raise RuleBroken("paper-begun", N_("The paper has begun. Telephone the centre."))
        call = stand_ins.call_for(session, scope, actor, asking)
        made = stand_ins.add_offers(session, actor, call, ask.officer_ids)
        tell_asked(session, call, made, texts.OFFER, intent="offered")
        return call

    return in_one_transaction(db.session, work, also=RAISED_AT_ONCE)


def withdraw_call(scope: Scope, actor: Actor, call_id: int) -> None:
    """Takes back what was offered in a call; whoever had not answered yet is told."""
    require(actor, "board", "offer")

    def work() -> None:
        call = stand_ins.locked_call(db.session, scope, call_id)
        if call.state != CallState.OPEN:
            raise IllegalMove(
                "call-settled", N_("This is settled already. Look at the board again.")
            )
        withdraw(db.session, actor, call)

    in_one_transaction(db.session, work)


def answer_offer(scope: Scope, actor: Actor, offer_id: int, act: OfferAct) -> OfferState:
    """The officer's yes or no to an offer of their own; returns how the offer stands then.

    The first yes gets the place; a later one finds `taken`, one after the time `expired`. Raises
    NotFound for somebody else's offer, RuleBroken where a rule or another duty bars the officer.
    """
    require(actor, "own-offers", str(act))
    officer_id = db.session.scalar(
        restrict(select(StandInOffer.officer_id), StandInOffer, scope).where(
            StandInOffer.id == offer_id
        )
    )
    if officer_id is None:
        raise NotFound("not-found", N_("That record was not found."))

    def work() -> OfferState:
        with scoped_as(db.session, EVERYWHERE):
            return _answer(db.session, actor, offer_id, officer_id, act=act, how=AnsweredBy.PAGE)

    return in_one_transaction(db.session, work)


def _open_place(session: Any, scope: Scope, ask: Ask) -> Place:
    if ask.first < clock.today():
        raise RuleBroken("day-passed", N_("That day has passed."), field="first")
    within(session, Post, scope, ask.post_id)
    place = place_of(session, scope, post_id=ask.post_id, slot=ask.slot, day=ask.first)
    if place is None:
        raise IllegalMove("place-filled", N_("This place is filled by now."))
    return place


def _refuse_unfit(session: Any, scope: Scope, ask: Ask, last: dt.date) -> None:
    """NotFound for people out of reach, RuleBroken for the first one whom a rule bars."""
    wanted = sorted(set(ask.officer_ids))
    people = session.execute(
        restrict(select(Officer.id, Officer.full_name), Officer, scope)
        .where(Officer.id.in_(wanted))
        .order_by(Officer.id)
    ).all()
    if len(people) != len(wanted):
        raise NotFound("not-found", N_("That record was not found."))
    if not people:
        raise RuleBroken("nobody-chosen", N_("Choose somebody to ask."), field="officers")
    seatings = [Seating(one.id, ask.post_id, ask.first, last) for one in people]
    for one, bars in zip(people, bars_of(session, seatings), strict=True):
        if bars:
            raise RuleBroken(
                "barred",
                N_("%(officer)s cannot be asked: %(reason)s"),
                field="officers",
                facts={"officer": one.full_name, "reason": bars[0].sentence},
            )


def _answer(
    session: Any, actor: Actor, offer_id: int, officer_id: int, *, act: OfferAct, how: AnsweredBy
) -> OfferState:
    """The answer under the locks; an offer that has ended answers with how it ended."""
    session.execute(_ONE_ANSWER, {"officer": officer_id})
    call_id = session.scalar(select(StandInOffer.call_id).where(StandInOffer.id == offer_id))
    call = stand_ins.locked_call(session, EVERYWHERE, call_id)
    offer = next(one for one in stand_ins.offers_of(session, call) if one.id == offer_id)
    if offer.state != OfferState.OFFERED:
        return OfferState(offer.state)
    if call.expires_at <= clock.now():
        stand_ins.settle(session, actor, call, CallState.EXPIRED)
    elif act is OfferAct.REFUSE:
        stand_ins.end_offer(session, actor, offer, act, how)
    else:
        _accept(session, actor, call, offer, how)
    return OfferState(offer.state)


def _accept(
    session: Any, actor: Actor, call: StandInCall, offer: StandInOffer, how: AnsweredBy
) -> None:
    """Places the officer, if the place is open still; the others hear that it is taken."""
    follows = _held_before(session, call)
    place = place_called(session, call)
    if place is None:
        withdraw(session, actor, call, but=offer)
        return
    if follows is not None and place.open.cause is Cause.ABSENT:
        _make_way(session, actor, call, follows)
    deployment = place_officer(
        session,
        actor,
        Placing(
            officer_id=offer.officer_id,
            post_id=call.post_id,
            first=call.first_day,
            last=call.last_day,
            reason=f"Stand-in: {place.open.cause}",
            follows=call.follows_id,
            accepted=True,
            slot=call.slot,
        ),
        text=None,
    )
    stand_ins.end_offer(session, actor, offer, OfferAct.ACCEPT, how, deployment_id=deployment.id)
    tell_asked(session, call, [offer], texts.WON, intent="won")
    others = stand_ins.settle(session, actor, call, CallState.FILLED)
    tell_asked(session, call, others, texts.TAKEN, intent="taken")


def _held_before(session: Any, call: StandInCall) -> Deployment | None:
    """Whoever had the place, locked against other moves and against marks."""
    if call.follows_id is None:
        return None
    found: Deployment = session.scalars(
        select(Deployment)
        .where(Deployment.id == call.follows_id)
        .with_for_update(of=Deployment)
        .execution_options(populate_existing=True)
    ).one()
    return found


def _make_way(session: Any, actor: Actor, call: StandInCall, absent: Deployment) -> None:
    """Whoever is marked absent yields the first day and keeps its mark; where the stand-in stays
    longer, the duty ends with that day."""
    if absent.status in ON_DUTY and call.last_day > call.first_day:
        reason = f"Absent on {day_words(call.first_day)}; a stand-in serves from then on."
        end_duty(
            session,
            actor,
            absent,
            DeploymentAct.WITHDRAW,
            reason=reason,
            last_day=call.first_day,
        )
        tell(session, [absent], duty_texts.WITHDRAWN, intent="withdrawn")
    day = func.datemultirange(func.daterange(call.first_day, call.first_day, "[]"))
    session.execute(
        update(Deployment)
        .where(Deployment.id == absent.id)
        .values(yielded=Deployment.yielded.op("+", return_type=DATEMULTIRANGE())(day))
        .execution_options(synchronize_session=False)
    )
    session.refresh(absent)
    subject = Subject(
        "deployment", absent.id, absent.sub_county_id, absent.centre_id, absent.officer_id
    )
    yielded = {"day": call.first_day.isoformat()}
    record(session, actor, "deployment.yielded", subject, after=yielded)


SAID: Mapping[OfferState, SmsText] = {
    OfferState.TAKEN: texts.TAKEN,
    OfferState.EXPIRED: texts.EXPIRED,
    OfferState.WITHDRAWN: texts.WITHDRAWN,
    OfferState.REFUSED: texts.REFUSED,
}
"""What somebody who texted an answer hears; who won was told where to go already."""


@keyword("YES")
def answer_yes(session: Any, inbound: InboundText) -> None:
    """Takes the offer with the code, or the only one that waits."""
    _answer_text(session, inbound, OfferAct.ACCEPT)


@keyword("NDIO")
def answer_ndio(session: Any, inbound: InboundText) -> None:
    """The same in Kiswahili."""
    _answer_text(session, inbound, OfferAct.ACCEPT)


@keyword("NO")
def answer_no(session: Any, inbound: InboundText) -> None:
    """Says no to the offer with the code, or to the only one that waits."""
    _answer_text(session, inbound, OfferAct.REFUSE)


@keyword("HAPANA")
def answer_hapana(session: Any, inbound: InboundText) -> None:
    """The same in Kiswahili."""
    _answer_text(session, inbound, OfferAct.REFUSE)


def _answer_text(session: Any, inbound: InboundText, act: OfferAct) -> None:
    """The answer of a texted word; refused ones are told why in words."""
    offer = _offer_meant(session, inbound)
    if offer is None:
        post(
            session,
            to=inbound.number,
            text=texts.NO_OFFER,
            kind=MessageKind.OFFER,
            facts=reach.facts(),
            intent=f"stand-in:none:{inbound.id}",
        )
        return
    actor = system_actor("answer by SMS")
    call = session.get(StandInCall, offer.call_id)
    try:
        with session.begin_nested():
            state = _answer(session, actor, offer.id, offer.officer_id, act=act, how=AnsweredBy.SMS)
    except (PortalError, IntegrityError):
        tell_asked(session, call, [offer], texts.BARRED, intent=f"barred:{inbound.id}")
        return
    if state in SAID:
        tell_asked(session, call, [offer], SAID[state], intent=f"answered:{inbound.id}")


def _offer_meant(session: Any, inbound: InboundText) -> StandInOffer | None:
    """The sender's offer with the code in the text; without one, the only one that waits."""
    own = (
        select(StandInOffer)
        .join(Officer, Officer.id == StandInOffer.officer_id)
        .where(Officer.mobile == inbound.number)
    )
    code = re.search(r"\d{4}", inbound.text)
    if code:
        found: StandInOffer | None = session.scalars(
            own.where(StandInOffer.code == code[0])
        ).one_or_none()
        return found
    waiting = session.scalars(own.where(StandInOffer.state == OfferState.OFFERED).limit(2)).all()
    return waiting[0] if len(waiting) == 1 else None
