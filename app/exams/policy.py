"""The dated rules of one series read once as a frozen value, with the lookups that choose one.

A rule applies from `effective_from` to `effective_to`, both days included; without an end it
applies until a later one takes its place. A rule of the county beats a national one, and among
equals the later start beats the earlier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar

from app import clock
from app.exams.enums import DayKind, RuleBasis


@dataclass(frozen=True, slots=True)
class RatioRule:
    """How many posts of a role: fixed + ceil(candidates / per) + extra above a size.

    `day_kinds` are the kinds of day the posts serve: orals and practicals need supervisors only.
    """

    role_code: str
    fixed: int
    candidates_per: int | None
    effective_from: date
    source: str
    extra: int = 0
    extra_over: int | None = None
    basis: RuleBasis = RuleBasis.CENTRE
    county_code: str | None = None
    day_kinds: frozenset[DayKind] = frozenset(DayKind)
    assumed: bool = False
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class DayRate:
    """What a day's work in a role pays, whole shillings, for the nation or for one county."""

    examination_code: str
    role_code: str
    kes_per_day: int
    effective_from: date
    year: int
    source: str
    county_code: str | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class LatePay:
    """The percent of the day's rate that a late day pays; without such a rule it pays in full."""

    percent: int
    effective_from: date
    source: str
    county_code: str | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class PolicyDay:
    """A day of the series' calendar; the marking hours are aware instants."""

    day: date
    kind: DayKind
    payable: bool
    opens_at: datetime
    submit_by: datetime
    closes_at: datetime


def policy_day(
    day: date,
    *,
    kind: DayKind,
    payable: bool,
    hours: tuple[time, time, time],
    late_days: int = 0,
) -> PolicyDay:
    """The calendar day with its marking hours (opens, submit by, closes; Nairobi wall clock).

    Marking closes `late_days` days later at the same wall-clock time.
    """
    opens, due, closes = hours
    return PolicyDay(
        day=day,
        kind=kind,
        payable=payable,
        opens_at=clock.instant_at(day, opens),
        submit_by=clock.instant_at(day, due),
        closes_at=clock.instant_at(day + timedelta(days=late_days), closes),
    )


@dataclass(frozen=True, slots=True)
class PolicyRole:
    """A role that people are deployed in."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A dated limit of the season, such as the end of deployment."""

    code: str
    at: datetime
    title: str


class DatedRule(Protocol):
    """What every dated rule has in common."""

    @property
    def county_code(self) -> str | None: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def effective_to(self) -> date | None: ...


R = TypeVar("R", bound=DatedRule)


def is_in_force(rule: DatedRule, on: date, county_code: str | None) -> bool:
    """Whether the rule applies on this day in this county (None: the nation's rules only)."""
    started = rule.effective_from <= on
    ended = rule.effective_to is not None and rule.effective_to < on
    return started and not ended and rule.county_code in {None, county_code}


def rule_on(rules: Iterable[R], on: date, *, county_code: str | None = None) -> R | None:
    """The one rule that applies: the county's before the nation's, then the latest start."""
    applying = [rule for rule in rules if is_in_force(rule, on, county_code)]
    return max(
        applying,
        key=lambda rule: (rule.county_code is not None, rule.effective_from),
        default=None,
    )


def rate_on(
    rates: Iterable[DayRate],
    on: date,
    *,
    examination_code: str,
    role_code: str,
    county_code: str | None = None,
) -> DayRate | None:
    """The rate of a role on a day, or None when none was published: that is not KSh 0."""
    of_role = (
        rate
        for rate in rates
        if rate.role_code == role_code and rate.examination_code == examination_code
    )
    return rule_on(of_role, on, county_code=county_code)


@dataclass(frozen=True, slots=True)
class Policy:
    """The calendar and the dated rules of one series of one examination."""

    series_code: str
    examination_code: str
    days: tuple[PolicyDay, ...]
    roles: tuple[PolicyRole, ...]
    ratio_rules: tuple[RatioRule, ...]
    rates: tuple[DayRate, ...]
    deadlines: tuple[Deadline, ...] = ()
    late_pay: tuple[LatePay, ...] = ()

    def rate_on(
        self, role_code: str, on: date, *, county_code: str | None = None
    ) -> DayRate | None:
        """The rate of a role on a day in a county, or None when none was published."""
        return rate_on(
            self.rates,
            on,
            examination_code=self.examination_code,
            role_code=role_code,
            county_code=county_code,
        )

    def ratio_on(
        self,
        role_code: str,
        on: date,
        *,
        basis: RuleBasis = RuleBasis.CENTRE,
        county_code: str | None = None,
    ) -> RatioRule | None:
        """The ratio rule of a role on a day, or None when the role has no posts on that basis."""
        of_role = (
            rule for rule in self.ratio_rules if rule.role_code == role_code and rule.basis == basis
        )
        return rule_on(of_role, on, county_code=county_code)

    def day_on(self, on: date) -> PolicyDay | None:
        """The calendar day, or None when nothing is held on that date."""
        return next((day for day in self.days if day.day == on), None)

    def payable_days(self, first: date, last: date) -> tuple[date, ...]:
        """The payable days from first to last, both included, in order."""
        found = (day.day for day in self.days if day.payable and first <= day.day <= last)
        return tuple(sorted(found))

    def role_name(self, role_code: str) -> str:
        """The name of a role, or its code when the series does not have it."""
        return next((role.name for role in self.roles if role.code == role_code), role_code)

    def deadline(self, code: str) -> Deadline | None:
        """The deadline of this code, or None when the season has none."""
        return next((one for one in self.deadlines if one.code == code), None)
