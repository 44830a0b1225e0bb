"""What another solver says of an assignment: SciPy's, over single places, small cases only."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.deployments.proposal import Problem, Weights, asked_points, cost_matrix, kinds_of

HUGE = 10**12


def slots_of(problem: Problem) -> list[tuple[int, tuple[bool | None, bool]]]:
    return [
        (column, (woman, tried))
        for column, seat in enumerate(problem.seats)
        for woman, tried, number in kinds_of(seat)
        for _ in range(number)
    ]


def oracle(problem: Problem, weights: Weights) -> tuple[int, int]:
    """The most places that can be filled and the fewest points for that, by another solver."""
    slots, base = slots_of(problem), cost_matrix(problem, weights)
    if not slots:
        return 0, 0
    matrix = np.full((len(problem.candidates), len(slots)), HUGE, dtype=np.int64)
    for row, one in enumerate(problem.candidates):
        for number, (column, kind) in enumerate(slots):
            if problem.allowed[row, column]:
                person = (one.woman, one.seasons > 0)
                matrix[row, number] = base[row, column] + asked_points(person, kind, weights)
    rows, columns = linear_sum_assignment(matrix)
    costs = [int(matrix[row, column]) for row, column in zip(rows, columns, strict=True)]
    kept = [cost for cost in costs if cost < HUGE]
    return len(kept), sum(kept)
