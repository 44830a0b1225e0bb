"""Tables of access: Flask-AppBuilder's user with our columns, sessions, and sign-in counters."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.scoping.restrict import ScopeKeys

__all__ = ["NumberChange", "OneTimeCode", "SignInCounter", "SignInSession", "User"]


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
    user.password_expires_at = Column("password_expires_at", Instant)
    user.credentials_changed_at = Column("credentials_changed_at", Instant)
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


class OneTimeCode(Model):
    """A code sent to a telephone to be typed on the page that asked for it.

    `id` is the SHA-256 of the ticket that the page holds, `code_hash` of ticket and code together:
    from the table neither can be told. `subject` is the key of the number it was asked for;
    `user_id` is empty where that number has no account, so that both leave the same trace.
    """

    __tablename__ = "one_time_code"
    __table_args__: Any = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), nullable=False)
    user_id: Mapped[int | None] = optional_key("ab_user.id", ondelete="CASCADE")
    code_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    tries: Mapped[int] = mapped_column(SmallInteger, nullable=False, server_default="0")
    expires_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False, index=True)
    used_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class NumberChange(Model):
    """An officer's move to another telephone number, once the new number is proved.

    `waiting`: the old telephone is lost, and the director must see the person. Then `made` or
    `refused`. With codes from both telephones it is `made` at once.
    """

    __tablename__ = "number_change"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        CheckConstraint("state IN ('waiting', 'made', 'refused')", name="state"),
        CheckConstraint("new_mobile ~ '^254[17][0-9]{8}$'", name="mobile_254"),
        CheckConstraint("new_mobile <> old_mobile", name="another_number"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        Index(
            "uq_number_change_waiting",
            "officer_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    old_mobile: Mapped[str] = mapped_column(String(12), nullable=False)
    new_mobile: Mapped[str] = mapped_column(String(12), nullable=False)
    in_person: Mapped[bool] = mapped_column(Boolean, nullable=False)
    state: Mapped[str] = mapped_column(String(8), nullable=False)
    asked_at: Mapped[dt.datetime] = stamped()
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = user_key()
    reason: Mapped[str | None] = mapped_column(String(500))
    officer: Mapped[Any] = relationship("Officer", foreign_keys=[officer_id])

    @property
    def old_masked(self) -> str:
        """The number that is left, all but its ends hidden."""
        return masked(self.old_mobile)

    @property
    def new_masked(self) -> str:
        """The number that is asked for, all but its ends hidden."""
        return masked(self.new_mobile)


def masked(mobile: str, hidden: str = "•") -> str:
    """A number as its holder recognises it and nobody else can use it: 2547•••••678."""
    return f"{mobile[:4]}{hidden * 5}{mobile[-3:]}"
