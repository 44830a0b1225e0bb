"""The proposal: never a barred, double or over-filled place, as full as can be, and optimal."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deployments import proposal
from app.deployments.proposal import (
    Candidate,
    Problem,
    Seat,
    Weights,
    asked_points,
    cost_matrix,
    solve,
)
from tests.factories.assignments import oracle, slots_of


def problem_of(seed: int, *, seats: int = 4, candidates: int = 9, openness: float = 0.6) -> Problem:
    """A random small world: scarce or plenty, with gaps in what is known."""
    rng = random.Random(seed)

    def place() -> tuple[float, float] | None:
        return None if rng.random() < 0.1 else (34 + rng.random(), -0.5 + rng.random())

    found = []
    for key in range(1, seats + 1):
        places = rng.randrange(4)
        where = place() or (None, None)
        found.append(
            Seat(
                key,
                places,
                *where,
                women_at_least=rng.randrange(places + 2),
                men_at_least=rng.randrange(2),
                experienced_at_least=rng.randrange(places + 1),
            )
        )
    people = [
        Candidate(
            100 + number,
            rng.choice((True, False, None)),
            rng.randrange(3),
            rng.random() < 0.3,
            place(),
            place(),
        )
        for number in range(candidates)
    ]
    allowed = np.array([[rng.random() < openness for _ in found] for _ in people], dtype=bool)
    return Problem(found, people, allowed.reshape(len(people), len(found)))


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_plan_is_as_full_and_as_cheap_as_the_oracle_says(seed: int) -> None:
    rng = random.Random(seed)
    problem = problem_of(
        seed, seats=rng.randrange(1, 6), candidates=rng.randrange(12), openness=rng.random()
    )
    weights = Weights(
        workstation=rng.choice((0, 100)),
        home=rng.choice((0, 50)),
        chosen_last_year=rng.choice((0, 15)),
        experience=rng.choice((0, 10)),
        gender=rng.choice((0, 20)),
    )
    plan = solve(problem, weights)
    assert (plan.filled, plan.points) == oracle(problem, weights)


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_no_plan_holds_a_barred_double_or_overfilled_place(seed: int) -> None:
    problem = problem_of(seed, seats=5, candidates=14)
    plan = solve(problem, Weights())
    rows = {one.key: row for row, one in enumerate(problem.candidates)}
    columns = {seat.key: column for column, seat in enumerate(problem.seats)}
    assert all(problem.allowed[rows[p.candidate], columns[p.seat]] for p in plan.picks)
    assert len({pick.candidate for pick in plan.picks}) == len(plan.picks)
    held = Counter(pick.seat for pick in plan.picks)
    assert all(
        held[seat.key] + plan.empty.get(seat.key, 0) == seat.places for seat in problem.seats
    )
    told = {refusal.candidate for refusal in plan.refusals}
    assert told | {pick.candidate for pick in plan.picks} == set(rows)


def test_oracle_would_notice_a_greedy_plan() -> None:
    """Negative control: taking the nearest seat first is dearer in most of these worlds."""
    worse = 0
    for seed in range(40):
        problem = problem_of(seed, seats=4, candidates=14, openness=0.8)
        filled, points = greedy(problem)
        worse += (-filled, points) > (
            -solve(problem, Weights()).filled,
            oracle(problem, Weights())[1],
        )
    assert worse > 20


def greedy(problem: Problem) -> tuple[int, int]:
    """Seat after seat, the cheapest person who is free: as it is done by hand."""
    base, taken, points = cost_matrix(problem, Weights()), set(), 0
    for column, kind in slots_of(problem):
        costs = {
            row: base[row, column] + asked_points((one.woman, one.seasons > 0), kind, Weights())
            for row, one in enumerate(problem.candidates)
            if row not in taken and problem.allowed[row, column]
        }
        if costs:
            row = min(costs, key=lambda one: costs[one])
            taken.add(row)
            points += int(costs[row])
    return len(taken), points


def test_brute_force_finds_nothing_better() -> None:
    tried = 0
    for seed in range(60):
        problem = problem_of(seed, seats=2, candidates=4, openness=0.7)
        slots = slots_of(problem)
        if not 2 <= len(slots) <= 4:
            continue
        tried += 1
        plan = solve(problem, Weights())
        assert brute_force(problem, slots) == (-plan.filled, plan.points)
    assert tried > 10


def brute_force(
    problem: Problem, slots: list[tuple[int, tuple[bool | None, bool]]]
) -> tuple[int, int]:
    """The best of every way to put people, or nobody, into the places."""
    base = cost_matrix(problem, Weights())
    people = [*range(len(problem.candidates)), *[None] * len(slots)]
    found = (0, 0)
    for chosen in itertools.permutations(people, len(slots)):
        held = [(row, slot) for row, slot in zip(chosen, slots, strict=True) if row is not None]
        if not all(problem.allowed[row, column] for row, (column, _) in held):
            continue
        points = 0
        for row, (column, kind) in held:
            one = problem.candidates[row]
            person = (one.woman, one.seasons > 0)
            points += int(base[row, column]) + asked_points(person, kind, Weights())
        found = min(found, (-len(held), points))
    return found


def test_same_problem_gives_the_same_plan() -> None:
    problem = problem_of(5, seats=5, candidates=14)
    assert solve(problem, Weights()) == solve(problem, Weights())


def test_experience_and_gender_are_mixed_where_they_are_asked_for() -> None:
    seat = Seat(1, 4, 34.7, -0.1, women_at_least=2, men_at_least=1, experienced_at_least=1)
    here = (34.7, -0.1)
    men = [Candidate(n, woman=False, seasons=0, workstation=here) for n in range(5)]
    women = [Candidate(10 + n, woman=True, seasons=n, workstation=here) for n in range(2)]
    everybody = [*men, *women]
    plan = solve(Problem([seat], everybody, np.ones((7, 1), bool)), Weights())
    picked = [one for one in everybody if one.key in {pick.candidate for pick in plan.picks}]
    assert sum(one.woman is True for one in picked) == 2
    assert sum(one.seasons > 0 for one in picked) == 1


def test_weights_of_nothing_mix_nothing() -> None:
    """Negative control of the mix: without its weights the nearer men are taken."""
    seat = Seat(1, 2, 34.7, -0.1, women_at_least=2)
    men = [Candidate(n, woman=False, workstation=(34.7, -0.1)) for n in range(2)]
    women = [Candidate(10 + n, woman=True, workstation=(34.8, -0.1)) for n in range(2)]
    problem = Problem([seat], [*men, *women], np.ones((4, 1), bool))
    assert {pick.candidate for pick in solve(problem, Weights(gender=0)).picks} == {0, 1}
    assert {pick.candidate for pick in solve(problem, Weights(gender=50)).picks} == {10, 11}


def test_those_left_out_last_year_come_first_at_equal_distance() -> None:
    here = (34.7, -0.1)
    people = [
        Candidate(1, chosen_last_year=True, workstation=here),
        Candidate(2, chosen_last_year=False, workstation=here),
    ]
    problem = Problem([Seat(1, 1, *here)], people, np.ones((2, 1), bool))
    plan = solve(problem, Weights())
    assert [pick.candidate for pick in plan.picks] == [2]
    assert plan.refusals == (proposal.Refusal(1, 1, 1500, 0),)


def test_whoever_is_barred_everywhere_is_told_so() -> None:
    people = [Candidate(1), Candidate(2)]
    allowed = np.array([[True], [False]])
    plan = solve(Problem([Seat(1, 1)], people, allowed), Weights())
    assert plan.refusals == (proposal.Refusal(2, None, 0, 0),)


def test_places_that_nobody_may_hold_are_counted_as_empty() -> None:
    plan = solve(Problem([Seat(7, 3)], [Candidate(1)], np.zeros((1, 1), bool)), Weights())
    assert (dict(plan.empty), plan.filled, plan.points) == ({7: 3}, 0, 0)


def test_nothing_to_fill_is_no_fault() -> None:
    assert solve(Problem([], [], np.zeros((0, 0), bool)), Weights()).filled == 0
    empty = Problem([Seat(1, 0)], [Candidate(1)], np.ones((1, 1), bool))
    assert solve(empty, Weights()).empty == {}


def test_weights_have_limits() -> None:
    with pytest.raises(ValueError, match="home must be from 0 to 1000"):
        Weights(home=-1)
