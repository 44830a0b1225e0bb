"""Somebody on duty moves to another post, or two change places: one act with all that hangs on it.

Deployments, letters, registers and messages change together or not at all. What was marked stays
where it was worked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.access import reach
from app.attendance.queries.rosters import managers_serving
from app.attendance.services import following
from app.db.retries import in_one_transaction
from app.deployments import redeploy_texts, texts
from app.deployments.enums import CorrectionState, DeploymentAct
from app.deployments.models import Deployment, Post
from app.deployments.queries import Seating, bars_of
from app.deployments.services import Placing, corrections, moving
from app.deployments.services.moves import given_reason
from app.deployments.services.steps import locked
from app.errors import NotFound, Problems, RuleBroken
from app.extensions import Model, db
from app.messages.enums import MessageKind
from app.messages.services import post as post_message
from app.people.models import Officer
from app.permissions import require
from app.places.models import Centre
from app.procedures.duties import LONGEST_STATION, end_duty, place_officer
from app.reference.services import within
from app.scoping.scope import Actor, Scope
from app.vacancies.eligibility import Bar
from app.words import N_, day_words

__all__ = ["Move", "Wish", "plan_move", "plan_swap", "redeploy", "swap"]

RESOURCE = "deployments"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Move:
    """What would happen: the old duty ends the day before `first`, the new one runs to `last`."""

    old: Deployment
    post: Post
    first: dt.date
    last: dt.date
    bars: tuple[Bar, ...] = ()

    @property
    def old_ends(self) -> dt.date:
        return self.first - DAY

    @property
    def begins_whole(self) -> bool:
        """Whether nothing of the old duty was or will be served."""
        return self.first <= self.old.starts_on


def plan_move(
    scope: Scope, actor: Actor, *, deployment_id: int, post_id: int, from_day: dt.date
) -> Move:
    """What a redeployment would do, with every bar; nothing is stored.

    Raises NotFound outside the scope, RuleBroken for a day or a post that is impossible.
    """
    require(actor, RESOURCE, "redeploy")
    session = db.session
    old: Deployment = within(session, Deployment, scope, deployment_id)
    post: Post = within(session, Post, scope, post_id)
    moving.refuse_off_duty(old)
    moving.refuse_post(old, post)
    moving.refuse_day(session, old, from_day)
    return _planned(session, [(old, post, old.ends_on)], from_day)[0]


def plan_swap(
    scope: Scope, actor: Actor, *, a: int, b: int, from_day: dt.date
) -> tuple[Move, Move]:
    """What an exchange of posts would do, with every bar of either; nothing is stored."""
    require(actor, RESOURCE, "swap")
    session = db.session
    one: Deployment = within(session, Deployment, scope, a)
    other: Deployment = within(session, Deployment, scope, b)
    _refuse_swap(session, one, other, from_day)
    first, second = _planned(session, _exchange(session, one, other), from_day)
    return first, second


@dataclass(frozen=True, slots=True)
class Wish:
    """To which post from which day, and why; `correction_id` is what the officer had asked."""

    post_id: int
    from_day: dt.date
    reason: str
    correction_id: int | None = None


def redeploy(scope: Scope, actor: Actor, deployment_id: int, wish: Wish) -> Deployment:
    """Moves somebody on duty to another post of the sub-county from a day on; the new deployment.

    Raises NotFound outside the scope, IllegalMove where they are not on duty any more, RuleBroken
    for a day that is marked, gone or closed, for a full post, and for every rule that bars.
    """
    require(actor, RESOURCE, "redeploy")

    def work() -> Deployment:
        session = db.session
        why, first = given_reason(wish.reason), wish.from_day
        was: Deployment = within(session, Deployment, scope, deployment_id)
        post: Post = within(session, Post, scope, wish.post_id)
        registers = following.registers_from(session, {was.centre_id, post.centre_id}, first)
        (old,) = locked(session, scope, [deployment_id])
        moving.refuse_off_duty(old)
        moving.refuse_post(old, post)
        settled = following.last_settled_day(registers, post.centre_id)
        moving.refuse_day(session, old, first, settled=settled)
        last = old.ends_on
        _end(session, actor, old, first, why)
        new = _place(session, actor, Move(old, post, first, last), why)
        following.rosters_follow(session, scope, actor, registers)
        _tell_centres(session, [(old, new)])
        _settle(session, actor, old, wish, why)
        return new

    return in_one_transaction(db.session, work)


def swap(
    scope: Scope, actor: Actor, *, a: int, b: int, from_day: dt.date, reason: str
) -> tuple[Deployment, Deployment]:
    """Two people on duty exchange posts from a day on: both old duties end, then both are placed.

    Raises what `redeploy` raises, with every bar of either person.
    """
    require(actor, RESOURCE, "swap")

    def work() -> tuple[Deployment, Deployment]:
        session = db.session
        why = given_reason(reason)
        centres = {within(session, Deployment, scope, one).centre_id for one in (a, b)}
        registers = following.registers_from(session, centres, from_day)
        found = {one.id: one for one in locked(session, scope, [a, b])}
        one, other = found[a], found[b]
        for mine, theirs in ((one, other), (other, one)):
            settled = following.last_settled_day(registers, theirs.centre_id)
            moving.refuse_off_duty(mine)
            moving.refuse_day(session, mine, from_day, settled=settled)
        _refuse_swap(session, one, other, from_day)
        exchange = _exchange(session, one, other)
        for old, _post, _last in exchange:
            _end(session, actor, old, from_day, why)
        _refuse_bars(_planned(session, exchange, from_day))
        _lock_posts(session, [post.id for _old, post, _last in exchange])
        first, second = (
            _place(session, actor, Move(old, post, from_day, last), why)
            for old, post, last in exchange
        )
        following.rosters_follow(session, scope, actor, registers)
        _tell_centres(session, [(one, first), (other, second)])
        return first, second

    return in_one_transaction(db.session, work)


Step = tuple[Deployment, Post, dt.date]
"""Somebody's old duty, the post they go to, and their last day there."""


def _exchange(session: Any, one: Deployment, other: Deployment) -> tuple[Step, Step]:
    posts = {id_: session.get(Post, id_) for id_ in (one.post_id, other.post_id)}
    return (
        (one, posts[other.post_id], other.ends_on),
        (other, posts[one.post_id], one.ends_on),
    )


def _refuse_swap(session: Any, one: Deployment, other: Deployment, from_day: dt.date) -> None:
    if one.post_id == other.post_id or one.officer_id == other.officer_id:
        said = N_("Choose two people who hold different posts.")
        raise RuleBroken("nothing-to-swap", said, field="b")
    if one.series_id != other.series_id:
        raise RuleBroken(
            "other-series", N_("Choose a post of the same examination series."), field="b"
        )
    for mine in (one, other):
        moving.refuse_off_duty(mine)
        moving.refuse_day(session, mine, from_day)


def _planned(session: Any, steps: Sequence[Step], from_day: dt.date) -> list[Move]:
    seatings = [
        Seating(old.officer_id, post.id, from_day, last, gives_up=((old.starts_on, old.ends_on),))
        for old, post, last in steps
    ]
    found = bars_of(session, seatings)
    return [
        Move(old, post, from_day, last, reasons)
        for (old, post, last), reasons in zip(steps, found, strict=True)
    ]


def _settle(session: Any, actor: Actor, old: Deployment, wish: Wish, reason: str) -> None:
    """Answers what the officer said is wrong with the old duty."""
    if wish.correction_id is None:
        return
    answered = corrections.settle(
        session, actor, wish.correction_id, CorrectionState.REDEPLOYED, reason
    )
    if answered.deployment_id != old.id:
        raise NotFound("not-found", N_("That record was not found."))


def _refuse_bars(moves: Sequence[Move]) -> None:
    """RuleBroken with every bar of everybody, each with the name of whom it bars."""
    faults = Problems()
    for move in moves:
        for bar in move.bars:
            facts = {"officer": move.old.officer.full_name, "reason": bar.sentence}
            code = f"barred-{bar.kind.value.replace('_', '-')}"
            faults.add(code, N_("%(officer)s: %(reason)s"), field="b", facts=facts)
    faults.refuse_if_any()


def _lock_posts(session: Any, post_ids: Sequence[int]) -> None:
    """Locks the posts in one order, whoever exchanges which with whom."""
    session.execute(
        select(Post.id).where(Post.id.in_(post_ids)).order_by(Post.id).with_for_update(of=Post)
    ).all()


def _end(session: Any, actor: Actor, old: Deployment, from_day: dt.date, reason: str) -> None:
    act = DeploymentAct.REPLACE
    end_duty(session, actor, old, act, reason=reason, last_day=from_day - DAY)


def _place(session: Any, actor: Actor, move: Move, reason: str) -> Deployment:
    placing = Placing(
        move.old.officer_id,
        move.post.id,
        move.first,
        move.last,
        reason=reason,
        follows=move.old.id,
    )
    return place_officer(session, actor, placing, text=texts.MOVED)


def _tell_centres(session: Any, moves: Sequence[tuple[Deployment, Deployment]]) -> None:
    """An SMS to the managers of the centres that somebody leaves and comes to."""
    centres = {one.centre_id for pair in moves for one in pair}
    found = session.execute(select(Centre.id, Centre.name).where(Centre.id.in_(centres)))
    names = dict(found.tuples().all())
    rows = session.execute(
        managers_serving(clock.today()).where(Deployment.centre_id.in_(centres))
    ).all()
    managers = {row.centre_id: row.mobile for row in rows if row.mobile}
    locales = _locales(session, managers.values())
    for old, new in moves:
        if old.centre_id == new.centre_id:
            continue
        officer = session.get(Officer, new.officer_id)
        for here, there, text in (
            (old.centre_id, new.centre_id, redeploy_texts.LEAVES),
            (new.centre_id, old.centre_id, redeploy_texts.COMES),
        ):
            mobile = managers.get(here)
            if mobile is None or mobile == officer.mobile:
                continue
            role = (old if here == old.centre_id else new).role
            swahili = (locales.get(mobile) or "").startswith("sw")
            post_message(
                session,
                to=mobile,
                text=text,
                kind=MessageKind.DEPLOYMENT,
                facts=reach.facts()
                | {
                    "officer": officer.full_name[:LONGEST_STATION],
                    "role": (role.name_sw if swahili else role.name).lower(),
                    "station": names[here][:LONGEST_STATION],
                    "other": names[there][:LONGEST_STATION],
                    "first": str(day_words(new.starts_on)),
                },
                locale=locales.get(mobile),
                intent=f"deployment:moved:{new.id}:{here}",
            )


def _locales(session: Any, mobiles: Any) -> dict[str, str | None]:
    """The language in which the accounts of these numbers read; an officer signs in by number."""
    user = Model.metadata.tables["ab_user"]
    found = session.execute(
        select(user.c.username, user.c.locale).where(user.c.username.in_(sorted(set(mobiles))))
    ).tuples()
    return dict(found.all())
