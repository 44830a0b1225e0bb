"""Tables of vacancies and applications, their moves, and service from before the portal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.exams.models import Examination, Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre, School, SubCounty
from app.scoping.restrict import ScopeKeys
from app.vacancies.enums import ApplicationState, VacancyState

__all__ = ["Application", "ApplicationMove", "ServiceRecord", "Vacancy"]


def _one_of(column: str, words: type[ApplicationState | VacancyState]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


class Vacancy(Model):
    """Posts of a role on offer at a centre, or anywhere in a sub-county where `centre_id` is empty.

    While open it is public to every officer. The database prints the duty station's name, code,
    school and position on it from the centre, so that officers read no row of a centre.
    `late_reason` says why it runs beyond the season's deadline of applications.
    """

    __tablename__ = "vacancy"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="centre_id", public_to_officers=True)
    __table_args__: Any = (
        UniqueConstraint("id", "sub_county_id"),
        ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_vacancy_centre_in_sub_county",
        ),
        CheckConstraint(_one_of("state", VacancyState), name="state"),
        CheckConstraint("posts BETWEEN 1 AND 1000", name="posts"),
        CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
        CheckConstraint("cardinality(day_kinds) > 0", name="day_kinds"),
        Index("ix_vacancy_sub_county_id_state", "sub_county_id", "state"),
        Index("ix_vacancy_series_id_role_id", "series_id", "role_id"),
        Index(
            "uq_vacancy_open_once",
            "series_id",
            "sub_county_id",
            text("coalesce(centre_id, 0)"),
            "role_id",
            "needs_braille",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_vacancy_open_near",
            text("point(lon, lat)"),
            postgresql_using="gist",
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id", index=False)
    sub_county_id: Mapped[int] = key("sub_county.id", index=False)
    centre_id: Mapped[int | None] = mapped_column(Integer, index=True)
    role_id: Mapped[int] = key("staff_role.id")
    day_kinds: Mapped[list[str]] = mapped_column(
        ARRAY(Text), nullable=False, server_default=text("'{rehearsal,written}'")
    )
    posts: Mapped[int] = mapped_column(Integer, nullable=False)
    needs_braille: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    opens_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    closes_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    late_reason: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="open")
    duty_station: Mapped[str] = mapped_column(String(160), nullable=False, server_default="")
    duty_code: Mapped[str | None] = mapped_column(String(8))
    school_id: Mapped[int | None] = optional_key("school.id")
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[dt.datetime] = stamped()
    created_by: Mapped[int | None] = user_key()
    closed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    series: Mapped[Series] = relationship(Series)
    sub_county: Mapped[SubCounty] = relationship(SubCounty, foreign_keys=[sub_county_id])
    centre: Mapped[Centre | None] = relationship(
        Centre,
        viewonly=True,
        primaryjoin="foreign(Vacancy.centre_id) == Centre.id",
        uselist=False,
    )
    role: Mapped[StaffRole] = relationship(StaffRole)

    def __repr__(self) -> str:
        return f"{self.duty_station}: {self.role}"


class Application(Model):
    """An officer's application to a vacancy, once only; `sub_county_id` is the vacancy's."""

    __tablename__ = "application"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        UniqueConstraint("vacancy_id", "officer_id"),
        ForeignKeyConstraint(
            ["vacancy_id", "sub_county_id"],
            ["vacancy.id", "vacancy.sub_county_id"],
            onupdate="CASCADE",
            name="fk_application_vacancy_in_sub_county",
        ),
        CheckConstraint(_one_of("state", ApplicationState), name="state"),
        Index("ix_application_sub_county_id_state", "sub_county_id", "state"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    vacancy_id: Mapped[int] = mapped_column(Integer, nullable=False)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False)
    officer_id: Mapped[int] = key("officer.id")
    state: Mapped[str] = mapped_column(String(12), nullable=False, server_default="applied")
    applied_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    reason: Mapped[str | None] = mapped_column(String(300))
    note: Mapped[str | None] = mapped_column(String(300))
    vacancy: Mapped[Vacancy] = relationship(
        Vacancy,
        viewonly=True,
        primaryjoin="foreign(Application.vacancy_id) == Vacancy.id",
        uselist=False,
    )
    officer: Mapped[Officer] = relationship(Officer)

    def __repr__(self) -> str:
        return f"application {self.id}"


class ApplicationMove(Model):
    """One act on an application: who, when, from which state to which, and why. Never changed."""

    __tablename__ = "application_move"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    application_id: Mapped[int] = key("application.id")
    sub_county_id: Mapped[int] = key("sub_county.id")
    officer_id: Mapped[int] = key("officer.id")
    act: Mapped[str] = mapped_column(String(14), nullable=False)
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12), nullable=False)
    reason: Mapped[str | None] = mapped_column(String(300))
    moved_at: Mapped[dt.datetime] = mapped_column(Instant, nullable=False)
    moved_by: Mapped[int | None] = user_key()
    actor_name: Mapped[str] = mapped_column(String(128), nullable=False)


class ServiceRecord(Model):
    """A season that an officer served at a school before this portal kept registers."""

    __tablename__ = "service_history"
    __scope__ = ScopeKeys(sub_county="sub_county_id", officer="officer_id")
    __table_args__: Any = (
        UniqueConstraint("officer_id", "examination_id", "year", "school_id"),
        CheckConstraint("year BETWEEN 1989 AND 2100", name="year"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = key("officer.id", index=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    examination_id: Mapped[int] = key("examination.id")
    year: Mapped[int] = mapped_column(Integer, nullable=False)
    school_id: Mapped[int] = key("school.id")
    role_id: Mapped[int | None] = optional_key("staff_role.id")
    officer: Mapped[Officer] = relationship(Officer)
    examination: Mapped[Examination] = relationship(Examination)
    school: Mapped[School] = relationship(School)
    role: Mapped[StaffRole | None] = relationship(StaffRole)

    def __repr__(self) -> str:
        return f"{self.examination} {self.year}"
