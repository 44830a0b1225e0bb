"""What is owed for days of duty, with its working.

The one place where days become shillings. A day is *earned* when the calendar pays it, the mark
is present or late, and the SCDE confirmed the register; until then the same day awaits
confirmation. A worked day under an open dispute is held. A role without a published rate has no
amount: it is said in words and never becomes KSh 0. Each day's pay is a whole number of
shillings, so that sums agree however days are grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.attendance.enums import SETTLED, WORKED, MarkStatus, RegisterState
from app.exams.policy import DayRate, LatePay, rate_on, rule_on
from app.money import kes_words, percent_of_kes
from app.words import (
    N_,
    NN_,
    Counted,
    Sentence,
    Translate,
    TranslateCounted,
    untranslated,
    untranslated_counted,
)

__all__ = [
    "Bucket",
    "Computation",
    "DayRate",
    "DutyDay",
    "LatePay",
    "Line",
    "Rates",
    "Total",
    "bucket_of",
    "compute",
    "day_pay_kes",
]


class Bucket(StrEnum):
    """What stands between a day of duty and its pay."""

    EARNED = "earned"
    AWAITING = "awaiting"
    HELD = "held"
    EXPECTED = "expected"
    UNMARKED = "unmarked"
    NOT_PAYABLE = "not payable"


BUCKET_WORDS: dict[Bucket, str] = {
    Bucket.EARNED: N_("Earned"),
    Bucket.AWAITING: N_("Awaiting confirmation"),
    Bucket.HELD: N_("Held: disputed"),
    Bucket.EXPECTED: N_("Expected for days still to be worked"),
    Bucket.UNMARKED: N_("Past and not marked"),
    Bucket.NOT_PAYABLE: N_("Not payable"),
}


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One day that a deployment covers (`people` of them, when counted from summaries).

    `payable` is the calendar's word for the day; `mark` and `register` are None where nothing was
    marked or opened; `self_marked` says that the marker's own row is meant.
    """

    day: date
    role_code: str
    payable: bool
    county_code: str | None = None
    mark: MarkStatus | None = None
    register: RegisterState | None = None
    disputed: bool = False
    self_marked: bool = False
    people: int = 1


@dataclass(frozen=True, slots=True)
class Rates:
    """The dated rates and late-pay rules of one examination."""

    examination_code: str
    day_rates: tuple[DayRate, ...]
    late_pay: tuple[LatePay, ...] = ()

    def rate_on(self, role_code: str, on: date, county_code: str | None) -> DayRate | None:
        """The rate of a role on a day in a county, or None when none was published."""
        return rate_on(
            self.day_rates,
            on,
            examination_code=self.examination_code,
            role_code=role_code,
            county_code=county_code,
        )

    def percent_on(self, mark: MarkStatus | None, on: date, county_code: str | None) -> int:
        """The share of the rate that a day with this mark pays: all of it, unless a rule says."""
        if mark is not MarkStatus.LATE:
            return 100
        rule = rule_on(self.late_pay, on, county_code=county_code)
        return 100 if rule is None else rule.percent


@dataclass(frozen=True, slots=True)
class Line:
    """Days of one role, bucket and rate, with what they come to.

    `amount_kes` is None when no rate was published; it is 0 only for days that are not payable.
    """

    bucket: Bucket
    role_code: str
    county_code: str | None
    rate: DayRate | None
    percent: int
    days: int
    dates: tuple[date, ...]
    self_marked: tuple[date, ...]
    amount_kes: int | None

    def working(self, translate: TranslateCounted = untranslated_counted) -> str:
        """How the amount comes about: ``12 days x KSh 680 = KSh 8,160; rate of 2025, source``."""
        return _working(self).spoken(translate)


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of lines; `kes` is None when there are days and none of them has a rate."""

    kes: int | None
    days: int
    days_without_rate: int

    def words(self, translate: Translate = untranslated) -> str:
        """The sum as it is shown, never KSh 0 for days whose rate is unknown."""
        if self.kes is None:
            return translate(N_("No rate published"))
        if not self.days_without_rate:
            return kes_words(self.kes)
        facts = {"amount": kes_words(self.kes), "days": self.days_without_rate}
        return Sentence(N_("%(amount)s, and %(days)s days without a published rate"), facts).spoken(
            translate
        )


@dataclass(frozen=True, slots=True)
class Computation:
    """The lines of a claim or of a whole jurisdiction, in a fixed order."""

    lines: tuple[Line, ...]

    def total(self, *buckets: Bucket) -> Total:
        """The sum over the buckets named, or over all of them."""
        wanted = [line for line in self.lines if not buckets or line.bucket in buckets]
        amounts = [line.amount_kes for line in wanted if line.amount_kes is not None]
        return Total(
            kes=sum(amounts) if amounts or not wanted else None,
            days=sum(line.days for line in wanted),
            days_without_rate=sum(line.days for line in wanted if line.amount_kes is None),
        )

    @property
    def roles_without_rate(self) -> tuple[str, ...]:
        """The codes of roles with payable days and no published rate, in order."""
        return tuple(sorted({line.role_code for line in self.lines if line.amount_kes is None}))


def bucket_of(duty: DutyDay, today: date) -> Bucket:
    """What stands between this day and its pay, on the office day `today`."""
    if not duty.payable:
        return Bucket.NOT_PAYABLE
    if duty.mark is None:
        return Bucket.EXPECTED if duty.day >= today else Bucket.UNMARKED
    if duty.mark not in WORKED:
        return Bucket.NOT_PAYABLE
    if duty.disputed:
        return Bucket.HELD
    return Bucket.EARNED if duty.register in SETTLED else Bucket.AWAITING


def day_pay_kes(rate: DayRate, percent: int = 100) -> int:
    """What one day pays, in whole shillings."""
    return percent_of_kes(rate.kes_per_day, percent)


def compute(duties: Iterable[DutyDay], rates: Rates, *, today: date) -> Computation:
    """What the days come to, one line for each bucket, role, county, rate and share of it."""
    lines: dict[tuple[object, ...], Line] = {}
    for duty in duties:
        one = _line_of(duty, rates, today)
        key = (one.bucket, one.role_code, one.county_code, one.rate, one.percent)
        lines[key] = _together(lines[key], one) if key in lines else one
    return Computation(tuple(sorted(lines.values(), key=_order)))


def _line_of(duty: DutyDay, rates: Rates, today: date) -> Line:
    bucket = bucket_of(duty, today)
    rate, percent, amount = None, 100, None
    if bucket is Bucket.NOT_PAYABLE:
        percent, amount = 0, 0
    else:
        rate = rates.rate_on(duty.role_code, duty.day, duty.county_code)
        percent = rates.percent_on(duty.mark, duty.day, duty.county_code)
    if rate is not None:
        amount = day_pay_kes(rate, percent) * duty.people
    return Line(
        bucket=bucket,
        role_code=duty.role_code,
        county_code=duty.county_code,
        rate=rate,
        percent=percent,
        days=duty.people,
        dates=(duty.day,),
        self_marked=(duty.day,) if duty.self_marked else (),
        amount_kes=amount,
    )


def _together(line: Line, other: Line) -> Line:
    amount = None
    if line.amount_kes is not None and other.amount_kes is not None:
        amount = line.amount_kes + other.amount_kes
    return replace(
        line,
        days=line.days + other.days,
        dates=_merged(line.dates, other.dates),
        self_marked=_merged(line.self_marked, other.self_marked),
        amount_kes=amount,
    )


def _merged(some: Sequence[date], more: Sequence[date]) -> tuple[date, ...]:
    return tuple(sorted({*some, *more}))


def _order(line: Line) -> tuple[object, ...]:
    return (
        list(Bucket).index(line.bucket),
        line.role_code,
        line.county_code or "",
        line.dates[0],
        -line.percent,
    )


def _working(line: Line) -> Counted:
    if line.bucket is Bucket.NOT_PAYABLE:
        forms = NN_("%(days)s day not payable", "%(days)s days not payable")
        return Counted(forms, line.days, {"days": line.days})
    if line.rate is None or line.amount_kes is None:
        forms = NN_(
            "%(days)s day; no rate published for %(role)s",
            "%(days)s days; no rate published for %(role)s",
        )
        return Counted(forms, line.days, {"days": line.days, "role": line.role_code})
    return _priced(line, line.rate, line.amount_kes)


def _priced(line: Line, rate: DayRate, amount_kes: int) -> Counted:
    facts: dict[str, object] = {
        "days": line.days,
        "pay": kes_words(day_pay_kes(rate, line.percent)),
        "rate": kes_words(rate.kes_per_day),
        "percent": line.percent,
        "amount": kes_words(amount_kes),
        "year": rate.year,
        "source": rate.source,
    }
    forms = NN_(
        "%(days)s day x %(pay)s = %(amount)s; rate of %(year)s, %(source)s",
        "%(days)s days x %(pay)s = %(amount)s; rate of %(year)s, %(source)s",
    )
    if line.percent != 100:
        forms = NN_(
            "%(days)s late day x %(pay)s (%(percent)s%% of %(rate)s) = %(amount)s; "
            "rate of %(year)s, %(source)s",
            "%(days)s late days x %(pay)s (%(percent)s%% of %(rate)s) = %(amount)s; "
            "rate of %(year)s, %(source)s",
        )
    return Counted(forms, line.days, facts)
