"""What a change of candidates, of hosting or of a ratio rule would do to posts: nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Integer, Row, cast, func, literal, select

from app.db.arrays import array_of, one_of
from app.deployments.models import Deployment
from app.errors import RuleBroken
from app.exams.enums import DayKind, RuleBasis, SeriesStatus
from app.exams.models import Series, StaffRole
from app.exams.policy import RatioRule
from app.exams.queries import ratio_rules_by_id
from app.people.models import Officer
from app.permissions import require
from app.places.enums import CentreKind
from app.places.models import Centre, County, SubCounty
from app.places.queries import within_area
from app.reference.services import Values, within
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_scope
from app.vacancies.queries.posts import (
    HOLDS_A_SLOT,
    Key,
    Sitting,
    changes,
    needs_of,
    needs_of_stores,
    stored_posts,
)
from app.words import N_

__all__ = [
    "MOST_STEPS",
    "Beyond",
    "PostsOutcome",
    "Step",
    "what_centre_would_do",
    "what_ratio_rule_would_do",
]

MOST_NAMED = 50
MOST_STEPS = 200
"""Beyond so many posts that change, they are told by sub-county and not by centre."""
MOST_CANDIDATES = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """Posts of one role at one centre that would change. `sub_county_id` says where it lies."""

    series_id: int
    centre_id: int
    sub_county_id: int
    role_id: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """Somebody who holds a place beyond the posts that would be left."""

    centre_id: int
    role_id: int
    place: int
    name: str


@dataclass(frozen=True, slots=True)
class PostsOutcome:
    """What a change does: each post that changes, and who holds a place it takes away.

    `people` is how many hold such a place, `beyond` the first of them. The change is refused until
    they are withdrawn. Store posts never fall below who is there.
    """

    steps: tuple[Step, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    people: int = 0
    names: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    """Names by id of `centres`, `sub_counties` and `roles` (those in English and Kiswahili); of
    centres only those with people beyond where more than `MOST_STEPS` posts change."""


def what_centre_would_do(
    session: Any, scope: Scope, actor: Actor, *, pk: int, values: Values
) -> PostsOutcome:
    """What other candidates of a centre, or another host, would do to its posts and its hosts'.

    `values`: candidates and hosting_centre_id, whichever changes. Raises NotFound for a centre or
    a host out of reach.
    """
    require(actor, "what-ifs", "show")
    centre: Centre = within(session, Centre, scope, pk)
    host_id = values.get("hosting_centre_id", centre.hosting_centre_id)
    if host_id is not None:
        within(session, Centre, scope, host_id)
    if centre.kind == CentreKind.STORE:
        return PostsOutcome()
    candidates = values.get("candidates")
    sitting = Sitting(centre.candidates if candidates is None else candidates, host_id)
    hosts = {centre.id, host_id, centre.hosting_centre_id} - {None}
    found = needs_of(session, centre.series_id, hosts, changed={centre.id: sitting})
    return _outcome(session, _steps(session, centre.series_id, *found))


def what_ratio_rule_would_do(
    session: Any, scope: Scope, actor: Actor, *, values: Values, pk: int | None = None
) -> PostsOutcome:
    """What a ratio rule would do in every season of its examination that has not ended.

    `values` are those of the rule as its form sends them; with `pk` it takes that rule's place.
    """
    require(actor, "what-ifs", "show")
    _refuse_no_candidates(values)
    stored = ratio_rules_by_id(session, values["examination_id"])
    rule = _rule(session, values)
    told = {rule.role_code, stored[pk].role_code if pk in stored else rule.role_code}
    rules = [one for key, one in stored.items() if key != pk and one.role_code in told]
    rules.append(rule)
    steps: list[Step] = []
    for series_id in _open_series(session, values["examination_id"]):
        for needs in _needs(session, scope, series_id, rules, values):
            steps += _steps(session, series_id, *needs, roles=told)
    reached = _reached(session, scope)
    return _outcome(session, [one for one in steps if one.sub_county_id in reached])


def _refuse_no_candidates(values: Values) -> None:
    """A post for each of so many candidates: of none is no ratio."""
    per = values.get("candidates_per")
    if per is not None and per < 1:
        said = N_("Write a whole number from %(low)s to %(high)s.")
        facts = {"low": 1, "high": MOST_CANDIDATES}
        raise RuleBroken("no-ratio", said, field="candidates_per", facts=facts)


def _open_series(session: Any, examination_id: int) -> Sequence[int]:
    found: Sequence[int] = session.scalars(
        select(Series.id)
        .where(Series.examination_id == examination_id, Series.status != SeriesStatus.FINISHED)
        .order_by(Series.id)
    ).all()
    return found


def _reached(session: Any, scope: Scope) -> frozenset[int]:
    """The sub-counties in reach of the scope."""
    places = within_area(select(SubCounty.id), SubCounty, scope)
    return frozenset(session.scalars(places))


def _needs(
    session: Any, scope: Scope, series_id: int, rules: Sequence[RatioRule], values: Values
) -> Iterator[tuple[dict[Key, int], dict[int, int]]]:
    """The posts that the rules give to the centres, or to the stores, which the rule speaks of."""
    if values["basis"] != RuleBasis.COUNTY:
        centres = select(Centre.id).where(
            Centre.series_id == series_id, Centre.kind == CentreKind.SCHOOL
        )
        ids = session.scalars(restrict(centres, Centre, scope)).all()
        yield needs_of(session, series_id, ids, rules=rules)
        return
    with scoped_as(session, system_scope("posts")):
        yield needs_of_stores(session, series_id, values["county_id"], rules=rules)


def _rule(session: Any, values: Values) -> RatioRule:
    """The typed rule as the pure rules take it."""
    county = session.get(County, values["county_id"]) if values.get("county_id") else None
    return RatioRule(
        role_code=session.get(StaffRole, values["role_id"]).code,
        fixed=values.get("fixed") or 0,
        candidates_per=values.get("candidates_per"),
        effective_from=values["effective_from"],
        source=values.get("source") or "",
        extra=values.get("extra") or 0,
        extra_over=values.get("extra_over"),
        basis=RuleBasis(values["basis"]),
        county_code=county.code if county else None,
        day_kinds=frozenset(DayKind(kind) for kind in values.get("day_kinds") or DayKind),
        effective_to=values.get("effective_to"),
    )


def _steps(
    session: Any,
    series_id: int,
    wanted: Mapping[Key, int],
    places: Mapping[int, int],
    *,
    roles: Collection[str] | None = None,
) -> list[Step]:
    """The posts that change, of all roles or of some; those of roles without a rule stay where the
    change is one of stores."""
    stored = stored_posts(session, places, roles=roles)
    stores = {role for _centre, role in wanted}
    return [
        Step(series_id, centre, places[centre], role, stored.get((centre, role), 0), after)
        for (centre, role), after in sorted(changes(wanted, stored).items())
        if role in stores
    ]


def _outcome(session: Any, steps: Sequence[Step]) -> PostsOutcome:
    """The steps with the names in them, and who would be left without a place."""
    found = _beyond(session, [one for one in steps if one.after < one.before])
    people = _people(session, [row.officer_id for row in found[:MOST_NAMED]])
    beyond = tuple(
        Beyond(row.centre_id, row.role_id, row.slot, people[row.officer_id])
        for row in found[:MOST_NAMED]
    )
    return PostsOutcome(tuple(steps), beyond, len(found), _names(session, steps, beyond))


def _beyond(session: Any, fewer: Sequence[Step]) -> Sequence[Row[Any]]:
    """Who holds a place beyond the posts that would be left: centre, role, place and officer.

    Without their names: joined here, everybody in the country would be looked at for them.
    """
    columns = (
        [one.centre_id for one in fewer],
        [one.role_id for one in fewer],
        [one.after for one in fewer],
    )
    left = func.unnest(*(cast(literal(array_of(one)), ARRAY(Integer)) for one in columns))
    given = left.table_valued("centre_id", "role_id", "after").render_derived()
    with scoped_as(session, system_scope("posts")):
        found: Sequence[Row[Any]] = session.execute(
            select(
                Deployment.centre_id,
                Deployment.role_id,
                Deployment.slot,
                Deployment.officer_id,
            )
            .join(
                given,
                (Deployment.centre_id == given.c.centre_id)
                & (Deployment.role_id == given.c.role_id)
                & (Deployment.slot > given.c.after),
            )
            .where(Deployment.status.in_(HOLDS_A_SLOT))
            .order_by(Deployment.centre_id, Deployment.role_id, Deployment.slot, Deployment.id)
        ).all()
    return found


def _people(session: Any, officer_ids: Sequence[int]) -> Mapping[int, str]:
    wanted = select(Officer.id, Officer.full_name).where(Officer.id == one_of(officer_ids))
    with scoped_as(session, system_scope("posts")):
        return dict(session.execute(wanted).all())


def _names(
    session: Any, steps: Sequence[Step], beyond: Sequence[Beyond]
) -> Mapping[str, Mapping[int, Any]]:
    """The names by id of sub-counties and roles, and of centres where each step is told."""
    told = {one.centre_id for one in beyond}
    if len(steps) <= MOST_STEPS:
        told |= {one.centre_id for one in steps}
    centres = select(Centre.id, Centre.name).where(Centre.id == one_of(sorted(told)))
    places = select(SubCounty.id, SubCounty.name).where(
        SubCounty.id == one_of(sorted({one.sub_county_id for one in steps}))
    )
    roles = select(StaffRole.id, StaffRole.name, StaffRole.name_sw)
    return {
        "centres": dict(session.execute(centres).all()),
        "sub_counties": dict(session.execute(places).all()),
        "roles": {key: (name, name_sw) for key, name, name_sw in session.execute(roles)},
    }
