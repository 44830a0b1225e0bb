"""Who is on the register of a centre's day: the roster, said once for every reader.

Published people whose deployment covers the day, and whose role the dated rules ask for on a day
of that kind; a role without a rule is asked for on every day. Somebody already marked stays on
the register whatever changes later.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    any_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from app import clock
from app.attendance.enums import MarkStatus
from app.attendance.models import Dispute, Mark, MarkHistory
from app.deployments.enums import HAS_SERVED, ON_DUTY, DeploymentStatus
from app.deployments.models import Deployment
from app.errors import NotFound
from app.exams.enums import DayKind
from app.exams.models import ExamDay, RatioRule, Series, StaffRole
from app.exams.policy import PolicyDay, policy_day
from app.extensions import db
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre, County, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

SERVED = sorted(str(status) for status in HAS_SERVED)
PUBLISHED = sorted(str(status) for status in ON_DUTY)
STILL_HERE = sorted({*PUBLISHED, str(DeploymentStatus.REPLACED)})
"""Somebody replaced from a later day on is on duty until then."""
NATIONAL_RULE: Any = aliased(RatioRule, name="national_rule")
COUNTY_RULE: Any = aliased(RatioRule, name="county_rule")


def resource_of(kind: str) -> str:
    """The name in the permission matrix under which registers of places of a kind are."""
    return "store-registers" if kind == CentreKind.STORE else "registers"


@dataclass(frozen=True, slots=True)
class CentreOnDay:
    """A centre on one day of its series; `hours` is None when the calendar holds nothing then."""

    centre_id: int
    code: str
    name: str
    candidates: int
    sub_county_id: int
    sub_county: str
    county: str
    series_id: int
    series: str
    starts_on: dt.date
    ends_on: dt.date
    kind: str
    day: dt.date
    hours: PolicyDay | None
    sessions: tuple[dt.time, ...] = ()

    @property
    def of_store(self) -> bool:
        """Whether the place is a container, whose register the SCDE marks."""
        return self.kind == CentreKind.STORE

    @property
    def resource(self) -> str:
        """The name in the permission matrix under which this place's register is."""
        return resource_of(self.kind)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the register: who they are, and what stands marked (status None: nothing)."""

    deployment_id: int
    officer_id: int
    role_id: int
    role_code: str
    role: str
    role_sw: str
    name: str
    telephone: str
    tsc_number: str | None
    manages_centre: bool
    on_duty_today: bool
    starts_on: dt.date
    ends_on: dt.date
    status: MarkStatus | None = None
    minutes_late: int | None = None
    reason: str | None = None
    remark: str | None = None
    self_marked: bool = False
    history: int = 0
    disputed: bool = False


LINE_FIELDS = [one.name for one in fields(Line)]


def centre_on_day(
    scope: Scope,
    day: dt.date,
    *,
    code: str | None = None,
    centre_id: int | None = None,
    series: str | None = None,
) -> CentreOnDay:
    """The centre of this code (or id) in the series whose dates contain the day.

    Several series may share a code: one that holds an examination that day comes first. Raises
    NotFound outside the scope, for an unknown code and for a day of no series.
    """
    asked = {"day": day, "code": code, "centre_id": centre_id, "series": series}
    found = _centre(scope, asked, within_season=True)
    if found is None:
        raise NotFound("no-register-here", N_("There is no register of this centre on this day."))
    return found


def centre_of_season(
    scope: Scope,
    *,
    code: str | None = None,
    centre_id: int | None = None,
    series: str | None = None,
) -> CentreOnDay:
    """The centre as it stands today, in its running series first, else its latest.

    Raises NotFound outside the scope.
    """
    asked = {"day": clock.today(), "code": code, "centre_id": centre_id, "series": series}
    found = _centre(scope, asked, within_season=False)
    if found is None:
        raise NotFound("no-centre-here", N_("There is no such centre."))
    return found


def days_beside(place: CentreOnDay) -> tuple[dt.date | None, dt.date | None]:
    """The examination days before and after this one in the series."""
    before = func.max(ExamDay.day).filter(ExamDay.day < place.day)
    after = func.min(ExamDay.day).filter(ExamDay.day > place.day)
    found = db.session.execute(select(before, after).where(ExamDay.series_id == place.series_id))
    earlier, later = found.one()
    return earlier, later


def _centre(scope: Scope, asked: dict[str, Any], *, within_season: bool) -> CentreOnDay | None:
    """The centre that was asked for; `asked` names a day and, of the others, what is known."""
    known = tuple(name for name, value in asked.items() if value is not None)
    statement = restrict(_centres(known, within_season=within_season), Centre, scope)
    found = db.session.execute(statement, {name: asked[name] for name in known}).first()
    return None if found is None else _centre_on_day(asked["day"], found)


@cache
def _centres(known: tuple[str, ...], *, within_season: bool) -> Select[Any]:
    """Centres by what is known of them, the one with an examination on the day first."""
    day = bindparam("day", type_=Date)
    conditions = {
        "code": Centre.code == bindparam("code"),
        "centre_id": Centre.id == bindparam("centre_id"),
        "series": Series.code == bindparam("series"),
    }
    statement = (
        select(*CENTRE_COLUMNS, ExamDay)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .join(County, County.id == SubCounty.county_id)
        .join(Series, Series.id == Centre.series_id)
        .outerjoin(ExamDay, and_(ExamDay.series_id == Series.id, ExamDay.day == day))
        .where(*(conditions[name] for name in known if name in conditions))
        .order_by(ExamDay.id.is_(None), Series.starts_on.desc(), Centre.id)
        .limit(1)
    )
    return (
        statement.where(Series.starts_on <= day, Series.ends_on >= day)
        if within_season
        else statement
    )


CENTRE_COLUMNS = (
    Centre.id,
    Centre.code,
    Centre.name,
    Centre.candidates,
    Centre.sub_county_id,
    SubCounty.name,
    County.name,
    Series.id,
    Series.name,
    Series.starts_on,
    Series.ends_on,
    Centre.kind,
)
"""The first fields of a CentreOnDay, in their order."""


def people_on(scope: Scope, place: CentreOnDay) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The people of the day's register in the order of its rows, and who else may have marked it.

    The others are people of the centre whose role is not asked for that day, and people on duty
    there today.
    """
    asked = {
        "day": place.day,
        "today": clock.today(),
        "kind": str(place.hours.kind) if place.hours else "",
        "centre_id": place.centre_id,
    }
    found = db.session.execute(restrict(_people(), Deployment, scope), asked).all()
    return (
        tuple(_line(row) for row in found if row.listed),
        tuple(_line(row) for row in found if not row.listed),
    )


@cache
def _people() -> Select[Any]:
    """Everybody of a centre who serves on the day or today: the columns of a Line, then `listed`.

    Built once, because building it costs more than asking it.
    """
    day, kind = bindparam("day", type_=Date), bindparam("kind", type_=String)
    covers = and_(Deployment.starts_on <= day, Deployment.ends_on >= day)
    here_today = _on_duty(bindparam("today", type_=Date))
    needed = and_(kind != "", is_needed(kind))
    columns = (
        Deployment.id,
        Deployment.officer_id,
        Deployment.role_id,
        StaffRole.code,
        StaffRole.name,
        StaffRole.name_sw,
        Officer.full_name,
        Officer.mobile,
        Officer.tsc_number,
        StaffRole.manages_centre,
        here_today,
        Deployment.starts_on,
        Deployment.ends_on,
        Mark.status,
        Mark.minutes_late,
        Mark.reason,
        Mark.remark,
        func.coalesce(Mark.self_marked, false()),
        _times_marked(day),
        _is_disputed(day),
        and_(covers, or_(needed, Mark.id.is_not(None))).label("listed"),
    )
    return (
        joined_to_rules(select(*columns).select_from(Deployment), day)
        .join(Officer, Officer.id == Deployment.officer_id)
        .outerjoin(Mark, and_(Mark.deployment_id == Deployment.id, Mark.day == day))
        .where(Deployment.centre_id == bindparam("centre_id"), or_(covers, here_today))
        .where(Deployment.status.in_(SERVED))
        .order_by(StaffRole.position, Deployment.slot, Officer.full_name, Deployment.id)
    )


def joined_to_rules(statement: Select[Any], day: Any) -> Select[Any]:
    """A statement over Deployment, joined to its role, series and place and to the dated rules.

    `day` is a date or a column of dates; at most one national rule and one of the county are in
    force on it, which an exclusion constraint sees to.
    """
    statement = (
        statement.join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Series, Series.id == Deployment.series_id)
        .join(SubCounty, SubCounty.id == Deployment.sub_county_id)
    )
    for rule, county in (
        (NATIONAL_RULE, NATIONAL_RULE.county_id.is_(None)),
        (COUNTY_RULE, COUNTY_RULE.county_id == SubCounty.county_id),
    ):
        in_force = and_(
            rule.examination_id == Series.examination_id,
            rule.role_id == Deployment.role_id,
            rule.effective_from <= day,
            or_(rule.effective_to.is_(None), rule.effective_to >= day),
            county,
        )
        statement = statement.outerjoin(rule, in_force)
    return statement


def is_needed(kind: Any) -> ColumnElement[bool]:
    """Whether the rules joined by `joined_to_rules` ask for the role on a day of this kind."""
    return func.coalesce(
        kind == any_(COUNTY_RULE.day_kinds), kind == any_(NATIONAL_RULE.day_kinds), true()
    )


def duties(*columns: Any) -> Select[Any]:
    """Each day that somebody is on a roster: Deployment and ExamDay joined, for the caller's where.

    A day that was marked is a duty even when the rules no longer ask for the role.
    """
    marked = (
        select(Mark.id)
        .where(Mark.deployment_id == Deployment.id, Mark.day == ExamDay.day)
        .correlate(Deployment, ExamDay)
        .exists()
    )
    statement = (
        select(*columns)
        .select_from(Deployment)
        .join(ExamDay, ExamDay.series_id == Deployment.series_id)
        .where(ExamDay.day >= Deployment.starts_on, ExamDay.day <= Deployment.ends_on)
        .where(Deployment.status.in_(SERVED))
    )
    return joined_to_rules(statement, ExamDay.day).where(or_(is_needed(ExamDay.kind), marked))


def roster_sizes(day: dt.date) -> Select[Any]:
    """centre_id and `people` on its roster of the day, for centres that have anybody."""
    return (
        duties(Deployment.centre_id, func.count(Deployment.id).label("people"))
        .where(ExamDay.day == day)
        .group_by(Deployment.centre_id)
    )


def managers_on(day: dt.date) -> Select[Any]:
    """centre_id with the name and mobile of its manager on the day, first slot first."""
    return (
        _managers()
        .where(Deployment.starts_on <= day)
        .where(Deployment.ends_on >= day)
        .order_by(Deployment.centre_id, Deployment.slot, Deployment.id)
    )


def managers_serving(today: dt.date) -> Select[Any]:
    """centre_id with the name and mobile of its manager now, or of the first one to come."""
    return (
        _managers()
        .where(Deployment.ends_on >= today)
        .order_by(Deployment.centre_id, Deployment.starts_on, Deployment.slot, Deployment.id)
    )


def _managers() -> Select[Any]:
    return (
        select(Deployment.centre_id, Officer.full_name, Officer.mobile)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(StaffRole.manages_centre, Deployment.status.in_(PUBLISHED))
        .distinct(Deployment.centre_id)
    )


def _on_duty(day: Any) -> ColumnElement[bool]:
    return and_(
        Deployment.starts_on <= day,
        Deployment.ends_on >= day,
        Deployment.status.in_(STILL_HERE),
    )


def _times_marked(day: Any) -> ColumnElement[int]:
    return (
        select(func.count(MarkHistory.id))
        .where(MarkHistory.deployment_id == Deployment.id, MarkHistory.day == day)
        .correlate(Deployment)
        .scalar_subquery()
    )


def _is_disputed(day: Any) -> ColumnElement[bool]:
    return (
        select(Dispute.id)
        .where(Dispute.deployment_id == Deployment.id, Dispute.day == day)
        .where(Dispute.state == "open")
        .correlate(Deployment)
        .exists()
    )


def _line(row: Any) -> Line:
    *known, _listed = row
    at = LINE_FIELDS.index("status")
    known[at] = None if known[at] is None else MarkStatus(known[at])
    return Line(*known)


def _centre_on_day(day: dt.date, row: Any) -> CentreOnDay:
    *known, held = row
    if held is None:
        return CentreOnDay(*[*known, day, None])
    sessions = tuple(t for t in (held.first_session, held.second_session) if t)
    return CentreOnDay(*[*known, day, marking_hours(held), sessions])


def marking_hours(held: ExamDay) -> PolicyDay:
    """The calendar's row of a day as a plain value with aware marking hours."""
    return policy_day(
        held.day,
        kind=DayKind(held.kind),
        payable=held.payable,
        hours=(held.opens_at, held.submit_by, held.closes_at),
        late_days=held.late_days,
    )
