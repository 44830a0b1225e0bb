"""Reviews of look-alikes: the queue of an office, and one pair side by side.

A pair may lie in two sub-counties. Each office reads its own officer in full, and of the other
what is needed to talk to the other office: initials, year of birth, workplace, and whom to call.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from app.errors import NotFound
from app.extensions import Model, db
from app.people.matching import folded
from app.people.models import Lookalike, Officer
from app.people.queries.identity import shown_numbers
from app.places.models import OfficeContact, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, system_scope
from app.words import N_

__all__ = ["DayInTheWay", "Pair", "Side", "Waiting", "counts", "days_in_the_way", "pair", "waiting"]

BOTH = system_scope("look-alike pair")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One officer of a pair as this reader may see them; `mobile` is empty where masked."""

    officer_id: int
    name: str
    year_of_birth: int | None
    gender: str | None
    workplace: str | None
    sub_county: str | None
    state: str
    is_masked: bool
    mobile: str = ""
    email: str = ""
    employer: str = ""
    designation: str = ""
    kin: str = ""
    kin_telephone: str = ""
    account: str = ""
    national_id: str = ""
    kra_pin: str = ""
    tsc_number: str = ""
    created_at: dt.datetime | None = None
    deployments: int | None = None
    days_worked: int | None = None
    office: str = ""
    office_telephone: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the queue."""

    id: int
    names: tuple[str, str]
    sub_counties: tuple[str, str]
    score: int
    reasons: tuple[str, ...]
    state: str
    found_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """One review: both sides, and what has been decided so far."""

    id: int
    one: Side
    other: Side
    score: int
    reasons: tuple[str, ...]
    state: str
    survivor_id: int | None
    kept: dict[str, str]
    proposal_reason: str | None
    proposed_by: int | None
    proposer: str | None
    proposed_at: dt.datetime | None
    decision_reason: str | None
    decider: str | None
    decided_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DayInTheWay:
    """Days on which both records are deployed, or both were marked: `last` is the last of them."""

    first: dt.date
    last: dt.date
    is_marked: bool


def counts(scope: Scope) -> dict[str, int]:
    """How many reviews of the scope stand in each state."""
    statement = select(Lookalike.state, func.count()).group_by(Lookalike.state)
    return dict(db.session.execute(restrict(statement, Lookalike, scope)).all())


def waiting(scope: Scope, *, state: str = "open", page: int = 1) -> tuple[tuple[Waiting, ...], int]:
    """A page of the reviews in a state, the surest first, and how many there are in all."""
    which = restrict(select(Lookalike), Lookalike, scope).where(Lookalike.state == state)
    total = db.session.scalar(select(func.count()).select_from(which.subquery())) or 0
    cases = db.session.scalars(
        which.order_by(Lookalike.score.desc(), Lookalike.id).offset((page - 1) * PAGE).limit(PAGE)
    ).all()
    ids = {one for case in cases for one in (case.officer_id, case.other_id)}
    people = _brief(ids)
    return tuple(_line(case, people, scope) for case in cases), total


def pair(scope: Scope, lookalike_id: int) -> Pair:
    """The review with both its officers; raises NotFound outside the scope."""
    case = review(scope, lookalike_id)
    with scoped_as(db.session, BOTH):
        one = db.session.get_one(Officer, case.officer_id)
        other = db.session.get_one(Officer, case.other_id)
        sides = (_side(scope, one), _side(scope, other))
        db.session.expunge(one)
        db.session.expunge(other)
    return Pair(
        case.id,
        *sides,
        score=case.score,
        reasons=tuple(case.reasons),
        state=case.state,
        survivor_id=case.survivor_id,
        kept=dict(case.kept or {}),
        proposal_reason=case.proposal_reason,
        proposed_by=case.proposed_by,
        proposer=_account(case.proposed_by),
        proposed_at=case.proposed_at,
        decision_reason=case.decision_reason,
        decider=_account(case.decided_by),
        decided_at=case.decided_at,
    )


def review(scope: Scope, lookalike_id: int, *, for_update: bool = False) -> Lookalike:
    """The review itself; raises NotFound outside the scope."""
    statement = restrict(select(Lookalike), Lookalike, scope).where(Lookalike.id == lookalike_id)
    if for_update:
        statement = statement.with_for_update()
    found: Lookalike | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def days_in_the_way(one: int, other: int) -> tuple[DayInTheWay, ...]:
    """The days that stop two records from being one: deployed twice, or marked twice, in order."""
    d, m = Model.metadata.tables["deployment"], Model.metadata.tables["mark"]
    a, b = d.alias(), d.alias()
    deployed = (
        select(func.lower(a.c.period * b.c.period), func.upper(a.c.period * b.c.period))
        .select_from(a.join(b, a.c.period.op("&&")(b.c.period)))
        .where(a.c.officer_id == one, b.c.officer_id == other)
        .order_by(a.c.id, b.c.id)
    )
    x, y = m.alias(), m.alias()
    marked = (
        select(x.c.day)
        .join(y, y.c.day == x.c.day)
        .where(x.c.officer_id == one, y.c.officer_id == other)
        .order_by(x.c.day)
    )
    with scoped_as(db.session, BOTH):
        found = [
            DayInTheWay(first, after - dt.timedelta(days=1), is_marked=False)
            for first, after in db.session.execute(deployed)
        ]
        found += [DayInTheWay(day, day, is_marked=True) for day in db.session.scalars(marked)]
    return tuple(sorted(found, key=lambda days: (days.first, days.last, days.is_marked)))


def _brief(ids: set[int]) -> dict[int, Any]:
    """Name and sub-county of these officers, whoever's they are."""
    with scoped_as(db.session, BOTH):
        rows = db.session.execute(
            select(
                Officer.id,
                Officer.full_name,
                Officer.sub_county_id,
                SubCounty.name,
            )
            .outerjoin(SubCounty, SubCounty.id == Officer.sub_county_id)
            .where(Officer.id.in_(ids))
        )
        return {row.id: row for row in rows}


def _line(case: Lookalike, people: dict[int, Any], scope: Scope) -> Waiting:
    both = (people[case.officer_id], people[case.other_id])
    return Waiting(
        id=case.id,
        names=tuple(_name(scope, one.full_name, one.sub_county_id) for one in both),  # type: ignore[arg-type]
        sub_counties=tuple(one.name or "" for one in both),  # type: ignore[arg-type]
        score=case.score,
        reasons=tuple(case.reasons),
        state=case.state,
        found_at=case.found_at,
    )


def _name(scope: Scope, name: str, sub_county_id: int | None) -> str:
    return name if is_readable(scope, sub_county_id) else initials(name)


def is_readable(scope: Scope, sub_county_id: int | None) -> bool:
    """Whether the scope reads an officer of this sub-county in full."""
    return scope.is_everything or sub_county_id in scope.sub_county_ids


def initials(name: str) -> str:
    """The first letters of a name, in its order: "B. O. O."."""
    return " ".join(f"{part[0].upper()}." for part in name.split() if folded(part))


def _side(scope: Scope, officer: Officer) -> Side:
    """The officer as the scope may see them."""
    masked = not is_readable(scope, officer.sub_county_id)
    known: dict[str, Any] = _office(officer) if masked else _in_full(officer)
    return Side(
        officer_id=officer.id,
        name=initials(officer.full_name) if masked else officer.full_name,
        year_of_birth=officer.year_of_birth,
        gender=None if masked else officer.gender,
        workplace=officer.workstation,
        sub_county=officer.sub_county.name if officer.sub_county else None,
        state=officer.state,
        is_masked=masked,
        **known,
    )


def _in_full(officer: Officer) -> dict[str, Any]:
    m, d = Model.metadata.tables["mark"], Model.metadata.tables["deployment"]
    worked = select(func.count()).where(m.c.officer_id == officer.id, m.c.status != "absent")
    duties = select(func.count()).where(d.c.officer_id == officer.id)
    return {
        "mobile": officer.mobile or "",
        "email": officer.email or "",
        "employer": officer.employer or "",
        "designation": officer.designation or "",
        "kin": officer.kin_name or "",
        "kin_telephone": officer.kin_telephone or "",
        "account": f"{officer.bank_name or ''} •••••{officer.account_last}"
        if officer.account_last
        else "",
        **shown_numbers(db.session, officer),
        "created_at": officer.created_at,
        "deployments": db.session.scalar(duties),
        "days_worked": db.session.scalar(worked),
    }


def _office(officer: Officer) -> dict[str, Any]:
    """Whom to call about somebody else's officer."""
    contact = db.session.execute(
        select(OfficeContact.name, OfficeContact.telephone)
        .where(
            or_(
                (OfficeContact.office == "tsc")
                & (OfficeContact.sub_county_id == officer.sub_county_id),
                OfficeContact.office == "knec",
            )
        )
        .order_by(OfficeContact.sub_county_id.is_(None), OfficeContact.id)
    ).first()
    if contact is None:
        return {}
    return {"office": contact.name or "", "office_telephone": contact.telephone or ""}


def _account(user_id: int | None) -> str | None:
    """The name of an account, as the history of a decision shows it."""
    if user_id is None:
        return None
    u = Model.metadata.tables["ab_user"]
    found = db.session.execute(select(u.c.first_name, u.c.last_name).where(u.c.id == user_id)).one()
    return " ".join(filter(None, found)).strip()
