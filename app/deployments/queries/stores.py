"""The containers of a jurisdiction: their posts, who fills them, and who could."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select

from app.deployments.enums import ON_DUTY, UNPUBLISHED
from app.deployments.models import Deployment, Post
from app.deployments.queries.fitness import Seating, bars_of
from app.errors import NotFound
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.enums import CentreKind
from app.places.models import Centre, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.vacancies.eligibility import Bar
from app.words import N_

__all__ = [
    "PAGE_OF_STORES",
    "Counted",
    "Found",
    "Holder",
    "Place",
    "Store",
    "found_for",
    "holding",
    "place_at",
    "stores_counted",
    "stores_in",
    "stores_on",
]

HOLDING = sorted(str(status) for status in ON_DUTY | UNPUBLISHED)
MOST_FOUND = 20
PAGE_OF_STORES = 20
WILDCARDS = str.maketrans("", "", "\\%_")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody in a place of a store."""

    deployment_id: int
    name: str
    mobile: str | None
    first: dt.date
    last: dt.date
    status: str


@dataclass(frozen=True, slots=True)
class Place:
    """A store's post of one role with its holders."""

    post_id: int
    role_id: int
    role: str
    role_sw: str
    required: int
    holders: tuple[Holder, ...]

    @property
    def filled(self) -> int:
        """How many hold a place, published or not."""
        return len(self.holders)


@dataclass(frozen=True, slots=True)
class Store:
    """A container of a series with its posts."""

    centre_id: int
    code: str
    name: str
    sub_county: str
    series: str
    starts_on: dt.date
    ends_on: dt.date
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who could hold a place, with every rule that bars them."""

    officer_id: int
    name: str
    mobile: str | None
    designation: str | None
    workstation: str | None
    bars: tuple[Bar, ...]


def stores_in(session: Any, scope: Scope, *, page: int = 1) -> tuple[Store, ...]:
    """A page of the containers of series that are not over, with posts and holders; three queries."""
    skip = (page - 1) * PAGE_OF_STORES
    return _filled(session, scope, _stores(scope).limit(PAGE_OF_STORES).offset(skip))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many containers are in reach, and how many of their places are required and held."""

    stores: int
    required: int
    filled: int


def stores_counted(session: Any, scope: Scope) -> Counted:
    """The containers of all the pages of `stores_in`."""
    inner = _stores(scope).subquery()
    ids = select(inner.c.id)
    required = select(func.coalesce(func.sum(Post.required), 0)).where(Post.centre_id.in_(ids))
    filled = select(func.count()).where(
        Deployment.centre_id.in_(ids),
        Deployment.status.in_(HOLDING),
        func.isempty(Deployment.period).is_(False),
    )
    row = session.execute(
        select(
            select(func.count()).select_from(inner).scalar_subquery(),
            required.scalar_subquery(),
            filled.scalar_subquery(),
        )
    ).one()
    return Counted(*row)


def holding(session: Any, scope: Scope, deployment_id: int) -> tuple[Store, Place, Holder]:
    """Who holds a place of a container by this deployment; NotFound where nobody in scope does."""
    at = select(Deployment.centre_id).where(Deployment.id == deployment_id)
    for store in _filled(session, scope, _stores(scope).where(Centre.id.in_(at))):
        for place in store.places:
            for holder in place.holders:
                if holder.deployment_id == deployment_id:
                    return store, place, holder
    raise NotFound("not-found", N_("That record was not found."))


def _filled(session: Any, scope: Scope, statement: Any) -> tuple[Store, ...]:
    stores = [Store(*row) for row in session.execute(statement).all()]
    posts = _posts(session, scope, [one.centre_id for one in stores])
    return tuple(_with(one, posts.get(one.centre_id, [])) for one in stores)


def stores_on(session: Any, scope: Scope, day: dt.date) -> tuple[Store, ...]:
    """The containers of series whose dates contain the day, without their posts."""
    statement = _stores(scope).where(Series.starts_on <= day, Series.ends_on >= day)
    return tuple(Store(*row) for row in session.execute(statement).all())


def place_at(session: Any, scope: Scope, code: str, role_id: int) -> tuple[Store, Place]:
    """A container of this code with its post of a role; NotFound where there is none in scope."""
    for store in _filled(session, scope, _stores(scope).where(Centre.code == code)):
        for place in store.places:
            if place.role_id == role_id:
                return store, place
    raise NotFound("not-found", N_("That record was not found."))


def found_for(
    session: Any, scope: Scope, place: Place, *, first: dt.date, last: dt.date, text: str
) -> tuple[Found, ...]:
    """Officers of the scope by name or number, those who may hold the place first."""
    plain = text.translate(WILDCARDS)
    asked = " ".join(plain.split())
    if len(asked) < 3:
        return ()
    pattern = f"%{asked}%"
    digits = "".join(one for one in asked if one.isdigit())[-9:]
    by_number = [Officer.mobile.endswith(digits)] if len(digits) == 9 else []
    statement = (
        select(
            Officer.id,
            Officer.full_name,
            Officer.mobile,
            Officer.designation,
            Officer.workstation,
        )
        .where(or_(Officer.full_name.ilike(pattern), *by_number), Officer.full_name != "")
        .where(Officer.merged_into_id.is_(None), Officer.anonymised_at.is_(None))
        .order_by(Officer.full_name, Officer.id)
        .limit(MOST_FOUND)
    )
    rows = session.execute(restrict(statement, Officer, scope)).all()
    barred = bars_of(session, [Seating(row.id, place.post_id, first, last) for row in rows])
    found = [
        Found(row.id, row.full_name, row.mobile, row.designation, row.workstation, bars)
        for row, bars in zip(rows, barred, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: bool(one.bars)))


def _stores(scope: Scope) -> Any:
    statement = (
        select(
            Centre.id,
            Centre.code,
            Centre.name,
            SubCounty.name,
            Series.name,
            Series.starts_on,
            Series.ends_on,
        )
        .join(Series, Series.id == Centre.series_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .where(Centre.kind == str(CentreKind.STORE), Series.status != "finished")
        .order_by(Series.starts_on, SubCounty.name, Centre.code, Centre.id)
    )
    return restrict(statement, Centre, scope)


def _posts(session: Any, scope: Scope, centre_ids: Sequence[int]) -> Mapping[int, list[Place]]:
    posts = session.execute(
        restrict(
            select(
                Post.centre_id,
                Post.id,
                Post.role_id,
                StaffRole.name,
                StaffRole.name_sw,
                Post.required,
            )
            .join(StaffRole, StaffRole.id == Post.role_id)
            .where(Post.centre_id.in_(centre_ids), Post.required > 0)
            .order_by(StaffRole.position, Post.id),
            Post,
            scope,
        )
    ).all()
    holders = _holders(session, scope, centre_ids)
    found: dict[int, list[Place]] = defaultdict(list)
    for row in posts:
        held = tuple(Holder(*one[1:]) for one in holders.get(row.id, ()))
        place = Place(row.id, row.role_id, row.name, row.name_sw, row.required, held)
        found[row.centre_id].append(place)
    return found


def _holders(session: Any, scope: Scope, centre_ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    rows = session.execute(
        restrict(
            select(
                Deployment.post_id,
                Deployment.id,
                Officer.full_name,
                Officer.mobile,
                Deployment.starts_on,
                Deployment.ends_on,
                Deployment.status,
            )
            .join(Officer, Officer.id == Deployment.officer_id)
            .where(Deployment.centre_id.in_(centre_ids), Deployment.status.in_(HOLDING))
            .where(func.isempty(Deployment.period).is_(False))
            .order_by(Deployment.slot, Deployment.starts_on, Deployment.id),
            Deployment,
            scope,
        )
    ).all()
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.post_id].append(row)
    return found


def _with(store: Store, places: Sequence[Place]) -> Store:
    return Store(
        store.centre_id,
        store.code,
        store.name,
        store.sub_county,
        store.series,
        store.starts_on,
        store.ends_on,
        tuple(places),
    )
