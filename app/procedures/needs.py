"""Centres and ratio rules change, and with them the posts, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.db.uow import unit_of_work
from app.errors import NotAllowed, RuleBroken
from app.exams.enums import RuleBasis
from app.exams.models import DayRate, RatioRule, Series
from app.extensions import db
from app.permissions import MATRIX, Role
from app.places.enums import CentreKind
from app.places.models import Centre, County, SubCounty
from app.reference.services import (
    Records,
    Values,
    add_record,
    delete_record,
    edit_record,
    end_record,
)
from app.scoping.scope import Actor, Scope
from app.vacancies.services import recompute_posts, recompute_series, recompute_stores
from app.words import N_

CENTRES = Records(Centre, "centres", personal=frozenset({"telephone", "email", "contact_name"}))
RULES = Records(RatioRule, "ratio-rules")
RATES = Records(DayRate, "day-rates")
CONTACT = ("contact_name", "telephone", "email")
MAY_CHANGE: Mapping[str, tuple[str, ...]] = {
    Role.TSC_DIRECTOR: (*CONTACT, "hosting_centre_id", "lat", "lon"),
    Role.SCDE: CONTACT,
    Role.CENTRE: ("telephone", "email", "rooms"),
    Role.CENTRE_MANAGER: ("telephone", "email", "rooms"),
}
"""Role -> the columns of a centre that it may change; a role not named may change all."""


def add_centre(scope: Scope, actor: Actor, *, values: Values) -> Centre:
    """A new centre with the posts that its candidates need; a store shares its county's."""
    with unit_of_work(db.session) as session:
        centre: Centre = add_record(CENTRES, scope, actor, values=values)
        _follow(session, centre, before=None)
    return centre


def edit_centre(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Centre:
    """Changes what the actor's role may change of a centre; its posts follow its candidates.

    Raises NotAllowed for a column that belongs to somebody else.
    """
    _refuse_others_columns(actor, values)
    with unit_of_work(db.session) as session:
        centre: Any = session.get(Centre, pk)
        before = centre and centre.hosting_centre_id
        changed: Centre = edit_record(CENTRES, scope, actor, pk=pk, values=values)
        if {"candidates", "hosting_centre_id", "series_id", "kind"} & set(values):
            _follow(session, changed, before=before)
    return changed


def delete_centre(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a centre on which nothing rests."""
    delete_record(CENTRES, scope, actor, pk=pk)


def add_rule(scope: Scope, actor: Actor, *, values: Values) -> RatioRule:
    """A new ratio rule; the posts of the seasons it governs follow."""
    with unit_of_work(db.session) as session:
        rule: RatioRule = add_record(RULES, scope, actor, values=values)
        _recompute(session, rule)
    return rule


def edit_rule(scope: Scope, actor: Actor, *, pk: int, values: Values) -> RatioRule:
    """A changed ratio rule, where no season has used it; the posts it governs follow."""
    with unit_of_work(db.session) as session:
        refuse_used(session, session.get(RatioRule, pk))
        rule: RatioRule = edit_record(RULES, scope, actor, pk=pk, values=values)
        _recompute(session, rule)
    return rule


def delete_rule(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a ratio rule that no season has used; the database refuses the others."""
    delete_record(RULES, scope, actor, pk=pk)


def end_rules(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends ratio rules on a day; the posts of seasons that begin later follow."""
    with unit_of_work(db.session) as session:
        _refuse_ending_before_use(session, RatioRule, ids, last_day)
        end_record(RULES, scope, actor, ids, last_day=last_day)
        for pk in ids:
            _recompute(session, session.get(RatioRule, pk))


def add_rate(scope: Scope, actor: Actor, *, values: Values) -> DayRate:
    """A new rate. Raises RuleBroken for one of a county that would take the national rate's place
    on days already worked; a role without any rate may get one for those days."""
    with unit_of_work(db.session) as session:
        rate: DayRate = add_record(RATES, scope, actor, values=values)
        _refuse_overriding_used(session, rate)
    return rate


def edit_rate(scope: Scope, actor: Actor, *, pk: int, values: Values) -> DayRate:
    """A changed rate, where no season has used it: what was paid is never rewritten."""
    with unit_of_work(db.session) as session:
        refuse_used(session, session.get(DayRate, pk))
        rate: DayRate = edit_record(RATES, scope, actor, pk=pk, values=values)
    return rate


def end_rates(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends rates on a day; what was worked up to today stays earned."""
    with unit_of_work(db.session) as session:
        _refuse_ending_before_use(session, DayRate, ids, last_day)
        end_record(RATES, scope, actor, ids, last_day=last_day)


def refuse_used(session: Any, rule: RatioRule | DayRate | None) -> None:
    """Raises RuleBroken when a season that began lies in the days of the rule or rate."""
    if rule is None:
        return
    until = rule.effective_to or dt.date.max
    used = session.scalar(
        select(Series.id)
        .where(
            Series.examination_id == rule.examination_id,
            _begun(),
            Series.ends_on >= rule.effective_from,
            Series.starts_on <= until,
        )
        .limit(1)
    )
    if used is not None:
        raise RuleBroken(
            "rule-in-use", N_("This is in use. End it on a day, and add a new one from the next.")
        )


def _begun() -> Any:
    """Series that the calendar or KNEC says have begun, whichever says it first."""
    return or_(Series.status != "planned", Series.starts_on <= clock.today())


def _refuse_ending_before_use(
    session: Any, kind: type[RatioRule | DayRate], ids: Sequence[int], last_day: dt.date
) -> None:
    """Raises RuleBroken when a season has days after `last_day`, up to today, that it governed."""
    last_used = func.least(
        Series.ends_on, clock.today(), func.coalesce(kind.effective_to, dt.date.max)
    )
    used = session.scalar(
        select(func.max(last_used))
        .select_from(kind)
        .join(Series, Series.examination_id == kind.examination_id)
        .where(kind.id.in_(ids), _begun(), Series.starts_on <= last_used, last_used > last_day)
    )
    if used is not None:
        raise RuleBroken(
            "ends-before-use",
            N_("This was in use up to %(day)s. End it on that day or later."),
            field="reason",
            facts={"day": used},
        )


def _refuse_overriding_used(session: Any, rate: DayRate) -> None:
    """Raises RuleBroken when a county's rate covers days that a national rate has already paid."""
    if rate.county_id is None:
        return
    national = aliased(DayRate)
    until = func.coalesce(national.effective_to, clock.today())
    first = func.greatest(rate.effective_from, national.effective_from, Series.starts_on)
    last = func.least(rate.effective_to or clock.today(), until, Series.ends_on, clock.today())
    used = session.scalar(
        select(func.max(last))
        .select_from(national)
        .join(Series, Series.examination_id == national.examination_id)
        .where(
            national.examination_id == rate.examination_id,
            national.role_id == rate.role_id,
            national.county_id.is_(None),
            _begun(),
            first <= last,
        )
    )
    if used is not None:
        raise RuleBroken(
            "overrides-used-rate",
            N_("Days up to %(day)s were worked at the national rate. Begin this one after them."),
            field="effective_from",
            facts={"day": used},
        )


def columns_of(actor: Actor) -> frozenset[str] | None:
    """The columns of a centre that the actor may change; None for all."""
    roles = [role for role in actor.roles if "edit" in MATRIX["centres"].get(role, ())]
    if any(role not in MAY_CHANGE for role in roles):
        return None
    return frozenset(column for role in roles for column in MAY_CHANGE[role])


def _refuse_others_columns(actor: Actor, values: Values) -> None:
    allowed = columns_of(actor)
    for column in values:
        if allowed is not None and column not in allowed:
            raise NotAllowed(
                "not-your-column",
                N_("Your role does not change this part of a centre."),
                field=column,
            )


def _follow(session: Any, centre: Centre, *, before: int | None) -> None:
    if centre.kind == CentreKind.STORE:
        place = session.get(SubCounty, centre.sub_county_id)
        recompute_stores(session, centre.series_id, place.county_id)
        return
    hosts = {centre.id, centre.hosting_centre_id, before} - {None}
    recompute_posts(session, centre.series_id, {host for host in hosts if host})


def _recompute(session: Any, rule: RatioRule) -> None:
    """The posts of every season of the examination that has not ended."""
    series = session.scalars(
        select(Series.id)
        .where(Series.examination_id == rule.examination_id, Series.status != "finished")
        .order_by(Series.id)
    )
    for series_id in series.all():
        if rule.basis == RuleBasis.COUNTY:
            for county_id in _counties_of(session, rule):
                recompute_stores(session, series_id, county_id)
        else:
            recompute_series(session, series_id)


def _counties_of(session: Any, rule: RatioRule) -> Sequence[int]:
    """The counties that a rule speaks of: its own, or all."""
    if rule.county_id is not None:
        return [rule.county_id]
    found: Sequence[int] = session.scalars(select(County.id).order_by(County.id)).all()
    return found
