"""A proposal by the flow against a greedy fill, another exact solver and, where it is small, every
plan there is; and the whole country.

`python -m benchmarks.proposals` needs no database: synthetic sub-counties of the published sizes
are judged by the eligibility rules and solved. It prints processor milliseconds, what a greedy
fill costs more, the growth, and the country on two processes; it writes `var/bench/proposals.json`.
The second solver (SciPy's) is compared where the packages of tests are installed.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from app.deployments.feasibility import allowed
from app.deployments.proposal import (
    Candidate,
    Problem,
    Seat,
    Weights,
    asked_points,
    cost_matrix,
    kinds_of,
    solve,
)
from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import EligibilityRules, PersonFacts, PostFacts, Rule, Served
from benchmarks import keep

SMALL, SMALL_CASES = 12, 10
SIZES = (170, 340, 700, 1400)
RUNS = 3
PEOPLE_PER_POST = 1.3
SUB_COUNTIES, POSTS_OF_THE_COUNTRY = 290, 91_847
"""2025: 12,126 supervisors, 54,782 invigilators, 22,247 security and 2,692 drivers. The managers of
the 10,765 centres are not among them, nor are clerks: with managers there would be 102,612. How the
posts of a synthetic sub-county fall to roles is said by ROLES, whose managers count within its size."""
PROCESSES = 2
ROLES = (("centre_manager", 1), ("supervisor", 1), ("invigilator", 5), ("security", 2))
DAY = dt.date(2026, 11, 2)
SINCE = dt.date(2025, 1, 1)
RULES = EligibilityRules(
    tuple(
        Rule(kind, "KCSE", SINCE, "circular", 2025, role_code=role, parameters=parameters)
        for role, kind, parameters in (
            (None, Kind.PROFILE_VERIFIED, {}),
            (None, Kind.ONE_POST_A_DAY, {}),
            (None, Kind.NO_DECLARED_INTEREST, {}),
            ("invigilator", Kind.NOT_OWN_WORKSTATION, {}),
            ("invigilator", Kind.NOT_SERVED_HERE, {"years": 3}),
            ("invigilator", Kind.TEACHES_AT, {"levels": ["primary"]}),
            ("invigilator", Kind.EXPERIENCE, {"years": 3}),
            ("supervisor", Kind.TEACHES_AT, {"levels": ["secondary"]}),
            ("supervisor", Kind.QUALIFICATION, {"at_least": "diploma"}),
            ("centre_manager", Kind.TEACHES_AT, {"levels": ["secondary"]}),
        )
    )
)


def sub_county(posts: int, seed: int) -> tuple[list[PersonFacts], list[PostFacts], Problem]:
    """Facts of a synthetic sub-county of about this many posts, and its problem not yet judged."""
    rng = random.Random(seed)
    centres = max(1, round(posts / sum(number for _, number in ROLES)))

    def place() -> tuple[float, float]:
        return 34.5 + rng.random() * 0.4, -0.3 + rng.random() * 0.4

    seats, wanted = [], []
    for centre in range(centres):
        lon, lat = place()
        for role, number in ROLES:
            seats.append(Seat(len(seats), number, lon, lat, experienced_at_least=number // 2))
            last = DAY + dt.timedelta(17)
            wanted.append(PostFacts("KCSE", 2026, role, DAY, last, school_id=centre))
    people, candidates = [], []
    for number in range(round(posts * PEOPLE_PER_POST)):
        served = {Served(rng.randrange(centres), rng.randrange(2022, 2026), "KCSE", "invigilator")}
        people.append(
            PersonFacts(
                verified=True,
                employer_kind="tsc",
                teaches_at=rng.choices(("primary", "secondary"), (7, 3))[0],
                qualification_level=rng.choice(("certificate", "diploma", "degree")),
                started_on=dt.date(2010 + rng.randrange(15), 1, 1),
                workstation_school_id=rng.randrange(centres),
                served=frozenset(served if rng.random() < 0.5 else ()),
            )
        )
        candidates.append(
            Candidate(
                number, rng.random() < 0.5, rng.randrange(4), rng.random() < 0.4, place(), place()
            )
        )
    unjudged = np.zeros((len(people), len(seats)), dtype=bool)
    return people, wanted, Problem(seats, candidates, unjudged)


def judged(people: list[PersonFacts], posts: list[PostFacts], problem: Problem) -> Problem:
    """The problem with who may sit where, by the rules."""
    return Problem(problem.seats, problem.candidates, allowed(people, posts, RULES))


def slots_of(problem: Problem) -> list[tuple[int, tuple[bool | None, bool]]]:
    return [
        (column, (woman, tried))
        for column, seat in enumerate(problem.seats)
        for woman, tried, number in kinds_of(seat)
        for _ in range(number)
    ]


def dear(problem: Problem) -> tuple[np.ndarray, int]:
    """What each person costs in each place, and the points that stand for a barred one."""
    slots, base = slots_of(problem), cost_matrix(problem, Weights())
    never = 10**9
    matrix = np.full((len(problem.candidates), len(slots)), never, dtype=np.int64)
    classes = [(one.woman, one.seasons > 0) for one in problem.candidates]
    for number, (column, kind) in enumerate(slots):
        asked = np.array([asked_points(person, kind, Weights()) for person in classes])
        may = problem.allowed[:, column]
        matrix[may, number] = base[may, column] + asked[may]
    return matrix, never


def greedy(problem: Problem) -> tuple[int, int]:
    """Post after post, the cheapest person who is free: as it is done by hand."""
    matrix, never = dear(problem)
    points = filled = 0
    for number in range(matrix.shape[1]):
        row = int(matrix[:, number].argmin())
        if matrix[row, number] < never:
            points, filled = points + int(matrix[row, number]), filled + 1
            matrix[row, :] = never
    return filled, points


def by_scipy(problem: Problem) -> tuple[int, int] | None:
    """The same optimum by SciPy's assignment; None where it is not installed."""
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        return None
    matrix, never = dear(problem)
    rows, columns = linear_sum_assignment(matrix)
    costs = [int(cost) for cost in matrix[rows, columns] if cost < never]
    return len(costs), sum(costs)


def by_trying(problem: Problem) -> tuple[int, int]:
    """The optimum found by trying every plan: for a handful of places only."""
    matrix, never = dear(problem)
    places = matrix.shape[1]

    def best(number: int, free: frozenset[int]) -> tuple[int, int]:
        """Most places filled from this one on, then fewest points (negative, so that more is better)."""
        if number == places:
            return 0, 0
        found = best(number + 1, free)
        for row in free:
            if matrix[row, number] < never:
                filled, points = best(number + 1, free - {row})
                found = max(found, (filled + 1, points - int(matrix[row, number])))
        return found

    filled, points = best(0, frozenset(range(matrix.shape[0])))
    return filled, -points


def small_cases() -> dict[str, Any]:
    """The flow beside every plan there is, for a few posts; both must say the same."""
    flows, tries = [], []
    for seed in range(SMALL_CASES):
        problem = judged(*sub_county(SMALL, seed))
        flow_ms, plan = milliseconds(lambda held=problem: solve(held, Weights()))
        tried_ms, tried = milliseconds(lambda held=problem: by_trying(held))
        if tried != (plan.filled, plan.points):
            raise SystemExit(f"trying says {tried}, the flow {(plan.filled, plan.points)}")
        flows.append(flow_ms)
        tries.append(tried_ms)
    return {
        "posts": SMALL,
        "cases": SMALL_CASES,
        "flow_ms": statistics.median(flows),
        "trying_ms": statistics.median(tries),
    }


def milliseconds(act: Callable[[], Any]) -> tuple[float, Any]:
    """The median processor time of an act, and what it answered."""
    times, answer = [], None
    for _ in range(RUNS):
        began = time.process_time()
        answer = act()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times), answer


def one_size(posts: int) -> dict[str, Any]:
    """Every way to fill a sub-county of this many posts."""
    people, wanted, unjudged = sub_county(posts, seed=posts)
    judging, problem = milliseconds(lambda: judged(people, wanted, unjudged))
    flow_ms, plan = milliseconds(lambda: solve(problem, Weights()))
    greedy_ms, by_hand = milliseconds(lambda: greedy(problem))
    other_ms, other = milliseconds(lambda: by_scipy(problem))
    if other is not None and other != (plan.filled, plan.points):
        raise SystemExit(f"the two solvers disagree: {other} and {(plan.filled, plan.points)}")
    return {
        "posts": posts,
        "judging_ms": judging,
        "flow_ms": flow_ms,
        "greedy_ms": greedy_ms,
        "scipy_ms": None if other is None else other_ms,
        "filled": plan.filled,
        "left_empty_by_greedy": plan.filled - by_hand[0],
        "greedy_costs_more_percent": 100 * (by_hand[1] / max(plan.points, 1) - 1),
    }


def whole(seed: int) -> int:
    """One sub-county of the country from facts to plan; how many posts it fills."""
    rng = random.Random(seed)
    posts = max(40, round(rng.gauss(POSTS_OF_THE_COUNTRY / SUB_COUNTIES, 120)))
    return solve(judged(*sub_county(posts, seed)), Weights()).filled


def country() -> dict[str, Any]:
    """Every sub-county on two processes, in wall seconds."""
    with ProcessPoolExecutor(PROCESSES) as processes:
        list(processes.map(whole, range(PROCESSES)))
        began = time.perf_counter()
        filled = sum(processes.map(whole, range(SUB_COUNTIES), chunksize=8))
        return {"seconds": time.perf_counter() - began, "filled": filled}


def main() -> None:
    """Prints the table and keeps it."""
    print(
        f"{'posts':>6} {'judge':>8} {'flow':>8} {'greedy':>8} {'scipy':>8}  greedy costs, leaves empty"
    )
    found = []
    for posts in SIZES:
        row = one_size(posts)
        found.append(row)
        scipy = f"{row['scipy_ms']:8.0f}" if row["scipy_ms"] is not None else "  absent"
        print(
            f"{posts:6} {row['judging_ms']:8.0f} {row['flow_ms']:8.0f} {row['greedy_ms']:8.0f} {scipy}"
            f"  +{row['greedy_costs_more_percent']:.0f} %, {row['left_empty_by_greedy']}"
        )
    for small, large in itertools.pairwise(found):
        small["growth_to_next"] = large["flow_ms"] / small["flow_ms"]
    print("growth of the flow:", ", ".join(f"{row['growth_to_next']:.1f}" for row in found[:-1]))
    few = small_cases()
    print(
        f"{few['posts']} posts, {few['cases']} cases: flow {few['flow_ms']:.2f} ms, every plan tried"
        f" {few['trying_ms']:.0f} ms, the same optimum each time"
    )
    nation = country()
    print(
        f"{SUB_COUNTIES} sub-counties, {nation['filled']:,} posts filled, {PROCESSES} processes:"
        f" {nation['seconds']:.1f} s (the facts are in memory; reading and storing not counted)"
    )
    keep("proposals", {"sizes": found, "small": few, "country": nation})


if __name__ == "__main__":
    main()
