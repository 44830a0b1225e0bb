"""Tables of access: Flask-AppBuilder's user with our columns, sessions, and sign-in counters."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, stamped

__all__ = ["SignInCounter", "SignInSession", "User"]


def _extend_user() -> None:
    """Adds our columns to Flask-AppBuilder's own user class; a subclass would map the table twice."""
    if "session_epoch" in User.__table__.columns:
        return
    user: Any = User
    user.county_id = Column("county_id", Integer, ForeignKey("county.id"), index=True)
    user.sub_county_id = Column("sub_county_id", Integer, ForeignKey("sub_county.id"), index=True)
    user.centre_id = Column(
        "centre_id", Integer, ForeignKey("centre.id", use_alter=True), index=True
    )
    user.officer_id = Column(
        "officer_id", Integer, ForeignKey("officer.id", use_alter=True), unique=True
    )
    user.county = relationship("County", foreign_keys=[user.county_id])
    user.sub_county = relationship("SubCounty", foreign_keys=[user.sub_county_id])
    user.session_epoch = Column(
        "session_epoch", Integer, nullable=False, server_default="0", default=0
    )
    user.must_change_password = Column(
        "must_change_password",
        Boolean,
        nullable=False,
        server_default=false(),
        default=False,
    )
    user.locale = Column("locale", String(5))
    User.__table__.columns["email"].nullable = True
    Index("uq_ab_user_username_lower", func.lower(User.__table__.c.username), unique=True)
    Index("ix_ab_user_created_by_fk", User.__table__.c.created_by_fk)
    Index("ix_ab_user_changed_by_fk", User.__table__.c.changed_by_fk)


_extend_user()


class SignInSession(Model):
    """A session held on the server: a page's cookie or a program's token is worth nothing without it.

    `id` is the SHA-256 of the secret in the cookie, in hexadecimal. `season_long` is a centre's own
    device, kept until `expires_at` only after the box was ticked.
    """

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = key("ab_user.id", ondelete="CASCADE")
    kind: Mapped[str] = mapped_column(String(8), nullable=False, server_default="page")
    epoch: Mapped[int] = mapped_column(Integer, nullable=False)
    season_long: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    device: Mapped[str] = mapped_column(String(80), nullable=False)
    created_at: Mapped[dt.datetime] = stamped()
    last_seen_at: Mapped[dt.datetime] = stamped()
    expires_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False, index=True)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class SignInCounter(Model):
    """How often a key (account, address, everybody) was tried in a window, shared by all workers."""

    __tablename__ = "sign_in_counter"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    window_start: Mapped[dt.datetime] = mapped_column(Instant, primary_key=True)
    tries: Mapped[int] = mapped_column(Integer, nullable=False)
