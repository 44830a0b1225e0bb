"""Sending what is due: claim under a lease, hand over outside any transaction, write down the fate.

A worker that dies between the two leaves a row `sending`; past its lease the row is in doubt.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.messages import queries
from app.messages.enums import (
    GONE,
    NEVER_QUIET,
    SECRET_KINDS,
    MessageKind,
    MessageState,
)
from app.messages.gateways import Fate, Gateway, Receipt
from app.messages.models import Message, SmsDelivery
from app.messages.rules import DOUBT_WAIT, patience, wait_after
from app.messages.services.deliveries import apply_report
from app.messages.services.outbox import BODY, defer_sending

LEASE = dt.timedelta(minutes=2)
"""Longer than a gateway may take to answer, shorter than anybody's patience."""

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('messages.budgets'))")
_SPEND = text(
    "INSERT INTO message_spending AS s (started_at, kind, messages, cents)"
    " VALUES (:bucket, :kind, :messages, :cents) ON CONFLICT (started_at, kind)"
    " DO UPDATE SET messages = s.messages + :messages, cents = s.cents + :cents"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that this worker alone may hand over now."""

    message_id: int
    attempt: int
    number: str
    body: str
    kind: str


def send_due(session: Any, gateway: Gateway, message_id: int) -> None:
    """Sends the message if it is due, within budgets and outside quiet hours; else leaves it.

    Harmless when it runs twice. Opens its own units of work, so that the gateway is never waited
    for inside a transaction.
    """
    if session.info.get("unit_of_work"):
        raise RuntimeError("a gateway is not called inside a transaction")
    claim = _claim(session, gateway, message_id)
    if claim is None:
        return
    receipt = gateway.send(claim.number, claim.body, kind=claim.kind)
    with unit_of_work(session):
        _write_down(session, claim, receipt)


def _claim(session: Any, gateway: Gateway, message_id: int) -> Claim | None:
    with unit_of_work(session):
        message = session.scalars(
            select(Message).where(Message.id == message_id).with_for_update(skip_locked=True)
        ).one_or_none()
        if message is None or not _is_due(session, message):
            return None
        if not _within_budgets(session, message):
            return None
        now = clock.real_now()
        message.possible_duplicate = message.possible_duplicate or message.doubts > 0
        message.state, message.reason = MessageState.SENDING, None
        message.attempts += 1
        message.first_try_at = message.first_try_at or now
        message.lease_until, message.next_try_at = now + LEASE, None
        message.gateway = gateway.name
        body = vault_of(session).unseal(message.body, context=BODY)
        return Claim(message.id, message.attempts, message.number, body, message.kind)


def _is_due(session: Any, message: Message) -> bool:
    """Whether the message may go now; one that must wait is deferred until then."""
    now = clock.real_now()
    waits = message.state == MessageState.WAITING
    again = message.state == MessageState.IN_DOUBT and message.next_try_at is not None
    if not (waits or again):
        return False
    if message.expires_at <= now or message.body is None:
        expire(message)
        return False
    if message.kind not in NEVER_QUIET:
        quiet = queries.quiet_for(session)
        if quiet is not None:
            message.next_try_at = max(message.next_try_at or now, now + quiet)
    if message.next_try_at is not None and message.next_try_at > now:
        defer_sending(session, message)
        return False
    return True


def _within_budgets(session: Any, message: Message) -> bool:
    """Whether the first try is within every budget, counted by one worker at a time; a further
    try was counted with the first."""
    if message.first_try_at is not None:
        return True
    session.execute(_ONE_BY_ONE)
    beyond = queries.beyond_when_sent(session, message)
    if not beyond:
        _spend(session, message.kind, messages=1, cents=message.estimated_cents)
        return True
    message.state, message.reason = MessageState.WITHHELD, beyond[0].reason
    message.next_try_at = None
    wipe_secret(message)
    return False


def _spend(session: Any, kind: str, *, messages: int, cents: int) -> None:
    """Adds to what these five minutes cost."""
    now = int(clock.real_now().timestamp())
    width = int(queries.BUCKET.total_seconds())
    bucket = dt.datetime.fromtimestamp(now // width * width, dt.UTC)
    given = {"bucket": bucket, "kind": kind, "messages": messages, "cents": cents}
    session.execute(_SPEND, given)


def _write_down(session: Any, claim: Claim, receipt: Receipt) -> None:
    message = session.scalars(
        select(Message).where(Message.id == claim.message_id).with_for_update()
    ).one_or_none()
    if message is None or message.attempts != claim.attempt or message.state in GONE:
        return
    late = message.state != MessageState.SENDING
    if late and receipt.fate is not Fate.ACCEPTED:
        return
    message.lease_until = None
    match receipt.fate:
        case Fate.ACCEPTED:
            _accepted(session, message, receipt)
        case Fate.REFUSED:
            message.state, message.reason = MessageState.FAILED, receipt.reason
        case Fate.NOT_SENT:
            _try_later(session, message, receipt.reason)
        case Fate.IN_DOUBT:
            doubt(session, message, receipt.reason)


def _accepted(session: Any, message: Message, receipt: Receipt) -> None:
    message.state, message.reason = MessageState.SENT, None
    message.sent_at = clock.real_now()
    message.next_try_at = None
    message.cost_cents = receipt.cost_cents
    if receipt.cost_cents is not None and receipt.cost_cents != message.estimated_cents:
        more = receipt.cost_cents - message.estimated_cents
        _spend(session, message.kind, messages=0, cents=more)
    if receipt.gateway_id is None or _is_taken(session, receipt.gateway_id):
        return
    message.gateway_id = receipt.gateway_id
    early = session.scalars(
        select(SmsDelivery)
        .where(SmsDelivery.gateway_id == receipt.gateway_id)
        .order_by(SmsDelivery.id)
    )
    for report in early.all():
        apply_report(message, report)


def _is_taken(session: Any, gateway_id: str) -> bool:
    """Whether the gateway gave the same id before: what went out is written down all the same."""
    statement = select(Message.id).where(Message.gateway_id == gateway_id)
    return session.scalar(statement) is not None


def _try_later(session: Any, message: Message, reason: str | None) -> None:
    """Certainly not sent: again after a while, as often as the message is worth sending."""
    message.state = MessageState.IN_DOUBT if message.doubts else MessageState.WAITING
    message.reason = reason
    message.next_try_at = clock.real_now() + wait_after(message.attempts)
    defer_sending(session, message)


def doubt(session: Any, message: Message, reason: str | None) -> None:
    """The fate of a try is unknown: one further try at most, and none after that."""
    message.state, message.reason = MessageState.IN_DOUBT, reason
    message.doubts += 1
    message.lease_until = None
    if message.doubts > 1:
        message.next_try_at = None
        return
    message.next_try_at = clock.real_now() + DOUBT_WAIT
    defer_sending(session, message)


def expire(message: Message) -> None:
    """Not worth sending any more; what is in doubt stays in doubt."""
    if message.state == MessageState.WAITING:
        message.state = MessageState.EXPIRED
    message.next_try_at = None
    wipe_secret(message)


def wipe_secret(message: Message) -> None:
    """A one-time secret leaves the outbox; what is known about the message stays."""
    if message.kind in SECRET_KINDS:
        message.body = None


def send_again(session: Any, message: Message) -> None:
    """Puts a failed message back to wait, with fresh patience, in the open unit of work.

    It counts in the budgets as a first try does.
    """
    message.state, message.reason = MessageState.WAITING, None
    message.doubts, message.possible_duplicate = 0, False
    message.gateway_id = message.first_try_at = message.next_try_at = None
    message.expires_at = clock.real_now() + patience(MessageKind(message.kind))
    defer_sending(session, message)
