"""The examinations, series, calendars, roles, dated rules and rates of the demonstration.

Numbers are those of the published circulars where there are any; an assumption of ours says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

from app.demo.places import Country
from app.demo.shares import drivers_by_county
from app.exams.enums import DayKind, RuleBasis
from app.exams.policy import DayRate, RatioRule

TODAY = dt.date(2026, 11, 11)
ANCHOR = dt.datetime(2026, 11, 11, 4, 20, tzinfo=dt.UTC)
"""Office time at the moment of loading: Wednesday 11 November 2026, 07:20 in Nairobi."""

EXAMINATIONS = (
    ("KCSE", "Kenya Certificate of Secondary Education", False),
    ("KPSEA", "Kenya Primary School Education Assessment", False),
    ("KJSEA", "Kenya Junior School Education Assessment", False),
    ("KCPE", "Kenya Certificate of Primary Education", True),
)
ROLES = (
    ("centre_manager", "Centre manager", "Mkuu wa kituo", "school", True, True),
    ("supervisor", "Supervisor", "Msimamizi mkuu", "school", False, True),
    ("invigilator", "Invigilator", "Msimamizi", "school", False, True),
    ("security", "Security officer", "Afisa wa usalama", "school", False, False),
    ("clerk", "Clerk", "Karani", "school", False, False),
    ("driver", "Driver", "Dereva", "store", False, False),
    ("store_keeper", "Store keeper", "Mtunza ghala", "store", False, False),
)
"""code, English, Kiswahili, works at, manages the centre, needs a TSC number."""

ROLE_ID = {role[0]: number for number, role in enumerate(ROLES, 1)}
EXAMINATION_ID = {row[0]: number for number, row in enumerate(EXAMINATIONS, 1)}

_ALL = frozenset(DayKind)
_CENTRE_DAYS = frozenset({DayKind.REHEARSAL, DayKind.WRITTEN})


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a calendar."""

    day: dt.date
    kind: DayKind

    @property
    def payable(self) -> bool:
        return self.kind is not DayKind.REHEARSAL


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """A series with its days; supervisors serve from the first day, others from `others_from`."""

    id: int
    examination: str
    year: int
    status: str
    days: tuple[Day, ...]

    @property
    def code(self) -> str:
        return f"{self.examination}-{self.year}"

    @property
    def starts_on(self) -> dt.date:
        return self.days[0].day

    @property
    def ends_on(self) -> dt.date:
        return self.days[-1].day

    @property
    def others_from(self) -> dt.date:
        return next(day.day for day in self.days if day.kind in _CENTRE_DAYS)


def _calendar(
    practicals: tuple[dt.date, ...], rehearsal: dt.date, first: dt.date, last: dt.date
) -> tuple[Day, ...]:
    """Practicals, the rehearsal, then written papers on every weekday from first to last."""
    written = (first + dt.timedelta(n) for n in range((last - first).days + 1))
    days = [Day(day, DayKind.PRACTICAL) for day in practicals]
    days.append(Day(rehearsal, DayKind.REHEARSAL))
    days += [Day(day, DayKind.WRITTEN) for day in written if day.weekday() < 5]
    return tuple(sorted(days, key=lambda one: one.day))


def _d(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, day)


SERIES = (
    SeriesPlan(
        *(1, "KCSE", 2026, "running"),
        _calendar(
            (_d(2026, 10, 28), _d(2026, 10, 29)),
            *(_d(2026, 10, 30), _d(2026, 11, 2), _d(2026, 11, 19)),
        ),
    ),
    SeriesPlan(
        *(2, "KCSE", 2025, "finished"),
        _calendar(
            (_d(2025, 10, 29), _d(2025, 10, 30)),
            *(_d(2025, 10, 31), _d(2025, 11, 3), _d(2025, 11, 20)),
        ),
    ),
    SeriesPlan(
        *(3, "KCSE", 2024, "finished"),
        _calendar(
            (_d(2024, 10, 30), _d(2024, 10, 31)),
            *(_d(2024, 11, 1), _d(2024, 11, 4), _d(2024, 11, 21)),
        ),
    ),
    SeriesPlan(
        *(4, "KPSEA", 2026, "finished"),
        _calendar((), _d(2026, 10, 23), _d(2026, 10, 26), _d(2026, 10, 28)),
    ),
    SeriesPlan(
        *(5, "KJSEA", 2026, "finished"),
        _calendar((), _d(2026, 10, 23), _d(2026, 10, 26), _d(2026, 10, 28)),
    ),
    SeriesPlan(
        *(6, "KCPE", 2023, "finished"),
        _calendar((), _d(2023, 10, 27), _d(2023, 10, 30), _d(2023, 11, 1)),
    ),
)
RUNNING, LAST_YEAR, BEFORE_LAST, PRIMARY_SERIES, JUNIOR_SERIES, HISTORIC = SERIES
SINCE = {"KCSE": 2019, "KCPE": 2019, "KPSEA": 2022, "KJSEA": 2025}
_RATIO_SOURCE = "KNEC staffing of centres, as published for 2021 to 2025"
_OURS = "No ratio is published: an assumption of this demonstration"


def ratio_rules(examination: str, country: Country) -> list[RatioRule]:
    """How many posts of each role an examination's centres and counties need."""
    since = _d(SINCE[examination], 1, 1)
    until = _d(2023, 12, 31) if examination == "KCPE" else None

    rule = partial(
        RatioRule,
        effective_from=since,
        effective_to=until,
        source=_RATIO_SOURCE,
        day_kinds=_CENTRE_DAYS,
    )
    rules = [
        rule("centre_manager", 1, None),
        rule("supervisor", 0, 200, day_kinds=_ALL),
        rule("invigilator", 0, 20),
        rule("security", 2, None, extra=1, extra_over=250),
        rule("clerk", 1, None, assumed=True, source=_OURS),
    ]
    if examination != "KCSE":
        return rules
    of_county = partial(rule, candidates_per=None, basis=RuleBasis.COUNTY)
    published = "Share of the county in the 2,692 drivers published for 2025"
    for county, drivers in drivers_by_county(country).items():
        rules.append(of_county("driver", drivers, county_code=county, source=published))
    for county, stores in _stores(country).items():
        keeper = of_county("store_keeper", stores, county_code=county, source=_OURS)
        rules.append(replace(keeper, assumed=True))
    return rules


def _stores(country: Country) -> dict[str, int]:
    """One store in each sub-county."""
    counts = dict.fromkeys((county.code for county in country.counties), 0)
    for sub_county in country.sub_counties:
        counts[sub_county.county.code] += 1
    return counts


def day_rates(examination: str) -> list[DayRate]:
    """The published rates, each in force until another took its place; none for other roles."""
    since, until = _d(SINCE[examination], 1, 1), {"KCPE": _d(2023, 12, 31)}.get(examination)

    rate = partial(_rate, examination, since=since, until=until)
    of_2019 = "KNEC rates of 2019"
    rates = [rate("security", 420, of_2019), rate("driver", 405, of_2019)]
    if SINCE[examination] == 2019:
        towns, rest = _d(2022, 12, 31), until or _d(2024, 12, 31)
        in_towns = partial(rate, "supervisor", 695, f"{of_2019}: Nairobi and Mombasa", until=towns)
        rates += [replace(in_towns(), county_code=code) for code in ("01", "47")]
        rates.append(rate("supervisor", 630, of_2019, until=rest))
    if examination == "KCSE":
        year = {"since": _d(2024, 1, 1), "until": _d(2024, 12, 31)}
        rates.append(rate("invigilator", 510, "KNEC rates of 2024", **year))
    if until is None:
        for role, kes in (("supervisor", 680), ("invigilator", 550), ("centre_manager", 550)):
            rates.append(rate(role, kes, "KNEC rates of 2025", since=_d(2025, 1, 1)))
    return rates


def _rate(
    examination: str, role: str, kes: int, source: str, *, since: dt.date, until: dt.date | None
) -> DayRate:
    year = since.year
    return DayRate(examination, role, kes, since, year=year, source=source, effective_to=until)
