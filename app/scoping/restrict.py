"""The first wall: a statement and a Scope in, the same statement with only the Scope's rows out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from app.extensions import Model
from app.scoping.scope import Scope, ScopeKind


@dataclass(frozen=True, slots=True)
class ScopeKeys:
    """Which columns say whose a row is; `through_deployment` adds people deployed here.

    A row about two people has an `other_sub_county`, which sees it as well.
    """

    sub_county: str
    other_sub_county: str | None = None
    centre: str | None = None
    officer: str | None = None
    through_deployment: bool = False


Criterion = Callable[[Any], ColumnElement[bool]]


def criterion(keys: ScopeKeys, scope: Scope) -> Criterion | None:
    """A function of the mapped class (or an alias of it) saying which rows are in scope.

    None means everything. The lambdas are fixed code over lists only, so that SQLAlchemy caches
    one statement for all scopes and binds each scope's ids afresh.
    """
    if scope.is_everything:
        return None
    if scope.kind is ScopeKind.NOBODY:
        return lambda _: false()
    subs, centres, officers = (
        sorted(scope.sub_county_ids),
        sorted(scope.centre_ids),
        sorted(scope.officer_ids),
    )
    if keys.through_deployment:
        return _officers(subs, centres, officers)
    return _places(keys, subs, centres, officers)


def _places(keys: ScopeKeys, subs: list[int], centres: list[int], officers: list[int]) -> Criterion:
    """Rows of the sub-counties, of the centres, and of the officers themselves."""
    if keys.other_sub_county:
        return lambda c: or_(c.sub_county_id.in_(subs), c.other_sub_county_id.in_(subs))
    if keys.centre == "id":
        return lambda c: or_(c.sub_county_id.in_(subs), c.id.in_(centres))
    if keys.officer and keys.centre:
        return lambda c: or_(
            c.sub_county_id.in_(subs),
            c.centre_id.in_(centres),
            c.officer_id.in_(officers),
        )
    if keys.officer:
        return lambda c: or_(c.sub_county_id.in_(subs), c.officer_id.in_(officers))
    if keys.centre:
        return lambda c: or_(c.sub_county_id.in_(subs), c.centre_id.in_(centres))
    return lambda c: c.sub_county_id.in_(subs)


def _officers(subs: list[int], centres: list[int], officers: list[int]) -> Criterion:
    """Officers of the workstations in scope, oneself, and whoever is deployed in scope."""
    d = Model.metadata.tables["deployment"]
    return lambda c: or_(
        c.sub_county_id.in_(subs),
        c.id.in_(officers),
        c.id.in_(
            select(d.c.officer_id).where(
                d.c.status != "declined",
                or_(d.c.sub_county_id.in_(subs), d.c.centre_id.in_(centres)),
            )
        ),
    )


def in_scope(entity: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that a row of `entity` (a mapped class or alias of one) is in scope."""
    from sqlalchemy import inspect

    rule = criterion(inspect(entity).mapper.class_.__scope__, scope)
    return true() if rule is None else rule(entity)


def restrict(statement: Select[Any], entity: Any, scope: Scope) -> Select[Any]:
    """`statement` with only the rows of `entity` that the scope reaches."""
    return statement if scope.is_everything else statement.where(in_scope(entity, scope))
