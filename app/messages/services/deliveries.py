"""Delivery reports: what the network says became of a message, each believed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.db.uow import unit_of_work
from app.messages.enums import SECRET_KINDS, MessageState
from app.messages.models import Message, SmsDelivery

DELIVERED = "Success"
NOT_DELIVERED = frozenset({"Failed", "Rejected", "AbsentSubscriber", "Expired"})
UNDER_WAY = frozenset({"Sent", "Submitted", "Buffered"})


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the hook received it; the number is used to clear a doubt and not kept."""

    gateway_id: str
    status: str
    number: str = ""
    reason: str | None = None
    network_code: str | None = None


def note_delivery(session: Any, report: Report) -> None:
    """Stores a report once for its id and status, and moves the message that it is about.

    A report that comes before we have written down the message's id waits for it. One with an id
    that we never learned clears the doubt over the only message in doubt to that number.
    """
    with unit_of_work(session):
        stored = session.scalar(
            insert(SmsDelivery)
            .values(
                gateway_id=report.gateway_id,
                status=report.status,
                reason=report.reason,
                network_code=report.network_code,
            )
            .on_conflict_do_nothing(index_elements=["gateway_id", "status"])
            .returning(SmsDelivery)
        )
        if stored is None:
            return
        message = _message_of(session, report)
        if message is not None:
            apply_report(message, stored)


def apply_report(message: Message, report: SmsDelivery) -> None:
    """Moves the message as the report says; delivered is the last word."""
    report.message_id = message.id
    if message.state == MessageState.DELIVERED:
        return
    if report.status == DELIVERED:
        message.state, message.reason = MessageState.DELIVERED, None
        message.delivered_at = clock.real_now()
        message.sent_at = message.sent_at or message.delivered_at
        message.next_try_at = message.lease_until = None
        if message.kind in SECRET_KINDS:
            message.body = None
    elif report.status in NOT_DELIVERED and message.state in (
        MessageState.SENT,
        MessageState.IN_DOUBT,
    ):
        message.state, message.next_try_at = MessageState.FAILED, None
        message.reason = f"network:{report.reason or report.status}"[:80]


def _message_of(session: Any, report: Report) -> Message | None:
    known = select(Message).where(Message.gateway_id == report.gateway_id).with_for_update()
    message: Message | None = session.scalars(known).one_or_none()
    if message is not None:
        return message
    in_doubt = session.scalars(
        select(Message)
        .where(
            Message.number == report.number,
            Message.state == MessageState.IN_DOUBT,
            Message.gateway_id.is_(None),
        )
        .limit(2)
        .with_for_update()
    ).all()
    if len(in_doubt) != 1:
        return None
    cleared: Message = in_doubt[0]
    cleared.gateway_id = report.gateway_id
    return cleared
