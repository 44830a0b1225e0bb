"""Who may sit where, judged quickly, is what the one rule of eligibility says of every pair."""

import datetime as dt
import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.deployments.feasibility import (
    SCHOOLS_IN,
    allowed,
    only_bars,
    only_bars_of,
)
from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import (
    CHECKS,
    LOOKS_AT,
    EligibilityRules,
    PersonFacts,
    PostFacts,
    Rule,
)
from app.vacancies.eligibility import bars as bars_of
from tests.factories.random_worlds import DAY, PARAMETERS, person_of, post_of, rules_of


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_quick_answer_is_the_rules_answer_for_every_pair(seed: int) -> None:
    rng = random.Random(seed)
    rules = rules_of(rng)
    people = [person_of(rng) for _ in range(8)]
    posts = [post_of(rng) for _ in range(10)]
    slow = [[not bars_of(person, post, rules) for post in posts] for person in people]
    assert allowed(people, posts, rules).tolist() == slow


def test_forgetting_the_touched_schools_would_be_noticed() -> None:
    """Negative control: most of these worlds hold a pair that only a touched school decides."""
    told = 0
    for seed in range(60):
        rng = random.Random(seed)
        rules = rules_of(rng)
        people = [person_of(rng) for _ in range(8)]
        posts = [post_of(rng) for _ in range(10)]
        nowhere = [PostFacts(**{**facts(post), "school_id": None}) for post in posts]
        told += allowed(people, posts, rules).tolist() != allowed(people, nowhere, rules).tolist()
    assert told > 15


def facts(post: PostFacts) -> dict[str, object]:
    return {name: getattr(post, name) for name in PostFacts.__dataclass_fields__}


def test_relaxing_a_rule_is_counted_where_it_alone_stands_in_the_way() -> None:
    since = dt.date(2025, 1, 1)
    rules = EligibilityRules(
        (
            Rule(Kind.PROFILE_VERIFIED, "KCSE", since, "circular", 2025),
            Rule(Kind.NOT_OWN_WORKSTATION, "KCSE", since, "circular", 2025),
        )
    )
    post = PostFacts("KCSE", 2026, "invigilator", DAY, DAY, school_id=1)
    people = [
        PersonFacts(verified=True),
        PersonFacts(verified=True, workstation_school_id=1),
        PersonFacts(verified=False, workstation_school_id=1),
        PersonFacts(verified=False),
    ]
    assert dict(only_bars(people, post, rules)) == {
        "not_own_workstation": 1,
        "profile_verified": 1,
    }


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_relaxations_are_counted_as_the_rules_say_of_every_pair(seed: int) -> None:
    rng = random.Random(seed)
    rules = rules_of(rng)
    people = [person_of(rng) for _ in range(8)]
    posts = [post_of(rng) for _ in range(10)]
    slow = []
    for post in posts:
        reasons = [bars_of(person, post, rules) for person in people]
        slow.append(Counter(str(found[0].kind) for found in reasons if len(found) == 1))
    assert only_bars_of(people, posts, rules) == slow


class Watched:
    """A person who notes which facts were looked at."""

    def __init__(self, person: PersonFacts) -> None:
        self.person, self.looked_at = person, set[str]()

    def __getattr__(self, name: str) -> object:
        self.looked_at.add(name)
        return getattr(self.person, name)


def test_every_rule_looks_at_the_one_fact_that_is_said_of_it() -> None:
    rng = random.Random(1)
    for kind in Kind:
        person = Watched(person_of(rng))
        CHECKS[kind](person, replace(post_of(rng), needs_braille=True), PARAMETERS.get(kind, {}))  # type: ignore[arg-type]
        assert person.looked_at == {LOOKS_AT[kind]}, kind


def test_a_fact_that_names_schools_bars_nobody_where_no_school_is_meant() -> None:
    rng = random.Random(2)
    for kind in (one for one in Kind if LOOKS_AT[one] in SCHOOLS_IN):
        told = [
            CHECKS[kind](person_of(rng), replace(post_of(rng), school_id=None), said)
            for said in (PARAMETERS.get(kind, {}),)
            for _ in range(200)
        ]
        assert told == [None] * 200, kind
