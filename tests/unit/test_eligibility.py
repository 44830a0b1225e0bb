"""Every bar, each by its rule alone, dated and by role; rules only ever add."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app.errors import RuleBroken
from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import (
    CHECKS,
    EligibilityRules,
    PersonFacts,
    PostFacts,
    Rule,
    Served,
    Stay,
    bars,
    checked_parameters,
)

HERE, ELSEWHERE = 7, 8
FIRST, LAST = dt.date(2026, 11, 2), dt.date(2026, 11, 19)
POST = PostFacts("KCSE", 2026, "invigilator", FIRST, LAST, school_id=HERE)
FIT = PersonFacts(
    verified=True,
    employer_kind="tsc",
    teaches_at="primary",
    qualification_level="degree",
    started_on=dt.date(2015, 1, 5),
    reads_braille=True,
    numbers=frozenset({"tsc_number", "national_id"}),
    workstation_school_id=ELSEWHERE,
)
PARAMETERS: dict[Kind, dict[str, Any]] = {
    Kind.NUMBER_GIVEN: {"any_of": ["tsc_number"]},
    Kind.NOT_SERVED_HERE: {"years": 3},
    Kind.TEACHES_AT: {"levels": ["primary"]},
    Kind.EXPERIENCE: {"years": 3},
    Kind.QUALIFICATION: {"at_least": "diploma"},
    Kind.WEEKLY_ROTATION: {"weeks": 1},
}
UNFIT: dict[Kind, dict[str, Any]] = {
    Kind.PROFILE_VERIFIED: {"verified": False},
    Kind.TSC_EMPLOYED: {"employer_kind": "ministry"},
    Kind.NUMBER_GIVEN: {"numbers": frozenset({"national_id"})},
    Kind.NOT_SERVED_HERE: {"served": frozenset({Served(HERE, 2024, "KCSE")})},
    Kind.NOT_OWN_WORKSTATION: {"workstation_school_id": HERE},
    Kind.NO_DECLARED_INTEREST: {"interests": frozenset({HERE})},
    Kind.TEACHES_AT: {"teaches_at": "secondary"},
    Kind.EXPERIENCE: {"started_on": dt.date(2023, 11, 3)},
    Kind.QUALIFICATION: {"qualification_level": "certificate"},
    Kind.READS_BRAILLE: {"reads_braille": False},
    Kind.ONE_POST_A_DAY: {"busy": ((LAST, LAST),)},
    Kind.WEEKLY_ROTATION: {
        "stays": (
            Stay(HERE, "KCSE", 2026, "invigilator", dt.date(2026, 10, 26), dt.date(2026, 10, 30)),
        )
    },
}


def rule(kind: Kind, **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "kind": kind,
        "examination_code": "KCSE",
        "effective_from": dt.date(2025, 1, 1),
        "source": "Circular 7",
        "year": 2025,
        "parameters": PARAMETERS.get(kind, {}),
    }
    return Rule(**(values | changes))


def kinds(person: PersonFacts, post: PostFacts, *rules: Rule) -> list[Kind]:
    return [bar.kind for bar in bars(person, post, EligibilityRules(rules))]


EVERY = tuple(rule(kind) for kind in Kind)
BRAILLE_POST = replace(POST, needs_braille=True)


def test_every_kind_has_its_check_and_a_case_here() -> None:
    assert set(CHECKS) == set(Kind) == set(UNFIT)


def test_nothing_bars_a_person_who_fits() -> None:
    assert kinds(FIT, BRAILLE_POST, *EVERY) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_each_rule_alone_gives_exactly_its_bar(kind: Kind) -> None:
    unfit = replace(FIT, **UNFIT[kind])
    assert kinds(unfit, BRAILLE_POST, rule(kind)) == [kind]
    assert kinds(unfit, BRAILLE_POST, *EVERY) == [kind]
    others = [one for one in EVERY if one.kind is not kind]
    assert kinds(unfit, BRAILLE_POST, *others) == []


def test_a_bar_says_its_sentence_and_its_source() -> None:
    unfit = replace(FIT, served=frozenset({Served(HERE, 2024, "KCSE")}))
    (bar,) = bars(unfit, POST, EligibilityRules((rule(Kind.NOT_SERVED_HERE),)))
    said = "Served here in 2024; nobody returns to a centre within 3 years."
    assert (str(bar.sentence), bar.source, bar.year) == (said, "Circular 7", 2025)


def test_every_reason_is_given_at_once_in_the_order_of_the_rules() -> None:
    nobody = PersonFacts(workstation_school_id=HERE, interests=frozenset({HERE}))
    found = kinds(nobody, BRAILLE_POST, *EVERY)
    never = {Kind.NOT_SERVED_HERE, Kind.ONE_POST_A_DAY, Kind.WEEKLY_ROTATION}
    assert found == [kind for kind in Kind if kind not in never]


@pytest.mark.parametrize("seed", range(200))
def test_adding_a_rule_never_removes_a_bar(seed: int) -> None:
    rng = Random(seed)
    person, post, rules = random_person(rng), random_post(rng), random_rules(rng)
    some = rules[: rng.randrange(len(rules))]
    fewer = bars(person, post, EligibilityRules(tuple(some)))
    more = bars(person, post, EligibilityRules(tuple(rules)))
    assert Counter(map(repr, fewer)) - Counter(map(repr, more)) == Counter()
    each = [bar for one in rules for bar in bars(person, post, EligibilityRules((one,)))]
    assert list(more) == each


FLIP = (
    rule(
        Kind.TEACHES_AT,
        role_code="invigilator",
        parameters={"levels": ["secondary"]},
        effective_from=dt.date(2024, 1, 1),
        effective_to=dt.date(2024, 12, 31),
        year=2024,
    ),
    rule(Kind.TEACHES_AT, role_code="invigilator", parameters={"levels": ["primary"]}),
    rule(Kind.TEACHES_AT, role_code="supervisor", parameters={"levels": ["secondary"]}),
)


@pytest.mark.parametrize(
    ("year", "role", "teaches", "is_barred"),
    [
        (2024, "invigilator", "secondary", False),
        (2024, "invigilator", "primary", True),
        (2025, "invigilator", "primary", False),
        (2025, "invigilator", "secondary", True),
        (2025, "supervisor", "secondary", False),
        (2025, "supervisor", "primary", True),
        (2024, "supervisor", "primary", False),
    ],
)
def test_who_invigilates_flipped_between_2024_and_2025(
    year: int, role: str, teaches: str, *, is_barred: bool
) -> None:
    days = (dt.date(year, 11, 4), dt.date(year, 11, 22))
    post = PostFacts("KCSE", year, role, *days, school_id=HERE)
    assert bool(kinds(replace(FIT, teaches_at=teaches), post, *FLIP)) is is_barred


@pytest.mark.parametrize(
    ("year", "served", "is_barred"),
    [(2024, 2022, True), (2024, 2021, False), (2026, 2023, True), (2026, 2022, False)],
)
def test_return_to_a_centre_is_barred_for_two_years_in_2024_and_three_since(
    year: int, served: int, *, is_barred: bool
) -> None:
    two = rule(
        Kind.NOT_SERVED_HERE,
        parameters={"years": 2},
        effective_from=dt.date(2024, 1, 1),
        effective_to=dt.date(2024, 12, 31),
    )
    days = (dt.date(year, 11, 2), dt.date(year, 11, 19))
    post = PostFacts("KCSE", year, "invigilator", *days, school_id=HERE)
    person = replace(FIT, served=frozenset({Served(HERE, served, "KCSE")}))
    assert bool(kinds(person, post, two, rule(Kind.NOT_SERVED_HERE))) is is_barred


def test_rules_of_another_role_examination_or_time_bar_nobody() -> None:
    unfit = replace(FIT, verified=False)
    elsewhere = (
        rule(Kind.PROFILE_VERIFIED, role_code="supervisor"),
        rule(Kind.PROFILE_VERIFIED, examination_code="KPSEA"),
        rule(Kind.PROFILE_VERIFIED, effective_from=dt.date(2026, 11, 3)),
        rule(Kind.PROFILE_VERIFIED, effective_to=dt.date(2026, 11, 1)),
    )
    assert kinds(unfit, POST, *elsewhere) == []
    on_the_day = rule(Kind.PROFILE_VERIFIED, effective_from=FIRST, effective_to=FIRST)
    assert kinds(unfit, POST, on_the_day) == [Kind.PROFILE_VERIFIED]


def test_three_years_in_service_are_counted_to_the_first_day() -> None:
    asked = rule(Kind.EXPERIENCE)
    assert kinds(replace(FIT, started_on=dt.date(2023, 11, 2)), POST, asked) == []
    assert kinds(replace(FIT, started_on=dt.date(2023, 11, 3)), POST, asked) == [Kind.EXPERIENCE]
    leap = replace(POST, first=dt.date(2027, 2, 28))
    assert kinds(replace(FIT, started_on=dt.date(2024, 2, 29)), leap, asked) == []


def test_one_post_a_day_looks_at_the_days_only() -> None:
    asked = rule(Kind.ONE_POST_A_DAY)
    before, after = (dt.date(2026, 10, 1), dt.date(2026, 11, 1)), (dt.date(2026, 11, 20),) * 2
    assert kinds(replace(FIT, busy=(before, after)), POST, asked) == []
    (bar,) = bars(replace(FIT, busy=((FIRST, FIRST),)), POST, EligibilityRules((asked,)))
    said = "There is a post on these days already (Mon 2 Nov to Mon 2 Nov)."
    assert str(bar.sentence) == said


def test_rotation_bars_a_return_in_a_later_week_of_the_same_season_only() -> None:
    asked = rule(Kind.WEEKLY_ROTATION)
    later = replace(POST, first=dt.date(2026, 11, 9))
    stay = Stay(HERE, "KCSE", 2026, "invigilator", FIRST, dt.date(2026, 11, 6))
    assert kinds(replace(FIT, stays=(stay,)), later, asked) == [Kind.WEEKLY_ROTATION]
    assert kinds(replace(FIT, stays=(stay,)), POST, asked) == []
    last_season = replace(stay, year=2025)
    another = replace(stay, school_id=ELSEWHERE)
    other_role = replace(stay, role_code="supervisor")
    assert kinds(replace(FIT, stays=(last_season, another, other_role)), later, asked) == []


def test_security_needs_one_of_its_numbers() -> None:
    asked = rule(Kind.NUMBER_GIVEN, parameters={"any_of": ["staff_number", "national_id"]})
    assert kinds(replace(FIT, numbers=frozenset({"national_id"})), POST, asked) == []
    (bar,) = bars(replace(FIT, numbers=frozenset()), POST, EligibilityRules((asked,)))
    said = "The profile lacks the PF or service number or the identity number."
    assert str(bar.sentence) == said


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Kind.EXPERIENCE, {}),
        (Kind.EXPERIENCE, {"years": 0}),
        (Kind.EXPERIENCE, {"years": "3"}),
        (Kind.EXPERIENCE, {"years": True}),
        (Kind.EXPERIENCE, {"years": 3, "more": 1}),
        (Kind.TEACHES_AT, {"levels": []}),
        (Kind.TEACHES_AT, {"levels": ["university"]}),
        (Kind.QUALIFICATION, {"at_least": ["diploma"]}),
        (Kind.PROFILE_VERIFIED, {"years": 3}),
    ],
)
def test_parameters_that_a_kind_does_not_take_are_refused(kind: Kind, given: Any) -> None:
    with pytest.raises(RuleBroken) as refused:
        checked_parameters(kind, given)
    assert refused.value.field == "parameters"


@pytest.mark.parametrize("kind", list(Kind))
def test_sound_parameters_are_kept(kind: Kind) -> None:
    assert checked_parameters(kind, PARAMETERS.get(kind, {})) == PARAMETERS.get(kind, {})


def random_person(rng: Random) -> PersonFacts:
    changes: dict[str, Any] = {}
    for kind in Kind:
        if rng.random() < 0.4:
            changes |= UNFIT[kind]
    return replace(FIT, **changes)


def random_post(rng: Random) -> PostFacts:
    return replace(
        POST,
        role_code=rng.choice(["invigilator", "supervisor"]),
        needs_braille=rng.random() < 0.5,
        school_id=rng.choice([HERE, ELSEWHERE, None]),
    )


def random_rules(rng: Random) -> list[Rule]:
    found = [
        rule(
            kind,
            role_code=rng.choice([None, "invigilator", "supervisor"]),
            effective_from=rng.choice([dt.date(2025, 1, 1), dt.date(2027, 1, 1)]),
        )
        for kind in Kind
        for _ in range(2)
    ]
    rng.shuffle(found)
    return found
