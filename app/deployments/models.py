"""Tables of deployments: the posts of a centre, who fills them, concerns, roster confirmations."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, DATERANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import ScopeKeys

PERIOD = (
    "CASE WHEN status = 'declined' OR ends_on < starts_on THEN 'empty'::daterange "
    "ELSE daterange(starts_on, ends_on, '[]') END"
)
HOLDS = (
    "CASE WHEN status = 'declined' OR ends_on < starts_on THEN '{}'::datemultirange "
    "ELSE datemultirange(daterange(starts_on, ends_on, '[]')) - yielded END"
)


class Post(Model):
    """How many people of a role a centre needs in its series, computed from the dated rules."""

    __tablename__ = "post"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
    __table_args__: Any = (
        UniqueConstraint("centre_id", "role_id"),
        UniqueConstraint("id", "centre_id", "role_id", "series_id"),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_post_centre_in_sub_county",
        ),
        CheckConstraint("required >= 0", name="required_not_negative"),
        Index("ix_post_series_id_sub_county_id", "series_id", "sub_county_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id", index=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    role_id: Mapped[int] = key("staff_role.id")
    required: Mapped[int] = mapped_column(Integer, nullable=False)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Post.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(StaffRole)

    def __repr__(self) -> str:
        return f"post {self.id}"


class Deployment(Model):
    """An officer filling one numbered slot of a post from `starts_on` to `ends_on` (both inclusive).

    `period` is what the constraints see of the officer: nobody has two posts on one day anywhere. A
    deployment withdrawn before it began ends the day before it starts: empty. `holds` is what they
    see of the slot, which has one holder a day: the period without the days `yielded` to a stand-in,
    on each of which the register says absent (docs/adr/0014-stand-ins.md).
    `answered_at` is when the officer accepted or declined; `follows_id` the deployment that this
    one continues elsewhere (redeployed, swapped, rotated) or whose place it fills (a stand-in).
    """

    __tablename__ = "deployment"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id", officer="officer_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["post_id", "centre_id", "role_id", "series_id"],
            ["post.id", "post.centre_id", "post.role_id", "post.series_id"],
            name="fk_deployment_post",
        ),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_deployment_centre_in_sub_county",
        ),
        UniqueConstraint("id", "centre_id", "officer_id", "role_id"),
        UniqueConstraint("id", "centre_id", "role_id"),
        CheckConstraint(
            "status IN ('proposed','published','accepted','declined','replaced','withdrawn')",
            name="status",
        ),
        CheckConstraint("slot >= 1", name="slot_from_one"),
        CheckConstraint("ends_on >= starts_on - 1", name="dates_in_order"),
        ExcludeConstraint(
            (text("int8range(officer_id, officer_id, '[]')"), "&&"),
            (text("period"), "&&"),
            name="ex_deployment_one_post_a_day",
            using="gist",
        ),
        ExcludeConstraint(
            (text("int8range(post_id, post_id, '[]')"), "&&"),
            (text("int4range(slot, slot, '[]')"), "&&"),
            (text("holds"), "&&"),
            name="ex_deployment_slot_filled_once",
            using="gist",
        ),
        Index("ix_deployment_centre_id_starts_on", "centre_id", "starts_on"),
        Index("ix_deployment_series_id_sub_county_id", "series_id", "sub_county_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id", index=False)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    post_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    role_id: Mapped[int] = key("staff_role.id")
    officer_id: Mapped[int] = key("officer.id")
    slot: Mapped[int] = mapped_column(Integer, nullable=False)
    starts_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    ends_on: Mapped[dt.date] = mapped_column(Date, nullable=False)
    period: Mapped[Any] = mapped_column(DATERANGE, Computed(PERIOD, persisted=True))
    yielded: Mapped[Any] = mapped_column(DATEMULTIRANGE, nullable=False, server_default="{}")
    holds: Mapped[Any] = mapped_column(DATEMULTIRANGE, Computed(HOLDS, persisted=True))
    status: Mapped[str] = mapped_column(String(10), nullable=False, server_default="proposed")
    reason: Mapped[str | None] = mapped_column(String(300))
    published_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    follows_id: Mapped[int | None] = optional_key("deployment.id")
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    series: Mapped[Series] = relationship(Series)
    centre: Mapped[Centre] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="Deployment.centre_id == foreign(Centre.id)",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(StaffRole)
    officer: Mapped[Officer] = relationship(Officer)

    def __repr__(self) -> str:
        return f"deployment {self.id}"


class DeploymentConcern(Model):
    """The SCDE's concern about a deployment, with the director's answer when there is one."""

    __tablename__ = "deployment_concern"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_deployment_concern_centre_in_sub_county",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    deployment_id: Mapped[int] = key("deployment.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    reason: Mapped[str] = mapped_column(String(500), nullable=False)
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    answer: Mapped[str | None] = mapped_column(String(500))
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by: Mapped[int | None] = user_key()
    deployment: Mapped[Deployment] = relationship(Deployment)


class DeploymentCorrection(Model):
    """What an officer says is wrong with a duty of their own, and the director's answer.

    Asked once and answered once: the database refuses every later change.
    """

    __tablename__ = "deployment_correction"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_deployment_correction_centre_in_sub_county",
        ),
        CheckConstraint("kind IN ('station', 'role', 'dates', 'name')", name="kind"),
        CheckConstraint("state IN ('open', 'amended', 'redeployed', 'refused')", name="state"),
        CheckConstraint("(state = 'open') = (answer IS NULL)", name="answered"),
        Index(
            "uq_deployment_correction_open_once",
            "deployment_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    deployment_id: Mapped[int] = key("deployment.id")
    officer_id: Mapped[int] = key("officer.id")
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    kind: Mapped[str] = mapped_column(String(8), nullable=False)
    words: Mapped[str] = mapped_column(String(500), nullable=False)
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="open")
    opened_at: Mapped[dt.datetime] = stamped()
    opened_by: Mapped[int | None] = user_key()
    answer: Mapped[str | None] = mapped_column(String(500))
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by: Mapped[int | None] = user_key()
    deployment: Mapped[Deployment] = relationship(Deployment)


class RosterConfirmation(Model):
    """The centre's word, on rehearsal day, that its roster is right."""

    __tablename__ = "roster_confirmation"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id")
    __table_args__: Any = (
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_roster_confirmation_centre_in_sub_county",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    centre_id: Mapped[int] = mapped_column(Integer, nullable=False, unique=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    confirmed_at: Mapped[dt.datetime] = stamped()
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    people: Mapped[int] = mapped_column(Integer, nullable=False)
    remark: Mapped[str | None] = mapped_column(String(500))
