"""Tables of stand-ins: a call for somebody to fill one place, and the offers made in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, user_key
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import ScopeKeys


class StandInCall(Model):
    """One place of a post that somebody is sought for, from `first_day` to `last_day` (inclusive).

    `follows_id` is the deployment of whoever did not come, declined or was withdrawn; None where
    nobody held the place. One call at a time asks for a place.
    """

    __tablename__ = "stand_in_call"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        UniqueConstraint("id", "sub_county_id"),
        ForeignKeyConstraint(
            ["post_id", "centre_id", "role_id", "series_id"],
            ["post.id", "post.centre_id", "post.role_id", "post.series_id"],
            name="fk_stand_in_call_post",
        ),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_stand_in_call_centre_in_sub_county",
        ),
        CheckConstraint("state IN ('open', 'filled', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        CheckConstraint("slot >= 1", name="slot_from_one"),
        ExcludeConstraint(
            (text("int8range(post_id, post_id, '[]')"), "&&"),
            (text("int4range(slot, slot, '[]')"), "&&"),
            (text("daterange(first_day, last_day, '[]')"), "&&"),
            name="ex_stand_in_call_asked_once",
            using="gist",
            where=text("state = 'open'"),
        ),
        Index("ix_stand_in_call_centre_id_first_day", "centre_id", "first_day"),
        Index("ix_stand_in_call_open", "expires_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = mapped_column(Integer, nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    post_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    role_id: Mapped[int] = mapped_column(Integer, nullable=False)
    slot: Mapped[int] = mapped_column(Integer, nullable=False)
    first_day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    last_day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    follows_id: Mapped[int | None] = optional_key("deployment.id")
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="open")
    asked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    asked_by: Mapped[int | None] = user_key()
    expires_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="StandInCall.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(
        StaffRole,
        viewonly=True,
        primaryjoin="StandInCall.role_id == foreign(StaffRole.id)",
        uselist=False,
    )

    def __repr__(self) -> str:
        return f"call {self.id}"


class StandInOffer(Model):
    """The offer of a call to one officer, answered once; `code` is what they text back with YES."""

    __tablename__ = "stand_in_offer"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["call_id", "sub_county_id"],
            ["stand_in_call.id", "stand_in_call.sub_county_id"],
            onupdate="CASCADE",
            name="fk_stand_in_offer_call_in_sub_county",
        ),
        UniqueConstraint("call_id", "officer_id"),
        UniqueConstraint("officer_id", "code"),
        CheckConstraint(
            "state IN ('offered', 'accepted', 'refused', 'taken', 'expired', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("answered_how IN ('page', 'sms', 'office', 'time')", name="answered_how"),
        CheckConstraint("(state = 'offered') = (answered_at IS NULL)", name="answered"),
        CheckConstraint(
            "(state = 'accepted') = (deployment_id IS NOT NULL)", name="accepted_is_deployed"
        ),
        CheckConstraint("code ~ '^[0-9]{4}$'", name="code"),
        Index(
            "uq_stand_in_offer_one_accepted",
            "call_id",
            unique=True,
            postgresql_where=text("state = 'accepted'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    call_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    code: Mapped[str] = mapped_column(String(4), nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="offered")
    offered_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_how: Mapped[str | None] = mapped_column(String(8))
    deployment_id: Mapped[int | None] = optional_key("deployment.id")
    call: Mapped[StandInCall] = relationship(
        StandInCall,
        viewonly=True,
        primaryjoin="StandInOffer.call_id == foreign(StandInCall.id)",
        uselist=False,
    )
    officer: Mapped[Officer] = relationship(Officer)

    def __repr__(self) -> str:
        return f"offer {self.id}"
