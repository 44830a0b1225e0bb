"""The law of pay: what is earned, what waits, and what no rate can be found for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attendance.enums import MarkStatus, RegisterState
from app.claims.computation import (
    Bucket,
    DayRate,
    DutyDay,
    LatePay,
    Rates,
    bucket_of,
    compute,
)
from app.exams.policy import rate_on, rule_on

M, R = MarkStatus, RegisterState
MONDAY = date(2025, 11, 3)
TODAY = date(2025, 11, 12)


def rate(
    role: str, kes: int, *, county: str | None = None, start: date = date(2025, 1, 1)
) -> DayRate:
    return DayRate(
        examination_code="KCSE",
        role_code=role,
        kes_per_day=kes,
        effective_from=start,
        year=start.year,
        source="circular 12",
        county_code=county,
    )


RATES = Rates("KCSE", (rate("supervisor", 680), rate("invigilator", 550)))


def worked(
    day: date = MONDAY, role: str = "supervisor", register: RegisterState = R.CONFIRMED
) -> DutyDay:
    return DutyDay(day=day, role_code=role, payable=True, mark=M.PRESENT, register=register)


def days(count: int, role: str) -> list[DutyDay]:
    return [worked(MONDAY + timedelta(days=n), role) for n in range(count)]


def test_twelve_confirmed_days_show_their_working() -> None:
    (line,) = compute(days(12, "supervisor"), RATES, today=TODAY).lines
    assert line.amount_kes == 8160
    assert line.working() == "12 days x KSh 680 = KSh 8,160; rate of 2025, circular 12"


def test_three_days_at_550_are_1650_and_not_the_1680_once_printed() -> None:
    result = compute(days(3, "invigilator"), RATES, today=TODAY)
    assert result.total(Bucket.EARNED).kes == 1650
    assert result.total().words() == "KSh 1,650"


def test_one_day_is_said_in_the_singular() -> None:
    (line,) = compute(days(1, "invigilator"), RATES, today=TODAY).lines
    assert line.working() == "1 day x KSh 550 = KSh 550; rate of 2025, circular 12"


def duty(
    mark: MarkStatus | None,
    register: RegisterState | None,
    *,
    on: date = MONDAY,
    payable: bool = True,
    disputed: bool = False,
) -> DutyDay:
    return DutyDay(
        day=on,
        role_code="supervisor",
        payable=payable,
        mark=mark,
        register=register,
        disputed=disputed,
    )


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "bucket"),
    [
        (duty(M.PRESENT, R.CONFIRMED), Bucket.EARNED),
        (duty(M.LATE, R.LOCKED), Bucket.EARNED),
        (duty(M.PRESENT, R.SUBMITTED), Bucket.AWAITING),
        (duty(M.PRESENT, R.RETURNED), Bucket.AWAITING),
        (duty(M.PRESENT, R.OPEN), Bucket.AWAITING),
        (duty(M.PRESENT, R.CONFIRMED, disputed=True), Bucket.HELD),
        (duty(M.PRESENT, R.SUBMITTED, disputed=True), Bucket.HELD),
        (duty(M.ABSENT, R.CONFIRMED), Bucket.NOT_PAYABLE),
        (duty(M.ABSENT, R.CONFIRMED, disputed=True), Bucket.NOT_PAYABLE),
        (duty(M.PRESENT, R.CONFIRMED, payable=False), Bucket.NOT_PAYABLE),
        (duty(None, None, on=TODAY), Bucket.EXPECTED),
        (duty(None, R.OPEN, on=TODAY), Bucket.EXPECTED),
        (duty(None, None, on=TODAY + DAY), Bucket.EXPECTED),
        (duty(None, None, on=TODAY - DAY), Bucket.UNMARKED),
        (duty(None, None, on=TODAY, payable=False), Bucket.NOT_PAYABLE),
    ],
)
def test_bucket_of_a_day(day: DutyDay, bucket: Bucket) -> None:
    assert bucket_of(day, TODAY) is bucket


def test_role_without_a_rate_says_so_and_is_never_nothing() -> None:
    result = compute(days(2, "clerk"), RATES, today=TODAY)
    (line,) = result.lines
    assert (line.rate, line.amount_kes) == (None, None)
    assert line.working() == "2 days; no rate published for clerk"
    assert result.total(Bucket.EARNED).kes is None
    assert result.total(Bucket.EARNED).words() == "No rate published"
    assert result.roles_without_rate == ("clerk",)


def test_sum_with_an_unknown_rate_in_it_says_what_is_missing() -> None:
    result = compute([*days(1, "supervisor"), *days(2, "clerk")], RATES, today=TODAY)
    assert result.total().words() == "KSh 680, and 2 days without a published rate"


def test_empty_bucket_is_a_known_nothing() -> None:
    assert compute([], RATES, today=TODAY).total(Bucket.HELD).words() == "KSh 0"


def test_rehearsal_is_not_payable_and_says_so() -> None:
    rehearsal = DutyDay(MONDAY, "supervisor", payable=False, mark=M.PRESENT, register=R.CONFIRMED)
    (line,) = compute([rehearsal], RATES, today=TODAY).lines
    assert (line.amount_kes, line.working()) == (0, "1 day not payable")


def test_regional_rate_beats_the_national_one_in_its_county_only() -> None:
    rates = (rate("supervisor", 630), rate("supervisor", 695, county="47"))
    chosen = [
        rate_on(rates, MONDAY, examination_code="KCSE", role_code="supervisor", county_code=code)
        for code in ("47", "42", None)
    ]
    assert [one and one.kes_per_day for one in chosen] == [695, 630, 630]


def test_regional_rate_beats_a_later_national_one() -> None:
    rates = (
        rate("supervisor", 680, start=date(2025, 6, 1)),
        rate("supervisor", 695, county="47"),
    )
    found = rule_on(rates, MONDAY, county_code="47")
    assert found is rates[1]


def test_later_rate_takes_over_in_the_middle_of_a_season() -> None:
    rates = Rates(
        "KCSE",
        (rate("supervisor", 630), rate("supervisor", 680, start=MONDAY + timedelta(days=2))),
    )
    result = compute(days(3, "supervisor"), rates, today=TODAY)
    assert [(line.days, line.amount_kes) for line in result.lines] == [(2, 1260), (1, 680)]


def test_rate_of_another_examination_is_not_used() -> None:
    found = rate_on(RATES.day_rates, MONDAY, examination_code="KPSEA", role_code="supervisor")
    assert found is None


def late_day() -> DutyDay:
    return DutyDay(MONDAY, "invigilator", payable=True, mark=M.LATE, register=R.CONFIRMED)


def test_late_day_pays_in_full_without_a_rule() -> None:
    assert compute([late_day()], RATES, today=TODAY).total().kes == 550


def test_late_day_pays_the_share_of_a_dated_rule_from_its_day_on() -> None:
    late_pay = (LatePay(75, effective_from=MONDAY, source="circular 13"),)
    rates = Rates("KCSE", RATES.day_rates, late_pay)
    (line,) = compute([late_day()], rates, today=TODAY).lines
    assert line.working() == (
        "1 late day x KSh 413 (75% of KSh 550) = KSh 413; rate of 2025, circular 12"
    )
    after = Rates(
        "KCSE",
        RATES.day_rates,
        (LatePay(75, effective_from=MONDAY + timedelta(days=1), source="circular 13"),),
    )
    assert compute([late_day()], after, today=TODAY).total().kes == 550


def test_self_marked_days_are_named_on_the_line() -> None:
    own = DutyDay(
        MONDAY, "supervisor", payable=True, mark=M.PRESENT, register=R.CONFIRMED, self_marked=True
    )
    (line,) = compute([own, worked(MONDAY + timedelta(days=1))], RATES, today=TODAY).lines
    assert line.self_marked == (MONDAY,)


def test_counted_summary_comes_to_the_same_as_single_days() -> None:
    counted = DutyDay(
        MONDAY, "supervisor", payable=True, mark=M.PRESENT, register=R.CONFIRMED, people=7
    )
    singles = [worked() for _ in range(7)]
    assert compute([counted], RATES, today=TODAY) == compute(singles, RATES, today=TODAY)


duties = st.builds(
    DutyDay,
    day=st.dates(date(2025, 10, 1), date(2025, 12, 1)),
    role_code=st.sampled_from(["supervisor", "invigilator", "clerk"]),
    payable=st.booleans(),
    county_code=st.sampled_from([None, "42", "47"]),
    mark=st.sampled_from([None, *MarkStatus]),
    register=st.sampled_from([None, *RegisterState]),
    disputed=st.booleans(),
    self_marked=st.booleans(),
    people=st.integers(1, 50),
)
WORLD = Rates(
    "KCSE",
    (*RATES.day_rates, rate("supervisor", 695, county="47"), rate("invigilator", 510, county="42")),
    (LatePay(33, effective_from=date(2025, 11, 1), source="a trial rule"),),
)


@given(st.lists(duties, max_size=40))
def test_total_is_the_sum_of_its_lines_and_never_negative(world: list[DutyDay]) -> None:
    result = compute(world, WORLD, today=TODAY)
    amounts = [line.amount_kes for line in result.lines if line.amount_kes is not None]
    assert (result.total().kes or 0) == sum(amounts)
    assert all(amount >= 0 for amount in amounts)
    assert sum(line.days for line in result.lines) == sum(one.people for one in world)


@given(st.lists(duties, max_size=40))
def test_only_unpayable_days_come_to_nothing(world: list[DutyDay]) -> None:
    for line in compute(world, WORLD, today=TODAY).lines:
        assert (line.amount_kes == 0) == (line.bucket is Bucket.NOT_PAYABLE)
        assert (line.amount_kes is None) == (line.role_code == "clerk" and line.percent > 0)


@given(st.lists(duties, max_size=40))
def test_nothing_is_earned_before_the_confirmation(world: list[DutyDay]) -> None:
    settled = {R.CONFIRMED, R.LOCKED}
    unconfirmed = [one for one in world if one.register not in settled]
    assert compute(unconfirmed, WORLD, today=TODAY).total(Bucket.EARNED).days == 0


@given(st.lists(duties, max_size=20), st.randoms())
def test_order_of_the_days_does_not_matter(world: list[DutyDay], random: object) -> None:
    shuffled = list(world)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compute(shuffled, WORLD, today=TODAY) == compute(world, WORLD, today=TODAY)


@given(st.lists(duties, max_size=30))
def test_parts_add_up_to_the_whole(world: list[DutyDay]) -> None:
    whole = compute(world, WORLD, today=TODAY)
    parts = [compute([one], WORLD, today=TODAY) for one in world]
    for bucket in Bucket:
        in_parts = sum(part.total(bucket).kes or 0 for part in parts)
        assert (whole.total(bucket).kes or 0) == in_parts
