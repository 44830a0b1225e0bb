"""What a changed rule of eligibility would do in a sub-county, before it is changed: nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from app import clock
from app.db.arrays import one_of
from app.deployments.enums import ON_DUTY, UNPUBLISHED
from app.deployments.models import Deployment, Post
from app.deployments.rule_changes import Effect, RuleChange, effects, loses
from app.errors import NotFound
from app.exams.models import StaffRole
from app.people.models import Officer
from app.permissions import require
from app.places.models import Centre, SubCounty
from app.places.queries import within_area
from app.proposals.queries.season import Season, season_of, spans
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_scope
from app.vacancies.eligibility import EligibilityRules, PostFacts
from app.vacancies.queries import facts
from app.vacancies.queries.facts import Known
from app.words import N_

__all__ = ["MOST_NAMED", "Count", "Named", "Outcome", "what_rule_would_do"]

MOST_NAMED = 50
HOLDING = sorted(str(status) for status in ON_DUTY | UNPUBLISHED)


@dataclass(frozen=True, slots=True)
class Count:
    """How many people a change bars from posts they may hold today, how many of those are left
    with no post at all, how many it opens posts to, and how many deployments it would not allow."""

    barred: int = 0
    everywhere: int = 0
    opened: int = 0
    deployed: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom the change bars. `posts` are lost and `left` remain; `deployed` says where."""

    officer_id: int
    name: str
    roles: tuple[str, ...]
    posts: int
    left: int
    deployed: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does in one sub-county: of `people` registered there, in all and by role.

    Whoever may hold two roles is one person in `total`. `names` are the first of those barred,
    those deployed before the others.
    """

    people: int
    posts: int
    total: Count
    by_role: Mapping[str, Count]
    names: tuple[Named, ...] = ()


def what_rule_would_do(
    session: Any,
    scope: Scope,
    actor: Actor,
    *,
    series_id: int,
    sub_county_id: int,
    change: tuple[EligibilityRules, RuleChange],
) -> Outcome:
    """What the change would do among the officers of a sub-county and those deployed there.

    Whoever asked for other work than a role is not counted in it. Raises NotFound for a
    sub-county out of reach.
    """
    require(actor, "what-ifs", "show")
    reached = within_area(select(SubCounty.id), SubCounty, scope)
    if session.scalar(reached.where(SubCounty.id == sub_county_id)) is None:
        raise NotFound("not-found", N_("That record was not found."))
    season = season_of(session, series_id)
    posts = _posts(session, scope, season, sub_county_id)
    held = _held(session, scope, season, sub_county_id)
    pool = _pool(session, scope, sub_county_id)
    known = facts.people(session, {*pool, *(row.officer_id for row in held)})
    found = _effects(known, list(pool), posts, change)
    ousted = {
        row.officer_id: row
        for row in held
        if loses(known[row.officer_id].facts, _seat(season, row), *change)
    }
    names = _names_of(session, ousted.keys() - pool.keys()) | pool
    return Outcome(
        len(pool),
        len(posts),
        _count(found, len(ousted)),
        _by_role(found, ousted.values()),
        _named(found, ousted, names),
    )


def _effects(
    known: Mapping[int, Known],
    ids: Sequence[int],
    posts: Sequence[PostFacts],
    change: tuple[EligibilityRules, RuleChange],
) -> list[Effect]:
    """The effects with officers' ids, in the work that each asked for."""
    people = [known[one].facts for one in ids]
    return [
        Effect(ids[one.person], one.role_code, one.lost, one.won, one.left)
        for one in effects(people, posts, *change)
        if known[ids[one.person]].wants(one.role_code)
    ]


def _count(found: Sequence[Effect], deployed: int) -> Count:
    lost, left = Counter[int](), Counter[int]()
    for one in found:
        lost[one.person] += one.lost
        left[one.person] += one.left
    barred = [person for person in lost if lost[person]]
    return Count(
        len(barred),
        sum(left[person] == 0 for person in barred),
        len({one.person for one in found if one.won}),
        deployed,
    )


def _by_role(found: Sequence[Effect], ousted: Any) -> Mapping[str, Count]:
    deployed = Counter(str(row.role_code) for row in ousted)
    roles = dict.fromkeys([*(one.role_code for one in found), *deployed])
    return {
        role: _count([one for one in found if one.role_code == role], deployed[role])
        for role in roles
    }


def _named(
    found: Sequence[Effect], ousted: Mapping[int, Row[Any]], names: Mapping[int, str]
) -> tuple[Named, ...]:
    by_person: dict[int, list[Effect]] = {person: [] for person in ousted}
    for one in found:
        if one.lost:
            by_person.setdefault(one.person, []).append(one)
    order = sorted(by_person, key=lambda one: (one not in ousted, names[one], one))
    return tuple(
        Named(
            person,
            names[person],
            tuple(one.role_code for one in by_person[person]),
            sum(one.lost for one in by_person[person]),
            sum(one.left for one in by_person[person]),
            ousted[person].centre if person in ousted else None,
        )
        for person in order[:MOST_NAMED]
    )


def _pool(session: Any, scope: Scope, sub_county_id: int) -> dict[int, str]:
    """The officers of the sub-county by id, in whatever state their profile is."""
    rows = session.execute(
        restrict(select(Officer.id, Officer.full_name), Officer, scope)
        .where(Officer.sub_county_id == sub_county_id)
        .order_by(Officer.id)
    )
    return dict(rows.all())


def _names_of(session: Any, officer_ids: Iterable[int]) -> dict[int, str]:
    """The names of these officers by id, wherever they are registered."""
    wanted = select(Officer.id, Officer.full_name).where(Officer.id == one_of(sorted(officer_ids)))
    with scoped_as(session, system_scope("eligibility")):
        return dict(session.execute(wanted).all())


def _posts(session: Any, scope: Scope, season: Season, sub_county_id: int) -> list[PostFacts]:
    """The posts of the sub-county as the rules see them; where blind candidates sit a post has a
    place for a reader of braille beside the others."""
    days = spans(session, season, sub_county_id, today=season.starts_on)
    rows = session.execute(
        restrict(
            select(StaffRole.code, Post.required, Centre.school_id, Centre.blind_candidates).join(
                Centre, Centre.id == Post.centre_id
            ),
            Centre,
            scope,
        )
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(
            Post.series_id == season.series_id,
            Post.sub_county_id == sub_county_id,
            Post.required > 0,
        )
        .order_by(Post.id)
    )
    found = []
    for role, required, school_id, blind in rows:
        if role in days:
            kinds = ((True,) if required == 1 else (False, True)) if blind else (False,)
            at = (season.examination_code, season.year, role, *days[role], school_id)
            found += [PostFacts(*at, needs_braille=braille) for braille in kinds]
    return found


def _held(session: Any, scope: Scope, season: Season, sub_county_id: int) -> Sequence[Row[Any]]:
    """Who holds a post of the sub-county from today on. Everybody deployed there is in its reach.

    Without their names: joined here, everybody in the country would be looked at for them.
    """
    statement = (
        select(
            Deployment.officer_id,
            Deployment.starts_on,
            Deployment.ends_on,
            StaffRole.code.label("role_code"),
            Centre.school_id,
            Centre.name.label("centre"),
        )
        .join(Centre, Centre.id == Deployment.centre_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .where(
            Deployment.series_id == season.series_id,
            Deployment.sub_county_id == sub_county_id,
            Deployment.status.in_(HOLDING),
            Deployment.ends_on >= clock.today(),
        )
        .order_by(Deployment.id)
    )
    with scoped_as(session, system_scope("eligibility")):
        found: Sequence[Row[Any]] = session.execute(restrict(statement, Deployment, scope)).all()
    return found


def _seat(season: Season, row: Row[Any]) -> PostFacts:
    return PostFacts(
        season.examination_code,
        season.year,
        row.role_code,
        row.starts_on,
        row.ends_on,
        school_id=row.school_id,
    )
