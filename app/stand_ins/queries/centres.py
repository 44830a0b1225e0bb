"""The centres of one morning: who is required, who is ready, and when their paper begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
)

from app import clock
from app.attendance.enums import WORKED
from app.attendance.models import Mark, Register
from app.deployments.counts import Calendar
from app.deployments.enums import HAS_SERVED, ON_DUTY
from app.deployments.models import Deployment, Post
from app.exams.models import ExamDay, Series, StaffRole
from app.exams.slices import CalendarDay
from app.places.enums import CentreKind
from app.places.models import Centre, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.stand_ins.rules import INVIGILATORS, LEAD_ROLES, CentreFacts, next_start

__all__ = ["Morning", "among_roles", "centres_of", "morning", "roles_asked"]

SERVED = sorted(str(status) for status in HAS_SERVED)
DUTY = sorted(str(status) for status in ON_DUTY)
DONE = sorted(str(status) for status in WORKED)
Roles = frozenset[tuple[int, int, int]]
"""(series id, role id, county id) of every role that the rules ask for on a day."""
WIDTH = 2**15
"""Beyond every number of a series, a role or a county."""


@dataclass(frozen=True, slots=True)
class Morning:
    """An examination day: the paper that comes next in each series, and the roles it asks for."""

    day: dt.date
    starts: Mapping[int, dt.datetime]
    roles: Roles


def morning(session: Any, day: dt.date) -> Morning:
    """The day as the calendar holds it; without an examination on it, nothing starts."""
    now = clock.now()
    rows = session.execute(
        select(ExamDay, Series.examination_id)
        .join(Series, Series.id == ExamDay.series_id)
        .where(ExamDay.day == day)
        .order_by(ExamDay.series_id)
    ).all()
    starts = {}
    asked: set[tuple[int, int, int]] = set()
    for held, examination_id in rows:
        sessions = [at for at in (held.first_session, held.second_session) if at]
        starts[held.series_id] = next_start(day, sessions, now)
        on = CalendarDay(day, held.kind, held.payable)
        asked |= roles_asked(session, held.series_id, examination_id, on)
    return Morning(day, starts, frozenset(asked))


def roles_asked(
    session: Any, series_id: int, examination_id: int, on: CalendarDay
) -> set[tuple[int, int, int]]:
    """(series, role, county) of the roles that the dated rules ask for on a day of the calendar."""
    calendar = Calendar(session, examination_id, (on,))
    roles = session.scalars(select(StaffRole.id).order_by(StaffRole.id)).all()
    counties = session.scalars(select(SubCounty.county_id).distinct()).all()
    return {
        (series_id, role, county)
        for role in roles
        for county in counties
        if calendar.is_asked_for(role, county, on)
    }


def among_roles(roles: Collection[tuple[int, int, int]]) -> ColumnElement[bool]:
    """Whether a post is of one of these (series, role, county), its sub-county joined.

    Each is one number of one array, which PostgreSQL hashes: named one by one, the hundreds of a
    national morning would be compared with each post in turn.
    """
    keys = [(series * WIDTH + role) * WIDTH + county for series, role, county in sorted(roles)]
    post = (cast(Post.series_id, BigInteger) * WIDTH + Post.role_id) * WIDTH + SubCounty.county_id
    return post == any_(literal(keys, ARRAY(BigInteger)))


def centres_of(
    session: Any, scope: Scope, of: Morning, *, sub_county_id: int | None = None
) -> list[CentreFacts]:
    """Every school centre in scope that has posts to fill this morning, by id."""
    if not of.starts:
        return []
    found = session.execute(_centres(scope, of, sub_county_id), {"day": of.day})
    return [
        CentreFacts(
            row.id,
            row.code,
            row.name,
            row.sub_county_id,
            row.series_id,
            row.opened,
            row.required,
            row.ready,
            tuple(sorted(row.absent_leads or ())),
            row.invigilators,
            row.invigilators_ready,
            of.starts[row.series_id],
        )
        for row in found
    ]


def _centres(scope: Scope, of: Morning, sub_county_id: int | None) -> Any:
    staffed = _staffed(scope, of, sub_county_id).subquery()
    ready = func.least(Post.required, func.coalesce(staffed.c.ready, 0))
    invigilates = StaffRole.code == INVIGILATORS
    without_lead = StaffRole.code.in_(sorted(LEAD_ROLES)) & (ready == 0)
    register = Register.id.is_not(None)
    statement = (
        select(
            Centre.id,
            Centre.code,
            Centre.name,
            Centre.sub_county_id,
            Centre.series_id,
            register.label("opened"),
            func.sum(Post.required).label("required"),
            func.sum(ready).label("ready"),
            func.array_agg(StaffRole.code).filter(without_lead).label("absent_leads"),
            func.sum(case((invigilates, Post.required), else_=0)).label("invigilators"),
            func.sum(case((invigilates, ready), else_=0)).label("invigilators_ready"),
        )
        .join(Post, Post.centre_id == Centre.id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .outerjoin(staffed, staffed.c.post_id == Post.id)
        .outerjoin(
            Register,
            (Register.centre_id == Centre.id) & (Register.day == bindparam("day", type_=Date)),
        )
        .where(
            Centre.kind == CentreKind.SCHOOL,
            Centre.series_id.in_(sorted(of.starts)),
            Post.required > 0,
            among_roles(of.roles),
        )
        .group_by(Centre.id, Register.id)
        .order_by(Centre.id)
    )
    if sub_county_id is not None:
        statement = statement.where(Centre.sub_county_id == sub_county_id)
    return restrict(statement, Centre, scope)


def _staffed(scope: Scope, of: Morning, sub_county_id: int | None) -> Any:
    """post_id and how many of its people are there, or may still come."""
    day = bindparam("day", type_=Date)
    expected = Mark.status.is_(None) & Deployment.status.in_(DUTY)
    statement = (
        select(
            Deployment.post_id,
            func.count().filter(Mark.status.in_(DONE) | expected).label("ready"),
        )
        .outerjoin(Mark, (Mark.deployment_id == Deployment.id) & (Mark.day == day))
        .where(
            Deployment.series_id.in_(sorted(of.starts)),
            Deployment.starts_on <= day,
            Deployment.ends_on >= day,
            Deployment.status.in_(SERVED),
        )
        .group_by(Deployment.post_id)
    )
    if sub_county_id is not None:
        statement = statement.where(Deployment.sub_county_id == sub_county_id)
    return restrict(statement, Deployment, scope)
