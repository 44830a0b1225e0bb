"""Reads for the solver: the open posts of a sub-county in a season, and who may be asked."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from app.db.arrays import one_of
from app.deployments.models import Deployment, Post
from app.exams.enums import DayKind
from app.exams.models import Examination, Series, StaffRole
from app.exams.policy import rule_on
from app.exams.queries import ratio_rules
from app.people.enums import ProfileState
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre, County, School, SubCounty
from app.proposals.models import ProposalPick
from app.vacancies.enums import ApplicationState
from app.vacancies.models import Application, Vacancy
from app.vacancies.queries.rules import calendars

NOT_LOOKING = (ApplicationState.WITHDRAWN, ApplicationState.DECLINED)


@dataclass(frozen=True, slots=True)
class OpenPost:
    """A post with places that nobody holds from `first` to `last`; `free` are their numbers."""

    post_id: int
    centre_id: int
    school_id: int | None
    role_id: int
    role_code: str
    required: int
    free: tuple[int, ...]
    first: dt.date
    last: dt.date
    lon: float | None
    lat: float | None
    needs_braille: bool
    holders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Season:
    """The series of a proposal, as the rules of eligibility know it."""

    series_id: int
    examination_id: int
    examination_code: str
    year: int
    starts_on: dt.date


def season_of(session: Any, series_id: int) -> Season:
    """The series with its examination."""
    row = session.execute(
        select(Series.id, Series.examination_id, Examination.code, Series.year, Series.starts_on)
        .join(Examination, Examination.id == Series.examination_id)
        .where(Series.id == series_id)
    ).one()
    return Season(*row)


def open_posts(
    session: Any, season: Season, sub_county_id: int, *, today: dt.date
) -> tuple[OpenPost, ...]:
    """Every post of the sub-county's schools with a place that nobody holds on its days to come."""
    days = spans(session, season, sub_county_id, today=today)
    held = _held(session, season.series_id, sub_county_id)
    found = []
    for row in _posts(session, season.series_id, sub_county_id):
        span = days.get(row.role_code)
        if span is None:
            continue
        first, last = span
        here = [one for one in held[row.id] if one.starts_on <= last and one.ends_on >= first]
        taken = {one.slot for one in here}
        free = tuple(slot for slot in range(1, row.required + 1) if slot not in taken)
        if free:
            holders = tuple(sorted({one.officer_id for one in here}))
            found.append(_open(row, free, span, holders))
    return tuple(found)


def _open(
    row: Row[Any], free: tuple[int, ...], span: tuple[dt.date, dt.date], holders: tuple[int, ...]
) -> OpenPost:
    return OpenPost(
        row.id,
        row.centre_id,
        row.school_id,
        row.role_id,
        row.role_code,
        row.required,
        free,
        *span,
        row.lon,
        row.lat,
        row.blind_candidates > 0,
        holders,
    )


def _posts(session: Any, series_id: int, sub_county_id: int) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = session.execute(
        select(
            Post.id,
            Post.centre_id,
            Post.role_id,
            Post.required,
            StaffRole.code.label("role_code"),
            Centre.school_id,
            Centre.lon,
            Centre.lat,
            Centre.blind_candidates,
        )
        .join(Centre, Centre.id == Post.centre_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(
            Post.series_id == series_id,
            Post.sub_county_id == sub_county_id,
            Post.required > 0,
            Centre.kind == CentreKind.SCHOOL,
        )
        .order_by(Post.centre_id, StaffRole.position)
    ).all()
    return found


def _held(session: Any, series_id: int, sub_county_id: int) -> Mapping[int, list[Row[Any]]]:
    """Who holds which place of each post, and when; what was declined or never began is left out."""
    rows = session.execute(
        select(
            Deployment.post_id,
            Deployment.slot,
            Deployment.officer_id,
            Deployment.starts_on,
            Deployment.ends_on,
        ).where(
            Deployment.series_id == series_id,
            Deployment.sub_county_id == sub_county_id,
            Deployment.status != "declined",
            Deployment.ends_on >= Deployment.starts_on,
        )
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.post_id].append(row)
    return found


def spans(
    session: Any, season: Season, sub_county_id: int, *, today: dt.date
) -> Mapping[str, tuple[dt.date, dt.date]]:
    """First and last day to come of each role, by the ratio rule in force as the series begins."""
    calendar = calendars(session, [season.series_id])[season.series_id]
    county = session.scalar(
        select(County.code)
        .join(SubCounty, SubCounty.county_id == County.id)
        .where(SubCounty.id == sub_county_id)
    )
    rules: dict[str, list[Any]] = defaultdict(list)
    for rule in ratio_rules(session, season.examination_id):
        rules[rule.role_code].append(rule)
    found = {}
    for role, of_role in rules.items():
        chosen = rule_on(of_role, season.starts_on, county_code=county)
        kinds = chosen.day_kinds if chosen else frozenset[DayKind]()
        days = [day for day in calendar.days_of(kinds) if day >= today]
        if days:
            found[role] = (days[0], days[-1])
    return found


def pool(session: Any, season: Season, sub_county_id: int) -> Sequence[Row[Any]]:
    """Verified officers of the sub-county, and whoever applied to its vacancies of this series.

    Rows of id, gender, wanted_roles and home sub-county, by id.
    """
    applied = session.scalars(
        select(Application.officer_id)
        .join(Vacancy, Vacancy.id == Application.vacancy_id)
        .where(
            Vacancy.series_id == season.series_id,
            Vacancy.sub_county_id == sub_county_id,
            Application.state.not_in(NOT_LOOKING),
        )
    ).all()
    # Applicants by their ids: as a query of its own, each officer of the country would be looked at.
    found: Sequence[Row[Any]] = session.execute(
        select(Officer.id, Officer.gender, Officer.wanted_roles, Officer.home_sub_county_id)
        .where(
            Officer.state == ProfileState.VERIFIED,
            (Officer.sub_county_id == sub_county_id) | (Officer.id == one_of(applied)),
        )
        .order_by(Officer.id)
    ).all()
    return found


def kept_picks(session: Any, proposal_id: int) -> Sequence[Row[Any]]:
    """The picks that a proposal has, with what their points come from.

    Rows of the ProposalPick, officer as `id` with gender and home sub-county, and the centre's place.
    """
    found: Sequence[Row[Any]] = session.execute(
        select(
            ProposalPick,
            Officer.id,
            Officer.gender,
            Officer.home_sub_county_id,
            Centre.lon,
            Centre.lat,
        )
        .join(Deployment, Deployment.id == ProposalPick.deployment_id)
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(ProposalPick.proposal_id == proposal_id)
        .order_by(ProposalPick.deployment_id)
    ).all()
    return found


def homes_of(session: Any, people: Sequence[Any]) -> Mapping[int, tuple[float, float]]:
    """The middle of the schools of each home sub-county that somebody named."""
    wanted = {row.home_sub_county_id for row in people} - {None}
    rows = session.execute(
        select(School.sub_county_id, func.avg(School.lon), func.avg(School.lat))
        .where(School.sub_county_id == one_of(sorted(wanted)), School.lon.is_not(None))
        .group_by(School.sub_county_id)
    )
    return {one: (lon, lat) for one, lon, lat in rows}


def sub_counties_of(session: Any, series_id: int) -> Sequence[int]:
    """The sub-counties with posts of a series, for a proposal of the whole country."""
    found: Sequence[int] = session.scalars(
        select(Post.sub_county_id)
        .where(Post.series_id == series_id)
        .group_by(Post.sub_county_id)
        .order_by(func.count().desc(), Post.sub_county_id)
    ).all()
    return found
