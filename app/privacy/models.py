"""Tables of privacy: versions of the notice, requests about own data, retention periods and runs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Date, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.people.models import Officer
from app.privacy.enums import RequestKind, RequestState
from app.scoping.restrict import ScopeKeys

__all__ = ["DataRequest", "PrivacyNotice", "RetentionPeriod", "RetentionRun"]


def _one_of(column: str, words: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class PrivacyNotice(Model):
    """A version of what people are told when their data is collected, from its day on."""

    __tablename__ = "privacy_notice"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False, unique=True)
    what_changed: Mapped[str] = mapped_column(String(300), nullable=False)


class DataRequest(Model):
    """What an officer asks about their own data, by when it must be answered, and the answer."""

    __tablename__ = "data_request"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        CheckConstraint(_one_of("kind", RequestKind), name="kind"),
        CheckConstraint(_one_of("state", RequestState), name="state"),
        CheckConstraint(
            "(state = 'open') = (answered_at IS NULL) AND (answered_at IS NULL) = (answer IS NULL)",
            name="answered",
        ),
        Index("ix_data_request_due_on", "due_on", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id")
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    kind: Mapped[str] = mapped_column(String(12), nullable=False)
    words: Mapped[str] = mapped_column(String(1000), nullable=False)
    state: Mapped[str] = mapped_column(String(8), nullable=False, server_default="open")
    asked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    due_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by: Mapped[int | None] = user_key()
    answer: Mapped[str | None] = mapped_column(String(500))
    officer: Mapped[Officer] = relationship(Officer, foreign_keys=[officer_id])

    def __repr__(self) -> str:
        return f"request {self.id}"


class RetentionPeriod(Model):
    """How many days the rows of a rule of `rules.RULES` are kept, from a day on, and by what law."""

    __tablename__ = "retention_period"
    __table_args__: Any = (
        CheckConstraint("keep_days BETWEEN 1 AND 36500", name="days"),
        CheckConstraint("effective_to >= effective_from", name="dates"),
        ExcludeConstraint(
            (text("int8range(hashtext(rule), hashtext(rule), '[]')"), "&&"),
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_retention_period_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    rule: Mapped[str] = mapped_column(String(40), nullable=False)
    keep_days: Mapped[int] = mapped_column(Integer, nullable=False)
    legal_basis: Mapped[str] = mapped_column(String(300), nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)

    def __repr__(self) -> str:
        return self.rule


class RetentionRun(Model):
    """One rule applied once: how many rows it removed, by which period, and whether it got through.

    Only ever added.
    """

    __tablename__ = "retention_run"
    __table_args__: Any = (UniqueConstraint("run_on", "rule", "started_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    rule: Mapped[str] = mapped_column(String(40), nullable=False)
    keep_days: Mapped[int] = mapped_column(Integer, nullable=False)
    rows: Mapped[int] = mapped_column(Integer, nullable=False)
    facts: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    started_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    finished_at: Mapped[dt.datetime] = stamped()
