"""Who moves between the posts of a sub-county: open places to move to, and moves a centre is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import aliased

from app.deployments.enums import ON_DUTY
from app.deployments.models import Deployment, Post
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, sub_county_scope

__all__ = ["CentreMove", "moves_around", "open_places", "people_elsewhere"]

PAGE_OF_PLACES = 20
PAGE_OF_PEOPLE = 10
SERVING = sorted(str(status) for status in ON_DUTY)


def open_places(
    session: Any,
    scope: Scope,
    deployment: Deployment,
    *,
    first: dt.date,
    words: str = "",
    page: int = 1,
) -> tuple[Sequence[Row[Any]], int]:
    """A page of the posts of the deployment's series and kind of centre with a place free from
    `first` to its end, and how many such posts there are.

    Each row has post_id, centre, code, role, role_sw, required and free; those of the same role
    come first. `words` are of the centre's name or its code.
    """
    taken = (
        select(func.count(func.distinct(Deployment.slot)))
        .where(
            Deployment.post_id == Post.id,
            Deployment.id != deployment.id,
            Deployment.period.op("&&")(func.daterange(first, deployment.ends_on, "[]")),
        )
        .correlate(Post)
        .scalar_subquery()
    )
    statement = (
        select(
            Post.id.label("post_id"),
            Centre.name.label("centre"),
            Centre.code,
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Post.required,
            (Post.required - taken).label("free"),
        )
        .join(Centre, Centre.id == Post.centre_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(
            Post.series_id == deployment.series_id,
            Post.sub_county_id == deployment.sub_county_id,
            Post.id != deployment.post_id,
            Post.required > taken,
            Centre.kind == deployment.centre.kind,
        )
    )
    for word in words.split():
        pattern = f"%{_escaped(word)}%"
        statement = statement.where(
            or_(Centre.name.ilike(pattern, escape="\\"), Centre.code.like(pattern, escape="\\"))
        )
    same_role_first = (Post.role_id != deployment.role_id, Centre.name, StaffRole.position, Post.id)
    return _page(session, restrict(statement, Post, scope), same_role_first, PAGE_OF_PLACES, page)


def _page(
    session: Any, statement: Select[Any], order: Sequence[Any], size: int, number: int
) -> tuple[Sequence[Row[Any]], int]:
    """One page of the rows in this order, and how many rows there are."""
    total: int = session.scalar(select(func.count()).select_from(statement.subquery()))
    skip = (number - 1) * size
    return session.execute(statement.order_by(*order).limit(size).offset(skip)).all(), total


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def people_elsewhere(
    session: Any,
    scope: Scope,
    deployment: Deployment,
    *,
    on: dt.date,
    words: str = "",
    page: int = 1,
) -> tuple[Sequence[Row[Any]], int]:
    """A page of who is on duty at other centres of the sub-county on a day, of the same series and
    kind, and how many they are.

    Each row has id, name, role, role_sw, centre and code; those of the same role come first.
    """
    statement = (
        select(
            Deployment.id,
            Officer.full_name.label("name"),
            StaffRole.name.label("role"),
            StaffRole.name_sw.label("role_sw"),
            Centre.name.label("centre"),
            Centre.code,
        )
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(
            Deployment.series_id == deployment.series_id,
            Deployment.sub_county_id == deployment.sub_county_id,
            Deployment.post_id != deployment.post_id,
            Deployment.officer_id != deployment.officer_id,
            Deployment.status.in_(SERVING),
            Deployment.ends_on >= on,
            Centre.kind == deployment.centre.kind,
        )
    )
    for word in words.split():
        pattern = f"%{_escaped(word)}%"
        statement = statement.where(
            or_(
                Officer.full_name.ilike(pattern, escape="\\"),
                Centre.name.ilike(pattern, escape="\\"),
                Centre.code.like(pattern, escape="\\"),
            )
        )
    order = (Deployment.role_id != deployment.role_id, Officer.full_name, Deployment.id)
    return _page(session, restrict(statement, Deployment, scope), order, PAGE_OF_PEOPLE, page)


@dataclass(frozen=True, slots=True)
class CentreMove:
    """Somebody who comes to a centre from another one, or leaves it for another, from a day on."""

    comes: bool
    first: dt.date
    officer: str
    role: str
    role_sw: str
    other: str


def moves_around(
    session: Any, *, centre_id: int, sub_county_id: int, since: dt.date, until: dt.date
) -> tuple[CentreMove, ...]:
    """Who comes to the centre or leaves it for another centre of the sub-county in these days.

    The other centre is named, so that it is read in the scope of the sub-county: the caller has
    seen that the centre is within reach.
    """
    before, after = aliased(Deployment), aliased(Deployment)
    here, there = aliased(Centre), aliased(Centre)
    statement = (
        select(
            after.centre_id,
            after.starts_on,
            Officer.full_name,
            StaffRole.name,
            StaffRole.name_sw,
            here.name,
            there.name,
        )
        .join(before, before.id == after.follows_id)
        .join(Officer, Officer.id == after.officer_id)
        .join(StaffRole, StaffRole.id == after.role_id)
        .join(here, here.id == before.centre_id)
        .join(there, there.id == after.centre_id)
        .where(
            or_(after.centre_id == centre_id, before.centre_id == centre_id),
            after.centre_id != before.centre_id,
            after.officer_id == before.officer_id,
            after.ends_on >= after.starts_on,
            after.status != "declined",
            after.starts_on >= since,
            after.starts_on <= until,
        )
        .order_by(after.starts_on, Officer.full_name, after.id)
    )
    with scoped_as(session, sub_county_scope([sub_county_id])):
        rows = session.execute(statement).all()
    return tuple(
        CentreMove(to == centre_id, first, name, role, role_sw, came if to == centre_id else went)
        for to, first, name, role, role_sw, came, went in rows
    )
