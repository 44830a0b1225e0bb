"""Marks as their people read them: an officer's days, the history of one mark, disputes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from app.access.accounts import account_name
from app.access.models import User
from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.models import Dispute, Mark, MarkHistory, Register
from app.attendance.queries.rosters import PUBLISHED, duties, managers_serving
from app.deployments.models import Deployment
from app.errors import NotFound
from app.exams.enums import DayKind
from app.exams.models import ExamDay, Examination, Series, StaffRole
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre, County, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One value a mark was given: by which deployed person, through which account, and when."""

    status: MarkStatus
    minutes_late: int | None
    reason: str | None
    remark: str | None
    self_marked: bool
    marked_by: str | None
    account: str | None
    at: dt.datetime
    version: int
    correction_reason: str | None


@dataclass(frozen=True, slots=True)
class MarkedDay:
    """Whose day a history or a dispute is about."""

    deployment_id: int
    officer_id: int
    centre_id: int
    sub_county_id: int
    name: str
    role: str
    role_sw: str
    centre_code: str
    centre: str
    day: dt.date


def marked_day(scope: Scope, deployment_id: int, day: dt.date) -> MarkedDay:
    """The person and day of duty; raises NotFound outside the scope or the deployment's days."""
    statement = (
        select(
            Deployment.id,
            Deployment.officer_id,
            Deployment.centre_id,
            Deployment.sub_county_id,
            Officer.full_name,
            StaffRole.name,
            StaffRole.name_sw,
            Centre.code,
            Centre.name,
        )
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(Deployment.id == deployment_id, Deployment.status != "proposed")
        .where(Deployment.starts_on <= day, Deployment.ends_on >= day)
    )
    with with_own_centres(scope):
        found: Any = db.session.execute(restrict(statement, Deployment, scope)).first()
    if found is None:
        raise NotFound("no-duty-here", N_("There is no such day of duty."))
    return MarkedDay(*[*found, day])


def own_day(scope: Scope, actor: Actor, deployment_id: int, day: dt.date) -> MarkedDay:
    """The actor's own day of duty; raises NotFound for anybody else's."""
    duty = marked_day(scope, deployment_id, day)
    if duty.officer_id != actor.officer_id:
        raise NotFound("no-duty-here", N_("There is no such day of duty."))
    return duty


def history_of(scope: Scope, deployment_id: int, day: dt.date) -> tuple[HistoryEntry, ...]:
    """Every value the mark was given, oldest first; nothing outside the scope."""
    marker, person = aliased(Deployment), aliased(Officer)
    statement = (
        select(
            MarkHistory.status,
            MarkHistory.minutes_late,
            MarkHistory.reason,
            MarkHistory.remark,
            MarkHistory.self_marked,
            person.full_name,
            account_name(),
            MarkHistory.marked_at,
            MarkHistory.register_version,
            MarkHistory.correction_reason,
        )
        .outerjoin(marker, marker.id == MarkHistory.marked_by_id)
        .outerjoin(person, person.id == marker.officer_id)
        .outerjoin(User, User.id == MarkHistory.marked_by_user)
        .where(MarkHistory.deployment_id == deployment_id, MarkHistory.day == day)
        .order_by(MarkHistory.id)
    )
    with with_own_centres(scope):
        found = db.session.execute(restrict(statement, MarkHistory, scope)).all()
    return tuple(HistoryEntry(MarkStatus(status), *rest) for status, *rest in found)


@contextmanager
def with_own_centres(scope: Scope) -> Iterator[None]:
    """For an officer, also shows what stands around their own days: centre, register, marker.

    A register belongs to its centre, so that an officer's own scope does not reach it. Within the
    block the session reaches the centres of the officer's own deployments; the statement itself
    stays restricted to the officer's own rows.
    """
    if not scope.officer_ids:
        yield
        return
    own = restrict(select(Deployment.centre_id).distinct(), Deployment, scope)
    own = own.where(Deployment.officer_id.in_(sorted(scope.officer_ids)))
    centres = frozenset(db.session.execute(own).scalars())
    with scoped_as(db.session, replace(scope, centre_ids=scope.centre_ids | centres)):
        yield


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """One day of duty of an officer: mark, register and dispute, None where there is none."""

    deployment_id: int
    series_id: int
    examination_id: int
    examination_code: str
    series: str
    centre_code: str
    centre: str
    county_code: str
    role_code: str
    role: str
    role_sw: str
    day: dt.date
    kind: DayKind
    payable: bool
    mark: MarkStatus | None
    minutes_late: int | None
    self_marked: bool
    marked_by: str | None
    register: RegisterState | None
    dispute: str | None
    dispute_answer: str | None


def days_of_officer(scope: Scope, officer_id: int) -> tuple[OfficerDay, ...]:
    """Every day of duty of one officer in running and past series, in order; in scope only."""
    marker, person = aliased(Deployment), aliased(Officer)
    statement = (
        duties(
            Deployment.id,
            Series.id,
            Series.examination_id,
            Examination.code,
            Series.name,
            Centre.code,
            Centre.name,
            County.code,
            StaffRole.code,
            StaffRole.name,
            StaffRole.name_sw,
            ExamDay.day,
            ExamDay.kind,
            ExamDay.payable,
            Mark.status,
            Mark.minutes_late,
            Mark.self_marked,
            person.full_name,
            Register.state,
            Dispute.state,
            Dispute.answer,
        )
        .join(Examination, Examination.id == Series.examination_id)
        .join(County, County.id == SubCounty.county_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .outerjoin(Mark, and_(Mark.deployment_id == Deployment.id, Mark.day == ExamDay.day))
        .outerjoin(
            Register,
            and_(Register.centre_id == Deployment.centre_id, Register.day == ExamDay.day),
        )
        .outerjoin(marker, marker.id == Mark.marked_by_id)
        .outerjoin(person, person.id == marker.officer_id)
        .outerjoin(
            Dispute,
            and_(Dispute.deployment_id == Deployment.id, Dispute.day == ExamDay.day),
        )
        .where(Deployment.officer_id == officer_id)
        .order_by(ExamDay.day, Deployment.id, Dispute.id)
    )
    with with_own_centres(scope):
        found = db.session.execute(restrict(statement, Deployment, scope)).all()
    latest = {(row[0], row[11]): _officer_day(*row) for row in found}
    return tuple(latest.values())


def _officer_day(*row: Any) -> OfficerDay:
    values = list(row)
    values[12] = DayKind(values[12])
    values[14] = None if values[14] is None else MarkStatus(values[14])
    values[16] = bool(values[16])
    values[18] = None if values[18] is None else RegisterState(values[18])
    return OfficerDay(*values)


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """One dispute with whose day it is about and how it stands."""

    dispute_id: int
    deployment_id: int
    officer: str
    role: str
    role_sw: str
    centre_code: str
    centre: str
    day: dt.date
    claim: str
    state: str
    answer: str | None
    raised_at: dt.datetime
    mark: MarkStatus | None
    register: RegisterState | None


PAGE_OF_DISPUTES = 25


def count_of_disputes(scope: Scope, *, state: str | None = "open") -> int:
    """How many disputes a jurisdiction has; all of them when `state` is None."""
    counted = restrict(select(func.count(Dispute.id)), Dispute, scope)
    if state is not None:
        counted = counted.where(Dispute.state == state)
    return int(db.session.execute(counted).scalar_one())


def disputes_in(
    scope: Scope, *, state: str | None = "open", page: int = 1
) -> tuple[DisputeLine, ...]:
    """One page of the disputes of a jurisdiction, the oldest first; of all when `state` is None."""
    statement = (
        select(
            Dispute.id,
            Dispute.deployment_id,
            Officer.full_name,
            StaffRole.name,
            StaffRole.name_sw,
            Centre.code,
            Centre.name,
            Dispute.day,
            Dispute.claim,
            Dispute.state,
            Dispute.answer,
            Dispute.created_at,
            Mark.status,
            Register.state,
        )
        .join(Deployment, Deployment.id == Dispute.deployment_id)
        .join(Officer, Officer.id == Dispute.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Dispute.centre_id)
        .outerjoin(Mark, and_(Mark.deployment_id == Dispute.deployment_id, Mark.day == Dispute.day))
        .outerjoin(
            Register, and_(Register.centre_id == Dispute.centre_id, Register.day == Dispute.day)
        )
        .order_by(Dispute.created_at, Dispute.id)
        .limit(PAGE_OF_DISPUTES)
        .offset((page - 1) * PAGE_OF_DISPUTES)
    )
    if state is not None:
        statement = statement.where(Dispute.state == state)
    found: list[Any] = db.session.execute(restrict(statement, Dispute, scope)).all()
    return tuple(_dispute_line(*row) for row in found)


def _dispute_line(*row: Any) -> DisputeLine:
    values = list(row)
    values[12] = None if values[12] is None else MarkStatus(values[12])
    values[13] = None if values[13] is None else RegisterState(values[13])
    return DisputeLine(*values)


@dataclass(frozen=True, slots=True)
class Posting:
    """A published deployment that has not ended, with whom the officer reports to."""

    deployment_id: int
    role: str
    role_sw: str
    centre: str
    centre_code: str
    sub_county: str
    starts_on: dt.date
    ends_on: dt.date
    status: str
    manages_centre: bool
    manager: str | None
    manager_telephone: str | None


def postings_of(scope: Scope, officer_id: int, today: dt.date) -> tuple[Posting, ...]:
    """The officer's published deployments from today on, the nearest first; in scope only."""
    manager = managers_serving(today).subquery()
    statement = (
        select(
            Deployment.id,
            StaffRole.name,
            StaffRole.name_sw,
            Centre.name,
            Centre.code,
            SubCounty.name,
            Deployment.starts_on,
            Deployment.ends_on,
            Deployment.status,
            StaffRole.manages_centre,
            manager.c.full_name,
            manager.c.mobile,
        )
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .outerjoin(manager, manager.c.centre_id == Deployment.centre_id)
        .where(Deployment.officer_id == officer_id, Deployment.ends_on >= today)
        .where(Deployment.status.in_(PUBLISHED))
        .order_by(Deployment.starts_on, Deployment.id)
    )
    with with_own_centres(scope):
        found = db.session.execute(restrict(statement, Deployment, scope)).all()
    return tuple(Posting(*row) for row in found)
