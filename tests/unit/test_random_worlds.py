"""Over random worlds: nobody barred, nobody twice, no post over-filled; and what a changed rule does
is what the one rule of eligibility says of every pair before and after."""

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.deployments.feasibility import allowed
from app.deployments.proposal import Candidate, Problem, Seat, Weights, solve
from app.deployments.rule_changes import Effect, RuleChange, effects, loses
from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import EligibilityRules, PersonFacts, PostFacts, Rule, bars
from tests.factories.assignments import oracle
from tests.factories.random_worlds import DAY, OF_2024, person_of, post_of, rules_of

Made = tuple[EligibilityRules, list[PersonFacts], list[PostFacts], Problem]


def world_of(seed: int) -> Made:
    """Rules of two years, people with interests and stays, posts of several weeks, as a problem."""
    rng = random.Random(seed)
    rules = rules_of(rng)
    people = [person_of(rng) for _ in range(rng.randrange(1, 12))]
    posts = [post_of(rng) for _ in range(rng.randrange(1, 6))]
    seats = [
        Seat(number, rng.randrange(4), 34 + rng.random(), -rng.random())
        for number in range(len(posts))
    ]
    candidates = [
        Candidate(number, seasons=len(one.served), workstation=(34 + rng.random(), -rng.random()))
        for number, one in enumerate(people)
    ]
    return rules, people, posts, Problem(seats, candidates, allowed(people, posts, rules))


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_no_world_yields_a_barred_double_or_over_filled_post(seed: int) -> None:
    rules, people, posts, problem = world_of(seed)
    plan = solve(problem, Weights())
    assert [bars(people[one.candidate], posts[one.seat], rules) for one in plan.picks] == [
        () for _ in plan.picks
    ]
    assert max(Counter(one.candidate for one in plan.picks).values(), default=0) <= 1
    taken = Counter(one.seat for one in plan.picks)
    assert all(taken[seat.key] <= seat.places for seat in problem.seats)
    assert (plan.filled, plan.points) == oracle(problem, Weights())


def test_these_worlds_hold_every_rule_that_matters() -> None:
    """Negative control: among them people are kept away by each rule, in both years."""
    kinds: Counter[Kind] = Counter()
    years: set[tuple[Kind, int]] = set()
    for seed in range(150):
        rules, people, posts, _problem = world_of(seed)
        for person in people:
            for post in posts:
                found = bars(person, post, rules)
                kinds.update(one.kind for one in found)
                years |= {(one.kind, one.year) for one in found if one.kind in OF_2024}
    assert set(kinds) == set(Kind)
    assert years == {(kind, year) for kind in OF_2024 for year in (2024, 2025)}


def test_a_problem_without_bars_would_break_the_property() -> None:
    """Negative control: with everybody allowed everywhere, these worlds yield barred picks."""
    broken = 0
    for seed in range(60):
        rules, people, posts, problem = world_of(seed)
        blind = Problem(problem.seats, problem.candidates, problem.allowed | True)
        picks = solve(blind, Weights()).picks
        broken += any(bars(people[one.candidate], posts[one.seat], rules) for one in picks)
    assert broken > 30


def change_of(rng: random.Random, rules: EligibilityRules) -> RuleChange:
    """A rule switched off, changed, or a new one."""
    old = rng.choice(rules.rules) if rules.rules and rng.random() < 0.7 else None
    new = Rule(Kind.NOT_SERVED_HERE, "KCSE", DAY.replace(year=2024), "", 2026, None, {"years": 1})
    if old is not None:
        chance = rng.random()
        new = replace(old, role_code=None, effective_to=None)
        return RuleChange(old, None if chance < 0.5 else new)
    return RuleChange(None, rng.choice((new, replace(new, kind=Kind.TSC_EMPLOYED, parameters={}))))


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_what_a_rule_would_do_is_what_the_rules_say_before_and_after(seed: int) -> None:
    rules, people, posts, _problem = world_of(seed)
    change = change_of(random.Random(seed), rules)
    after = change.applied(rules)
    slow: dict[tuple[int, str], Effect] = {}
    for number, person in enumerate(people):
        free = replace(person, busy=())
        for role in sorted({post.role_code for post in posts}):
            pairs = [
                (not bars(free, post, rules), not bars(free, post, after))
                for post in posts
                if post.role_code == role and change.concerns(post)
            ]
            lost = sum(was and not would for was, would in pairs)
            won = sum(would and not was for was, would in pairs)
            if lost or won:
                left = sum(would for _was, would in pairs)
                slow[number, role] = Effect(number, role, lost, won, left)
    found = effects(people, posts, rules, change)
    assert found == [slow[key] for key in sorted(slow)]
    for one in found:
        lost_posts = [
            post
            for post in posts
            if post.role_code == one.role_code and loses(people[one.person], post, rules, change)
        ]
        assert len(lost_posts) == one.lost
