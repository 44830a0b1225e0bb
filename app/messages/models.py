"""Tables of messages: the outbox, what came in, delivery reports, budgets, prices, quiet hours.

They belong to headquarters and to no sub-county: like sessions and sign-in counters they carry no
scope, and only the administrator's pages read them. Texts are sealed; money is in Kenya cents.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Time,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Instant, Model, optional_key, stamped
from app.messages.enums import InboundState, Measure, MessageKind, MessageState

__all__ = [
    "Message",
    "MessageBudget",
    "MessagePrice",
    "MessageSpending",
    "QuietHours",
    "SmsDelivery",
    "SmsInbound",
]

COUNTED = "state <> 'withheld' AND state <> 'expired'"
"""What budgets count; an index of nothing else stays small, however much is withheld."""
KENYAN = "'^254[17][0-9]{8}$'"


def _one_of(column: str, words: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Message(Model):
    """One SMS of the outbox, stored in the transaction of its cause and sent by the worker.

    `reason` says as a code why it is withheld or failed. `doubts` counts tries of unknown fate.
    Costs are in Kenya cents: estimated when posted, and as the gateway charged it.
    """

    __tablename__ = "message"
    __table_args__: Any = (
        CheckConstraint(_one_of("state", MessageState), name="state"),
        CheckConstraint(_one_of("kind", MessageKind), name="kind"),
        CheckConstraint(f"state = 'withheld' OR number ~ {KENYAN}", name="kenyan_mobile"),
        CheckConstraint(
            "state NOT IN ('sending', 'sent', 'delivered', 'in_doubt') OR attempts > 0",
            name="sent_was_tried",
        ),
        CheckConstraint("doubts <= 2 AND doubts <= attempts", name="one_further_try"),
        *(
            Index(
                f"ix_message_{column}_created_at",
                column,
                "created_at",
                postgresql_where=text(COUNTED),
            )
            for column in ("number", "prefix", "caller")
        ),
        Index(
            "ix_message_pending",
            "state",
            "next_try_at",
            postgresql_where=text("state = 'waiting' OR state = 'sending' OR state = 'in_doubt'"),
        ),
        Index(
            "ix_message_secret_kept",
            "expires_at",
            postgresql_where=text(
                "body IS NOT NULL AND (kind = 'credentials' OR kind = 'number_change'"
                " OR kind = 'result')"
            ),
        ),
        Index("ix_message_created_at", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(15), nullable=False)
    prefix: Mapped[str] = mapped_column(String(11), nullable=False)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    intent: Mapped[str | None] = mapped_column(String(160), unique=True)
    locale: Mapped[str] = mapped_column(String(5), nullable=False)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    segments: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="waiting")
    reason: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    doubts: Mapped[int] = mapped_column(SmallInteger, nullable=False, server_default="0")
    possible_duplicate: Mapped[bool] = mapped_column(
        Boolean, nullable=False, server_default=false()
    )
    next_try_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    lease_until: Mapped[dt.datetime | None] = mapped_column(Instant)
    gateway: Mapped[str | None] = mapped_column(String(16))
    gateway_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    estimated_cents: Mapped[int] = mapped_column(Integer, nullable=False)
    cost_cents: Mapped[int | None] = mapped_column(Integer)
    caller: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = stamped()
    first_try_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class SmsInbound(Model):
    """A message that came in, once for each id of the gateway; its text is sealed."""

    __tablename__ = "sms_inbound"
    __table_args__: Any = (
        CheckConstraint(_one_of("state", InboundState), name="state"),
        Index(
            "ix_sms_inbound_unanswered",
            "received_at",
            postgresql_where=text("state = 'received'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    gateway_id: Mapped[str] = mapped_column(String(100), nullable=False, unique=True)
    number: Mapped[str] = mapped_column(String(20), nullable=False)
    short_code: Mapped[str] = mapped_column(String(20), nullable=False)
    link_id: Mapped[str | None] = mapped_column(String(100))
    body: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    keyword: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="received")
    tries: Mapped[int] = mapped_column(SmallInteger, nullable=False, server_default="0")
    received_at: Mapped[dt.datetime] = stamped()
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class SmsDelivery(Model):
    """A delivery report as the gateway sent it, once for each id and status.

    Without `message_id` it is about something that no row of the outbox is known to have sent.
    """

    __tablename__ = "sms_delivery"
    __table_args__: Any = (UniqueConstraint("gateway_id", "status"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    message_id: Mapped[int | None] = optional_key("message.id", ondelete="CASCADE")
    gateway_id: Mapped[str] = mapped_column(String(100), nullable=False)
    status: Mapped[str] = mapped_column(String(30), nullable=False)
    reason: Mapped[str | None] = mapped_column(String(80))
    network_code: Mapped[str | None] = mapped_column(String(10))
    received_at: Mapped[dt.datetime] = stamped()


class MessageBudget(Model):
    """The most that may be sent within a window; dated.

    Counts by number, by address of the caller, by prefix, or everything; of one kind, or of all
    where `kind` is empty. Beyond it a message is withheld; where `wait_minutes` is set it waits
    that long instead, then twice, four times as long.
    """

    __tablename__ = "message_budget"
    __table_args__: Any = (
        CheckConstraint(_one_of("measure", Measure), name="measure"),
        CheckConstraint(_one_of("kind", MessageKind), name="kind"),
        CheckConstraint("window_minutes BETWEEN 1 AND 44640", name="window"),
        CheckConstraint("most_messages >= 0 AND most_kes >= 0", name="not_negative"),
        CheckConstraint(
            "most_messages IS NOT NULL OR most_kes IS NOT NULL", name="limits_something"
        ),
        CheckConstraint(
            "wait_minutes IS NULL OR (wait_minutes BETWEEN 1 AND 1440"
            " AND most_messages IS NOT NULL AND measure = 'number')",
            name="wait",
        ),
        CheckConstraint("effective_to >= effective_from", name="dates"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    measure: Mapped[str] = mapped_column(String(12), nullable=False)
    kind: Mapped[str | None] = mapped_column(String(16))
    window_minutes: Mapped[int] = mapped_column(Integer, nullable=False)
    most_messages: Mapped[int | None] = mapped_column(Integer)
    most_kes: Mapped[int | None] = mapped_column(Integer)
    wait_minutes: Mapped[int | None] = mapped_column(Integer)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)


class MessageSpending(Model):
    """What was handed to the gateway in five minutes, of one kind; written with each claim.

    `cents` are estimates, put right by the difference once the gateway said the cost.
    """

    __tablename__ = "message_spending"

    started_at: Mapped[dt.datetime] = mapped_column(Instant, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    messages: Mapped[int] = mapped_column(Integer, nullable=False)
    cents: Mapped[int] = mapped_column(Integer, nullable=False)


class QuietHours(Model):
    """When telephones are left alone, on a Nairobi clock; dated, may run over midnight."""

    __tablename__ = "quiet_hours"
    __table_args__: Any = (
        CheckConstraint("starts_at <> ends_at", name="some_time"),
        CheckConstraint("effective_to >= effective_from", name="dates"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    starts_at: Mapped[dt.time] = mapped_column(Time, nullable=False)
    ends_at: Mapped[dt.time] = mapped_column(Time, nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)


class MessagePrice(Model):
    """What one segment costs, in Kenya cents, from a day on: the estimate that budgets count."""

    __tablename__ = "message_price"
    __table_args__: Any = (CheckConstraint("cents_per_segment BETWEEN 0 AND 100000", name="cents"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cents_per_segment: Mapped[int] = mapped_column(Integer, nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False, unique=True)
