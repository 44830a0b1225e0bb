"""The rotation of supervisors planned for all weeks at once: another centre every week, least travel.

A week's plan is a matching of people to places; no pair of person and centre may come twice. Where
who may serve where does not depend on the week, the weeks together are one flow: everybody has as
many stays as there are weeks, every place as many holders, each pair of person and centre at most
one. A minimum-cost flow finds the best such set of pairs, and because a bipartite graph needs no
more colours than its largest degree (König 1916), the pairs can always be dealt out to the weeks.
So the plan is exact: the most places filled and, among those plans, the least travel.

Where somebody cannot serve in some week, the same flow is a lower bound. Its pairs are dealt out to
weeks that suit them if that goes; otherwise the weeks are planned one after another with the pairs
used so far forbidden, and each is planned afresh until nothing improves. The gap is stated.

Costs are whole points, as in `proposal`; the same problem gives the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from app.deployments.proposal import UnsolvedError

__all__ = ["Cell", "Plan", "Problem", "plan"]

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Points = np.ndarray[Any, np.dtype[np.int64]]
ROUNDS = 8
Cell = tuple[int, int]
"""A week and a place, by their numbers."""


@dataclass(frozen=True)
class Problem:
    """`cost[person, centre]` in points and `allowed[person, centre, week]`.

    `places` has for every place that is held each week the number of its centre.
    """

    places: Sequence[int]
    cost: Points
    allowed: Bools

    def __post_init__(self) -> None:
        people, centres = self.cost.shape
        if self.allowed.shape[:2] != (people, centres):
            raise ValueError("allowed must have a row for each person, a column for each centre")
        if any(not 0 <= one < centres for one in self.places):
            raise ValueError("a place lies at no centre of the problem")

    @property
    def weeks(self) -> int:
        return int(self.allowed.shape[2])


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is where in which week, what it costs, and what no plan can better.

    `bound` and `most_filled` are of the best plan that could exist; `gap` is what this one costs
    above it in points, 0 for an optimum. A plan that fills fewer places says so in `left_open`.
    """

    cells: Mapping[Cell, int]
    points: int
    bound: int
    filled: int
    most_filled: int

    @property
    def gap(self) -> int:
        return self.points - self.bound if self.filled == self.most_filled else 0

    @property
    def left_open(self) -> int:
        return self.most_filled - self.filled

    @property
    def is_optimal(self) -> bool:
        return self.points == self.bound and self.filled == self.most_filled


def plan(problem: Problem) -> Plan:
    """The plan of all weeks that fills the most places and costs the fewest points."""
    weeks = range(problem.weeks)
    ever: Bools = np.asarray(problem.allowed.any(axis=2))
    capacity = [0] * problem.cost.shape[1]
    for centre in problem.places:
        capacity[centre] += problem.weeks
    stays = problem.allowed.any(axis=1).sum(axis=1).astype(np.int64)
    pairs = _flow(problem.cost, ever, stays=stays, capacity=capacity)
    bound, most = _points(problem, pairs), len(pairs)
    alike = all((problem.allowed[:, :, week] == ever).all() for week in weeks)
    dealt = _dealt(problem, pairs)
    if not alike:
        dealt = _turned(problem, dealt) or _improved(problem, _one_by_one(problem))
    cells = _placed(problem, dealt)
    points = sum(int(problem.cost[who, problem.places[place]]) for (_, place), who in cells.items())
    return Plan(cells, points, bound, len(cells), most)


Pair = tuple[int, int]
"""A person and a centre, by their numbers."""


def _points(problem: Problem, pairs: Sequence[Pair]) -> int:
    return sum(int(problem.cost[pair]) for pair in pairs)


def _flow(cost: Points, allowed: Bools, *, stays: Points, capacity: Sequence[int]) -> list[Pair]:
    """The pairs of most stays at least cost: at most `stays` of a person, `capacity` of a centre."""
    people, centres = cost.shape
    rows, columns = np.nonzero(allowed)
    total = sum(capacity)
    if not len(rows) or not total:
        return []
    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink = people + centres, people + centres + 1
    add = flow.add_arcs_with_capacity_and_unit_cost
    everybody, everywhere = np.arange(people), np.arange(centres)
    pairs = add(rows, people + columns, np.ones_like(rows), cost[rows, columns])
    zeros = np.zeros
    add(np.full(people, source), everybody, stays, zeros(people, dtype=np.int64))
    add(
        people + everywhere,
        np.full(centres, sink),
        np.array(capacity, dtype=np.int64),
        zeros(centres, dtype=np.int64),
    )
    open_place = (int(cost.max(initial=0)) + 1) * (total + 1)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, total, open_place)
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise UnsolvedError(str(status))
    used = np.flatnonzero(flow.flows(pairs))
    return sorted(zip(rows[used].tolist(), columns[used].tolist(), strict=True))


class _Colouring:
    """Edges between people and places, each in a week, so that nobody and no place has two in one.

    A chain of two weeks that alternate is turned over where an edge finds no week free at both ends.
    """

    def __init__(self, weeks: int) -> None:
        self.weeks = weeks
        self.at: dict[tuple[str, int], dict[int, tuple[str, int]]] = {}

    def add(self, person: int, place: int) -> None:
        one, other = ("person", person), ("place", place)
        here, there = self._free(one), self._free(other)
        if here != there:
            self._turn(other, here, there)
        self._join(one, other, here)

    def _free(self, node: tuple[str, int]) -> int:
        used = self.at.setdefault(node, {})
        return next(week for week in range(self.weeks) if week not in used)

    def _turn(self, node: tuple[str, int], here: int, there: int) -> None:
        chain = [node]
        week = here
        while week in self.at[chain[-1]]:
            chain.append(self.at[chain[-1]][week])
            week = there if week == here else here
        edges = list(pairwise(chain))
        for number, (one, other) in enumerate(edges):
            was = here if number % 2 == 0 else there
            del self.at[one][was], self.at[other][was]
        for number, (one, other) in enumerate(edges):
            self._join(one, other, there if number % 2 == 0 else here)

    def _join(self, one: tuple[str, int], other: tuple[str, int], week: int) -> None:
        self.at[one][week], self.at[other][week] = other, one

    def weeks_of_people(self) -> dict[tuple[int, int], int]:
        """(person, week) -> place."""
        return {
            (node[1], week): other[1]
            for node, held in self.at.items()
            if node[0] == "person"
            for week, other in held.items()
        }


Dealt = list[dict[int, int]]
"""For each week, the centre of each person."""


def _dealt(problem: Problem, pairs: Sequence[Pair]) -> Dealt:
    """The pairs dealt out to the weeks, whatever the weeks are."""
    places: dict[int, list[int]] = {}
    for place, centre in enumerate(problem.places):
        places.setdefault(centre, []).append(place)
    colouring, taken = _Colouring(problem.weeks), [0] * len(problem.places)
    for person, centre in pairs:
        place = next(one for one in places[centre] if taken[one] < problem.weeks)
        taken[place] += 1
        colouring.add(person, place)
    dealt: Dealt = [{} for _ in range(problem.weeks)]
    for (person, week), place in sorted(colouring.weeks_of_people().items()):
        dealt[week][person] = problem.places[place]
    return dealt


def _turned(problem: Problem, dealt: Dealt) -> Dealt | None:
    """The same weeks in an order in which everybody may serve where they are; None without one."""

    def fits(group: Mapping[int, int], week: int) -> bool:
        return all(problem.allowed[person, centre, week] for person, centre in group.items())

    chosen: list[int] = []

    def search(week: int) -> bool:
        if week == problem.weeks:
            return True
        for number, group in enumerate(dealt):
            if number not in chosen and fits(group, week):
                chosen.append(number)
                if search(week + 1):
                    return True
                chosen.pop()
        return False

    return [dealt[number] for number in chosen] if search(0) else None


def _one_by_one(problem: Problem) -> Dealt:
    """The weeks one after another, the one with the fewest possibilities first."""
    dealt: Dealt = [{} for _ in range(problem.weeks)]
    order = sorted(range(problem.weeks), key=lambda week: int(problem.allowed[:, :, week].sum()))
    for week in order:
        dealt[week] = _week(problem, dealt, week)
    return dealt


def _week(problem: Problem, dealt: Dealt, week: int) -> dict[int, int]:
    """The best plan of one week, the pairs of the other weeks forbidden."""
    free = problem.allowed[:, :, week].copy()
    for number, group in enumerate(dealt):
        if number != week:
            for person, centre in group.items():
                free[person, centre] = False
    capacity = [0] * problem.cost.shape[1]
    for centre in problem.places:
        capacity[centre] += 1
    return dict(
        _flow(problem.cost, free, stays=np.ones(len(free), dtype=np.int64), capacity=capacity)
    )


def _improved(problem: Problem, dealt: Dealt) -> Dealt:
    """Each week planned afresh while the others stand, until nothing improves."""

    def worth(some: Dealt) -> tuple[int, int]:
        pairs = [pair for group in some for pair in group.items()]
        return -len(pairs), _points(problem, pairs)

    for _ in range(ROUNDS):
        before = worth(dealt)
        for week in range(problem.weeks):
            tried = [*dealt[:week], _week(problem, dealt, week), *dealt[week + 1 :]]
            if worth(tried) < worth(dealt):
                dealt = tried
        if worth(dealt) == before:
            break
    return dealt


def _placed(problem: Problem, dealt: Dealt) -> dict[Cell, int]:
    """(week, place) -> person; places of one centre are filled in their order."""
    cells: dict[Cell, int] = {}
    for week, group in enumerate(dealt):
        waiting: dict[int, list[int]] = {}
        for person in sorted(group):
            waiting.setdefault(group[person], []).append(person)
        for place, centre in enumerate(problem.places):
            if waiting.get(centre):
                cells[week, place] = waiting[centre].pop(0)
    return cells
