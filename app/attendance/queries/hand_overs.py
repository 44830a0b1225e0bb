"""Reads of hand-over forms: one's own, the one from who was there before, those of a place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, select, tuple_

from app.attendance.models import HandOver
from app.attendance.queries.histories import with_own_centres
from app.deployments.enums import HAS_SERVED
from app.deployments.models import Deployment
from app.deployments.queries.rotation import rotating_roles
from app.errors import NotFound
from app.exams.models import StaffRole
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = [
    "Colleague",
    "Form",
    "Received",
    "form_of",
    "hand_over_of",
    "hand_overs_in",
    "received_by",
    "rotates",
]

SERVED = sorted(str(status) for status in HAS_SERVED)
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody on the roster of the centre during the stay, and what is noted about them."""

    deployment_id: int
    name: str
    role: str
    role_sw: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A hand-over form as it stands, or as it begins: the roster, and issues that are still open.

    `before` is the form that who was there before left, None where nobody did.
    """

    deployment: Deployment
    station: str
    people: tuple[Colleague, ...]
    issues: tuple[Mapping[str, Any], ...]
    absent_candidates: int | None
    absentees: str
    hardships: str
    submitted_at: dt.datetime | None
    hand_over_id: int | None
    before: HandOver | None


@dataclass(frozen=True, slots=True)
class Received:
    """A submitted form as others read it."""

    hand_over: HandOver
    author: str
    centre: str
    code: str
    role: str
    role_sw: str
    first: dt.date
    last: dt.date
    people: tuple[Colleague, ...] = ()


def rotates(session: Any, deployment: Deployment) -> bool:
    """Whether the role hands over to the next every week."""
    return deployment.role_id in {one.id for one in rotating_roles(session, deployment.series_id)}


def own_stay(scope: Scope, actor: Actor, deployment_id: int) -> Deployment:
    """The actor's own stay in a role that rotates; NotFound for any other."""
    statement = restrict(select(Deployment), Deployment, scope).where(
        Deployment.id == deployment_id,
        Deployment.officer_id == actor.officer_id,
        Deployment.status.in_(SERVED),
        Deployment.ends_on >= Deployment.starts_on,
    )
    found: Deployment | None = db.session.scalars(statement).one_or_none()
    if found is None or not rotates(db.session, found):
        raise NotFound("no-stay-here", N_("There is no such stay of yours."))
    return found


def form_of(scope: Scope, actor: Actor, deployment_id: int) -> Form:
    """The actor's form of a stay, begun with what is known where nothing is written yet."""
    stay = own_stay(scope, actor, deployment_id)
    with with_own_centres(scope):
        written = db.session.scalars(
            restrict(select(HandOver), HandOver, scope).where(HandOver.deployment_id == stay.id)
        ).one_or_none()
        before = _before(scope, stay)
        station = db.session.scalars(select(Centre.name).where(Centre.id == stay.centre_id)).one()
        people = _roster(stay, _notes(written))
    open_still = [one for one in (before.issues if before else ()) if one["open"]]
    return Form(
        deployment=stay,
        station=station,
        people=people,
        issues=tuple(written.issues if written else open_still),
        absent_candidates=written.absent_candidates if written else None,
        absentees=written.absentees if written else "",
        hardships=written.hardships if written else "",
        submitted_at=written.submitted_at if written else None,
        hand_over_id=written.id if written else None,
        before=before,
    )


def received_by(scope: Scope, stays: Sequence[Deployment]) -> Mapping[int, HandOver]:
    """By stay that is not over: the newest form that was left to it at its centre in its role."""
    asked = {(one.centre_id, one.role_id) for one in stays}
    if not asked:
        return {}
    rows = db.session.scalars(
        restrict(select(HandOver), HandOver, scope)
        .where(
            tuple_(HandOver.centre_id, HandOver.role_id).in_(sorted(asked)),
            HandOver.submitted_at.is_not(None),
        )
        .order_by(HandOver.from_day, HandOver.id)
    ).all()
    found: dict[int, HandOver] = {}
    for stay in stays:
        for row in rows:
            here = (row.centre_id, row.role_id) == (stay.centre_id, stay.role_id)
            if here and row.from_day < stay.starts_on:
                found[stay.id] = row
    return found


def hand_overs_in(scope: Scope) -> tuple[Received, ...]:
    """The submitted forms in scope, the newest first."""
    statement = _received().where(HandOver.submitted_at.is_not(None))
    statement = restrict(statement, HandOver, scope)
    rows = db.session.execute(
        statement.order_by(HandOver.submitted_at.desc(), HandOver.id.desc()).limit(MOST_LISTED)
    ).all()
    return tuple(Received(*row) for row in rows)


def hand_over_of(scope: Scope, hand_over_id: int) -> Received:
    """A form with the names of those it notes something about; NotFound outside the scope."""
    asked = restrict(select(HandOver.id), HandOver, scope).where(HandOver.id == hand_over_id)
    if db.session.scalars(asked).one_or_none() is None:
        raise NotFound("not-found", N_("That record was not found."))
    with with_own_centres(scope):
        row = db.session.execute(_received().where(HandOver.id == hand_over_id)).first()
        if row is None:
            raise NotFound("not-found", N_("That record was not found."))
        notes = _notes(row[0])
        people = tuple(
            Colleague(one.id, one.full_name, one.name, one.name_sw, notes[one.id])
            for one in _named(notes)
        )
    return replace(Received(*row), people=people)


def _received() -> Select[Any]:
    return (
        select(
            HandOver,
            Officer.full_name,
            Centre.name,
            Centre.code,
            StaffRole.name,
            StaffRole.name_sw,
            Deployment.starts_on,
            Deployment.ends_on,
        )
        .join(Deployment, Deployment.id == HandOver.deployment_id)
        .join(Officer, Officer.id == HandOver.officer_id)
        .join(Centre, Centre.id == HandOver.centre_id)
        .join(StaffRole, StaffRole.id == HandOver.role_id)
    )


def _before(scope: Scope, stay: Deployment) -> HandOver | None:
    return received_by(scope, [stay]).get(stay.id)


def _roster(stay: Deployment, notes: Mapping[int, str]) -> tuple[Colleague, ...]:
    """Everybody else who serves at the centre on a day of the stay, and who was noted before."""
    statement = (
        _people()
        .where(
            Deployment.centre_id == stay.centre_id,
            Deployment.officer_id != stay.officer_id,
            Deployment.starts_on <= stay.ends_on,
            Deployment.ends_on >= stay.starts_on,
            Deployment.ends_on >= Deployment.starts_on,
            Deployment.status.in_(SERVED),
        )
        .order_by(StaffRole.position, Officer.full_name, Deployment.id)
    )
    return tuple(
        Colleague(one.id, one.full_name, one.name, one.name_sw, notes.get(one.id, ""))
        for one in db.session.execute(statement)
    )


def _named(ids: Collection[int]) -> Sequence[Row[Any]]:
    found: Sequence[Row[Any]] = db.session.execute(
        _people()
        .where(Deployment.id.in_(sorted(ids)))
        .order_by(StaffRole.position, Officer.full_name, Deployment.id)
    ).all()
    return found


def _people() -> Select[Any]:
    return (
        select(Deployment.id, Officer.full_name, StaffRole.name, StaffRole.name_sw)
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
    )


def _notes(written: HandOver | None) -> dict[int, str]:
    people = written.people if written else ()
    return {one["deployment_id"]: one["note"] for one in people}
