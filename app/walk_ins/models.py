"""The table of walk-ins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.exams.models import StaffRole
from app.places.models import Centre
from app.scoping.restrict import ScopeKeys


class WalkIn(Model):
    """Somebody at work at a centre on a day who is not on its roster, as the centre says it.

    `status` is what the centre says of the day, kept here until the decision: a walk-in is no mark.
    `officer_id` is who the number belongs to, which the centre is never told; once accepted, the
    officer of `deployment_id`. The number is sealed; retention empties it.
    """

    __tablename__ = "walk_in"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id", officer="officer_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_walk_in_centre_in_sub_county",
        ),
        ForeignKeyConstraint(
            ["deployment_id", "centre_id", "officer_id", "role_id"],
            [
                "deployment.id",
                "deployment.centre_id",
                "deployment.officer_id",
                "deployment.role_id",
            ],
            onupdate="CASCADE",
            name="fk_walk_in_deployment",
        ),
        CheckConstraint(
            "state IN ('provisional', 'accepted', 'refused', 'withdrawn')", name="state"
        ),
        CheckConstraint("number_kind IN ('national_id', 'mobile')", name="number_kind"),
        CheckConstraint("status IN ('present', 'late')", name="status"),
        CheckConstraint(
            "(status = 'late') = (minutes_late IS NOT NULL) AND minutes_late BETWEEN 1 AND 600",
            name="late_has_minutes",
        ),
        CheckConstraint("(state = 'provisional') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'accepted') = (deployment_id IS NOT NULL)", name="deployed"),
        CheckConstraint(
            "state <> 'refused' OR decision_reason IS NOT NULL", name="refused_with_a_reason"
        ),
        CheckConstraint(
            "state <> 'accepted' OR decided_by IS DISTINCT FROM entered_by",
            name="accepted_by_another",
        ),
        Index("ix_walk_in_centre_id_day", "centre_id", "day"),
        Index(
            "uq_walk_in_once_a_day",
            "centre_id",
            "day",
            "number_index",
            unique=True,
            postgresql_where=text("state = 'provisional' OR state = 'accepted'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    day: Mapped[dt.date] = mapped_column(Date, nullable=False)
    role_id: Mapped[int] = key("staff_role.id")
    typed_name: Mapped[str] = mapped_column(String(120), nullable=False)
    number_kind: Mapped[str] = mapped_column(String(12), nullable=False)
    number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_last: Mapped[str | None] = mapped_column(String(3))
    officer_id: Mapped[int | None] = optional_key("officer.id")
    why: Mapped[str] = mapped_column(String(300), nullable=False)
    status: Mapped[str] = mapped_column(String(8), nullable=False)
    minutes_late: Mapped[int | None] = mapped_column(Integer)
    late_reason: Mapped[str | None] = mapped_column(String(200))
    marked_by_id: Mapped[int | None] = optional_key("deployment.id")
    state: Mapped[str] = mapped_column(String(12), nullable=False, server_default="provisional")
    entered_at: Mapped[dt.datetime] = stamped()
    entered_by: Mapped[int | None] = user_key()
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = user_key()
    decision_reason: Mapped[str | None] = mapped_column(String(300))
    deployment_id: Mapped[int | None] = mapped_column(Integer, unique=True)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="WalkIn.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(StaffRole)

    def __repr__(self) -> str:
        return f"walk-in {self.id}"
