"""The assignment of a sub-county's officers to its posts as a minimum-cost flow, solved exactly.

Units flow from a source through officers to seats (a centre's posts of one role) and on to a sink.
An officer reaches a seat only where nothing bars them. Within a seat the flow passes a class of
person (woman, man; experienced, new) and a kind of place (asked for a woman, for experience, or
for nobody in particular), so that what is asked for costs nothing and what differs costs points.
A place left empty costs more than all else together: as many places as possible are filled first.

Costs are whole points; 100 points are one kilometre. The same problem gives the same plan.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow

__all__ = [
    "Candidate",
    "Pick",
    "Plan",
    "Problem",
    "Refusal",
    "Seat",
    "UnsolvedError",
    "Weights",
    "cost_matrix",
    "solve",
]

POINTS_PER_KM = 100
FARTHEST_KM = 150
EARTH_KM = 6371.0
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Points = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


Class = tuple[bool | None, bool]
"""Woman, man or unknown; experienced or new."""


class UnsolvedError(RuntimeError):
    """The solver did not reach an optimum, which a flow problem of ours always has."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a director weighs, each in kilometres that it is worth; 0 switches it off.

    `home` and `workstation` are shares of the distance from either place, in percent.
    """

    workstation: int = 100
    home: int = 50
    chosen_last_year: int = 15
    experience: int = 10
    gender: int = 20

    def __post_init__(self) -> None:
        for name in ("workstation", "home", "chosen_last_year", "experience", "gender"):
            if not 0 <= getattr(self, name) <= 1000:
                raise ValueError(f"{name} must be from 0 to 1000")


@dataclass(frozen=True, slots=True)
class Seat:
    """The places of one role in one centre that are still to be filled, and who is asked for.

    `lon`, `lat` in degrees, or None where the place is not known.
    """

    key: int
    places: int
    lon: float | None = None
    lat: float | None = None
    women_at_least: int = 0
    men_at_least: int = 0
    experienced_at_least: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be picked. `seasons` were served before; places are (lon, lat)."""

    key: int
    woman: bool | None = None
    seasons: int = 0
    chosen_last_year: bool = False
    workstation: tuple[float, float] | None = None
    home: tuple[float, float] | None = None


@dataclass(frozen=True)
class Problem:
    """Seats, candidates, and who may sit where: `allowed[candidate, seat]`."""

    seats: Sequence[Seat]
    candidates: Sequence[Candidate]
    allowed: Bools

    def __post_init__(self) -> None:
        if self.allowed.shape != (len(self.candidates), len(self.seats)):
            raise ValueError("allowed must have a row for each candidate, a column for each seat")


class Pick(NamedTuple):
    """A candidate in a seat, and the `points` it cost by what they were given for."""

    candidate: int
    seat: int
    points: Mapping[str, int]


class Refusal(NamedTuple):
    """A candidate without a seat: the best one they might have had and what it would have cost.

    `seat` is None where every seat is barred. `taken_for` is what the dearest holder there costs.
    """

    candidate: int
    seat: int | None
    points: int
    taken_for: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who sits where, who does not, and the places left empty by seat; `points` is the optimum."""

    picks: tuple[Pick, ...]
    refusals: tuple[Refusal, ...]
    empty: Mapping[int, int]
    points: int

    @property
    def filled(self) -> int:
        return len(self.picks)


def solve(problem: Problem, weights: Weights) -> Plan:
    """The plan that fills the most places and, among those, costs the fewest points."""
    parts = cost_parts(problem, weights)
    base = parts["distance"] + parts["fairness"]
    assigned, asked = _Network(problem, weights, base=base).solved()
    picks = tuple(
        Pick(
            problem.candidates[row].key,
            problem.seats[column].key,
            {
                "distance": int(parts["distance"][row, column]),
                "fairness": int(parts["fairness"][row, column]),
                "asked": asked[row],
            },
        )
        for row, column in sorted(assigned.items())
    )
    filled = Counter(assigned.values())
    empty = {
        seat.key: seat.places - filled[column]
        for column, seat in enumerate(problem.seats)
        if seat.places > filled[column]
    }
    refusals = _refusals(problem, base, assigned)
    return Plan(picks, refusals, empty, sum(sum(pick.points.values()) for pick in picks))


def cost_parts(problem: Problem, weights: Weights) -> dict[str, Points]:
    """Points of every candidate in every seat, apart from what the seat asks for."""
    there = _places((seat.lon, seat.lat) for seat in problem.seats)
    work = _kilometres(_places(one.workstation for one in problem.candidates), there)
    home = _kilometres(_places(one.home for one in problem.candidates), there)
    known = [(work, weights.workstation), (home, weights.home)]
    shares = sum((np.isfinite(km) * share for km, share in known), np.zeros(work.shape))
    mixed = sum(
        (np.where(np.isfinite(km), km, 0) * share for km, share in known), np.zeros(work.shape)
    )
    wanted = weights.workstation + weights.home
    km = np.where(shares > 0, mixed / np.maximum(shares, 1), FARTHEST_KM if wanted else 0)
    scale = wanted / 100
    distance = np.rint(np.minimum(km, FARTHEST_KM) * scale * POINTS_PER_KM).astype(np.int64)
    chosen = np.array([one.chosen_last_year for one in problem.candidates], dtype=np.int64)
    fairness = np.repeat(
        chosen.reshape(-1, 1) * weights.chosen_last_year * POINTS_PER_KM,
        len(problem.seats),
        axis=1,
    )
    return {"distance": distance, "fairness": fairness}


def cost_matrix(problem: Problem, weights: Weights) -> Points:
    """The sum of `cost_parts`, for oracles and greedy fills to compare with."""
    parts = cost_parts(problem, weights)
    return parts["distance"] + parts["fairness"]


def kinds_of(seat: Seat) -> list[tuple[bool | None, bool, int]]:
    """The seat's places by what is asked: (woman, man or nobody in particular; experienced; number).

    Women and men asked for beyond the places are cut to them; experience is asked first of the
    places that ask for neither.
    """
    women = min(seat.women_at_least, seat.places)
    men = min(seat.men_at_least, seat.places - women)
    experienced = min(seat.experienced_at_least, seat.places)
    kinds: list[tuple[bool | None, bool, int]] = []
    for woman, places in ((None, seat.places - women - men), (True, women), (False, men)):
        asked = min(places, experienced)
        experienced -= asked
        kinds += [(woman, True, asked), (woman, False, places - asked)]
    return [kind for kind in kinds if kind[2] > 0]


class _Network:
    """The arcs of one problem: source, officers, classes of each seat, kinds of place, sink.

    Arcs are gathered in lists and given to the solver at once, officers' arcs as arrays.
    """

    def __init__(self, problem: Problem, weights: Weights, *, base: Points) -> None:
        self.flow = min_cost_flow.SimpleMinCostFlow()
        self.weights = weights
        self.officers = np.arange(len(problem.candidates))
        self.source, self.sink = 0, 1
        self.nodes = 2 + len(self.officers)
        self.total = sum(seat.places for seat in problem.seats)
        dearest = int(base.max(initial=0)) + (weights.gender + weights.experience) * POINTS_PER_KM
        self.empty_place = (dearest + 1) * (self.total + 1)
        self.classes = sorted({_class_of(one) for one in problem.candidates}, key=str)
        numbers = [self.classes.index(_class_of(one)) for one in problem.candidates]
        self.class_of = np.array(numbers, dtype=np.int64)
        self.inner: list[tuple[int, int, int, int]] = []
        self.outer: list[tuple[Points, Points, Points, Points]] = []
        for column, seat in enumerate(problem.seats):
            if seat.places:
                self._seat(column, seat, problem.allowed[:, column], base[:, column])

    def _seat(self, column: int, seat: Seat, allowed: Bools, base: Points) -> None:
        kinds = [(woman, tried, number, self._node()) for woman, tried, number in kinds_of(seat)]
        for _woman, _tried, number, node in kinds:
            self.inner.append((node, self.sink, number, 0))
            self.inner.append((self.source, node, number, self.empty_place))
        rows = np.flatnonzero(allowed)
        nodes = np.full(len(self.classes), -1, dtype=np.int64)
        for number in np.unique(self.class_of[rows]):
            nodes[number] = self._class(self.classes[number], kinds)
        self.outer.append(
            (rows, nodes[self.class_of[rows]], base[rows], np.full(len(rows), column))
        )

    def _class(self, person: Class, kinds: Sequence[tuple[bool | None, bool, int, int]]) -> int:
        node = self._node()
        for woman, tried, number, place in kinds:
            points = asked_points(person, (woman, tried), self.weights)
            self.inner.append((node, place, number, points))
        return node

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    def solved(self) -> tuple[dict[int, int], dict[int, int]]:
        """The seat's column of every row that is placed, and the asked points of each row."""
        if self.total == 0:
            return {}, {}
        rows, nodes, costs, columns = (
            np.concatenate(parts) for parts in zip(*self.outer, strict=True)
        )
        add = self.flow.add_arcs_with_capacity_and_unit_cost
        ones = np.ones_like(self.officers)
        if len(ones):
            add(self.source * ones, 2 + self.officers, ones, 0 * ones)
        between = add(2 + rows, nodes, np.ones_like(rows), costs)
        tails, heads, capacities, points = np.array(self.inner, dtype=np.int64).T
        inner = add(tails, heads, capacities, points)
        self.flow.set_node_supply(self.source, self.total)
        self.flow.set_node_supply(self.sink, -self.total)
        status = self.flow.solve()
        if status != self.flow.OPTIMAL:
            raise UnsolvedError(str(status))
        used = np.flatnonzero(self.flow.flows(between)) if len(between) else between
        placed = rows[used].tolist()
        assigned = dict(zip(placed, columns[used].tolist(), strict=True))
        through: dict[int, list[int]] = {}
        for row, node in zip(placed, nodes[used].tolist(), strict=True):
            through.setdefault(node, []).append(row)
        return assigned, self._asked(through, tails, self.flow.flows(inner))

    def _asked(
        self, through: Mapping[int, Sequence[int]], tails: Points, flows: Points
    ) -> dict[int, int]:
        """What each placed row costs for not being what its place asks for."""
        spent: dict[int, list[int]] = {node: [] for node in through}
        for arc in np.flatnonzero(flows).tolist():
            tail = int(tails[arc])
            if tail in spent:
                spent[tail] += [self.inner[arc][3]] * int(flows[arc])
        return {
            row: points
            for node, rows in through.items()
            for row, points in zip(sorted(rows), sorted(spent[node]), strict=True)
        }


def _class_of(one: Candidate) -> Class:
    return one.woman, one.seasons > 0


def asked_points(person: Class, kind: tuple[bool | None, bool], weights: Weights) -> int:
    """What it costs to give a place of this kind to a person of this class."""
    woman, tried = kind
    wrong_gender = woman is not None and person[0] is not woman
    too_new = tried and not person[1]
    return POINTS_PER_KM * (weights.gender * wrong_gender + weights.experience * too_new)


def _refusals(problem: Problem, base: Points, assigned: Mapping[int, int]) -> tuple[Refusal, ...]:
    """Every candidate left over, with the seat that suited them best and what was taken there."""
    dearest = np.full(len(problem.seats), -1, dtype=np.int64)
    for row, column in assigned.items():
        dearest[column] = max(dearest[column], base[row, column])
    found = []
    for row, candidate in enumerate(problem.candidates):
        if row in assigned:
            continue
        key = candidate.key
        columns = np.flatnonzero(problem.allowed[row] & (dearest >= 0))
        if not len(columns):
            found.append(Refusal(key, None, 0, 0))
            continue
        best = columns[np.argmin(base[row, columns] - dearest[columns])]
        points, taken = int(base[row, best]), int(dearest[best])
        found.append(Refusal(key, problem.seats[best].key, points, taken))
    return tuple(found)


def _places(given: Any) -> Floats:
    """Longitudes and latitudes in radians, NaN where a place is not known."""
    rows = [
        (math.nan, math.nan) if one is None or one[0] is None or one[1] is None else one
        for one in given
    ]
    return np.radians(np.array(rows, dtype=np.float64).reshape(-1, 2))


def _kilometres(here: Floats, there: Floats) -> Floats:
    """Great-circle kilometres of every pair, NaN where either place is not known."""
    lon1, lat1 = here[:, :1], here[:, 1:]
    lon2, lat2 = there[:, 0].reshape(1, -1), there[:, 1].reshape(1, -1)
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    kilometres: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return kilometres
