"""Who may sit where, judged quickly, is what the one rule of eligibility says of every pair."""

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.deployments.feasibility import allowed, only_bars, touched_schools
from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import EligibilityRules, PersonFacts, PostFacts, Rule
from app.vacancies.eligibility import bars as bars_of
from tests.factories.random_worlds import DAY, person_of, post_of, rules_of


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
    assert touched_schools(people[1]) == {1}
