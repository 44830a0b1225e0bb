"""Whom to call: the official telephones of KNEC and of each sub-county's TSC and SCDE offices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, or_, select

from app.extensions import Model
from app.places.models import County, OfficeContact, SubCounty

MOST_FOUND = 60


@dataclass(frozen=True, slots=True)
class Contact:
    """One office as people read it; `place` is its sub-county and county, empty for KNEC."""

    office: str
    telephone: str
    email: str | None
    hours: str | None
    place: str = ""
    person: str | None = None


def contacts_of(session: Any, sub_county_id: int | None) -> list[Contact]:
    """The TSC and SCDE offices of a sub-county, then KNEC; KNEC alone without one."""
    mine = OfficeContact.sub_county_id == sub_county_id
    return _contacts(session, or_(mine, OfficeContact.office == "knec"))


def contacts_found(session: Any, words: str) -> list[Contact]:
    """The offices of the sub-counties and counties whose name holds the words, at most 60."""
    pattern = "%" + words.replace("\\", "").replace("%", r"\%").replace("_", r"\_") + "%"
    return _contacts(session, or_(SubCounty.name.ilike(pattern), County.name.ilike(pattern)))


def sub_county_of_officer(session: Any, officer_id: int) -> int | None:
    """The sub-county of an officer's workstation, where the session may see the officer."""
    officer = Model.metadata.tables["officer"]
    found: int | None = session.execute(
        select(officer.c.sub_county_id).where(officer.c.id == officer_id)
    ).scalar_one_or_none()
    return found


def sub_county_of_centre(session: Any, centre_id: int) -> int | None:
    """The sub-county of a centre, where the session may see the centre."""
    centre = Model.metadata.tables["centre"]
    found: int | None = session.execute(
        select(centre.c.sub_county_id).where(centre.c.id == centre_id)
    ).scalar_one_or_none()
    return found


def place_words(session: Any, *, sub_county_id: int | None, county_id: int | None) -> str:
    """The name of a sub-county, else of a county, else nothing."""
    if sub_county_id:
        return str(session.scalar(select(SubCounty.name).where(SubCounty.id == sub_county_id)))
    if county_id:
        return str(session.scalar(select(County.name).where(County.id == county_id)))
    return ""


def _contacts(session: Any, condition: Any) -> list[Contact]:
    order = case((OfficeContact.office == "tsc", 1), (OfficeContact.office == "scde", 2), else_=3)
    rows = session.execute(
        select(OfficeContact, SubCounty.name, County.name)
        .outerjoin(SubCounty, SubCounty.id == OfficeContact.sub_county_id)
        .outerjoin(County, County.id == SubCounty.county_id)
        .where(condition)
        .order_by(County.name, SubCounty.name, order, OfficeContact.id)
        .limit(MOST_FOUND)
    )
    return [
        Contact(
            office=office.name,
            telephone=office.telephone,
            email=office.email,
            hours=office.hours,
            place=f"{sub_county}, {county}" if sub_county else "",
        )
        for office, sub_county, county in rows
    ]
