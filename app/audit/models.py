"""Tables of the audit trail: events, and the head of each chain of events."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Instant, Model
from app.scoping.restrict import ScopeKeys


class Event(Model):
    """One change. `before` and `after` hold ids and words of the trade, never identity numbers."""

    __tablename__ = "event"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id", officer="officer_id")
    __table_args__: Any = (
        Index("ix_event_subject", "entity", "entity_id"),
        Index("ix_event_chain", "chain", "position", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False, index=True)
    actor_id: Mapped[int | None] = mapped_column(Integer, index=True)
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    session_id: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40), nullable=False)
    entity: Mapped[str] = mapped_column(String(40), nullable=False)
    entity_id: Mapped[str] = mapped_column(String(60), nullable=False)
    sub_county_id: Mapped[int | None] = mapped_column(Integer, index=True)
    centre_id: Mapped[int | None] = mapped_column(Integer, index=True)
    officer_id: Mapped[int | None] = mapped_column(Integer, index=True)
    reason: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[Any] = mapped_column(JSONB)
    after: Mapped[Any] = mapped_column(JSONB)
    chain: Mapped[str] = mapped_column(String(40), nullable=False)
    position: Mapped[int] = mapped_column(BigInteger, nullable=False)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ChainHead(Model):
    """The last position and hash of a chain; its row lock puts writers of one chain in order."""

    __tablename__ = "chain_head"

    chain: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, nullable=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
