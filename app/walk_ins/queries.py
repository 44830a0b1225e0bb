"""Reads of walk-ins: a centre's day, what waits for the director, and what stands in the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, Select, and_, case, cast, exists, func, select

from app.access.accounts import account_name
from app.access.models import User
from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.machine import bar_to_take_in
from app.attendance.models import Mark, Register
from app.db.vault import Vault
from app.deployments.models import Deployment, Post
from app.deployments.queries import Seating, bars_of
from app.errors import NotFound
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.people.queries.lookalikes import initials
from app.places.models import Centre, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, system_scope
from app.vacancies.eligibility import Bar
from app.walk_ins.enums import NumberKind, WalkInState
from app.walk_ins.models import WalkIn
from app.words import N_, Sentence

NUMBER = "walk_in.number"
"""What the sealed number is sealed for."""
WHOSE = system_scope("walk-ins")
"""Whose number it is is looked up in the whole country; who is told what stands below."""
MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One walk-in as lists show it: what the centre said, and where it stands."""

    id: int
    centre_id: int
    centre_code: str
    centre: str
    sub_county: str
    day: dt.date
    role: str
    role_sw: str
    name: str
    why: str
    number_kind: NumberKind
    number_last: str | None
    status: MarkStatus
    minutes_late: int | None
    late_reason: str | None
    state: WalkInState
    entered_at: dt.datetime
    entered_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """The officer of the reader's reach to whom the number belongs."""

    officer_id: int
    name: str
    mobile: str | None
    tsc_number: str | None
    workstation: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An officer of another sub-county to whom the number belongs, as far as the director decides by
    it: no name, no number and no station.

    `wants` are the roles (name, name_sw) they asked for; `elsewhere` whether they hold a post
    somewhere else on that day.
    """

    officer_id: int
    initials: str
    sub_county: str
    state: str
    wants: tuple[tuple[str, str], ...]
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in the way of an acceptance, each in a sentence; `bars` name their rules.

    `neighbour` is whose number it is where they are of another sub-county. `absent` is whoever holds
    a place and was marked absent: where every place is filled, the day is theirs to yield.
    """

    person: Person | None
    places: int
    filled: int
    absent: Row[Any] | None = None
    bars: tuple[Bar, ...] = ()
    others: tuple[Sentence, ...] = ()
    neighbour: Neighbour | None = None

    @property
    def is_clear(self) -> bool:
        """Whether nothing stands in the way for the day itself."""
        return self.officer_id is not None and not self.bars and not self.others

    @property
    def officer_id(self) -> int | None:
        """Whose number it is, here or next door."""
        known = self.person or self.neighbour
        return known.officer_id if known else None


def waiting(session: Any, scope: Scope, today: dt.date) -> tuple[int, int]:
    """How many walk-ins wait for a decision: those of today, and those of earlier days."""
    counts = (
        func.count(case((WalkIn.day >= today, 1))),
        func.count(case((WalkIn.day < today, 1))),
    )
    statement = select(*counts).where(WalkIn.state == str(WalkInState.PROVISIONAL))
    found: Row[Any] = session.execute(restrict(statement, WalkIn, scope)).one()
    return found[0], found[1]


def of_centre(
    session: Any, scope: Scope, centre_id: int, day: dt.date | None = None
) -> tuple[Line, ...]:
    """A centre's walk-ins of a day, or of all days with the latest first."""
    statement = _lines().where(WalkIn.centre_id == centre_id)
    if day is not None:
        statement = statement.where(WalkIn.day == day)
    return _read(session, scope, statement.order_by(WalkIn.day.desc(), WalkIn.id))


def in_scope(
    session: Any, scope: Scope, today: dt.date, *, decided: bool = False
) -> tuple[Line, ...]:
    """The walk-ins that wait: those of today first, then the longest waiting; or those decided."""
    open_ones = WalkIn.state == str(WalkInState.PROVISIONAL)
    statement = _lines().where(~open_ones if decided else open_ones)
    if decided:
        return _read(session, scope, statement.order_by(WalkIn.decided_at.desc(), WalkIn.id))
    return _read(session, scope, statement.order_by(WalkIn.day < today, WalkIn.day, WalkIn.id))


def line_of(session: Any, scope: Scope, walk_in_id: int) -> Line:
    """One walk-in; NotFound outside the scope."""
    found = _read(session, scope, _lines().where(WalkIn.id == walk_in_id))
    if not found:
        raise NotFound("no-walk-in", N_("That record was not found."))
    return found[0]


def roles_at(session: Any, scope: Scope, centre_id: int) -> Sequence[Row[Any]]:
    """The roles (id, name, name_sw) that the centre has posts of, in their order."""
    statement = (
        select(StaffRole.id, StaffRole.name, StaffRole.name_sw)
        .join(Post, Post.role_id == StaffRole.id)
        .where(Post.centre_id == centre_id, Post.required > 0)
        .order_by(StaffRole.position, StaffRole.id)
    )
    found: Sequence[Row[Any]] = session.execute(restrict(statement, Post, scope)).all()
    return found


def person_of(session: Any, scope: Scope, one: WalkIn, vault: Vault) -> Person | None:
    """Who the number belongs to by now, if it is somebody of the reader's reach."""
    mine = _has_number(one, vault)
    if mine is None:
        return None
    statement = select(
        Officer.id,
        Officer.full_name,
        Officer.mobile,
        Officer.tsc_number,
        Officer.workstation,
        Officer.state,
    ).where(mine, Officer.merged_into_id.is_(None))
    found = session.execute(restrict(statement, Officer, scope)).first()
    return Person(*found) if found else None


def neighbour_of(session: Any, one: WalkIn, vault: Vault) -> Neighbour | None:
    """Who the number belongs to anywhere in the country; read where nobody of the reader's own reach
    has it."""
    mine = _has_number(one, vault)
    if mine is None:
        return None
    elsewhere = exists().where(
        Deployment.officer_id == Officer.id,
        Deployment.period.op("@>")(cast(one.day, Date)),
        Deployment.centre_id != one.centre_id,
    )
    statement = (
        select(
            Officer.id,
            Officer.full_name,
            Officer.state,
            Officer.wanted_roles,
            SubCounty.name,
            elsewhere,
        )
        .outerjoin(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(mine, Officer.merged_into_id.is_(None))
    )
    with scoped_as(session, WHOSE):
        found = session.execute(statement).first()
    if found is None:
        return None
    pk, name, state, wanted, sub_county, is_elsewhere = found
    roles = session.execute(
        select(StaffRole.name, StaffRole.name_sw)
        .where(StaffRole.code.in_(wanted))
        .order_by(StaffRole.position)
    )
    wants = tuple((role, role_sw) for role, role_sw in roles)
    return Neighbour(pk, initials(name), sub_county or "", state, wants, is_elsewhere)


def _has_number(one: WalkIn, vault: Vault) -> ColumnElement[bool] | None:
    """Who has the number that the centre gave; None once retention has emptied it."""
    if one.number_cipher is None:
        return None
    if one.number_kind == NumberKind.NATIONAL_ID:
        return Officer.national_id_index == one.number_index
    return Officer.mobile == vault.unseal(bytes(one.number_cipher), context=NUMBER)


def verdict_on(session: Any, scope: Scope, one: WalkIn, vault: Vault) -> Verdict:
    """Everything that stands in the way of taking them on for that day."""
    post = session.scalars(
        restrict(select(Post), Post, scope).where(
            Post.centre_id == one.centre_id, Post.role_id == one.role_id
        )
    ).one_or_none()
    places = post.required if post else 0
    filled = places_filled(session, post.id, one.day) if post else 0
    person = person_of(session, scope, one, vault)
    full = filled >= places
    absent = absent_holder(session, scope, post.id, one.day) if post and full else None
    neighbour = neighbour_of(session, one, vault) if person is None else None
    known = person or neighbour
    others = [*_closed(session, scope, one)]
    if known is None:
        others.append(Sentence(N_("No officer of the country has this number.")))
    if full and absent is None:
        others.append(Sentence(N_("Every place of this role is filled on that day.")))
    bars: tuple[Bar, ...] = ()
    if known is not None and post is not None:
        bars = bars_of(session, [Seating(known.officer_id, post.id, one.day, one.day)])[0]
    return Verdict(person, places, filled, absent, bars, tuple(others), neighbour)


def absent_holder(session: Any, scope: Scope, post_id: int, day: dt.date) -> Row[Any] | None:
    """Who (id, name, slot) holds a place of the post on the day, is marked absent, and has not
    yielded it yet."""
    statement = (
        select(Deployment.id, Officer.full_name.label("name"), Deployment.slot)
        .join(Mark, and_(Mark.deployment_id == Deployment.id, Mark.day == day))
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(Deployment.post_id == post_id, Mark.status == str(MarkStatus.ABSENT))
        .where(Deployment.holds.op("@>")(cast(day, Date)))
        .order_by(Deployment.slot, Deployment.id)
        .limit(1)
    )
    found: Row[Any] | None = session.execute(restrict(statement, Deployment, scope)).first()
    return found


def to_decide(
    session: Any, scope: Scope, walk_in_id: int, vault: Vault
) -> tuple[WalkIn, Verdict, dt.date]:
    """A walk-in, what stands in its way, and the last day of its series; NotFound outside."""
    statement = select(WalkIn, Series.ends_on).join(Series, Series.id == WalkIn.series_id)
    found = session.execute(
        restrict(statement.where(WalkIn.id == walk_in_id), WalkIn, scope)
    ).one_or_none()
    if found is None:
        raise NotFound("no-walk-in", N_("That record was not found."))
    one, last_day = found
    return one, verdict_on(session, scope, one, vault), last_day


def _closed(session: Any, scope: Scope, one: WalkIn) -> tuple[Sentence, ...]:
    statement = select(Register.state).where(
        Register.centre_id == one.centre_id, Register.day == one.day
    )
    state = session.scalar(restrict(statement, Register, scope))
    said = bar_to_take_in(RegisterState(state) if state else None)
    return (said,) if said else ()


def places_filled(session: Any, post_id: int, day: dt.date) -> int:
    """How many places of the post somebody holds on the day."""
    period = func.daterange(day, day, "[]")
    found: int = session.scalar(
        select(func.count(Deployment.slot.distinct())).where(
            Deployment.post_id == post_id, Deployment.holds.op("&&")(period)
        )
    )
    return found


def _lines() -> Select[Any]:
    return (
        select(
            WalkIn.id,
            WalkIn.centre_id,
            Centre.code,
            Centre.name,
            SubCounty.name,
            WalkIn.day,
            StaffRole.name,
            StaffRole.name_sw,
            WalkIn.typed_name,
            WalkIn.why,
            WalkIn.number_kind,
            WalkIn.number_last,
            WalkIn.status,
            WalkIn.minutes_late,
            WalkIn.late_reason,
            WalkIn.state,
            WalkIn.entered_at,
            account_name(),
            WalkIn.decided_at,
            WalkIn.decision_reason,
        )
        .join(Centre, Centre.id == WalkIn.centre_id)
        .join(SubCounty, SubCounty.id == WalkIn.sub_county_id)
        .join(StaffRole, StaffRole.id == WalkIn.role_id)
        .outerjoin(User, User.id == WalkIn.entered_by)
        .limit(MOST)
    )


def _read(session: Any, scope: Scope, statement: Select[Any]) -> tuple[Line, ...]:
    rows = session.execute(restrict(statement, WalkIn, scope)).all()
    return tuple(_line(row) for row in rows)


def _line(row: Row[Any]) -> Line:
    values = list(row)
    for at, word in ((10, NumberKind), (12, MarkStatus), (15, WalkInState)):
        values[at] = word(values[at])
    return Line(*values)
