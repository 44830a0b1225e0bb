"""Counts of posts and of the people who fill them, in one part of a season."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, not_, or_, select, true

from app.deployments.enums import HAS_SERVED
from app.deployments.models import Deployment, Post
from app.exams.slices import CalendarDay, Slice, kinds_asked_for
from app.places.models import SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

_SERVED = sorted(str(status) for status in HAS_SERVED)


def required_posts(session: Any, scope: Scope, part: Slice, *keys: str) -> Sequence[Row[Any]]:
    """One row for each combination of keys, then `required`: the posts that the rules gave."""
    chosen = [getattr(Post, key).label(key) for key in keys]
    statement = select(*chosen, func.sum(Post.required).label("required")).group_by(*chosen)
    found: Sequence[Row[Any]] = session.execute(_within(statement, Post, scope, part)).all()
    return found


def deployed_periods(session: Any, scope: Scope, part: Slice, *keys: str) -> Sequence[Row[Any]]:
    """One row for each combination of keys and period, then starts_on, ends_on and `people`.

    Whoever stands or stood on the rosters: published and accepted, replaced and withdrawn up to
    their last day. With `as_of`, those published by then.
    """
    chosen = [getattr(Deployment, key).label(key) for key in keys]
    chosen += [Deployment.starts_on.label("starts_on"), Deployment.ends_on.label("ends_on")]
    statement = select(*chosen, func.count(Deployment.id).label("people")).group_by(*chosen)
    statement = _on_rosters(_within(statement, Deployment, scope, part), part)
    found: Sequence[Row[Any]] = session.execute(statement).all()
    return found


class Calendar:
    """Which roles the dated rules ask for on which days of a series, county by county.

    A role without a rule is asked for on every day, as on the rosters.
    """

    def __init__(self, session: Any, examination_id: int, days: Sequence[CalendarDay]) -> None:
        self.days = tuple(days)
        self._rules = kinds_asked_for(session, examination_id)
        self._known: dict[tuple[int, int | None], tuple[dt.date, ...]] = {}

    def duty_days(self, role_id: int, county_id: int | None) -> tuple[dt.date, ...]:
        """The days on which a role is asked for in a county, in order."""
        key = (role_id, county_id)
        if key not in self._known:
            self._known[key] = tuple(
                one.day for one in self.days if self.is_asked_for(role_id, county_id, one)
            )
        return self._known[key]

    def is_asked_for(self, role_id: int, county_id: int | None, on: CalendarDay) -> bool:
        """Whether the rules in force that day ask for the role in the county."""
        found: dict[bool, frozenset[str]] = {}
        for role, county, first, last, kinds in self._rules:
            in_force = first <= on.day and (last is None or last >= on.day)
            if role == role_id and in_force and county in {None, county_id}:
                found[county is not None] = kinds
        kinds_now = found.get(True, found.get(False))
        return kinds_now is None or on.kind in kinds_now

    def not_asked_for(self, on: CalendarDay) -> frozenset[tuple[int, int | None]]:
        """The pairs of role and county (None: wherever no rule of the county's own speaks) at rest."""
        pairs = {(role, county) for role, county, *_ in self._rules}
        pairs |= {(role, None) for role, _ in pairs}
        return frozenset(pair for pair in pairs if not self.is_asked_for(*pair, on))

    def counties_with_rules(self, role_id: int) -> frozenset[int]:
        """The counties that have rules of their own for a role."""
        return frozenset(
            county for role, county, *_ in self._rules if role == role_id and county is not None
        )


def centres_due(
    session: Any, scope: Scope, part: Slice, calendar: Calendar, *keys: str
) -> Counter[tuple[Any, ...]]:
    """(keys…, day) -> how many centres have somebody on their roster and so a register to keep.

    The role asked for does not matter here: a register is the centre's.
    """
    days = [one for one in calendar.days if part.day in {None, one.day}]
    due: Counter[tuple[Any, ...]] = Counter()
    at_rest = {one.day: calendar.not_asked_for(one) for one in days}
    for resting in set(at_rest.values()):
        asked = [day for day, pairs in at_rest.items() if pairs == resting]
        for *key, covered, centres in _covered(session, scope, part, (calendar, resting), keys):
            for day in asked:
                if any(day in span for span in covered):
                    due[(*key, day)] += centres
    return due


def _covered(
    session: Any,
    scope: Scope,
    part: Slice,
    rules: tuple[Calendar, frozenset[tuple[int, int | None]]],
    keys: tuple[str, ...],
) -> Sequence[Row[Any]]:
    """(keys…, days covered by anybody asked for, centres with just these days)."""
    chosen = [getattr(Deployment, key).label(key) for key in keys]
    spans = select(Deployment.centre_id.label("centre"), *chosen, Deployment.period).distinct()
    whole = replace(part, role=None)
    spans = _on_rosters(_within(spans, Deployment, scope, whole), part).where(_awake(*rules))
    each = spans.subquery()
    centre = [each.c.centre, *(each.c[key] for key in keys)]
    covered = func.range_agg(each.c.period).label("covered")
    by_centre = select(*centre, covered).group_by(*centre).subquery()
    columns = [by_centre.c[key] for key in keys]
    statement = select(*columns, by_centre.c.covered, func.count().label("centres"))
    found: Sequence[Row[Any]] = session.execute(
        statement.group_by(*columns, by_centre.c.covered)
    ).all()
    return found


def _awake(calendar: Calendar, resting: frozenset[tuple[int, int | None]]) -> ColumnElement[bool]:
    """The condition that a deployment's role is asked for, given the pairs that rest."""
    asleep: list[ColumnElement[bool]] = []
    for role_id, county_id in sorted(resting, key=str):
        of_role = Deployment.role_id == role_id
        own = calendar.counties_with_rules(role_id)
        if county_id is None and own:
            asleep.append(and_(of_role, Deployment.sub_county_id.not_in(_of_counties(own))))
        elif county_id is None:
            asleep.append(of_role)
        else:
            asleep.append(and_(of_role, Deployment.sub_county_id.in_(_of_counties({county_id}))))
    return not_(or_(*asleep)) if asleep else true()


def _of_counties(ids: Iterable[int]) -> Select[Any]:
    return select(SubCounty.id).where(SubCounty.county_id.in_(sorted(ids)))


def _within(statement: Select[Any], table: Any, scope: Scope, part: Slice) -> Select[Any]:
    statement = restrict(statement, table, scope).where(table.series_id == part.series.id)
    if part.sub_county_ids is not None:
        statement = statement.where(table.sub_county_id.in_(sorted(part.sub_county_ids)))
    if part.centre is not None:
        statement = statement.where(table.centre_id == part.centre.id)
    if part.role is not None:
        statement = statement.where(table.role_id == part.role.id)
    return statement


def _on_rosters(statement: Select[Any], part: Slice) -> Select[Any]:
    statement = statement.where(
        Deployment.status.in_(_SERVED), Deployment.ends_on >= Deployment.starts_on
    )
    if part.day is not None:
        statement = statement.where(
            Deployment.starts_on <= part.day, Deployment.ends_on >= part.day
        )
    if part.as_of is not None:
        known = or_(Deployment.published_at.is_(None), Deployment.published_at <= part.as_of)
        statement = statement.where(known)
    return statement
