"""The weekly rotation of a sub-county is planned for all weeks and published in one act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import clock
from app.db.retries import in_one_transaction
from app.deployments import redeploy_texts
from app.deployments import rotation as solver
from app.deployments.enums import DeploymentAct
from app.deployments.models import Deployment, Post
from app.deployments.queries.rotation import Rotation, rotating_roles, rotation_of
from app.deployments.services import rotating
from app.deployments.services.moves import end_deployment, given_reason
from app.deployments.services.rotating import Assigned
from app.deployments.services.steps import locked
from app.errors import NotFound, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.letters import services as letters
from app.letters.enums import LetterAct
from app.permissions import require
from app.procedures.duties import tell
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = ["Assigned", "Published", "planned", "publish", "rotation_now", "series_that_rotate"]

RESOURCE = "deployments"


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication changed: people who move, new stays, stays that end earlier."""

    people: int
    stays: int
    shortened: int


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

    One letter for each stay, one SMS for each person with the first move. Raises RuleBroken for
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
    _replace(actor, outdated, reason)
    letters.replace_letters(session, actor, shortened, reason)
    follows = {one.officer_id: one.id for one in sorted(running, key=lambda one: one.ends_on)}
    made = rotating.place_all(session, actor, new, follows, reason)
    letters.issue_letters(session, actor, made)
    first_moves: dict[int, Deployment] = {}
    for one in made:
        first_moves.setdefault(one.officer_id, one)
    tell(session, first_moves.values(), redeploy_texts.ROTATED, intent="rotated")
    return Published(len(first_moves), len(made), len(shortened))


def _key(one: Assigned) -> tuple[int, int, dt.date, dt.date]:
    return one.officer_id, one.post_id, one.week.first, one.week.last


def _replace(actor: Actor, outdated: Sequence[Deployment], reason: str) -> None:
    """Stays of an earlier plan that are still to come end before they begin."""
    for one in outdated:
        last = one.starts_on - dt.timedelta(days=1)
        end_deployment(db.session, actor, one, DeploymentAct.REPLACE, reason=reason, last_day=last)
    letters.end_letters(db.session, actor, outdated, LetterAct.REPLACED, reason)
