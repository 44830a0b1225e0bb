"""Open vacancies as officers find them: near first, with dates, pay, and every reason why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, tuple_

from app import clock
from app.exams.models import Deadline, Examination, Series, StaffRole
from app.exams.policy import rate_on
from app.places.models import County, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.vacancies.eligibility import Bar, EligibilityRules, PostFacts, bars
from app.vacancies.models import Application, Vacancy
from app.vacancies.queries.facts import Known, people
from app.vacancies.queries.rules import (
    APPLICATIONS,
    Calendar,
    calendars,
    day_rates,
    eligibility_rules,
)
from app.vacancies.ranking import distance_km

PAGE = 10
COUNTED = 1000
NEAREST = 12
NEAR_YOU = 3
LONGEST_TEXT = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for; None for all. `station` are letters of a name, or a code."""

    series_id: int | None = None
    kind: str | None = None
    role_id: int | None = None
    county_id: int | None = None
    sub_county_id: int | None = None
    station: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Advert:
    """A vacancy as it is read: `row` holds its columns, `days` those of its kinds.

    `kes_per_day` None where no rate is published; `km` None where a place is not known; `own` is
    the reader's application there, if any; `closes_at` the earlier of its own end and the season's.
    """

    row: Row[Any]
    days: tuple[dt.date, ...]
    payable_days: int
    kes_per_day: int | None
    km: float | None
    bars: tuple[Bar, ...]
    own: str | None
    closes_at: dt.datetime

    @property
    def is_open(self) -> bool:
        """Whether one may apply at this moment of office time."""
        open_still: bool = self.row.opens_at <= clock.now() < self.closes_at
        return self.row.state == "open" and open_still


@dataclass(frozen=True, slots=True)
class Found:
    """A page of adverts and how many there are, counted up to `COUNTED`."""

    adverts: tuple[Advert, ...]
    count: int


def search(session: Any, scope: Scope, officer_id: int, wanted: Wanted) -> Found:
    """A page of the open vacancies that match, the nearest to the officer's workstation first."""
    known = people(session, [officer_id]).get(officer_id)
    matching = _matching(_open(select(Vacancy.id), scope), wanted)
    counted = select(func.count()).select_from(matching.limit(COUNTED).subquery())
    count: int = session.execute(counted).scalar_one()
    page = _matching(_open(adverts(), scope), wanted).order_by(*_near(known))
    rows = session.execute(page.limit(PAGE).offset((wanted.page - 1) * PAGE)).all()
    return Found(read(session, scope, officer_id, rows, known), count)


def one_advert(session: Any, scope: Scope, officer_id: int, vacancy_id: int) -> Advert | None:
    """One vacancy as the officer reads it, also after it closed for who applied; None out of scope."""
    statement = restrict(adverts(), Vacancy, scope).where(Vacancy.id == vacancy_id)
    rows = session.execute(statement).all()
    known = people(session, [officer_id]).get(officer_id)
    found = read(session, scope, officer_id, rows, known)
    return found[0] if found else None


def near_you(session: Any, scope: Scope, officer_id: int) -> tuple[Advert, ...]:
    """At most three open vacancies that nothing bars the officer from, the nearest first.

    The rules first say which roles of which seasons are open to the person anywhere; the index
    over places then brings the nearest of those, so that the cost does not grow with the country.
    """
    known = people(session, [officer_id]).get(officer_id)
    rules = eligibility_rules(session)
    if known is None or not (pairs := _open_to(session, known, rules)):
        return ()
    statement = _open(adverts(), scope).where(
        tuple_(Vacancy.series_id, Vacancy.role_id).in_(pairs),
        Vacancy.id.not_in(
            select(Application.vacancy_id).where(Application.officer_id == officer_id)
        ),
    )
    rows = session.execute(statement.order_by(*_near(known)).limit(NEAREST)).all()
    found = read(session, scope, officer_id, rows, known, rules=rules)
    return tuple(one for one in found if not one.bars)[:NEAR_YOU]


def own_applications(session: Any, scope: Scope, officer_id: int) -> Sequence[Row[Any]]:
    """The officer's applications with the duty they are for, the latest moved first."""
    statement = (
        select(
            Application.id,
            Application.vacancy_id,
            Application.state,
            Application.applied_at,
            Application.moved_at,
            Application.reason,
            Vacancy.duty_station,
            Vacancy.closes_at,
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Series.name.label("series"),
            SubCounty.name.label("sub_county"),
        )
        .join(Vacancy, Vacancy.id == Application.vacancy_id)
        .join(StaffRole, StaffRole.id == Vacancy.role_id)
        .join(Series, Series.id == Vacancy.series_id)
        .join(SubCounty, SubCounty.id == Vacancy.sub_county_id)
        .where(Application.officer_id == officer_id)
        .order_by(Application.moved_at.desc(), Application.id.desc())
        .limit(100)
    )
    found: Sequence[Row[Any]] = session.execute(restrict(statement, Application, scope)).all()
    return found


def adverts() -> Select[Any]:
    """What is printed on vacancies, in no order."""
    return (
        select(
            Vacancy.id,
            Vacancy.series_id,
            Vacancy.sub_county_id,
            Vacancy.centre_id,
            Vacancy.role_id,
            Vacancy.day_kinds,
            Vacancy.posts,
            Vacancy.needs_braille,
            Vacancy.opens_at,
            Vacancy.closes_at,
            Vacancy.late_reason,
            Vacancy.state,
            Vacancy.duty_station,
            Vacancy.duty_code,
            Vacancy.school_id,
            Vacancy.lon,
            Vacancy.lat,
            Series.name.label("series"),
            Series.year,
            Series.starts_on,
            Series.ends_on,
            Examination.id.label("examination_id"),
            Examination.code.label("examination"),
            StaffRole.code.label("role_code"),
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            SubCounty.name.label("sub_county"),
            County.name.label("county"),
            County.code.label("county_code"),
        )
        .join(Series, Series.id == Vacancy.series_id)
        .join(Examination, Examination.id == Series.examination_id)
        .join(StaffRole, StaffRole.id == Vacancy.role_id)
        .join(SubCounty, SubCounty.id == Vacancy.sub_county_id)
        .join(County, County.id == SubCounty.county_id)
    )


def read(
    session: Any,
    scope: Scope,
    officer_id: int,
    rows: Sequence[Row[Any]],
    known: Known | None,
    *,
    rules: EligibilityRules | None = None,
) -> tuple[Advert, ...]:
    """The rows as adverts for this officer, in their order."""
    if not rows:
        return ()
    rules = rules or eligibility_rules(session)
    seasons = calendars(session, [row.series_id for row in rows])
    rates = day_rates(session, [row.examination_id for row in rows])
    own = _own_states(session, scope, officer_id, [row.id for row in rows])
    found = []
    for row in rows:
        calendar = seasons[row.series_id]
        post = post_of(row, calendar)
        rate = rate_on(
            rates,
            post.first,
            examination_code=row.examination,
            role_code=row.role_code,
            county_code=row.county_code,
        )
        found.append(
            Advert(
                row=row,
                days=calendar.days_of(row.day_kinds),
                payable_days=calendar.payable_of(row.day_kinds),
                kes_per_day=rate.kes_per_day if rate else None,
                km=distance_km(known.place, (row.lon, row.lat)) if known else None,
                bars=bars(known.facts, post, rules) if known else (),
                own=own.get(row.id),
                closes_at=closing(row, calendar),
            )
        )
    return tuple(found)


def post_of(row: Any, calendar: Calendar) -> PostFacts:
    """What the rules look at in a vacancy."""
    days = calendar.days_of(row.day_kinds)
    return PostFacts(
        examination_code=row.examination,
        year=row.year,
        role_code=row.role_code,
        first=days[0] if days else row.starts_on,
        last=days[-1] if days else row.ends_on,
        school_id=row.school_id,
        needs_braille=row.needs_braille,
    )


def closing(row: Any, calendar: Calendar) -> dt.datetime:
    """When the vacancy takes no more applications: its own end, or the season's if that is earlier.

    One that says why it comes late is bound by its own end only.
    """
    own: dt.datetime = row.closes_at
    if row.late_reason or calendar.closes_at is None:
        return own
    return min(own, calendar.closes_at)


def open_now() -> ColumnElement[bool]:
    """The condition that a vacancy takes applications at this moment of office time."""
    now = clock.now()
    over = exists().where(
        Deadline.series_id == Vacancy.series_id,
        Deadline.code == APPLICATIONS,
        Deadline.falls_at <= now,
    )
    return (
        (Vacancy.state == "open")
        & (Vacancy.opens_at <= now)
        & (Vacancy.closes_at > now)
        & or_(Vacancy.late_reason.is_not(None), ~over)
    )


def _open(statement: Select[Any], scope: Scope) -> Select[Any]:
    return restrict(statement, Vacancy, scope).where(open_now())


def _matching(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    """The statement with what the search asks for."""
    for column, value in (
        (Vacancy.series_id, wanted.series_id),
        (Vacancy.role_id, wanted.role_id),
        (Vacancy.sub_county_id, wanted.sub_county_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.county_id is not None:
        of_county = select(SubCounty.id).where(SubCounty.county_id == wanted.county_id)
        statement = statement.where(Vacancy.sub_county_id.in_(of_county))
    if wanted.kind is not None:
        statement = statement.where(Vacancy.day_kinds.contains([wanted.kind]))
    if wanted.station:
        named = Vacancy.duty_station.icontains(wanted.station, autoescape=True)
        statement = statement.where(or_(named, Vacancy.duty_code == wanted.station))
    return statement


def _near(known: Known | None) -> list[Any]:
    """The order by distance from the workstation, which the index over open places gives."""
    lon, lat = known.place if known else (None, None)
    if lon is None or lat is None:
        return [Vacancy.closes_at, Vacancy.id]
    here = func.point(lon, lat)
    return [func.point(Vacancy.lon, Vacancy.lat).op("<->")(here), Vacancy.id]


def _open_to(session: Any, known: Known, rules: EligibilityRules) -> list[tuple[int, int]]:
    """The (series, role) pairs that the person wants and nothing bars, wherever the post is."""
    today = clock.today()
    rows = session.execute(
        select(Series.id, Series.year, Series.starts_on, Series.ends_on, Examination.code)
        .join(Examination, Examination.id == Series.examination_id)
        .where(Series.status != "finished", Series.ends_on >= today)
    ).all()
    roles = session.execute(select(StaffRole.id, StaffRole.code)).all()
    return [
        (series_id, role_id)
        for series_id, year, first, last, examination in rows
        for role_id, role in roles
        if known.wants(role)
        and not bars(known.facts, PostFacts(examination, year, role, first, last), rules)
    ]


def _own_states(
    session: Any, scope: Scope, officer_id: int, vacancy_ids: Iterable[int]
) -> Mapping[int, str]:
    statement = restrict(select(Application.vacancy_id, Application.state), Application, scope)
    rows = session.execute(
        statement.where(
            Application.officer_id == officer_id, Application.vacancy_id.in_(list(vacancy_ids))
        )
    )
    return dict(rows.all())
