"""Somebody is put in a place that is open now: redeployed, swapped, rotated, standing in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from app import clock
from app.deployments.enums import DeploymentStatus
from app.deployments.models import Deployment, Post
from app.deployments.queries.fitness import Seating, Span, bars_of
from app.deployments.services.steps import (
    free_slot,
    note,
    reason_after_deadline,
    refuse_barred,
    refuse_dates,
    terms,
)
from app.scoping.scope import Actor

__all__ = ["Placing", "place"]


@dataclass(frozen=True, slots=True)
class Placing:
    """An officer for a post from `first` to `last`, and why.

    `follows` is the deployment that this one continues elsewhere or whose place it fills;
    `gives_up` are days of the officer's own deployments that made way in the same act; `slot` is
    the place of the post that is meant, taken where it is free.
    """

    officer_id: int
    post_id: int
    first: dt.date
    last: dt.date
    reason: str | None = None
    follows: int | None = None
    gives_up: tuple[Span, ...] = ()
    accepted: bool = False
    slot: int | None = None


def place(session: Any, actor: Actor, placing: Placing) -> Deployment:
    """A published (or accepted) deployment in the first free place, in the caller's unit of work.

    The post must be within the actor's reach, which the caller has seen to. Raises RuleBroken for
    dates outside the series, a full post, a missing reason after the deadline, and for every rule
    that bars the officer.
    """
    post = session.get(Post, placing.post_id, with_for_update=True)
    refuse_dates(session, post.series_id, placing.first, placing.last)
    seating = Seating(
        placing.officer_id, post.id, placing.first, placing.last, gives_up=placing.gives_up
    )
    refuse_barred(bars_of(session, [seating])[0])
    now = clock.now()
    deployment = Deployment(
        series_id=post.series_id,
        centre_id=post.centre_id,
        sub_county_id=post.sub_county_id,
        post_id=post.id,
        role_id=post.role_id,
        officer_id=placing.officer_id,
        slot=free_slot(session, post, placing.first, placing.last, rather=placing.slot),
        starts_on=placing.first,
        ends_on=placing.last,
        status=DeploymentStatus.ACCEPTED if placing.accepted else DeploymentStatus.PUBLISHED,
        reason=reason_after_deadline(session, post.series_id, placing.reason),
        published_at=now,
        answered_at=now if placing.accepted else None,
        follows_id=placing.follows,
        created_by=actor.user_id,
    )
    session.add(deployment)
    session.flush()
    note(session, actor, "placed", deployment, after=terms(deployment), reason=placing.reason)
    return deployment
