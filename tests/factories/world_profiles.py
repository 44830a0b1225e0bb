"""Profiles of the fixed world: one in each state in each sub-county, and one who gave a number only.

In sub-county 238 (Kisumu East) they are SUBMITTED, FLAGGED, DRAFT and VERIFIED; elsewhere the same
numbers with the other sub-county's code. Nobody here has a sealed number: keys are made for a run.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.access.models import User
from app.exams.models import Series
from app.people.models import (
    DeclaredInterest,
    Officer,
    ProfileMove,
    ProfileRequirement,
    SeriesConfirmation,
    Unmasking,
)
from app.permissions import Role
from app.places.models import School, SubCounty

CODE = "238"
SUBMITTED, FLAGGED, DRAFT, VERIFIED = (f"254713{CODE}00{n}" for n in range(1, 5))
BLANK = "254713000009"
"""Who registered a number and has given nothing yet."""
_STATES = ("submitted", "flagged", "draft", "verified")
_NAMES = ("Naliaka Wekesa", "Kiprop Too", "Moraa Nyaboke", "Syokau Muli")
_THIRD = {"238": "Adhiambo", "239": "Wafula", "275": "Jepkoech"}
_WHEN = dt.datetime(2026, 10, 1, 6, tzinfo=dt.UTC)
TEACHING, OTHER = (
    ("centre_manager", "supervisor", "invigilator"),
    (*("security", "clerk", "driver", "store_keeper"),),
)


def mobile(code: str, state: str) -> str:
    """The number of the person in this state in the sub-county of this code."""
    return f"254713{code}00{_STATES.index(state) + 1}"


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    _requirements(b)
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.code)).all():
        for number, state in enumerate(_STATES):
            _person(b, place, state, _NAMES[number])
    blank = b.add(Officer(mobile=BLANK))
    _account(b, blank, "")


def complete(**changes: Any) -> dict[str, Any]:
    """Values of a whole profile but for its numbers."""
    return {
        "year_of_birth": 1990,
        "gender": "female",
        "bank_name": "Equity Bank",
        "bank_branch": "Kisumu",
        "account_last": "123",
        "qualification_level": "diploma",
        "qualification_institution": "Kisumu National Polytechnic",
        "qualification_course": "Education (arts)",
        "qualification_from": 2010,
        "qualification_to": 2012,
        "employer_kind": "tsc",
        "employer": "Teachers Service Commission",
        "designation": "Teacher",
        "teaches_at": "primary",
        "started_on": dt.date(2014, 1, 6),
        "kin_name": "Atieno Ouma",
        "kin_telephone": "254722000001",
        "kin_relationship": "sibling",
        "wanted_roles": ["invigilator"],
    } | changes


def _requirements(b: Any) -> None:
    for roles, field in ((TEACHING, "tsc_number"), (OTHER, "work_number")):
        for code in roles:
            b.add(
                ProfileRequirement(
                    field=field,
                    role_id=b.roles[code].id,
                    effective_from=dt.date(2025, 1, 1),
                    source="circular of 2025",
                )
            )


def _person(b: Any, place: Any, state: str, name: str) -> None:
    number = mobile(place.code, state)
    first, _, last = name.partition(" ")
    named = f"{first} {last} {_THIRD[place.code]}"
    whole = complete() if state != "draft" else {"gender": "male", "wanted_roles": ["driver"]}
    officer = b.add(
        Officer(
            full_name=named,
            mpesa_name=named.upper() if state != "submitted" else f"{last} {first}",
            mobile=number,
            state=state,
            national_id_last=number[-3:] if state != "draft" else None,
            national_id_index=f"profile-{number}".encode() if state != "draft" else None,
            tsc_number=f"7{place.code}{_STATES.index(state)}" if state != "draft" else None,
            workstation=f"{place.name} Girls",
            workstation_school_id=_school(b, place).id,
            sub_county_id=place.id,
            flagged_field="kin_telephone" if state == "flagged" else None,
            flag_reason="Nobody answers this number." if state == "flagged" else None,
            submitted_at=_WHEN if state != "draft" else None,
            **whole,
        )
    )
    _account(b, officer, named)
    _histories(b, place, officer)


def _account(b: Any, officer: Any, name: str) -> None:
    from tests.factories import world

    world.user(b, officer.mobile, Role.OFFICER, officer_id=officer.id, name=name)


def _histories(b: Any, place: Any, officer: Any) -> None:
    own = {"officer_id": officer.id, "sub_county_id": place.id}
    if officer.state == "draft":
        return
    move = {"from_state": "draft", "to_state": "submitted", "act": "submit", "version": 1}
    b.add(ProfileMove(actor_name=officer.full_name, moved_at=_WHEN, **move, **own))
    if officer.state == "verified":
        school = _school(b, place)
        b.add(DeclaredInterest(school_id=school.id, why="own_child", **own))
        series = b.session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()
        b.add(SeriesConfirmation(series_id=series.id, answer="same", answered_at=_WHEN, **own))
        director = b.session.scalars(select(User).where(User.username == f"tsc.{place.slug}")).one()
        b.add(
            Unmasking(
                user_id=director.id,
                actor_name=f"TSC {place.name}",
                field="national_id",
                reason=f"Compared with the card at {place.name}.",
                unmasked_at=_WHEN,
                **own,
            )
        )


def _school(b: Any, place: Any) -> Any:
    return b.session.scalars(
        select(School).where(School.sub_county_id == place.id).order_by(School.id)
    ).first()
