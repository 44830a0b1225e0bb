"""Tables of notices: what an office tells a role or named centres, and who put it away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, optional_key, stamped, user_key
from app.notices.enums import Audience, Office
from app.places.models import Centre, SubCounty
from app.scoping.restrict import ScopeKeys

__all__ = ["Notice", "NoticeCentre", "NoticeSeen"]


def _one_of(column: str, words: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Notice(Model):
    """A dated notice. `sub_county_id` is the area it is for; empty means the whole country.

    Shown on the homes of its audience from `shown_from` to `shown_until`, unless withdrawn. Of its
    sending by SMS: `sms_cursor` is the last person looked at, `sms_posted` how many messages stand
    in the outbox, `sms_done_at` when the last one was put there.
    """

    __tablename__ = "notice"
    __scope__ = ScopeKeys(sub_county="sub_county_id", addressed=True)
    __table_args__: Any = (
        CheckConstraint(_one_of("office", Office), name="office"),
        CheckConstraint(_one_of("audience", Audience), name="audience"),
        CheckConstraint("office = 'knec' OR sub_county_id IS NOT NULL", name="office_has_area"),
        CheckConstraint("shown_until >= shown_from", name="days"),
        CheckConstraint("text_en <> ''", name="says_something"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_says_why"
        ),
        Index("ix_notice_shown_until_audience", "shown_until", "audience"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    office: Mapped[str] = mapped_column(String(6), nullable=False)
    audience: Mapped[str] = mapped_column(String(16), nullable=False)
    text_en: Mapped[str] = mapped_column(String(300), nullable=False)
    text_sw: Mapped[str | None] = mapped_column(String(300))
    sms_en: Mapped[str | None] = mapped_column(String(160))
    sms_sw: Mapped[str | None] = mapped_column(String(160))
    shown_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    shown_until: Mapped[dt.date] = mapped_column(Date, nullable=False)
    author_id: Mapped[int | None] = user_key()
    author_name: Mapped[str] = mapped_column(String(128), nullable=False)
    posted_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(String(128))
    withdrawn_reason: Mapped[str | None] = mapped_column(String(500))
    sms_wanted: Mapped[int | None] = mapped_column(Integer)
    sms_confirmed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    sms_confirmed_by: Mapped[str | None] = mapped_column(String(128))
    sms_cursor: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    sms_posted: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    sms_done_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    sub_county: Mapped[SubCounty | None] = relationship(SubCounty)
    centres: Mapped[list[NoticeCentre]] = relationship(
        "NoticeCentre", order_by="NoticeCentre.centre_id", viewonly=True
    )

    @property
    def state(self) -> str:
        """`withdrawn`, else `posted`."""
        return "withdrawn" if self.withdrawn_at else "posted"

    def __repr__(self) -> str:
        return self.text_en[:60]


class NoticeCentre(Model):
    """A centre that a notice names."""

    __tablename__ = "notice_centre"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_notice_centre_centre_in_sub_county",
        ),
        Index("ix_notice_centre_centre_id", "centre_id"),
    )

    notice_id: Mapped[int] = mapped_column(
        ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True
    )
    centre_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    centre: Mapped[Centre] = relationship(
        Centre,
        foreign_keys=[centre_id],
        viewonly=True,
        primaryjoin="NoticeCentre.centre_id == Centre.id",
    )

    def __repr__(self) -> str:
        return str(self.centre)


class NoticeSeen(Model):
    """An account that has put a notice away from its home."""

    __tablename__ = "notice_seen"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True
    )
    notice_id: Mapped[int] = mapped_column(
        ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    seen_at: Mapped[dt.datetime] = stamped()
