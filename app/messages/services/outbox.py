"""Posting a message: a row in the transaction of its cause, and a job that sends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.db.queue import DEFAULT, URGENT, defer
from app.db.vault import vault_of
from app.messages import queries
from app.messages.enums import NEVER_QUIET, MessageKind, MessageState
from app.messages.models import Message
from app.messages.rules import (
    is_kenyan_mobile,
    patience,
    prefix_of,
    segments_of,
    wait_for_budget,
)
from app.messages.texts import SmsText
from app.networks import network_of

BODY = "message.body"
CALLER = "message.caller"
SEND = "messages.send"


def post(
    session: Any,
    *,
    to: str,
    text: SmsText,
    kind: MessageKind,
    facts: Mapping[str, object] = {},
    locale: str | None = None,
    intent: str | None = None,
) -> Message:
    """Puts a message into the outbox, in the caller's unit of work, and defers its sending.

    The same `intent` is posted once: the row that stands is returned. Beyond a budget, or to a
    number that is no Kenyan mobile, the row is stored `withheld` with its reason and never sent;
    nothing is raised for that.
    """
    body = text.spoken(facts, locale)
    message = Message(
        number=to,
        prefix=prefix_of(to)[:11],
        kind=str(kind),
        intent=intent,
        locale=(locale or "en")[:5],
        segments=segments_of(body),
        body=vault_of(session).seal(body, context=BODY),
        caller=session.info.get("caller"),
        created_at=clock.real_now(),
        expires_at=clock.real_now() + patience(kind),
    )
    message.estimated_cents = message.segments * queries.price_per_segment_cents(session)
    _consider(session, message)
    stored, is_new = _store(session, message)
    if is_new and stored.state == MessageState.WAITING:
        defer_sending(session, stored)
    return stored


def calls_from(session: Any, address: str | None) -> None:
    """Notes on the session, as a keyed hash, the address that whatever is posted is asked from."""
    if address:
        session.info["caller"] = vault_of(session).index(network_of(address), context=CALLER)
    else:
        session.info.pop("caller", None)


def defer_sending(session: Any, message: Message) -> None:
    """Puts the job that sends the message on the queue, for when it is due."""
    urgent = message.kind in NEVER_QUIET
    defer(
        session,
        SEND,
        at=message.next_try_at,
        once=f"message:{message.id}",
        priority=URGENT if urgent else DEFAULT,
        message_id=message.id,
    )


def _consider(session: Any, message: Message) -> None:
    """Decides whether the message waits for the worker at once, waits longer, or is withheld."""
    message.state = MessageState.WAITING
    if not is_kenyan_mobile(message.number):
        message.number = message.number[:15]
        message.state, message.reason = MessageState.WITHHELD, "not-a-kenyan-mobile"
        return
    beyond = queries.beyond_when_posted(session, message)
    hard = [one for one in beyond if one.wait_minutes is None]
    if hard:
        message.state, message.reason = MessageState.WITHHELD, hard[0].reason
        return
    waits = [wait_for_budget(one.by, one.wait_minutes) for one in beyond if one.wait_minutes]
    if waits:
        message.next_try_at = clock.real_now() + max(waits)
    if message.kind not in NEVER_QUIET:
        _after_quiet_hours(session, message)


def _after_quiet_hours(session: Any, message: Message) -> None:
    quiet: dt.timedelta | None = queries.quiet_for(session)
    if quiet is not None:
        earliest = clock.real_now() + quiet
        message.next_try_at = max(message.next_try_at or earliest, earliest)


def _store(session: Any, message: Message) -> tuple[Message, bool]:
    """The stored row and whether it is this one; of one intent the first transaction wins."""
    if message.intent is None:
        session.add(message)
        session.flush()
        return message, True
    session.flush()
    values = {c.key: getattr(message, c.key) for c in Message.__table__.columns if c.key != "id"}
    given = {name: value for name, value in values.items() if value is not None}
    stored = session.scalar(
        insert(Message)
        .values(**given)
        .on_conflict_do_nothing(index_elements=["intent"])
        .returning(Message)
    )
    if stored is not None:
        return stored, True
    return session.scalars(select(Message).where(Message.intent == message.intent)).one(), False
