"""Calls for a stand-in that are over by themselves, and what the people asked are told.

A call is over when it has run out, and when nobody is needed any more: whoever was missed came
after all, or somebody else holds the place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, select

from app import clock
from app.access import reach
from app.attendance.queries.rosters import managers_on
from app.db.retries import in_one_transaction
from app.deployments.models import Deployment
from app.errors import RuleBroken
from app.exams.models import ExamDay, StaffRole
from app.extensions import Model
from app.messages.enums import MessageKind
from app.messages.services import post
from app.messages.texts import SmsText
from app.people.models import Officer
from app.places.models import Centre
from app.procedures.duties import LONGEST_STATION
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, system_actor, system_scope
from app.stand_ins import services as stand_ins
from app.stand_ins import texts
from app.stand_ins.enums import CallState
from app.stand_ins.models import StandInCall, StandInOffer
from app.stand_ins.queries.places import Place, place_of
from app.stand_ins.rules import next_start
from app.words import N_, day_words

__all__ = [
    "EVERYWHERE",
    "close_calls_at",
    "close_filled_calls",
    "expire_calls",
    "place_called",
    "start_of",
    "tell_asked",
    "withdraw",
]

EVERYWHERE = system_scope("stand-ins")
AT_A_TIME = 200


def expire_calls(session: Any) -> None:
    """Closes the calls that have run out; nobody is told, for the SMS said until when it holds."""
    actor = system_actor("stand-ins")

    def work() -> None:
        due = session.scalars(
            select(StandInCall)
            .where(StandInCall.state == CallState.OPEN, StandInCall.expires_at <= clock.now())
            .order_by(StandInCall.id)
            .limit(AT_A_TIME)
            .with_for_update(skip_locked=True)
        ).all()
        for call in due:
            stand_ins.settle(session, actor, call, CallState.EXPIRED)

    in_one_transaction(session, work)


def close_filled_calls(session: Any) -> None:
    """Closes the calls whose place needs nobody any more; those who had not answered are told."""
    with scoped_as(session, EVERYWHERE):
        _close(session, select(StandInCall.id))


def close_calls_at(session: Any, centre_id: int, day: dt.date) -> None:
    """The same for the calls of a centre's day, once its register says who came."""
    here = select(StandInCall.id).where(
        StandInCall.centre_id == centre_id, StandInCall.first_day == day
    )
    with scoped_as(session, EVERYWHERE):
        _close(session, here)


def _close(session: Any, wanted: Any) -> None:
    statement = wanted.where(
        StandInCall.state == CallState.OPEN, StandInCall.expires_at > clock.now()
    )
    for call_id in session.scalars(statement.order_by(StandInCall.id)).all():
        in_one_transaction(session, partial(_close_if_filled, session, call_id))


def _close_if_filled(session: Any, call_id: int) -> None:
    call = stand_ins.locked_call(session, EVERYWHERE, call_id)
    if call.state == CallState.OPEN and place_called(session, call) is None:
        withdraw(session, system_actor("stand-ins"), call)


def withdraw(
    session: Any, actor: Actor, call: StandInCall, *, but: StandInOffer | None = None
) -> None:
    """Closes a locked call that nobody is needed for; whoever had not answered is told."""
    waiting = stand_ins.settle(session, actor, call, CallState.WITHDRAWN)
    others = [one for one in waiting if but is None or one.id != but.id]
    tell_asked(session, call, others, texts.WITHDRAWN, intent="withdrawn")


def place_called(session: Any, call: StandInCall) -> Place | None:
    """The place that a call asks for, while it stands open for the reason it was asked for."""
    place = place_of(session, EVERYWHERE, post_id=call.post_id, slot=call.slot, day=call.first_day)
    return place if place is not None and _follows(place) == call.follows_id else None


def _follows(place: Place) -> int | None:
    return place.open.follows.deployment_id if place.open.follows else None


def tell_asked(
    session: Any, call: StandInCall, offers: Iterable[StandInOffer], words: SmsText, *, intent: str
) -> None:
    """An SMS to the officer of each offer, in the language they read, once for each intent."""
    wanted = {one.id: one for one in offers}
    if not wanted:
        return
    shared = _shared_facts(session, call)
    for row in _people(session, list(wanted)):
        offer = wanted[row.id]
        post(
            session,
            to=row.mobile,
            text=words,
            kind=MessageKind.OFFER,
            facts=shared | _own_facts(row, offer),
            locale=row.locale,
            intent=f"stand-in:{intent}:{offer.id}",
        )


def _shared_facts(session: Any, call: StandInCall) -> dict[str, object]:
    start = start_of(session, call.series_id, call.first_day)
    centre = session.get(Centre, call.centre_id)
    manager = managers_on(call.first_day).where(Deployment.centre_id == call.centre_id)
    found = session.execute(manager.where(Deployment.id != (call.follows_id or 0))).first()
    days = str(day_words(call.first_day))
    if call.last_day > call.first_day:
        days = f"{days} - {day_words(call.last_day)}"
    name, telephone = (found.full_name, found.mobile) if found else ("", centre.telephone or "")
    ends = clock.nairobi(call.expires_at)
    today = ends.date() == clock.today()
    until = f"{ends:%H:%M}" if today else f"{day_words(ends.date())} {ends:%H:%M}"
    return {
        **reach.facts(),
        "station": centre.name[:LONGEST_STATION],
        "days": days,
        "time": f"{clock.nairobi(start):%H:%M}",
        "until": until,
        "manager": name,
        "telephone": f"0{telephone[3:]}" if telephone.startswith("254") else telephone,
    }


def _own_facts(row: Row[Any], offer: StandInOffer) -> dict[str, object]:
    swahili = (row.locale or "").startswith("sw")
    return {"role": (row.role_sw if swahili else row.role).lower(), "code": offer.code}


def _people(session: Any, offer_ids: Sequence[int]) -> Sequence[Row[Any]]:
    user = Model.metadata.tables["ab_user"]
    found: Sequence[Row[Any]] = session.execute(
        select(
            StandInOffer.id,
            Officer.mobile,
            user.c.locale,
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
        )
        .join(Officer, Officer.id == StandInOffer.officer_id)
        .join(StandInCall, StandInCall.id == StandInOffer.call_id)
        .join(StaffRole, StaffRole.id == StandInCall.role_id)
        .outerjoin(user, user.c.officer_id == Officer.id)
        .where(StandInOffer.id.in_(offer_ids))
        .order_by(StandInOffer.id)
    ).all()
    return found


def start_of(session: Any, series_id: int, day: dt.date) -> dt.datetime:
    """When the first paper to come on the day begins; RuleBroken on a day without one."""
    held = session.scalars(
        select(ExamDay).where(ExamDay.series_id == series_id, ExamDay.day == day)
    ).one_or_none()
    if held is None:
        raise RuleBroken("no-examination-day", N_("The calendar holds no examination on this day."))
    sessions = [at for at in (held.first_session, held.second_session) if at]
    return next_start(day, sessions, clock.now())
