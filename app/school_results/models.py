"""Tables of what schools ask about results: the query, its history, and how many days there are.

A query belongs to one candidate of the school's own centre. It is settled once; its history is only
ever added to.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, user_key
from app.results.models import ResultRelease
from app.school_results.enums import QueryAct, QueryState
from app.scoping.restrict import ASKED_BY_SCHOOL

__all__ = ["ResultQuery", "ResultQueryMove", "ResultQueryPeriod"]


def _one_of(column: str, words: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class ResultQuery(Model):
    """What a school asks about one result: of a subject, or of the whole of it.

    `version` is the candidate's version that was asked about. An answer is in words; one that led
    to a change names no grade: the result says it.
    """

    __tablename__ = "result_query"
    __scope__ = ASKED_BY_SCHOOL
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["release_id", "index_number"],
            ["result_candidate.release_id", "result_candidate.index_number"],
            name="fk_result_query_candidate",
        ),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_result_query_centre",
        ),
        CheckConstraint(_one_of("state", QueryState), name="state"),
        CheckConstraint("subject ~ '^[0-9]{3}$'", name="subject"),
        CheckConstraint("length(words) > 0", name="words"),
        CheckConstraint(
            "(state = 'raised') = (answered_at IS NULL) AND (answered_at IS NULL) = (answer IS NULL)",
            name="answered",
        ),
        Index("ix_result_query_centre_id", "centre_id"),
        Index("ix_result_query_state_raised_at", "state", "raised_at"),
        Index(
            "uq_result_query_one_open",
            "release_id",
            "index_number",
            text("coalesce(subject, '')"),
            unique=True,
            postgresql_where=text("state = 'raised'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    release_id: Mapped[int] = key("result_release.id", index=False)
    index_number: Mapped[str] = mapped_column(String(11), nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    version: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    subject: Mapped[str | None] = mapped_column(String(3))
    words: Mapped[str] = mapped_column(String(1000), nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="raised")
    raised_by: Mapped[int | None] = user_key()
    raised_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    answer: Mapped[str | None] = mapped_column(String(1000))
    answered_by: Mapped[int | None] = user_key()
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    release: Mapped[ResultRelease] = relationship(ResultRelease)

    def __repr__(self) -> str:
        return f"query {self.id}"


class ResultQueryMove(Model):
    """What was done to a query, by whom and with which words; append-only."""

    __tablename__ = "result_query_move"
    __scope__ = ASKED_BY_SCHOOL
    __table_args__: Any = (
        CheckConstraint(_one_of("act", QueryAct), name="act"),
        CheckConstraint("length(words) > 0", name="words"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    query_id: Mapped[int] = key("result_query.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    act: Mapped[str] = mapped_column(String(8), nullable=False)
    words: Mapped[str] = mapped_column(String(1000), nullable=False)
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)
    moved_by: Mapped[int | None] = user_key()
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class ResultQueryPeriod(Model):
    """For how many days after a release schools may raise queries; the day of the release decides."""

    __tablename__ = "result_query_period"
    __table_args__: Any = (
        CheckConstraint("days BETWEEN 1 AND 365", name="days"),
        CheckConstraint("effective_to >= effective_from", name="dates"),
        ExcludeConstraint(
            (text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_result_query_period_one_at_a_time",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    days: Mapped[int] = mapped_column(Integer, nullable=False)
    source: Mapped[str] = mapped_column(String(200), nullable=False)
    effective_from: Mapped[dt.date] = mapped_column(Date, nullable=False)
    effective_to: Mapped[dt.date | None] = mapped_column(Date)

    def __repr__(self) -> str:
        return f"{self.days}"
