"""Posts required, against the ratios and totals published for 2025."""

from __future__ import annotations

from datetime import date
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exams.enums import DayKind, RuleBasis
from app.exams.policy import RatioRule
from app.vacancies.needs import candidates_sitting, county_posts_for, posts_by_rule, posts_for

START = date(2025, 1, 1)
ON = date(2025, 11, 3)


def rule(role: str, fixed: int = 0, per: int | None = None, **more: object) -> RatioRule:
    values = {"effective_from": START, "source": "circular 2025", **more}
    return RatioRule(role_code=role, fixed=fixed, candidates_per=per, **values)  # type: ignore[arg-type]


RULES = (
    rule("supervisor", per=200, day_kinds=frozenset(DayKind)),
    rule("invigilator", per=20, day_kinds=frozenset({DayKind.WRITTEN, DayKind.REHEARSAL})),
    rule("security", fixed=2, extra=1, extra_over=250, day_kinds=frozenset({DayKind.WRITTEN})),
    rule("manager", fixed=1, day_kinds=frozenset({DayKind.WRITTEN})),
    rule("driver", fixed=57, basis=RuleBasis.COUNTY, county_code="42"),
    rule("driver", fixed=71, basis=RuleBasis.COUNTY, county_code="32"),
)


@pytest.mark.parametrize(
    ("candidates", "supervisors", "invigilators", "security"),
    [
        (1, 1, 1, 2),
        (20, 1, 1, 2),
        (21, 1, 2, 2),
        (200, 1, 10, 2),
        (201, 2, 11, 2),
        (250, 2, 13, 2),
        (251, 2, 13, 3),
        (400, 2, 20, 3),
        (401, 3, 21, 3),
    ],
)
def test_posts_follow_the_published_ratios(
    candidates: int, supervisors: int, invigilators: int, security: int
) -> None:
    assert posts_for(candidates, RULES, on=ON) == {
        "supervisor": supervisors,
        "invigilator": invigilators,
        "security": security,
        "manager": 1,
    }


def test_hosted_centre_needs_nobody() -> None:
    assert set(posts_for(25, RULES, on=ON, hosted=True).values()) == {0}


def test_centre_where_nobody_sits_needs_nobody() -> None:
    assert set(posts_for(0, RULES, on=ON).values()) == {0}


def test_host_counts_its_own_and_its_guests() -> None:
    sitting = candidates_sitting(190, hosted=False, guests=(25, 12))
    assert sitting == 227
    assert posts_for(sitting, RULES, on=ON)["supervisor"] == 2
    assert candidates_sitting(25, hosted=True) == 0


def test_orals_and_practicals_need_supervisors_only() -> None:
    assert posts_for(100, RULES, on=ON, day_kind=DayKind.ORAL) == {"supervisor": 1}


def test_drivers_are_a_dated_count_of_their_county() -> None:
    assert county_posts_for(0, RULES, on=ON, county_code="42") == {"driver": 57}
    assert county_posts_for(0, RULES, on=ON, county_code="47") == {}


def test_rule_ended_before_the_day_gives_no_posts() -> None:
    ended = (rule("clerk", fixed=1, assumed=True, effective_to=date(2025, 11, 2)),)
    assert posts_for(100, ended, on=ON) == {}
    assert posts_for(100, ended, on=date(2025, 11, 2)) == {"clerk": 1}


def test_later_rule_replaces_the_earlier_one() -> None:
    both = (rule("supervisor", per=200), rule("supervisor", per=100, effective_from=ON))
    assert posts_for(200, both, on=date(2025, 11, 2)) == {"supervisor": 1}
    assert posts_for(200, both, on=ON) == {"supervisor": 2}


def test_negative_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than none"):
        posts_by_rule(-1, RULES[0])


@given(st.integers(1, 5_000))
def test_posts_never_fall_when_candidates_rise(candidates: int) -> None:
    fewer, more = posts_for(candidates, RULES, on=ON), posts_for(candidates + 1, RULES, on=ON)
    assert all(more[role] >= fewer[role] for role in fewer)
    assert fewer["invigilator"] == ceil(candidates / 20)
