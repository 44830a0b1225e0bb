"""Days of duty counted from the summaries: the SQL twin of the days that a claim is computed from.

It only counts people by place, role, register state and price; what the days come to is decided by
`computation.compute` alone.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from app.attendance.counts import day_counts
from app.attendance.enums import MarkStatus, RegisterState
from app.claims.computation import DayRate, DutyDay, Rates
from app.deployments.counts import Calendar, deployed_periods
from app.exams import models
from app.exams.slices import CalendarDay, Grain, Slice, county_of_sub_county, days_of
from app.places.models import County
from app.scoping.scope import Scope


class Counted(NamedTuple):
    """So many people's days of one kind: `kind` is one person's day, `key` the summary's row."""

    key: Any
    role_id: int
    kind: DutyDay
    people: int


@dataclass(frozen=True, slots=True)
class Periods:
    """Payable days that pay alike and lie on the same side of today, numbered.

    `number_of` gives a day's number, `sample_of` a day that stands for its number.
    """

    number_of: Mapping[dt.date, int]
    sample_of: Mapping[int, dt.date]


def rates_of(session: Any, examination_id: int) -> Rates:
    """The dated rates of an examination, as the computation takes them."""
    found = session.execute(
        select(models.DayRate, models.Examination.code, models.StaffRole.code, County.code)
        .join(models.Examination, models.Examination.id == models.DayRate.examination_id)
        .join(models.StaffRole, models.StaffRole.id == models.DayRate.role_id)
        .outerjoin(County, County.id == models.DayRate.county_id)
        .where(models.DayRate.examination_id == examination_id)
        .order_by(models.DayRate.effective_from, models.DayRate.id)
    ).all()
    code = session.scalar(
        select(models.Examination.code).where(models.Examination.id == examination_id)
    )
    return Rates(code, tuple(_rate(*row) for row in found))


def periods_of(days: Sequence[CalendarDay], rates: Rates, part: Slice) -> Periods:
    """The payable days of the part, grouped by price and by whether they are still to come."""
    numbers: dict[tuple[Any, ...], int] = {}
    number_of: dict[dt.date, int] = {}
    for one in days:
        if one.payable and part.day in {None, one.day}:
            alike = (_in_force(rates, one.day), one.day >= part.today)
            price = (*alike, one.day) if part.by is Grain.DAY else alike
            number_of[one.day] = numbers.setdefault(price, len(numbers))
    return Periods(number_of, {number: day for day, number in number_of.items()})


def duties_in(session: Any, scope: Scope, part: Slice, rates: Rates) -> list[Counted]:
    """The days of duty behind the rows of a summary, counted in people.

    Whoever is on a roster of a payable day is here once: by mark and register state where marked,
    else as a day without a mark.
    """
    days = days_of(session, part.series.id)
    periods = periods_of(days, rates, part)
    if not periods.number_of:
        return []
    source = _Source(session, scope, part, rates, periods)
    duties: list[Counted] = []
    marked: Counter[tuple[Any, ...]] = Counter()
    for row in source.marks():
        key, county = source.place_of(row)
        marked[(key, county, row.role_id, row.period)] += row.present + row.late + row.absent
        duties.extend(source.worked(row, key, county))
    rostered = source.rostered(Calendar(session, part.examination_id, days))
    for where, people in rostered.items():
        left = people - marked[where]
        if left > 0:
            key, county, role_id, period = where
            kind = source.kind(role_id, county, period)
            duties.append(Counted(key, role_id, kind, left))
    return duties


class _Source:
    """The counted rows of one part, with what turns them into days of duty."""

    def __init__(
        self, session: Any, scope: Scope, part: Slice, rates: Rates, periods: Periods
    ) -> None:
        self.session, self.scope, self.part, self.periods = session, scope, part, periods
        self._kinds: dict[tuple[Any, ...], DutyDay] = {}
        self.counties = county_of_sub_county(session)
        found = session.execute(select(models.StaffRole.id, models.StaffRole.code))
        self.roles: dict[int, str] = dict(found.all())
        self.by_county = any(rate.county_code for rate in rates.day_rates)
        placeless = part.by in {Grain.DAY, Grain.ROLE}
        self.keys = ["sub_county_id"] if self.by_county or not placeless else []
        self.keys += ["centre_id"] if part.by is Grain.CENTRE else []

    def marks(self) -> Sequence[Any]:
        """Counts of payable days by place, role, register state and period."""
        keys = (*self.keys, "role_id", "state", "period")
        numbers = self.periods.number_of
        return day_counts(self.session, self.scope, self.part, *keys, periods=numbers)

    def place_of(self, row: Any) -> tuple[Any, str | None]:
        """The key of the summary's row, and the county whose rates apply where rates have any."""
        by = self.part.by
        county_id, county = self.counties[row.sub_county_id] if self.keys else (None, None)
        if by is Grain.DAY:
            key: Any = self.periods.sample_of[row.period]
        elif by is Grain.ROLE:
            key = row.role_id
        else:
            key = {Grain.COUNTY: county_id, Grain.SUB_COUNTY: row.sub_county_id}.get(by)
        return (row.centre_id if by is Grain.CENTRE else key), (county if self.by_county else None)

    def worked(self, row: Any, key: Any, county: str | None) -> Iterator[Counted]:
        """The marked days of a counted row, disputed ones apart."""
        held_present = min(row.held, row.present)
        counts = (
            (MarkStatus.PRESENT, False, row.present - held_present),
            (MarkStatus.PRESENT, True, held_present),
            (MarkStatus.LATE, False, row.late - (row.held - held_present)),
            (MarkStatus.LATE, True, row.held - held_present),
        )
        for mark, disputed, people in counts:
            if people:
                kind = self.kind(row.role_id, county, row.period, (mark, row.state, disputed))
                yield Counted(key, row.role_id, kind, people)

    def kind(
        self,
        role_id: int,
        county: str | None,
        period: int,
        says: tuple[MarkStatus, str, bool] | None = None,
    ) -> DutyDay:
        """One person's day of this kind; the same object for the same kind."""
        known = (role_id, county, period, says)
        if known not in self._kinds:
            mark, state, disputed = says or (None, None, False)
            self._kinds[known] = DutyDay(
                day=self.periods.sample_of[period],
                role_code=self.roles[role_id],
                payable=True,
                county_code=county,
                mark=mark,
                register=RegisterState(state) if state else None,
                disputed=disputed,
            )
        return self._kinds[known]

    def rostered(self, calendar: Calendar) -> Counter[tuple[Any, ...]]:
        """(row key, county, role id, period) -> how many person-days the rosters hold."""
        keys = ["sub_county_id", "role_id"]
        keys += ["centre_id"] if self.part.by is Grain.CENTRE else []
        found: Counter[tuple[Any, ...]] = Counter()
        known: dict[tuple[Any, ...], Counter[int]] = {}
        for row in deployed_periods(self.session, self.scope, self.part, *keys):
            county_id = self.counties[row.sub_county_id][0]
            span = (row.role_id, county_id, row.starts_on, row.ends_on)
            if span not in known:
                known[span] = self._periods_within(calendar.duty_days(*span[:2]), span[2:])
            for period, days in known[span].items():
                key, county = self.place_of(_Rostered(row, period))
                found[(key, county, row.role_id, period)] += row.people * days
        return found

    def _periods_within(self, duty: Sequence[dt.date], span: tuple[Any, ...]) -> Counter[int]:
        numbers = self.periods.number_of
        return Counter(numbers[day] for day in duty if day in numbers and span[0] <= day <= span[1])


class _Rostered:
    """A counted row of rosters seen as one of a period."""

    def __init__(self, row: Any, period: int) -> None:
        self._row, self.period = row, period

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _in_force(rates: Rates, day: dt.date) -> frozenset[DayRate]:
    return frozenset(
        rate
        for rate in rates.day_rates
        if rate.effective_from <= day and (rate.effective_to is None or rate.effective_to >= day)
    )


def _rate(
    row: models.DayRate, examination_code: str, role_code: str, county_code: str | None
) -> DayRate:
    return DayRate(
        examination_code=examination_code,
        role_code=role_code,
        kes_per_day=row.kes_per_day,
        effective_from=row.effective_from,
        year=row.year,
        source=row.source,
        county_code=county_code,
        effective_to=row.effective_to,
    )
