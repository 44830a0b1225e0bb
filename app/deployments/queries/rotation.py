"""What the rotation of a sub-county rests on: weeks, centres, supervisors, and who may serve where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Row, or_, select

from app.deployments.enums import HAS_SERVED, ON_DUTY
from app.deployments.models import Deployment, Post
from app.deployments.proposal import FARTHEST_KM, POINTS_PER_KM
from app.deployments.queries.fitness import Seating, bars_of
from app.deployments.rotation import Problem
from app.exams.enums import EligibilityKind
from app.exams.models import EligibilityRule, ExamDay, Examination, RatioRule, Series, StaffRole
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.vacancies.queries import facts
from app.vacancies.ranking import distance_km

__all__ = ["Place", "Rotation", "Stay", "Supervisor", "Week", "rotating_roles", "rotation_of"]

SERVED = sorted(str(status) for status in HAS_SERVED)
SERVING = sorted(str(status) for status in ON_DUTY)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """The first and the last day of a week on which the role is asked for."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody's deployment at a centre, as it stands."""

    deployment_id: int
    officer_id: int
    post_id: int
    first: dt.date
    last: dt.date

    def covers(self, week: Week) -> bool:
        return self.first <= week.first and week.last <= self.last

    def touches(self, week: Week) -> bool:
        return self.first <= week.last and week.first <= self.last


@dataclass(frozen=True, slots=True)
class Place:
    """A post that somebody of the role holds each week; a post with two holders is there twice."""

    post_id: int
    centre_id: int
    centre: str
    code: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Supervisor:
    """Somebody of the role with their stays that are not over, and the centres they served."""

    officer_id: int
    name: str
    stays: tuple[Stay, ...]
    served: frozenset[int]


@dataclass(frozen=True)
class Rotation:
    """The season's rotation in one sub-county: `standing` is the week that stays as it is.

    `allowed` and `kilometres` have a row for each supervisor and a column for each post of `posts`;
    `allowed` a third axis for the weeks to come.
    """

    series: str
    series_id: int
    role_id: int
    role: str
    role_sw: str
    standing: Week | None
    weeks: tuple[Week, ...]
    people: tuple[Supervisor, ...]
    places: tuple[Place, ...]
    allowed: Any
    kilometres: Any
    here: Mapping[int, Sequence[str]]
    """post_id -> who is there in the standing week, whether or not they serve in a later one."""

    @cached_property
    def posts(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(place.post_id for place in self.places))

    @cached_property
    def person_at(self) -> Mapping[int, int]:
        """officer_id -> row."""
        return {one.officer_id: number for number, one in enumerate(self.people)}

    @cached_property
    def post_at(self) -> Mapping[int, int]:
        """post_id -> column."""
        return {post_id: number for number, post_id in enumerate(self.posts)}

    def problem(self) -> Problem:
        """The same as the solver takes it, 100 points a kilometre."""
        known = np.where(np.isnan(self.kilometres), FARTHEST_KM, self.kilometres)
        cost = np.rint(np.minimum(known, FARTHEST_KM) * POINTS_PER_KM).astype(np.int64)
        return Problem([self.post_at[one.post_id] for one in self.places], cost, self.allowed)

    def may(self, officer_id: int, post_id: int, week: int) -> bool:
        row, column = self.person_at.get(officer_id), self.post_at.get(post_id)
        return row is not None and column is not None and bool(self.allowed[row, column, week])

    def km(self, officer_id: int, post_id: int) -> float | None:
        """Kilometres from the workstation to the centre; None where either is not known."""
        found = float(self.kilometres[self.person_at[officer_id], self.post_at[post_id]])
        return None if np.isnan(found) else found


def rotating_roles(session: Any, series_id: int) -> Sequence[StaffRole]:
    """The roles of a series that a dated rule makes rotate every week."""
    series = session.get(Series, series_id)
    found: Sequence[StaffRole] = session.scalars(
        select(StaffRole)
        .join(EligibilityRule, EligibilityRule.role_id == StaffRole.id)
        .where(
            EligibilityRule.examination_id == series.examination_id,
            EligibilityRule.kind == str(EligibilityKind.WEEKLY_ROTATION),
            EligibilityRule.effective_from <= series.starts_on,
            or_(
                EligibilityRule.effective_to.is_(None),
                EligibilityRule.effective_to >= series.starts_on,
            ),
        )
        .order_by(StaffRole.position)
        .distinct()
    ).all()
    return found


def rotation_of(
    session: Any, scope: Scope, *, series_id: int, role_id: int, today: dt.date
) -> Rotation:
    """The rotation as it may be planned today: the weeks whose first day is still to come."""
    series = session.get(Series, series_id)
    role = session.get(StaffRole, role_id)
    weeks = _weeks(session, series, role_id)
    begun = [one for one in weeks if one.first <= today] or list(weeks[:1])
    coming = tuple(one for one in weeks if one not in begun)
    rows = _stays(session, scope, series_id, role_id)
    from_day = coming[0].first if coming else series.ends_on + dt.timedelta(days=1)
    people = _people(rows, from_day)
    places = _places(session, rows, from_day)
    kilometres = _kilometres(session, people, places)
    allowed = _allowed(session, people, places, coming)
    standing = begun[-1] if begun else None
    return Rotation(
        series.name, series_id, role_id, role.name, role.name_sw, standing, coming, people, places,
        allowed, kilometres, _here(rows, standing),
    )  # fmt: skip


def _weeks(session: Any, series: Series, role_id: int) -> tuple[Week, ...]:
    """The weeks of the calendar, by the days on which the rules ask for the role."""
    kinds = session.scalars(
        select(RatioRule.day_kinds)
        .join(Examination, Examination.id == RatioRule.examination_id)
        .where(
            RatioRule.examination_id == series.examination_id,
            RatioRule.role_id == role_id,
            RatioRule.county_id.is_(None),
            RatioRule.effective_from <= series.starts_on,
            or_(RatioRule.effective_to.is_(None), RatioRule.effective_to >= series.starts_on),
        )
        .order_by(RatioRule.effective_from.desc())
    ).first()
    days = select(ExamDay.day).where(ExamDay.series_id == series.id).order_by(ExamDay.day)
    if kinds:
        days = days.where(ExamDay.kind.in_(kinds))
    found: dict[dt.date, list[dt.date]] = {}
    for day in session.scalars(days):
        found.setdefault(day - dt.timedelta(days=day.weekday()), []).append(day)
    return tuple(Week(some[0], some[-1]) for _monday, some in sorted(found.items()))


def _stays(session: Any, scope: Scope, series_id: int, role_id: int) -> Sequence[Row[Any]]:
    statement = (
        select(
            Deployment.id,
            Deployment.officer_id,
            Deployment.post_id,
            Deployment.centre_id,
            Deployment.starts_on,
            Deployment.ends_on,
            Deployment.status,
            Officer.full_name,
        )
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(
            Deployment.series_id == series_id,
            Deployment.role_id == role_id,
            Deployment.status.in_(SERVED),
            Deployment.ends_on >= Deployment.starts_on,
            Centre.kind == CentreKind.SCHOOL,
        )
        .order_by(Officer.full_name, Deployment.officer_id, Deployment.starts_on)
    )
    found: Sequence[Row[Any]] = session.execute(restrict(statement, Deployment, scope)).all()
    return found


def _people(rows: Sequence[Row[Any]], from_day: dt.date) -> tuple[Supervisor, ...]:
    """Everybody who is on duty in the weeks to come."""
    by_officer: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_officer.setdefault(row.officer_id, []).append(row)
    found = []
    for officer_id, some in by_officer.items():
        stays = tuple(
            Stay(row.id, row.officer_id, row.post_id, row.starts_on, row.ends_on)
            for row in some
            if row.status in SERVING and row.ends_on >= from_day
        )
        served = frozenset(row.centre_id for row in some if row.starts_on < from_day)
        if stays:
            found.append(Supervisor(officer_id, some[0].full_name, stays, served))
    return tuple(found)


def _here(rows: Sequence[Row[Any]], standing: Week | None) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        stay = Stay(row.id, row.officer_id, row.post_id, row.starts_on, row.ends_on)
        if standing and row.status in SERVING and stay.touches(standing):
            found.setdefault(row.post_id, []).append(row.full_name)
    return found


def _places(session: Any, rows: Sequence[Row[Any]], from_day: dt.date) -> tuple[Place, ...]:
    """The posts that are held when the first week to come begins, each as often as it is held."""
    held: dict[int, int] = {}
    for row in rows:
        if row.status in SERVING and row.ends_on >= from_day:
            held.setdefault(row.officer_id, row.post_id)
    known = {
        row.id: row
        for row in session.execute(
            select(Post.id, Post.centre_id, Centre.name, Centre.code, Centre.lon, Centre.lat)
            .join(Centre, Centre.id == Post.centre_id)
            .where(Post.id.in_(sorted(set(held.values()))))
        )
    }
    posts = sorted(held.values(), key=lambda one: (known[one].name, one))
    return tuple(
        Place(one, known[one].centre_id, known[one].name, known[one].code, *known[one][4:])
        for one in posts
    )


def _kilometres(session: Any, people: Sequence[Supervisor], places: Sequence[Place]) -> Any:
    posts = list({one.post_id: one for one in places}.values())
    known = facts.people(session, [one.officer_id for one in people])
    rows = [
        [distance_km(known[one.officer_id].place, (post.lon, post.lat)) for post in posts]
        for one in people
    ]
    return np.array(rows, dtype=np.float64).reshape(len(people), len(posts))


def _allowed(
    session: Any, people: Sequence[Supervisor], places: Sequence[Place], weeks: Sequence[Week]
) -> Any:
    """Whom nothing bars from a post in a week: on duty then, never there before, and every rule.

    That nobody comes back within the season is said here by centre, because stays that are still
    to come are planned anew.
    """
    posts = list({one.post_id: one for one in places}.values())
    shape = (len(people), len(posts), len(weeks))
    asked, at = [], []
    for row, person in enumerate(people):
        held = tuple((stay.first, stay.last) for stay in person.stays)
        for number, week in enumerate(weeks):
            if not _on_duty(person, week):
                continue
            for column, post in enumerate(posts):
                if post.centre_id not in person.served:
                    asked.append(
                        Seating(person.officer_id, post.post_id, week.first, week.last, held)
                    )
                    at.append((row, column, number))
    allowed = np.zeros(shape, dtype=bool)
    for cell, bars in zip(at, bars_of(session, asked) if asked else [], strict=True):
        allowed[cell] = all(bar.kind is EligibilityKind.WEEKLY_ROTATION for bar in bars)
    return allowed


def _on_duty(person: Supervisor, week: Week) -> bool:
    """Whether the person's stays together cover the week's first and last day."""
    return all(
        any(stay.first <= day <= stay.last for stay in person.stays)
        for day in (week.first, week.last)
    )
