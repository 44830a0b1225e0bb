"""Tables of attendance: registers, marks with their history, moves, remarks, disputes, summaries."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.deployments.models import Deployment
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import ScopeKeys

CENTRE_KEYS = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
MARK_KEYS = ScopeKeys(sub_county="sub_county_id", centre="centre_id", officer="officer_id")


def _centre_in_sub_county(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["centre_id", "sub_county_id"],
        ["centre.id", "centre.sub_county_id"],
        onupdate="CASCADE",
        name=f"fk_{table}_centre_in_sub_county",
    )


def _of_register(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["register_id", "centre_id", "day"],
        ["register.id", "register.centre_id", "register.day"],
        name=f"fk_{table}_register",
    )


def _of_deployment(table: str, *columns: str, onupdate: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["deployment_id", *columns],
        ["deployment.id", *(f"deployment.{column}" for column in columns)],
        onupdate=onupdate,
        name=f"fk_{table}_deployment",
    )


def _late_has_minutes(name: str = "late_has_minutes") -> CheckConstraint:
    return CheckConstraint(
        "(status = 'late') = (minutes_late IS NOT NULL) AND minutes_late BETWEEN 1 AND 600",
        name=name,
    )


class Register(Model):
    """The register of one centre on one day; no row means it was not opened."""

    __tablename__ = "register"
    __scope__ = CENTRE_KEYS
    __table_args__: Any = (
        UniqueConstraint("centre_id", "day"),
        UniqueConstraint("id", "centre_id", "day"),
        _centre_in_sub_county("register"),
        CheckConstraint(
            "state IN ('open', 'submitted', 'confirmed', 'returned', 'locked')",
            name="state",
        ),
        CheckConstraint("confirmed_by <> submitted_by", name="confirmed_by_another"),
        Index("ix_register_day_sub_county_id", "day", "sub_county_id"),
        Index("ix_register_series_id_day", "series_id", "day"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id", index=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="open")
    version: Mapped[int] = mapped_column(Integer, nullable=False, server_default="1")
    opened_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    opened_by: Mapped[int | None] = user_key()
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = user_key()
    marked_by_id: Mapped[int | None] = optional_key("deployment.id")
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    confirmed_by: Mapped[int | None] = user_key()
    return_reason: Mapped[str | None] = mapped_column(String(500))
    series: Mapped[Series] = relationship(Series)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Register.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    marked_by: Mapped[Deployment | None] = relationship(Deployment)

    def __repr__(self) -> str:
        return f"register {self.id}"


class Mark(Model):
    """What stands now for a deployment on a day; every value it ever had is in mark_history.

    `self_marked` is true when the person who marked is the person marked.
    """

    __tablename__ = "mark"
    __scope__ = MARK_KEYS
    __table_args__: Any = (
        UniqueConstraint("deployment_id", "day"),
        UniqueConstraint("officer_id", "day"),
        _of_register("mark"),
        _of_deployment("mark", "centre_id", "officer_id", "role_id", onupdate="CASCADE"),
        CheckConstraint("status IN ('present', 'late', 'absent')", name="status"),
        _late_has_minutes(),
        Index("ix_mark_register_id", "register_id"),
        Index("ix_mark_sub_county_id_day", "sub_county_id", "day"),
        Index("ix_mark_centre_id_day", "centre_id", "day"),
        Index("ix_mark_day_id", text("day DESC NULLS LAST"), "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    register_id: Mapped[int] = mapped_column(Integer, nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    deployment_id: Mapped[int] = mapped_column(Integer, nullable=False)
    officer_id: Mapped[int] = mapped_column(Integer, nullable=False)
    role_id: Mapped[int] = mapped_column(Integer, nullable=False)
    status: Mapped[str] = mapped_column(String(8), nullable=False)
    minutes_late: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(String(200))
    remark: Mapped[str | None] = mapped_column(String(300))
    self_marked: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    marked_by_id: Mapped[int | None] = optional_key("deployment.id")
    marked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    marked_by_user: Mapped[int | None] = mapped_column(Integer)
    register: Mapped[Register] = relationship(
        Register,
        viewonly=True,
        primaryjoin="Mark.register_id == foreign(Register.id)",
        uselist=False,
    )
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Mark.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    officer: Mapped[Officer] = relationship(
        Officer,
        viewonly=True,
        primaryjoin="Mark.officer_id == foreign(Officer.id)",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(
        StaffRole,
        viewonly=True,
        primaryjoin="Mark.role_id == foreign(StaffRole.id)",
        uselist=False,
    )

    def __repr__(self) -> str:
        return f"mark {self.id}"


class MarkHistory(Model):
    """Every value a mark was given, append-only: who, when, through which request, and why.

    `officer_id` is the record that was marked, also when it was merged into another since.
    """

    __tablename__ = "mark_history"
    __scope__ = MARK_KEYS
    __table_args__: Any = (
        _of_register("mark_history"),
        _of_deployment("mark_history", "centre_id", "role_id"),
        CheckConstraint("status IN ('present', 'late', 'absent')", name="status"),
        _late_has_minutes(),
        Index("ix_mark_history_deployment_id_day", "deployment_id", "day"),
        Index("ix_mark_history_register_id", "register_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    register_id: Mapped[int] = mapped_column(Integer, nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    deployment_id: Mapped[int] = mapped_column(Integer, nullable=False)
    officer_id: Mapped[int] = mapped_column(Integer, nullable=False)
    role_id: Mapped[int] = mapped_column(Integer, nullable=False)
    status: Mapped[str] = mapped_column(String(8), nullable=False)
    minutes_late: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(String(200))
    remark: Mapped[str | None] = mapped_column(String(300))
    self_marked: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    register_version: Mapped[int] = mapped_column(Integer, nullable=False)
    marked_by_id: Mapped[int | None] = mapped_column(Integer)
    marked_by_user: Mapped[int | None] = mapped_column(Integer)
    marked_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    request_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    correction_reason: Mapped[str | None] = mapped_column(String(300))


class RegisterMove(Model):
    """A move of a register from one state to another, append-only, with its reason and row reasons."""

    __tablename__ = "register_move"
    __scope__ = CENTRE_KEYS
    __table_args__: Any = (
        _centre_in_sub_county("register_move"),
        Index("ix_register_move_register_id", "register_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    register_id: Mapped[int] = key("register.id", index=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    act: Mapped[str] = mapped_column(String(20), nullable=False)
    from_state: Mapped[str | None] = mapped_column(String(10))
    to_state: Mapped[str] = mapped_column(String(10), nullable=False)
    reason: Mapped[str | None] = mapped_column(String(500))
    rows: Mapped[Any] = mapped_column(JSONB, nullable=False, server_default="[]")
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    moved_by: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(120), nullable=False)


class RegisterRemark(Model):
    """A director's remark on a row of a register, which the SCDE must see before confirming."""

    __tablename__ = "register_remark"
    __scope__ = CENTRE_KEYS
    __table_args__: Any = (_centre_in_sub_county("register_remark"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    register_id: Mapped[int] = key("register.id")
    deployment_id: Mapped[int] = key("deployment.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    remark: Mapped[str] = mapped_column(String(500), nullable=False)
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    seen_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    seen_by: Mapped[int | None] = user_key()


class Dispute(Model):
    """An officer's dispute of a day; while open it holds the day's pay. The TSC director answers."""

    __tablename__ = "dispute"
    __scope__ = MARK_KEYS
    __table_args__: Any = (
        _centre_in_sub_county("dispute"),
        Index(
            "uq_dispute_open_day",
            "deployment_id",
            "day",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("state IN ('open', 'upheld', 'refused')", name="state"),
        CheckConstraint("(state = 'open') = (answer IS NULL)", name="answered"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    deployment_id: Mapped[int] = key("deployment.id")
    officer_id: Mapped[int] = key("officer.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    claim: Mapped[str] = mapped_column(String(500), nullable=False)
    state: Mapped[str] = mapped_column(String(8), nullable=False, server_default="open")
    answer: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[dt.datetime] = stamped()
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by: Mapped[int | None] = user_key()
    officer: Mapped[Officer] = relationship(
        Officer,
        viewonly=True,
        primaryjoin="Dispute.officer_id == foreign(Officer.id)",
        uselist=False,
    )
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Dispute.centre_id == foreign(Centre.id)",
        uselist=False,
    )

    def __repr__(self) -> str:
        return f"dispute {self.id}"


class Incident(Model):
    """A centre's incident or weekly hand-over report; it is edited until it is submitted."""

    __tablename__ = "incident"
    __scope__ = CENTRE_KEYS
    __table_args__: Any = (
        _centre_in_sub_county("incident"),
        CheckConstraint("kind IN ('incident', 'unlisted_person', 'hand_over')", name="kind"),
        Index("ix_incident_centre_id_day", "centre_id", "day"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    title: Mapped[str] = mapped_column(String(120), nullable=False)
    details: Mapped[str] = mapped_column(Text, nullable=False)
    absent_candidates: Mapped[int | None] = mapped_column(Integer)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Incident.centre_id == foreign(Centre.id)",
        uselist=False,
    )

    def __repr__(self) -> str:
        return self.title


class HandOver(Model):
    """What a rotating supervisor leaves to the next at a centre: one form for each stay.

    `people` are [{"deployment_id", "note"}] of those who work there, `issues` [{"text", "open"}].
    A form that was submitted stands as written; who follows at the centre in the role reads it.
    """

    __tablename__ = "hand_over"
    __scope__ = ScopeKeys(
        sub_county="sub_county_id", centre="centre_id", officer="officer_id", handed_on=True
    )
    __table_args__: Any = (
        _centre_in_sub_county("hand_over"),
        _of_deployment("hand_over", "centre_id", "officer_id", "role_id", onupdate="CASCADE"),
        UniqueConstraint("deployment_id"),
        CheckConstraint("absent_candidates BETWEEN 0 AND 9999", name="absent_candidates"),
        Index("ix_hand_over_centre_id_from_day", "centre_id", "from_day"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    deployment_id: Mapped[int] = mapped_column(Integer, nullable=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    role_id: Mapped[int] = mapped_column(Integer, nullable=False)
    officer_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    from_day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    people: Mapped[Any] = mapped_column(JSONB, nullable=False, server_default="[]")
    issues: Mapped[Any] = mapped_column(JSONB, nullable=False, server_default="[]")
    absent_candidates: Mapped[int | None] = mapped_column(Integer)
    absentees: Mapped[str] = mapped_column(Text, nullable=False, server_default="")
    hardships: Mapped[str] = mapped_column(Text, nullable=False, server_default="")
    created_at: Mapped[dt.datetime] = stamped()
    changed_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class CentreDay(Model):
    """The summary a submit writes with its marks. Grain: centre, day, role.

    `expected` is the roster's size; `held` counts present or late marks under an open dispute.
    `state` is the register's, so that confirmed days are counted without reading marks.
    """

    __tablename__ = "centre_day"
    __scope__ = CENTRE_KEYS
    __table_args__: Any = (
        _centre_in_sub_county("centre_day"),
        Index(
            "ix_centre_day_series_id_day_sub_county_id",
            "series_id",
            "day",
            "sub_county_id",
            postgresql_include=[
                "role_id",
                "expected",
                "present",
                "absent",
                "late",
                "state",
            ],
        ),
        Index("ix_centre_day_sub_county_id_day", "sub_county_id", "day"),
        Index("ix_centre_day_series_id_updated_at", "series_id", "updated_at"),
        CheckConstraint("expected = present + absent + late + unmarked", name="sums"),
        CheckConstraint("held BETWEEN 0 AND present + late", name="held"),
    )

    centre_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    role_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    expected: Mapped[int] = mapped_column(Integer, nullable=False)
    present: Mapped[int] = mapped_column(Integer, nullable=False)
    absent: Mapped[int] = mapped_column(Integer, nullable=False)
    late: Mapped[int] = mapped_column(Integer, nullable=False)
    unmarked: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    held: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    state: Mapped[str] = mapped_column(String(10), nullable=False)
    updated_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)


class RequestReceipt(Model):
    """The stored answer of a request that changed something, so that its repetition is harmless."""

    __tablename__ = "request_receipt"

    user_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    status: Mapped[int] = mapped_column(Integer, nullable=False)
    answer: Mapped[Any] = mapped_column(JSONB, nullable=False)
    created_at: Mapped[dt.datetime] = stamped()
