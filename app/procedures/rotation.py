"""The weekly rotation of a sub-county is planned for all weeks and published in one act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.db.retries import in_one_transaction
from app.deployments import redeploy_texts
from app.deployments import rotation as solver
from app.deployments.enums import DeploymentAct
from app.deployments.models import Deployment, Post
from app.deployments.queries.rotation import Rotation, Week, rotating_roles, rotation_of
from app.deployments.services import rotating
from app.deployments.services.moves import given_reason
from app.deployments.services.rotating import Assigned
from app.deployments.services.steps import locked
from app.errors import NotFound, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.letters import services as letters
from app.permissions import require
from app.procedures.duties import end_duty, tell
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_, day_in

__all__ = ["Assigned", "Published", "planned", "publish", "rotation_now", "series_that_rotate"]

RESOURCE = "deployments"


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication changed: people who move, new stays, stays that end earlier, and people
    left without a station in a week of their duty."""

    people: int
    stays: int
    shortened: int
    left_out: int = 0


def series_that_rotate(scope: Scope, actor: Actor) -> list[tuple[Series, int]]:
    """Running series with posts in scope whose rules make a role rotate, with that role's key."""
    require(actor, RESOURCE, "rotate")
    here = restrict(select(Post.series_id).distinct(), Post, scope)
    found = db.session.scalars(
        select(Series)
        .where(Series.id.in_(here), Series.ends_on >= clock.today())
        .order_by(Series.starts_on, Series.id)
    ).all()
    return [(one, role.id) for one in found for role in rotating_roles(db.session, one.id)]


def rotation_now(scope: Scope, actor: Actor, *, series_id: int, role_id: int) -> Rotation:
    """The rotation as it may be planned today; NotFound for a role that does not rotate."""
    if (series_id, role_id) not in [
        (one.id, role) for one, role in series_that_rotate(scope, actor)
    ]:
        raise NotFound("not-found", N_("That record was not found."))
    return rotation_of(db.session, scope, series_id=series_id, role_id=role_id, today=clock.today())


def planned(rotation: Rotation) -> tuple[list[Assigned], solver.Plan]:
    """The best plan of all weeks to come, and how good it is."""
    plan = solver.plan(rotation.problem())
    cells = [
        Assigned(
            rotation.weeks[week],
            rotation.places[place].post_id,
            rotation.people[person].officer_id,
        )
        for (week, place), person in sorted(plan.cells.items())
    ]
    return cells, plan


def publish(
    scope: Scope,
    actor: Actor,
    *,
    series_id: int,
    role_id: int,
    plan: Sequence[Assigned],
    reason: str,
) -> Published:
    """Stores the plan of all weeks to come: the running week stands, each later stay is deployed.

    One letter for each stay, one SMS for each person with the first move, and one for whoever has
    no station in a week of their duty: the letter for it holds no more. Raises RuleBroken for
    everything that is wrong with the plan, and where nothing would change.
    """
    require(actor, RESOURCE, "rotate")

    def work() -> Published:
        session = db.session
        why = given_reason(reason)
        rotation = rotation_now(scope, actor, series_id=series_id, role_id=role_id)
        if not rotation.weeks or not plan:
            raise RuleBroken("nothing-to-rotate", N_("No week to come is planned."))
        ids = [stay.deployment_id for one in rotation.people for stay in one.stays]
        found = locked(session, scope, ids)
        rotation = rotation_now(scope, actor, series_id=series_id, role_id=role_id)
        rotating.refuse_faults(rotation, plan)
        return _stored(actor, rotation, found, plan, why)

    return in_one_transaction(db.session, work)


def _stored(
    actor: Actor,
    rotation: Rotation,
    found: Sequence[Deployment],
    plan: Sequence[Assigned],
    reason: str,
) -> Published:
    session, first = db.session, rotation.weeks[0].first
    rotating.refuse_marked(session, found, first)
    kept = {(one.officer_id, one.post_id, one.starts_on, one.ends_on): one for one in found}
    new = [one for one in plan if _key(one) not in kept]
    staying = {_key(one) for one in plan} & set(kept)
    running = [one for one in found if one.starts_on < first]
    outdated = [one for key, one in kept.items() if one.starts_on >= first and key not in staying]
    last = rotation.standing.last if rotation.standing else first - dt.timedelta(days=1)
    shortened = rotating.shorten(session, actor, running, last, reason)
    if not new and not outdated and not shortened:
        raise RuleBroken("nothing-changed", N_("The plan is published already as it stands."))
    gone = _left_out(rotation, plan)
    _end(actor, rotation, outdated, gone, reason=reason)
    letters.replace_letters(session, actor, shortened, reason)
    follows = {one.officer_id: one.id for one in sorted(running, key=lambda one: one.ends_on)}
    made = rotating.place_all(session, actor, new, follows, reason)
    letters.issue_letters(session, actor, made)
    first_moves: dict[int, Deployment] = {}
    for one in made:
        first_moves.setdefault(one.officer_id, one)
    tell(session, first_moves.values(), redeploy_texts.ROTATED, intent="rotated")
    _tell_left_out(session, found, gone)
    return Published(len(first_moves), len(made), len(shortened), len(gone))


def _key(one: Assigned) -> tuple[int, int, dt.date, dt.date]:
    return one.officer_id, one.post_id, one.week.first, one.week.last


LeftOut = Mapping[int, Sequence[Week]]
"""Officer -> weeks of their duty in which a plan gives them no station."""


def _left_out(rotation: Rotation, plan: Sequence[Assigned]) -> LeftOut:
    placed = {(one.officer_id, one.week) for one in plan}
    found = {
        person.officer_id: [
            week
            for week in rotation.weeks
            if (person.officer_id, week) not in placed
            and any(stay.touches(week) for stay in person.stays)
        ]
        for person in rotation.people
    }
    return {officer_id: weeks for officer_id, weeks in found.items() if weeks}


def _end(
    actor: Actor, rotation: Rotation, outdated: Sequence[Deployment], gone: LeftOut, *, reason: str
) -> None:
    """Stays of an earlier plan that are still to come end before they begin: replaced by those of
    this one, withdrawn where it has none for somebody in their weeks."""
    session = db.session
    for one in outdated:
        weeks = {w for w in rotation.weeks if one.starts_on <= w.last and w.first <= one.ends_on}
        lost = weeks <= set(gone.get(one.officer_id, ()))
        act = DeploymentAct.WITHDRAW if lost else DeploymentAct.REPLACE
        last = one.starts_on - dt.timedelta(days=1)
        end_duty(session, actor, one, act, reason=reason, last_day=last)


def _tell_left_out(session: Any, found: Sequence[Deployment], gone: LeftOut) -> None:
    """One SMS to everybody who has no station in some week, by the stay that they lose first."""
    lost: dict[int, Deployment] = {}
    for one in sorted(found, key=lambda one: (one.starts_on, one.id)):
        if gone.get(one.officer_id):
            lost[one.officer_id] = lost.get(one.officer_id, one)
    weeks = {one.id: gone[one.officer_id] for one in lost.values()}

    def when(row: Any) -> Mapping[str, object]:
        return {"weeks": ", ".join(day_in(week.first, row.locale) for week in weeks[row.id])}

    tell(session, lost.values(), redeploy_texts.LEFT_OUT, intent="left-out", also=when)
