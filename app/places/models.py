"""Tables of places: administrative areas, schools, the centres of a series, office contacts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Integer,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model, key, optional_key
from app.scoping.restrict import ScopeKeys


class County(Model):
    """One of the 47 counties; `code` is the county's number in two digits ("42" is Kisumu)."""

    __tablename__ = "county"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(2), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(String(60), nullable=False, unique=True)

    def __repr__(self) -> str:
        return self.name


class SubCounty(Model):
    """A jurisdiction of one TSC director and one SCDE; `code` is three digits."""

    __tablename__ = "sub_county"
    __table_args__: Any = (
        UniqueConstraint("county_id", "name"),
        UniqueConstraint("id", "county_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    county_id: Mapped[int] = key("county.id")
    code: Mapped[str] = mapped_column(String(3), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(String(80), nullable=False)
    slug: Mapped[str] = mapped_column(String(80), nullable=False, unique=True)
    boundary_name: Mapped[str | None] = mapped_column(String(80))
    county: Mapped[County] = relationship(County)

    def __repr__(self) -> str:
        return self.name


class School(Model):
    """A school as the Ministry lists it, the same through all series; synthetic ones say so."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    moe_code: Mapped[str | None] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(160), nullable=False, index=True)
    level: Mapped[str] = mapped_column(String(20), nullable=False)
    ownership: Mapped[str] = mapped_column(String(20), nullable=False)
    sub_county_id: Mapped[int] = key("sub_county.id")
    ward: Mapped[str | None] = mapped_column(String(80))
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    synthetic: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    sub_county: Mapped[SubCounty] = relationship(SubCounty)

    def __repr__(self) -> str:
        return self.name


class Centre(Model):
    """An examination centre (or store) of one series; its 8-digit code is the index numbers' head.

    Codes are keyed by series, because new sub-counties re-code schools. `code_made` says that the
    portal made the code, because the list that the centre came in had none.
    """

    __tablename__ = "centre"
    __scope__ = ScopeKeys(sub_county="sub_county_id", centre="id")
    __table_args__: Any = (
        UniqueConstraint("series_id", "code"),
        UniqueConstraint("id", "sub_county_id"),
        ForeignKeyConstraint(
            ["hosting_centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_centre_hosting_in_same_sub_county",
        ),
        CheckConstraint("code ~ '^[0-9]{8}$'", name="code_8_digits"),
        CheckConstraint("kind IN ('school', 'store')", name="kind"),
        CheckConstraint("candidates >= 0", name="candidates_not_negative"),
        CheckConstraint("blind_candidates >= 0", name="blind_candidates_not_negative"),
        CheckConstraint("rooms IS NULL OR rooms BETWEEN 0 AND 500", name="rooms"),
        CheckConstraint("lon IS NULL OR lon BETWEEN 33 AND 43", name="lon_in_kenya"),
        CheckConstraint("lat IS NULL OR lat BETWEEN -5 AND 6", name="lat_in_kenya"),
        CheckConstraint("hosting_centre_id <> id", name="not_hosted_by_itself"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    school_id: Mapped[int | None] = optional_key("school.id")
    sub_county_id: Mapped[int] = key("sub_county.id")
    kind: Mapped[str] = mapped_column(String(10), nullable=False, server_default="school")
    code: Mapped[str] = mapped_column(String(8), nullable=False, index=True)
    name: Mapped[str] = mapped_column(String(160), nullable=False, index=True)
    candidates: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    blind_candidates: Mapped[int] = mapped_column(Integer, nullable=False, server_default="0")
    hosting_centre_id: Mapped[int | None] = mapped_column(Integer, index=True)
    rooms: Mapped[int | None] = mapped_column(Integer)
    telephone: Mapped[str | None] = mapped_column(String(12))
    email: Mapped[str | None] = mapped_column(String(120))
    contact_name: Mapped[str | None] = mapped_column(String(120))
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    synthetic: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    code_made: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    series: Mapped[Any] = relationship("Series")
    school: Mapped[School | None] = relationship(School)
    sub_county: Mapped[SubCounty] = relationship(SubCounty)
    hosting_centre: Mapped[Centre | None] = relationship(
        "Centre",
        foreign_keys=[hosting_centre_id],
        primaryjoin="foreign(Centre.hosting_centre_id) == remote(Centre.id)",
    )

    def __repr__(self) -> str:
        return f"{self.code} {self.name}"


class OfficeContact(Model):
    """The official telephone and address of KNEC or of one sub-county's TSC or SCDE office."""

    __tablename__ = "office_contact"
    __table_args__: Any = (
        UniqueConstraint("office", "sub_county_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("office IN ('knec', 'tsc', 'scde')", name="office"),
        CheckConstraint("(office = 'knec') = (sub_county_id IS NULL)", name="knec_is_national"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    office: Mapped[str] = mapped_column(String(10), nullable=False)
    sub_county_id: Mapped[int | None] = optional_key("sub_county.id")
    name: Mapped[str] = mapped_column(String(120), nullable=False)
    telephone: Mapped[str] = mapped_column(String(40), nullable=False)
    email: Mapped[str | None] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(200))
    hours: Mapped[str | None] = mapped_column(String(120))
    sub_county: Mapped[SubCounty | None] = relationship(SubCounty)

    def __repr__(self) -> str:
        return self.name
