"""What bars people from posts: the one rule of eligibility, asked for any number of seatings at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select

from app.deployments.enums import ON_DUTY, UNPUBLISHED
from app.deployments.models import Deployment, Post
from app.exams.models import Examination, Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from app.vacancies.eligibility import Bar, PostFacts, bars
from app.vacancies.queries import facts
from app.vacancies.queries.rules import eligibility_rules

__all__ = ["Seating", "bars_of", "bars_of_deployments"]

Span = tuple[dt.date, dt.date]
HOLDING = sorted(str(status) for status in ON_DUTY | UNPUBLISHED)


@dataclass(frozen=True, slots=True)
class Seating:
    """An officer in a post from `first` to `last`, both included.

    `gives_up` are the days of the officer's own deployments that make way for this one.
    """

    officer_id: int
    post_id: int
    first: dt.date
    last: dt.date
    gives_up: tuple[Span, ...] = ()


def bars_of(session: Any, seatings: Sequence[Seating]) -> list[tuple[Bar, ...]]:
    """Every reason why not, for each seating in their order; () where nothing bars it.

    Reads the whole country under a scope of its own, in a number of queries that does not grow.
    """
    known = facts.people(session, {one.officer_id for one in seatings})
    with session.no_autoflush, scoped_as(session, system_scope("eligibility")):
        rules = eligibility_rules(session)
        posts = _posts(session, {one.post_id for one in seatings})
        held = _holders(session, [one.id for one in posts.values() if one.blind_candidates])
    found = []
    for one in seatings:
        post = posts[one.post_id]
        person = known[one.officer_id].facts
        freed = replace(person, busy=_without(person.busy, one.gives_up))
        asked = PostFacts(
            post.examination,
            post.year,
            post.role,
            one.first,
            one.last,
            school_id=post.school_id,
            needs_braille=_asks_for_braille(post, held.get(post.id, []), one),
        )
        found.append(bars(freed, asked, rules))
    return found


def bars_of_deployments(
    session: Any, deployments: Iterable[Deployment]
) -> Mapping[int, tuple[Bar, ...]]:
    """What bars the officers of these deployments by now, by deployment; those barred only."""
    asked = list(deployments)
    seatings = [
        Seating(
            one.officer_id,
            one.post_id,
            one.starts_on,
            one.ends_on,
            gives_up=((one.starts_on, one.ends_on),),
        )
        for one in asked
    ]
    found = bars_of(session, seatings)
    return {one.id: reasons for one, reasons in zip(asked, found, strict=True) if reasons}


def _without(busy: Collection[Span], given_up: Collection[Span]) -> tuple[Span, ...]:
    return tuple(span for span in busy if span not in given_up)


def _posts(session: Any, ids: Collection[int]) -> Mapping[int, Row[Any]]:
    rows = session.execute(
        select(
            Post.id,
            Post.required,
            Centre.school_id,
            Centre.blind_candidates,
            Examination.code.label("examination"),
            Series.year,
            StaffRole.code.label("role"),
        )
        .join(Centre, Centre.id == Post.centre_id)
        .join(Series, Series.id == Post.series_id)
        .join(Examination, Examination.id == Series.examination_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(Post.id.in_(sorted(ids)))
    )
    return {row.id: row for row in rows}


def _holders(session: Any, post_ids: Collection[int]) -> Mapping[int, list[Row[Any]]]:
    rows = session.execute(
        select(
            Deployment.post_id,
            Deployment.officer_id,
            Deployment.starts_on,
            Deployment.ends_on,
            Officer.reads_braille,
        )
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(Deployment.post_id.in_(sorted(post_ids)), Deployment.status.in_(HOLDING))
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.post_id].append(row)
    return found


def _asks_for_braille(post: Row[Any], holders: Sequence[Row[Any]], one: Seating) -> bool:
    """Whether this is the last place of a post at which blind candidates sit and nobody reads
    braille yet."""
    others = [
        row
        for row in holders
        if row.officer_id != one.officer_id
        and row.starts_on <= one.last
        and row.ends_on >= one.first
    ]
    if not post.blind_candidates or any(row.reads_braille for row in others):
        return False
    return len(others) + 1 >= int(post.required)
