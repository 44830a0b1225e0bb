"""The first wall: a statement and a Scope in, the same statement with only the Scope's rows out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from app.extensions import Model
from app.scoping.scope import Scope, ScopeKind


class ToSchool(StrEnum):
    """What of the results the login of a centre reads, of its own centre."""

    RELEASED = "released"
    VERSION = "version"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class ScopeKeys:
    """Which columns say whose a row is; `through_deployment` adds people deployed or applying here.

    `public_to_officers`: every officer reads the open rows, and those they applied to.
    A row about two people has an `other_sub_county`, which sees it as well. `addressed` rows are
    notices: those to whom one is written read it too. A row `handed_on` is its author's until it is
    submitted; then the places read it, and whoever follows at the centre in the role. `results` of
    candidates are the results roles' alone, whatever place they belong to; `to_school` says what of
    them the centre's own login reads.
    """

    sub_county: str
    other_sub_county: str | None = None
    centre: str | None = None
    officer: str | None = None
    through_deployment: bool = False
    public_to_officers: bool = False
    addressed: bool = False
    handed_on: bool = False
    results: bool = False
    to_school: ToSchool | None = None


RESULTS_ONLY = ScopeKeys(sub_county="", results=True)
"""Of the two results roles, and of jobs: no place reaches such a row."""
RELEASED_TO_SCHOOL = ScopeKeys(sub_county="", results=True, to_school=ToSchool.RELEASED)
"""Also of the centre's own login, from the moment its release is released; nobody writes it there."""
VERSION_TO_SCHOOL = ScopeKeys(sub_county="", results=True, to_school=ToSchool.VERSION)
"""Also of the centre's own login: replaced versions of a result that it is shown."""
ASKED_BY_SCHOOL = ScopeKeys(
    sub_county="", centre="centre_id", results=True, to_school=ToSchool.ASKED
)
"""Also of the centre's own login, which writes it: what it asks about its results."""

Criterion = Callable[[Any], ColumnElement[bool]]


def criterion(keys: ScopeKeys, scope: Scope) -> Criterion | None:
    """A function of the mapped class (or an alias of it) saying which rows are in scope.

    None means everything. The lambdas are fixed code over lists only, so that SQLAlchemy caches
    one statement for all scopes and binds each scope's ids afresh.
    """
    if keys.results:
        return None if scope.reads_results else _of_school(keys, scope)
    if scope.is_everything:
        return None
    return _nothing if scope.kind is ScopeKind.NOBODY else _of_somebody(keys, scope)


def _nothing(_: Any) -> ColumnElement[bool]:
    return false()


def _of_school(keys: ScopeKeys, scope: Scope) -> Criterion:
    """What the login of a centre reads of results: never a release that is not open, never the
    versions of a result that is kept back."""
    if scope.kind is not ScopeKind.CENTRE or keys.to_school is None:
        return _nothing
    centres = sorted(scope.centre_ids)
    if keys.to_school is ToSchool.ASKED:
        return lambda q: q.centre_id.in_(centres)
    r = _open_release()
    if keys.to_school is ToSchool.RELEASED:
        return lambda c: and_(
            c.centre_id.in_(centres),
            select(r.c.id).where(r.c.id == c.release_id, r.c.state == "released").exists(),
        )
    c = _own_candidate()
    return lambda v: and_(
        v.public,
        select(c.c.release_id)
        .where(
            c.c.release_id == v.release_id,
            c.c.index_number == v.index_number,
            c.c.centre_id.in_(centres),
            c.c.held.is_(None),
            c.c.mean_grade.not_in(["W", "Y", "P"]),
            select(r.c.id).where(r.c.id == c.c.release_id, r.c.state == "released").exists(),
        )
        .exists(),
    )


@cache
def _open_release() -> Any:
    """Releases under a name of their own, whatever a statement joins besides."""
    return Model.metadata.tables["result_release"].alias("open_release")


@cache
def _own_candidate() -> Any:
    return Model.metadata.tables["result_candidate"].alias("own_candidate")


def _of_somebody(keys: ScopeKeys, scope: Scope) -> Criterion:
    """The rows of a scope that has places or people of its own."""
    subs, centres, officers = (
        sorted(scope.sub_county_ids),
        sorted(scope.centre_ids),
        sorted(scope.officer_ids),
    )
    if keys.through_deployment:
        return _officers(subs, centres, officers)
    if keys.addressed:
        return _addressed(scope, subs, centres, officers)
    if keys.handed_on:
        return _handed_on(subs, centres, officers)
    if keys.public_to_officers and scope.kind is ScopeKind.OFFICER:
        return _adverts(centres, officers)
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
    """Officers of the workstations in scope, oneself, and whoever is deployed or applies in scope."""
    d = Model.metadata.tables["deployment"]
    a = Model.metadata.tables["application"]
    return lambda c: or_(
        c.sub_county_id.in_(subs),
        c.id.in_(officers),
        c.id.in_(
            select(d.c.officer_id).where(
                d.c.status != "declined",
                or_(d.c.sub_county_id.in_(subs), d.c.centre_id.in_(centres)),
            )
        ),
        c.id.in_(
            select(a.c.officer_id).where(a.c.state != "withdrawn", a.c.sub_county_id.in_(subs))
        ),
    )


def _adverts(centres: list[int], officers: list[int]) -> Criterion:
    """Open vacancies of the whole country, those one has applied to, and those of one's centre."""
    a = Model.metadata.tables["application"]
    return lambda c: or_(
        c.state == "open",
        c.centre_id.in_(centres),
        c.id.in_(select(a.c.vacancy_id).where(a.c.officer_id.in_(officers))),
    )


_OFFICES = (ScopeKind.SUB_COUNTY, ScopeKind.COUNTY)


def _addressed(scope: Scope, subs: list[int], centres: list[int], officers: list[int]) -> Criterion:
    """Notices of the area, those to everybody of one's kind, and those that name one's centre."""
    named, centre, officer, deployment = (
        Model.metadata.tables[name] for name in ("notice_centre", "centre", "officer", "deployment")
    )
    to_all = ["officers"] * bool(officers) + ["centres"] * bool(centres)
    if scope.kind in _OFFICES:
        to_all = ["officers", "centres", "tsc", "scde", "directors", "county"]
    return lambda n: or_(
        n.sub_county_id.in_(subs),
        and_(n.sub_county_id.is_(None), n.audience.in_(to_all)),
        and_(
            n.audience == "named_centres",
            n.id.in_(
                select(named.c.notice_id).where(
                    or_(named.c.centre_id.in_(centres), named.c.sub_county_id.in_(subs))
                )
            ),
        ),
        and_(
            n.audience == "centres",
            n.sub_county_id.in_(select(centre.c.sub_county_id).where(centre.c.id.in_(centres))),
        ),
        and_(
            n.audience == "officers",
            or_(
                n.sub_county_id.in_(
                    select(officer.c.sub_county_id).where(officer.c.id.in_(officers))
                ),
                n.sub_county_id.in_(
                    select(deployment.c.sub_county_id).where(
                        deployment.c.officer_id.in_(officers),
                        deployment.c.status.in_(("published", "accepted")),
                    )
                ),
            ),
        ),
    )


@cache
def _following() -> Any:
    """Deployments under a name of their own, whatever a statement joins besides."""
    return Model.metadata.tables["deployment"].alias("following")


def _handed_on(subs: list[int], centres: list[int], officers: list[int]) -> Criterion:
    """One's own, and what was submitted in the places or to oneself as the next in the role."""
    d = _following()
    return lambda c: or_(
        c.officer_id.in_(officers),
        and_(
            c.submitted_at.is_not(None),
            or_(
                c.sub_county_id.in_(subs),
                c.centre_id.in_(centres),
                select(d.c.id)
                .where(
                    d.c.centre_id == c.centre_id,
                    d.c.role_id == c.role_id,
                    d.c.starts_on > c.from_day,
                    d.c.status.in_(("published", "accepted")),
                    d.c.officer_id.in_(officers),
                )
                .exists(),
            ),
        ),
    )


def in_scope(entity: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that a row of `entity` (a mapped class or alias of one) is in scope."""
    rule = _rule_for(entity, scope)
    return true() if rule is None else rule(entity)


def restrict(statement: Select[Any], entity: Any, scope: Scope) -> Select[Any]:
    """`statement` with only the rows of `entity` that the scope reaches."""
    rule = _rule_for(entity, scope)
    return statement if rule is None else statement.where(rule(entity))


def _rule_for(entity: Any, scope: Scope) -> Criterion | None:
    from sqlalchemy import inspect

    cls = inspect(entity).mapper.class_
    if scope.is_everything and not hasattr(cls, "__scope__"):
        return None
    return criterion(cls.__scope__, scope)
