"""The order of those who could stand in for somebody: near first, with the reasons to be seen.

Near means what it means in a proposal by its usual weights: a kilometre from the workstation counts
twice one from home, and where only one of the two is known, that one alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WORKSTATION_SHARE, HOME_SHARE = 100, 50
"""Percent of a kilometre from either place."""
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
    """What is known of somebody who may have a place.

    `distance_km` is from the workstation, `home_km` from the middle of the sub-county they live in;
    None where it is not known.
    """

    officer_id: int
    name: str
    mobile: str
    distance_km: float | None
    seasons: int
    chosen_last_year: bool
    home_km: float | None = None


def travel_km(workstation_km: float | None, home_km: float | None) -> float | None:
    """The distance that counts, of the two that are known; None where neither is."""
    told = ((workstation_km, WORKSTATION_SHARE), (home_km, HOME_SHARE))
    known = [(km, share) for km, share in told if km is not None]
    if not known:
        return None
    return sum(km * share for km, share in known) / sum(share for _, share in known)


def worth_km(one: Standing) -> float:
    """How far away somebody counts as: the distance, nearer for experience, farther for whoever had
    their turn last year."""
    distance = travel_km(one.distance_km, one.home_km)
    return (
        (UNKNOWN_KM if distance is None else distance)
        - SEASON_KM * min(one.seasons, MOST_SEASONS)
        + (CHOSEN_LAST_YEAR_KM if one.chosen_last_year else 0)
    )


def ranked(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The stand-ins in order, the best first; the older record where nothing else decides."""
    return tuple(sorted(standings, key=lambda one: (worth_km(one), one.officer_id)))
