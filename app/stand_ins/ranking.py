"""The order of those who could stand in for somebody: near first, with the reasons to be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CHOSEN_LAST_YEAR_KM = 15
"""Who was chosen last year comes after somebody this much farther away who was not."""
SEASON_KM = 2
"""Each season served is worth so many kilometres."""
MOST_SEASONS = 5
UNKNOWN_KM = 60
"""Somebody whose place is not known is taken to live this far away."""
BEST = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of somebody who may have a place; `distance_km` None where it is not known."""

    officer_id: int
    name: str
    mobile: str
    distance_km: float | None
    seasons: int
    chosen_last_year: bool


def worth_km(one: Standing) -> float:
    """How far away somebody counts as: the distance, nearer for experience, farther for whoever had
    their turn last year."""
    distance = UNKNOWN_KM if one.distance_km is None else one.distance_km
    return (
        distance
        - SEASON_KM * min(one.seasons, MOST_SEASONS)
        + (CHOSEN_LAST_YEAR_KM if one.chosen_last_year else 0)
    )


def ranked(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The stand-ins in order, the best first; the older record where nothing else decides."""
    return tuple(sorted(standings, key=lambda one: (worth_km(one), one.officer_id)))
