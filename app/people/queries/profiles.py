"""Reads of profiles: one's own, what it lacks, masked numbers, and the places one may choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.db.vault import Vault
from app.errors import NotFound
from app.exams.models import Examination, Series, StaffRole
from app.extensions import db
from app.people.enums import NeededFor, ProfileState
from app.people.fields import FIELD, FIELDS, Field, Kind
from app.people.matching_names import Match, name_match
from app.people.models import Officer, ProfileRequirement, SeriesConfirmation
from app.people.queries.identity import HIDDEN, shown_numbers
from app.people.requirements import Missing, Requirement, missing
from app.places.models import County, School, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

SHOWN = 3
MOST_SCHOOLS = 8
MINUTES_FOR_ALL = 6
CONTEXTS = {"nssf": "officer.nssf", "sha": "officer.sha", "account": "officer.account"}
"""What each sealed field is sealed for; the identity numbers keep their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A county, sub-county or school to choose."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """An officer's profile as a page needs it; `numbers` are masked."""

    officer: Officer
    numbers: Mapping[str, str]
    missing: tuple[Missing, ...]
    match: Match | None
    asked: frozenset[str] = frozenset()
    """The fields that the dated rules ask of somebody who wants this work, given or not."""

    @property
    def state(self) -> ProfileState:
        return ProfileState(self.officer.state)

    @property
    def blocking(self) -> tuple[Missing, ...]:
        """What has to be there before it can be sent."""
        return tuple(one for one in self.missing if one.needed_for is NeededFor.SUBMIT)

    @property
    def minutes_left(self) -> int:
        """About how long the rest takes, of the six minutes that all of it takes."""
        return max(1, round(MINUTES_FOR_ALL * len(self.missing) / len(FIELDS)))

    def is_given(self, field: Field) -> bool:
        """Whether the officer has given this field."""
        return bool(facts_of(self.officer, self.numbers).get(field.name))


def own_profile(scope: Scope, actor: Actor, vault: Vault, *, on: dt.date) -> OwnProfile:
    """The actor's own profile; raises NotFound for an account that is no officer's."""
    statement = select(Officer).where(Officer.id == (actor.officer_id or 0))
    officer = db.session.scalars(restrict(statement, Officer, scope)).one_or_none()
    if officer is None:
        raise NotFound("no-profile", N_("This account has no profile."))
    return profile_of(db.session, officer, vault, on=on)


def profile_of(session: Any, officer: Officer, vault: Vault, *, on: dt.date) -> OwnProfile:
    """The profile of an officer who was read through a scope."""
    numbers = masked_numbers(session, officer, vault)
    rules, roles = requirements(session), officer.wanted_roles
    lacks = missing(facts_of(officer, numbers), rules, roles, on=on)
    asked = frozenset(one.name for one in missing({}, rules, roles, on=on))
    return OwnProfile(officer, numbers, lacks, match_of(officer), asked)


def match_of(officer: Officer) -> Match | None:
    """How well the name and the name on M-Pesa agree; None until both are known."""
    if not officer.full_name or not officer.mpesa_name:
        return None
    return name_match(officer.full_name, officer.mpesa_name)


def facts_of(officer: Officer, numbers: Mapping[str, str]) -> dict[str, object]:
    """Something true for each field that is given; a claimed number counts as given."""
    facts: dict[str, object] = {}
    for field in FIELDS:
        if field.kind in (Kind.NUMBER, Kind.SEALED):
            facts[field.name] = bool(numbers.get(field.name))
        else:
            facts[field.name] = getattr(officer, field.stored_in)
    return facts


def masked_numbers(session: Any, officer: Officer, vault: Vault) -> dict[str, str]:
    """Every sealed number with all but its last three characters hidden; absent ones left out."""
    shown = dict(shown_numbers(session, officer))
    for name, context in CONTEXTS.items():
        cipher = getattr(officer, FIELD[name].stored_in)
        if cipher:
            shown[name] = HIDDEN + vault.unseal(bytes(cipher), context=context)[-SHOWN:]
    return shown


def requirements(session: Any) -> tuple[Requirement, ...]:
    """The dated rules about what a profile needs."""
    rows = session.execute(
        select(ProfileRequirement, StaffRole.code, Examination.code)
        .outerjoin(StaffRole, StaffRole.id == ProfileRequirement.role_id)
        .outerjoin(Examination, Examination.id == ProfileRequirement.examination_id)
        .order_by(ProfileRequirement.id)
    )
    return tuple(
        Requirement(
            field=rule.field,
            needed_for=NeededFor(rule.needed_for),
            effective_from=rule.effective_from,
            effective_to=rule.effective_to,
            role_code=role,
            examination_code=examination,
        )
        for rule, role, examination in rows
    )


def staff_roles(session: Any) -> Sequence[StaffRole]:
    """The kinds of work there are, in their order."""
    found: Sequence[StaffRole] = session.scalars(
        select(StaffRole).order_by(StaffRole.position, StaffRole.id)
    ).all()
    return found


def counties() -> list[Place]:
    """Every county by name."""
    rows = db.session.execute(select(County.id, County.name).order_by(County.name))
    return [Place(*row) for row in rows]


def sub_counties(county_id: int) -> list[Place]:
    """The sub-counties of a county by name."""
    rows = db.session.execute(
        select(SubCounty.id, SubCounty.name)
        .where(SubCounty.county_id == county_id)
        .order_by(SubCounty.name)
    )
    return [Place(*row) for row in rows]


def county_of(sub_county_id: int | None) -> int | None:
    """The county in which a sub-county lies."""
    if sub_county_id is None:
        return None
    found: int | None = db.session.scalar(
        select(SubCounty.county_id).where(SubCounty.id == sub_county_id)
    )
    return found


def schools(sub_county_id: int, typed: str, *, most: int = MOST_SCHOOLS) -> list[Place]:
    """Schools of the sub-county whose name holds every word typed; those that begin so first."""
    wanted = [word for word in typed.split() if word][:6]
    if not wanted:
        return []
    names: list[ColumnElement[bool]] = [
        School.name.icontains(word, autoescape=True) for word in wanted
    ]
    begins = School.name.istartswith(typed.strip(), autoescape=True)
    rows = db.session.execute(
        select(School.id, School.name)
        .where(School.sub_county_id == sub_county_id, *names)
        .order_by(begins.desc(), func.length(School.name), School.name, School.id)
        .limit(most)
    )
    return [Place(*row) for row in rows]


def school_named(school_id: int | None, sub_county_id: int | None) -> School | None:
    """The school of this id in the sub-county, or None."""
    if school_id is None or sub_county_id is None:
        return None
    found: School | None = db.session.scalars(
        select(School).where(School.id == school_id, School.sub_county_id == sub_county_id)
    ).one_or_none()
    return found


def school_called(name: str | None, sub_county_id: int | None) -> School | None:
    """The only school of the sub-county with exactly this name, in capitals or not; else None."""
    if not name or sub_county_id is None:
        return None
    found = db.session.scalars(
        select(School)
        .where(School.sub_county_id == sub_county_id, func.lower(School.name) == name.lower())
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def unanswered_series(session: Any, officer_id: int, *, on: dt.date) -> list[Series]:
    """Series that run or are planned, about which the officer has not been asked, earliest first."""
    answered = select(SeriesConfirmation.series_id).where(
        SeriesConfirmation.officer_id == officer_id
    )
    return list(
        session.scalars(
            select(Series)
            .where(
                Series.status != "finished",
                or_(Series.ends_on.is_(None), Series.ends_on >= on),
                Series.id.not_in(answered),
            )
            .order_by(Series.starts_on, Series.id)
        )
    )
