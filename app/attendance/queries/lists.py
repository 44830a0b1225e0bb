"""Lists and counts of registers: a jurisdiction's day, a centre's season, what waits for whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, select, true

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.models import CentreDay, Dispute, Mark, Register, RegisterRemark
from app.attendance.queries.rosters import SERVED, managers_on, resource_of, roster_sizes
from app.deployments.models import Deployment
from app.errors import NotFound
from app.exams.enums import DayKind
from app.exams.models import ExamDay, Series, StaffRole
from app.extensions import db
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre, County, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_


@dataclass(frozen=True, slots=True)
class CentreLine:
    """One centre in a list of a day's registers, with whom to call."""

    centre_id: int
    code: str
    name: str
    kind: str
    telephone: str | None
    sub_county: str
    series: str
    register_id: int | None
    state: RegisterState | None
    version: int
    return_reason: str | None
    submitted_at: dt.datetime | None
    expected: int
    present: int
    late: int
    absent: int
    unseen_remarks: int
    manager: str | None
    manager_telephone: str | None

    @property
    def resource(self) -> str:
        """The name in the permission matrix under which its register is."""
        return resource_of(self.kind)


def registers_on(
    scope: Scope, day: dt.date, *, sub_county_id: int | None = None, limit: int = 1000
) -> tuple[CentreLine, ...]:
    """Every centre with somebody on its roster that day, opened or not, by sub-county and code."""
    rosters, sums = roster_sizes(day).subquery(), _sums(day).subquery()
    manager = managers_on(day).subquery()
    unseen = (
        select(func.count(RegisterRemark.id))
        .where(RegisterRemark.register_id == Register.id, RegisterRemark.seen_at.is_(None))
        .correlate(Register)
        .scalar_subquery()
    )
    statement = (
        select(Centre, SubCounty.name, Series.name, Register, rosters.c.people, sums, unseen)
        .add_columns(manager.c.full_name, manager.c.mobile)
        .join(rosters, rosters.c.centre_id == Centre.id)
        .join(Series, Series.id == Centre.series_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .outerjoin(Register, and_(Register.centre_id == Centre.id, Register.day == day))
        .outerjoin(sums, sums.c.centre_id == Centre.id)
        .outerjoin(manager, manager.c.centre_id == Centre.id)
        .where(Centre.sub_county_id == sub_county_id if sub_county_id else true())
        .order_by(SubCounty.name, Centre.code, Centre.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(restrict(statement, Centre, scope)).all()
    return tuple(_centre_line(row) for row in found)


@dataclass(frozen=True, slots=True)
class SubCountyLine:
    """How the registers of one sub-county stand on a day, counted in centres."""

    sub_county_id: int
    name: str
    slug: str
    county: str
    centres: int
    by_state: dict[RegisterState, int]

    @property
    def not_opened(self) -> int:
        """Centres with a roster and no register."""
        return self.centres - sum(self.by_state.values())


def sub_counties_on(scope: Scope, day: dt.date) -> tuple[SubCountyLine, ...]:
    """The day's registers counted by sub-county, by county and name."""
    rosters = roster_sizes(day).subquery()
    counts = [func.count(case((Register.state == str(state), 1))) for state in RegisterState]
    statement = (
        select(
            SubCounty.id,
            SubCounty.name,
            SubCounty.slug,
            County.name,
            func.count(Centre.id),
            *counts,
        )
        .select_from(Centre)
        .join(rosters, rosters.c.centre_id == Centre.id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .join(County, County.id == SubCounty.county_id)
        .outerjoin(Register, and_(Register.centre_id == Centre.id, Register.day == day))
        .group_by(SubCounty.id, County.id)
        .order_by(County.name, SubCounty.name, SubCounty.id)
    )
    found: list[Any] = db.session.execute(restrict(statement, Centre, scope)).all()
    return tuple(SubCountyLine(*[*row[:5], _by_state(row[5:])]) for row in found)


def sub_county_named(slug: str) -> int:
    """The sub-county of this short name; raises NotFound. Its rows stay within each scope."""
    found: int | None = db.session.execute(
        select(SubCounty.id).where(SubCounty.slug == slug)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("no-sub-county", N_("There is no such sub-county."))
    return found


@dataclass(frozen=True, slots=True)
class SeasonDay:
    """One day of a centre's calendar; counts are None where no register keeps them."""

    day: dt.date
    kind: DayKind
    payable: bool
    state: RegisterState | None
    present: int | None
    late: int | None
    absent: int | None
    expected: int | None


def season_of(scope: Scope, centre_id: int) -> tuple[SeasonDay, ...]:
    """Every day of the centre's calendar in order, with the counts its register keeps."""
    statement = (
        select(
            ExamDay.day,
            ExamDay.kind,
            ExamDay.payable,
            Register.state,
            func.sum(CentreDay.present),
            func.sum(CentreDay.late),
            func.sum(CentreDay.absent),
            func.sum(CentreDay.expected),
        )
        .select_from(Centre)
        .join(ExamDay, ExamDay.series_id == Centre.series_id)
        .outerjoin(Register, and_(Register.centre_id == Centre.id, Register.day == ExamDay.day))
        .outerjoin(CentreDay, and_(CentreDay.centre_id == Centre.id, CentreDay.day == ExamDay.day))
        .where(Centre.id == centre_id)
        .group_by(ExamDay.id, Register.id)
        .order_by(ExamDay.day)
    )
    return tuple(
        SeasonDay(day, DayKind(kind), payable, _state(state), *counts)
        for day, kind, payable, state, *counts in db.session.execute(
            restrict(statement, Centre, scope)
        )
    )


@dataclass(frozen=True, slots=True)
class SeasonPerson:
    """One person of a centre through its season, with the mark of each day that has one."""

    name: str
    role: str
    role_sw: str
    tsc_number: str | None
    marks: dict[dt.date, MarkStatus]


def people_of_season(scope: Scope, centre_id: int) -> tuple[SeasonPerson, ...]:
    """Everybody who served at the centre with all their marks, in the order of the roster."""
    statement = (
        select(
            Officer.full_name,
            StaffRole.name,
            StaffRole.name_sw,
            Officer.tsc_number,
            func.array_agg(Mark.day),
            func.array_agg(Mark.status),
        )
        .select_from(Deployment)
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .outerjoin(Mark, Mark.deployment_id == Deployment.id)
        .where(Deployment.centre_id == centre_id, Deployment.ends_on >= Deployment.starts_on)
        .where(Deployment.status.in_(SERVED))
        .group_by(Deployment.id, Officer.id, StaffRole.id)
        .order_by(StaffRole.position, Deployment.slot, Deployment.starts_on, Deployment.id)
    )
    found: list[Any] = db.session.execute(restrict(statement, Deployment, scope)).all()
    return tuple(SeasonPerson(*[*row[:4], _marks(row[4], row[5])]) for row in found)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a jurisdiction on all days up to today."""

    submitted: int
    returned: int
    disputes: int
    unseen_remarks: int


def waiting(scope: Scope) -> Waiting:
    """Registers to confirm or to put right, disputes to answer, remarks nobody has taken in."""
    registers = restrict(
        select(
            func.count(case((Register.state == "submitted", 1))),
            func.count(case((Register.state == "returned", 1))),
        ).where(Register.state.in_(["submitted", "returned"])),
        Register,
        scope,
    )
    disputes = restrict(
        select(func.count(Dispute.id)).where(Dispute.state == "open"), Dispute, scope
    )
    remarks = restrict(
        select(func.count(RegisterRemark.id))
        .join(Register, Register.id == RegisterRemark.register_id)
        .where(RegisterRemark.seen_at.is_(None), Register.state == "submitted"),
        RegisterRemark,
        scope,
    )
    submitted, returned = db.session.execute(registers).one()
    return Waiting(
        submitted,
        returned,
        db.session.execute(disputes).scalar_one(),
        db.session.execute(remarks).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class Returned:
    """A register that waits to be put right, with the SCDE's reason."""

    centre_code: str
    centre: str
    day: dt.date
    reason: str | None


def returned_in(scope: Scope) -> tuple[Returned, ...]:
    """The returned registers of a scope's centres, the earliest first."""
    statement = (
        select(Centre.code, Centre.name, Register.day, Register.return_reason)
        .join(Centre, Centre.id == Register.centre_id)
        .where(Register.state == str(RegisterState.RETURNED))
        .order_by(Register.day, Centre.code, Register.id)
        .limit(50)
    )
    found = db.session.execute(restrict(statement, Register, scope))
    return tuple(Returned(*row) for row in found)


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many registers of a series' day stand in each state."""

    series_id: int
    series: str
    day: dt.date
    by_state: dict[RegisterState, int]


def days_with_registers(scope: Scope, *, up_to: dt.date) -> tuple[DayCount, ...]:
    """The days up to `up_to` with their registers by state, the latest first."""
    counts = [func.count(case((Register.state == str(state), 1))) for state in RegisterState]
    statement = (
        select(Series.id, Series.name, Register.day, *counts)
        .join(Series, Series.id == Register.series_id)
        .where(Register.day <= up_to, Series.status == "running")
        .group_by(Series.id, Register.day)
        .order_by(Register.day.desc(), Series.name, Series.id)
    )
    found: list[Any] = db.session.execute(restrict(statement, Register, scope)).all()
    return tuple(DayCount(*[*row[:3], _by_state(row[3:])]) for row in found)


def days_waiting(
    scope: Scope, state: RegisterState, *, kind: CentreKind | None = None
) -> tuple[tuple[dt.date, int], ...]:
    """The days on which registers (of places of a kind) stand in this state, with how many, the
    earliest first."""
    of_kind = Centre.kind == str(kind) if kind else true()
    statement = (
        restrict(select(Register.day, func.count(Register.id)), Register, scope)
        .join(Centre, Centre.id == Register.centre_id)
        .where(Register.state == str(state), of_kind)
        .group_by(Register.day)
        .order_by(Register.day)
    )
    return tuple((day, count) for day, count in db.session.execute(statement))


def _sums(day: dt.date) -> Any:
    return (
        select(
            CentreDay.centre_id,
            func.sum(CentreDay.present).label("present"),
            func.sum(CentreDay.late).label("late"),
            func.sum(CentreDay.absent).label("absent"),
        )
        .where(CentreDay.day == day)
        .group_by(CentreDay.centre_id)
    )


def _centre_line(row: Any) -> CentreLine:
    centre, sub_county, series, register, people, _id, present, late, absent, unseen, *call = row
    return CentreLine(
        centre_id=centre.id,
        code=centre.code,
        name=centre.name,
        kind=centre.kind,
        telephone=centre.telephone,
        sub_county=sub_county,
        series=series,
        register_id=register.id if register else None,
        state=_state(register.state) if register else None,
        version=register.version if register else 0,
        return_reason=register.return_reason if register else None,
        submitted_at=register.submitted_at if register else None,
        expected=people,
        present=present or 0,
        late=late or 0,
        absent=absent or 0,
        unseen_remarks=unseen or 0,
        manager=call[0],
        manager_telephone=call[1],
    )


def _marks(days: list[dt.date], statuses: list[str | None]) -> dict[dt.date, MarkStatus]:
    pairs = zip(days, statuses, strict=True)
    return {day: MarkStatus(status) for day, status in pairs if status}


def _by_state(counts: Any) -> dict[RegisterState, int]:
    return dict(zip(RegisterState, counts, strict=True))


def _state(stored: str | None) -> RegisterState | None:
    return None if stored is None else RegisterState(stored)
