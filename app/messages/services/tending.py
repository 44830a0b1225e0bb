"""What recurs every minute: dead workers' messages, lost jobs, secrets past their time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import or_, select, update

from app import clock
from app.db.uow import unit_of_work
from app.messages.enums import SECRET_KINDS, InboundState, MessageState
from app.messages.models import Message, SmsInbound
from app.messages.services.incoming import MOST_TRIES, answer_inbound
from app.messages.services.outbox import defer_sending
from app.messages.services.sending import doubt

AT_A_TIME = 500
OVERDUE = dt.timedelta(minutes=2)


def tend(session: Any) -> None:
    """Puts everything right that a crash or the passing of time left behind."""
    with unit_of_work(session):
        _doubt_dead_sends(session)
    with unit_of_work(session):
        _expire(session)
    with unit_of_work(session):
        _defer_forgotten(session)
    for inbound_id in _unanswered(session):
        answer_inbound(session, inbound_id)


def _doubt_dead_sends(session: Any) -> None:
    """A message whose worker did not come back within its lease may have gone out, or not."""
    dead = session.scalars(
        select(Message)
        .where(Message.state == MessageState.SENDING, Message.lease_until < clock.real_now())
        .order_by(Message.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    for message in dead.all():
        doubt(session, message, "worker-died")


def _expire(session: Any) -> None:
    now = clock.real_now()
    past = Message.expires_at <= now
    session.execute(
        update(Message)
        .where(past, Message.state == MessageState.WAITING)
        .values(state=MessageState.EXPIRED, next_try_at=None)
    )
    session.execute(
        update(Message)
        .where(past, Message.state == MessageState.IN_DOUBT, Message.next_try_at.is_not(None))
        .values(next_try_at=None)
    )
    session.execute(
        update(Message)
        .where(past, Message.kind.in_(SECRET_KINDS), Message.body.is_not(None))
        .where(Message.state != MessageState.SENDING)
        .values(body=None)
    )


def _defer_forgotten(session: Any) -> None:
    """A message that is due for a while has lost its job; one that has it keeps the one."""
    overdue = clock.real_now() - OVERDUE
    forgotten = session.scalars(
        select(Message)
        .where(
            or_(
                Message.state == MessageState.WAITING,
                (Message.state == MessageState.IN_DOUBT) & Message.next_try_at.is_not(None),
            ),
            Message.created_at < overdue,
            or_(Message.next_try_at.is_(None), Message.next_try_at < overdue),
        )
        .order_by(Message.id)
        .limit(AT_A_TIME)
    )
    for message in forgotten.all():
        defer_sending(session, message)


def _unanswered(session: Any) -> list[int]:
    return list(
        session.scalars(
            select(SmsInbound.id)
            .where(
                SmsInbound.state == InboundState.RECEIVED,
                SmsInbound.tries < MOST_TRIES,
                SmsInbound.received_at < clock.real_now() - dt.timedelta(minutes=1),
            )
            .order_by(SmsInbound.id)
            .limit(AT_A_TIME)
        )
    )
