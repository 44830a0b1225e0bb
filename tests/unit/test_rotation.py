"""The rotation of supervisors: exact against every possible plan, nobody twice at a centre."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest

from app.deployments.rotation import Plan, Problem, plan


def problem(cost: list[list[int]], *, weeks: int, places: list[int] | None = None) -> Problem:
    """Everybody may serve everywhere in every week."""
    costs = np.array(cost, dtype=np.int64)
    allowed = np.ones((*costs.shape, weeks), dtype=bool)
    return Problem(places or list(range(costs.shape[1])), costs, allowed)


def best(given: Problem) -> tuple[int, int]:
    """The most places that can be filled and the fewest points for it, by trying every plan."""
    people, places = range(given.cost.shape[0]), len(given.places)

    def of_week(week: int) -> list[tuple[int | None, ...]]:
        options: list[list[int | None]] = [
            [None, *(one for one in people if given.allowed[one, centre, week])]
            for centre in given.places
        ]
        return [
            row
            for row in itertools.product(*options)
            if len({one for one in row if one is not None}) == places - row.count(None)
        ]

    found = (0, 0)
    for rows in itertools.product(*(of_week(week) for week in range(given.weeks))):
        pairs = [
            (one, given.places[place])
            for row in rows
            for place, one in enumerate(row)
            if one is not None
        ]
        if len(set(pairs)) == len(pairs):
            points = sum(int(given.cost[pair]) for pair in pairs)
            found = min(found, (-len(pairs), points))
    return -found[0], found[1]


def refuse_faults(given: Problem, made: Plan) -> None:
    """No cell that is barred, nobody twice in a week, no pair of person and centre twice."""
    pairs, busy = set(), set()
    for (week, place), person in made.cells.items():
        centre = given.places[place]
        assert given.allowed[person, centre, week]
        assert (person, centre) not in pairs
        assert (person, week) not in busy
        pairs.add((person, centre))
        busy.add((person, week))


def test_three_people_pass_through_three_centres() -> None:
    given = problem([[0, 5, 9], [5, 0, 9], [9, 9, 0]], weeks=3)
    made = plan(given)
    refuse_faults(given, made)
    assert (made.filled, made.points, made.is_optimal) == (9, 46, True)


def test_a_greedy_first_week_would_cost_more() -> None:
    """Week by week the nearest centre is taken first and the far pairs are left for the end."""
    given = problem([[1, 2, 50], [2, 4, 6], [50, 6, 9]], weeks=2)
    made = plan(given)
    refuse_faults(given, made)
    assert (made.filled, made.points) == best(given)


@pytest.mark.parametrize("seed", range(40))
def test_plan_is_the_best_of_all_plans(seed: int) -> None:
    draw = random.Random(seed)
    people, centres = draw.randint(2, 4), draw.randint(2, 3)
    weeks = draw.randint(1, 3 if people * centres <= 9 else 2)
    cost = [[draw.randint(0, 30) for _ in range(centres)] for _ in range(people)]
    given = problem(cost, weeks=weeks)
    for person, centre in itertools.product(range(people), range(centres)):
        if draw.random() < 0.25:
            given.allowed[person, centre, :] = False
    made = plan(given)
    refuse_faults(given, made)
    assert (made.filled, made.points) == best(given)
    assert made.is_optimal


@pytest.mark.parametrize("seed", range(40))
def test_gap_is_true_where_people_are_away_in_some_weeks(seed: int) -> None:
    draw = random.Random(1000 + seed)
    people, centres, weeks = draw.randint(2, 4), draw.randint(2, 3), 2
    cost = [[draw.randint(0, 30) for _ in range(centres)] for _ in range(people)]
    given = problem(cost, weeks=weeks)
    for person, week in itertools.product(range(people), range(weeks)):
        if draw.random() < 0.25:
            given.allowed[person, :, week] = False
    made = plan(given)
    refuse_faults(given, made)
    filled, points = best(given)
    assert made.filled <= filled <= made.most_filled
    if made.filled == filled == made.most_filled:
        assert made.bound <= points <= made.points
        assert made.points - points <= made.gap


def test_two_places_of_one_centre_are_held_by_two_people() -> None:
    given = problem([[1, 1], [1, 1], [1, 1]], weeks=2, places=[0, 0, 1])
    made = plan(given)
    refuse_faults(given, made)
    assert made.filled == 5
    assert made.most_filled == 5


def test_nobody_goes_back_where_they_served() -> None:
    given = problem([[0, 9], [9, 0]], weeks=1)
    given.allowed[0, 0, :] = given.allowed[1, 1, :] = False
    assert plan(given).cells == {(0, 0): 1, (0, 1): 0}


def test_no_people_or_no_weeks_make_an_empty_plan() -> None:
    nobody = Problem([0], np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1, 2), dtype=bool))
    assert plan(nobody).cells == {}
    assert plan(problem([[1]], weeks=0)).cells == {}


def test_a_sub_county_of_a_hundred_centres_takes_less_than_a_second() -> None:
    draw = np.random.default_rng(7)
    cost = draw.integers(0, 5000, size=(110, 97))
    allowed = np.repeat((draw.random((110, 97)) < 0.9)[:, :, None], 4, axis=2)
    given = Problem([*range(97), *range(10)], cost, allowed)
    begun = time.perf_counter()
    made = plan(given)
    assert time.perf_counter() - begun < 1
    refuse_faults(given, made)
    assert (made.filled, made.gap) == (107 * 4, 0)
