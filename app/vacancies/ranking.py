"""The order of a vacancy's applicants: each criterion's measure and points, by weights as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from app.exams.enums import RankCriterion as Criterion

EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Weight:
    """How many points a criterion gives at most, and where it is used up (kilometres, years)."""

    criterion: Criterion
    weight: int
    full_at: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an applicant: `distance_km` None where either place is not known."""

    application_id: int
    distance_km: float | None
    years_served: int
    chosen_last_year: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """An applicant's place in the order, the points behind it, and their sum (one decimal)."""

    standing: Standing
    points: Mapping[Criterion, float]
    total: float
    place: int = 0


def ranked(standings: Iterable[Standing], weights: Sequence[Weight]) -> tuple[Ranked, ...]:
    """The applicants in order: most points first, the nearer, then the earlier application."""
    scored = [_scored(one, weights) for one in standings]
    scored.sort(
        key=lambda one: (
            -one.total,
            one.standing.distance_km if one.standing.distance_km is not None else float("inf"),
            one.standing.application_id,
        )
    )
    return tuple(
        Ranked(one.standing, one.points, one.total, place) for place, one in enumerate(scored, 1)
    )


def share(criterion: Criterion, one: Standing, full_at: int) -> float:
    """How much of a criterion's weight an applicant gets: from 0 to 1."""
    if criterion is Criterion.DISTANCE:
        return 0.0 if one.distance_km is None else max(0.0, 1 - one.distance_km / full_at)
    if criterion is Criterion.EXPERIENCE:
        return min(one.years_served, full_at) / full_at
    return float(not one.chosen_last_year if criterion is Criterion.LEFT_OUT else one.verified)


def distance_km(
    here: tuple[float | None, float | None], there: tuple[float | None, float | None]
) -> float | None:
    """The great-circle distance of two places given as (longitude, latitude) in degrees."""
    lon1, lat1 = here
    lon2, lat2 = there
    if lon1 is None or lat1 is None or lon2 is None or lat2 is None:
        return None
    across, up = radians(lon2 - lon1), radians(lat2 - lat1)
    half = sin(up / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(across / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def _scored(one: Standing, weights: Sequence[Weight]) -> Ranked:
    points = {
        weight.criterion: round(
            weight.weight * share(weight.criterion, one, max(1, weight.full_at)), 1
        )
        for weight in weights
    }
    return Ranked(one, points, round(sum(points.values()), 1))
