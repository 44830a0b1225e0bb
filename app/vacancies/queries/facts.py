"""What the rules need to know of people: read over the whole country, as plain values.

Where somebody served or serves is told to nobody by this: it only becomes a bar with its reason.
So it is read under a scope of its own, for people whom the caller already reaches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, func, select

from app.db.arrays import one_of
from app.exams.models import Examination, Series, StaffRole
from app.extensions import Model
from app.people.enums import ProfileState
from app.people.models import DeclaredInterest, IdentityClaim, Officer
from app.places.models import Centre, School
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from app.vacancies.eligibility import NUMBERS, PersonFacts, Served, Stay
from app.vacancies.models import ServiceRecord

WORKED = ("present", "late")


@dataclass(frozen=True, slots=True)
class Known:
    """A person: what the rules look at, where their workstation lies, and what they served.

    `place` is (longitude, latitude) of the workstation, else of the middle of its sub-county.
    `chosen` are the seasons (examination, year) with a deployment. `wanted` are the roles that the
    person asked for; none named means any.
    """

    facts: PersonFacts
    place: tuple[float | None, float | None]
    chosen: frozenset[tuple[str, int]]
    wanted: frozenset[str] = frozenset()

    def wants(self, role_code: str) -> bool:
        """Whether the work is what the person asked for."""
        return not self.wanted or role_code in self.wanted

    @property
    def years_served(self) -> int:
        """In how many years days were worked, in any examination."""
        return len({one.year for one in self.facts.served})


def people(session: Any, officer_ids: Iterable[int]) -> Mapping[int, Known]:
    """What is known of each of these officers, in a number of queries that does not grow."""
    ids = sorted(set(officer_ids))
    if not ids:
        return {}
    with session.no_autoflush, scoped_as(session, system_scope("eligibility")):
        officers = _officers(session, ids)
        of = _Rows(
            _by_officer(_postings(session, ids)),
            _by_officer(_records(session, ids)),
            _by_officer(_interests(session, ids)),
            _by_officer(_claims(session, ids)),
        )
        middles = _middles(session, officers)
    return {
        row.id: Known(
            _facts(row, of),
            _place(row, middles),
            frozenset(
                (one.examination, one.year) for one in of.postings.get(row.id, ()) if one.stands
            ),
            frozenset(row.wanted_roles),
        )
        for row in officers
    }


@dataclass(frozen=True, slots=True)
class _Rows:
    """What was read beside the officers, by officer; nobody without such a row is in it."""

    postings: Mapping[int, list[Row[Any]]]
    records: Mapping[int, list[Row[Any]]]
    interests: Mapping[int, list[Row[Any]]]
    claims: Mapping[int, list[Row[Any]]]


def _officers(session: Any, ids: list[int]) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = session.execute(
        select(
            Officer.id,
            Officer.state,
            Officer.employer_kind,
            Officer.teaches_at,
            Officer.qualification_level,
            Officer.started_on,
            Officer.reads_braille,
            Officer.tsc_number,
            Officer.staff_number,
            (func.octet_length(Officer.national_id_index) > 0).label("national_id"),
            Officer.workstation_school_id,
            Officer.sub_county_id,
            Officer.wanted_roles,
            School.lon,
            School.lat,
        )
        .outerjoin(School, School.id == Officer.workstation_school_id)
        .where(Officer.id == one_of(ids))
    ).all()
    return found


def _postings(session: Any, ids: list[int]) -> Sequence[Row[Any]]:
    """Every deployment of these officers that was not declined, and whether days were worked."""
    d, mark = Model.metadata.tables["deployment"], Model.metadata.tables["mark"]
    worked = exists().where(mark.c.deployment_id == d.c.id, mark.c.status.in_(WORKED))
    found: Sequence[Row[Any]] = session.execute(
        select(
            d.c.officer_id,
            d.c.starts_on,
            d.c.ends_on,
            (d.c.ends_on >= d.c.starts_on).label("stands"),
            Centre.school_id,
            Series.year,
            Examination.code.label("examination"),
            StaffRole.code.label("role"),
            worked.label("worked"),
        )
        .join(Centre, Centre.id == d.c.centre_id)
        .join(Series, Series.id == d.c.series_id)
        .join(Examination, Examination.id == Series.examination_id)
        .join(StaffRole, StaffRole.id == d.c.role_id)
        .where(d.c.officer_id == one_of(ids), d.c.status != "declined")
        .order_by(d.c.starts_on, d.c.id)
    ).all()
    return found


def _records(session: Any, ids: list[int]) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = session.execute(
        select(
            ServiceRecord.officer_id,
            ServiceRecord.school_id,
            ServiceRecord.year,
            Examination.code.label("examination"),
            StaffRole.code.label("role"),
        )
        .join(Examination, Examination.id == ServiceRecord.examination_id)
        .outerjoin(StaffRole, StaffRole.id == ServiceRecord.role_id)
        .where(ServiceRecord.officer_id == one_of(ids))
    ).all()
    return found


def _interests(session: Any, ids: list[int]) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = session.execute(
        select(DeclaredInterest.officer_id, DeclaredInterest.school_id).where(
            DeclaredInterest.officer_id == one_of(ids)
        )
    ).all()
    return found


def _claims(session: Any, ids: list[int]) -> Sequence[Row[Any]]:
    """Numbers that somebody else gave before count as given: a bar would tell that they are known."""
    found: Sequence[Row[Any]] = session.execute(
        select(IdentityClaim.officer_id, IdentityClaim.kind).where(
            IdentityClaim.officer_id == one_of(ids), IdentityClaim.settled_at.is_(None)
        )
    ).all()
    return found


def _by_officer(rows: Iterable[Row[Any]]) -> Mapping[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.officer_id].append(row)
    return found


def _facts(row: Row[Any], of: _Rows) -> PersonFacts:
    postings = of.postings.get(row.id, ())
    worked = [one for one in postings if one.worked and one.school_id is not None]
    served = {
        Served(one.school_id, one.year, one.examination, one.role)
        for one in (*worked, *of.records.get(row.id, ()))
    }
    standing = [one for one in postings if one.stands]
    claimed = {one.kind for one in of.claims.get(row.id, ())}
    return PersonFacts(
        verified=row.state == ProfileState.VERIFIED,
        employer_kind=row.employer_kind,
        teaches_at=row.teaches_at,
        qualification_level=row.qualification_level,
        started_on=row.started_on,
        reads_braille=row.reads_braille,
        numbers=frozenset(name for name in NUMBERS if getattr(row, name) or name in claimed),
        workstation_school_id=row.workstation_school_id,
        interests=frozenset(one.school_id for one in of.interests.get(row.id, ())),
        served=frozenset(served),
        stays=tuple(
            Stay(one.school_id, one.examination, one.year, one.role, one.starts_on, one.ends_on)
            for one in standing
            if one.school_id is not None
        ),
        busy=tuple((one.starts_on, one.ends_on) for one in standing),
    )


def _middles(
    session: Any, officers: Sequence[Row[Any]]
) -> Mapping[int | None, tuple[float | None, float | None]]:
    """The middle of the schools of each sub-county where a workstation has no place of its own."""
    wanted = {one.sub_county_id for one in officers if one.lon is None and one.sub_county_id}
    if not wanted:
        return {}
    rows = session.execute(
        select(School.sub_county_id, func.avg(School.lon), func.avg(School.lat))
        .where(School.sub_county_id == one_of(sorted(wanted)))
        .group_by(School.sub_county_id)
    )
    return {sub_county: (lon, lat) for sub_county, lon, lat in rows}


def _place(
    row: Row[Any], middles: Mapping[int | None, tuple[float | None, float | None]]
) -> tuple[float | None, float | None]:
    if row.lon is not None and row.lat is not None:
        return row.lon, row.lat
    return middles.get(row.sub_county_id, (None, None))
