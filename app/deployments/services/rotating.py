"""A rotation is stored: stays that run are shortened, those still to come are planned anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.deployments.enums import DeploymentStatus
from app.deployments.models import Deployment, Post
from app.deployments.queries.fitness import Seating, bars_of
from app.deployments.queries.rotation import Rotation, Week
from app.deployments.services.steps import note, terms
from app.errors import Problems, RuleBroken
from app.extensions import Model
from app.scoping.scope import Actor
from app.words import N_, day_words

__all__ = ["Assigned", "place_all", "refuse_faults", "refuse_marked", "shorten"]


@dataclass(frozen=True, slots=True, order=True)
class Assigned:
    """Somebody at a post in a week to come."""

    week: Week
    post_id: int
    officer_id: int


def refuse_faults(rotation: Rotation, plan: Sequence[Assigned]) -> None:
    """RuleBroken with everything that is wrong with a plan; the rules themselves are asked later."""
    faults = Problems()
    weeks = {one: number for number, one in enumerate(rotation.weeks)}
    places = [one.post_id for one in rotation.places]
    names = {one.officer_id: one.name for one in rotation.people}
    centres = {one.post_id: one for one in rotation.places}
    seen: set[tuple[int, object]] = set()
    for one in plan:
        if one.week not in weeks or one.post_id not in centres or one.officer_id not in names:
            said = N_("The season changed since this plan was made. Plan again.")
            raise RuleBroken("plan-out-of-date", said)
        facts = {
            "officer": names[one.officer_id],
            "centre": centres[one.post_id].centre,
            "day": day_words(one.week.first),
        }
        if not rotation.may(one.officer_id, one.post_id, weeks[one.week]):
            said = N_("%(officer)s cannot serve at %(centre)s in the week of %(day)s.")
            faults.add("not-eligible", said, facts=facts)
        for key, said in (
            (
                (one.officer_id, one.week),
                N_("%(officer)s is planned twice in the week of %(day)s."),
            ),
            (
                (one.officer_id, centres[one.post_id].centre_id),
                N_("%(officer)s would come to %(centre)s twice."),
            ),
        ):
            if key in seen:
                faults.add("planned-twice", said, facts=facts)
            seen.add(key)
    for week in rotation.weeks:
        held = [one.post_id for one in plan if one.week == week]
        for post_id in {one for one in held if held.count(one) > places.count(one)}:
            said = N_("%(centre)s has more people than places in the week of %(day)s.")
            facts = {"centre": centres[post_id].centre, "day": day_words(week.first)}
            faults.add("too-many", said, facts=facts)
    faults.refuse_if_any()


def refuse_marked(session: Any, deployments: Iterable[Deployment], from_day: dt.date) -> None:
    """RuleBroken where a day of the weeks to come is marked already."""
    mark = Model.metadata.tables["mark"]
    ids = [one.id for one in deployments]
    marked = session.scalar(
        select(func.max(mark.c.day)).where(mark.c.deployment_id.in_(ids), mark.c.day >= from_day)
    )
    if marked is not None:
        said = N_("%(day)s is marked already: days that are marked stay where they were worked.")
        raise RuleBroken("day-marked", said, facts={"day": day_words(marked)})


def shorten(
    session: Any, actor: Actor, deployments: Sequence[Deployment], last_day: dt.date, reason: str
) -> list[Deployment]:
    """Ends stays that run with the week; they stay as they were answered. Those that changed."""
    changed = [one for one in deployments if one.ends_on > last_day]
    before = {one.id: terms(one) for one in changed}
    for one in changed:
        one.ends_on = last_day
    session.flush()
    for one in changed:
        after = terms(one)
        note(session, actor, "shortened", one, before=before[one.id], after=after, reason=reason)
    return changed


def place_all(
    session: Any,
    actor: Actor,
    plan: Sequence[Assigned],
    follows: dict[int, int],
    reason: str,
) -> list[Deployment]:
    """A published deployment for each stay, week after week, each following the one before.

    `follows` has the deployment that somebody comes from. Raises RuleBroken for every rule that
    bars somebody by now, and for a post without a free place.
    """
    posts = {
        one.id: one
        for one in session.scalars(
            select(Post)
            .where(Post.id.in_({one.post_id for one in plan}))
            .order_by(Post.id)
            .with_for_update(of=Post)
        )
    }
    _refuse_bars(session, plan)
    free = _FreeSlots(session, posts)
    made = []
    for one in sorted(plan):
        post = posts[one.post_id]
        deployment = Deployment(
            series_id=post.series_id,
            centre_id=post.centre_id,
            sub_county_id=post.sub_county_id,
            post_id=post.id,
            role_id=post.role_id,
            officer_id=one.officer_id,
            slot=free.take(post, one.week),
            starts_on=one.week.first,
            ends_on=one.week.last,
            status=DeploymentStatus.PUBLISHED,
            reason=reason[:300],
            published_at=clock.now(),
            follows_id=follows.get(one.officer_id),
            created_by=actor.user_id,
        )
        session.add(deployment)
        session.flush()
        follows[one.officer_id] = deployment.id
        note(session, actor, "placed", deployment, after=terms(deployment), reason=reason)
        made.append(deployment)
    return made


def _refuse_bars(session: Any, plan: Sequence[Assigned]) -> None:
    seatings = [Seating(one.officer_id, one.post_id, one.week.first, one.week.last) for one in plan]
    faults = Problems()
    for one, reasons in zip(plan, bars_of(session, seatings), strict=True):
        for bar in reasons:
            facts = {"day": day_words(one.week.first), "reason": bar.sentence}
            code = f"barred-{bar.kind.value.replace('_', '-')}"
            faults.add(code, N_("Week of %(day)s: %(reason)s"), facts=facts)
    faults.refuse_if_any()


class _FreeSlots:
    """The numbered places of posts, read once and given out week by week."""

    def __init__(self, session: Any, posts: dict[int, Post]) -> None:
        self.held: dict[int, list[tuple[int, dt.date, dt.date]]] = {one: [] for one in posts}
        rows = session.execute(
            select(Deployment.post_id, Deployment.slot, Deployment.starts_on, Deployment.ends_on)
            .where(Deployment.post_id.in_(posts), Deployment.status != DeploymentStatus.DECLINED)
            .where(Deployment.ends_on >= Deployment.starts_on)
        )
        for post_id, slot, first, last in rows:
            self.held[post_id].append((slot, first, last))

    def take(self, post: Post, week: Week) -> int:
        held = self.held[post.id]
        taken = {slot for slot, first, last in held if first <= week.last and week.first <= last}
        for slot in range(1, post.required + 1):
            if slot not in taken:
                held.append((slot, week.first, week.last))
                return slot
        raise RuleBroken(
            "posts-filled",
            N_("A post has no free place in the week of %(day)s."),
            facts={"day": day_words(week.first)},
        )
