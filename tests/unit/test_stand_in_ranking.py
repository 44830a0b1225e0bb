"""Who stands in first: near by workstation and home, tried, and not chosen last year."""

from __future__ import annotations

import pytest

from app.deployments.proposal import Weights
from app.proposals.asks import Asks
from app.stand_ins import ranking
from app.stand_ins.ranking import Standing, ranked, travel_km


def somebody(number: int, work: float | None, home: float | None = None) -> Standing:
    return Standing(number, f"P{number}", "254700000000", work, 0, False, home)


@pytest.mark.parametrize(
    ("work", "home", "counts"),
    [(6.0, 30.0, 14.0), (6.0, None, 6.0), (None, 30.0, 30.0), (None, None, None), (0.0, 0.0, 0.0)],
)
def test_workstation_counts_twice_home_and_the_known_one_alone(
    work: float | None, home: float | None, counts: float | None
) -> None:
    assert travel_km(work, home) == counts


def test_near_home_comes_before_the_same_workstation_far_from_home() -> None:
    order = ranked([somebody(1, 5, 40), somebody(2, 5), somebody(3, 5, 1), somebody(4, None)])
    assert [one.officer_id for one in order] == [3, 2, 1, 4]


def test_near_means_what_it_means_in_a_proposal() -> None:
    for weights in (Weights(), Asks()):
        assert (weights.workstation, weights.home, weights.chosen_last_year) == (
            ranking.WORKSTATION_SHARE,
            ranking.HOME_SHARE,
            ranking.CHOSEN_LAST_YEAR_KM,
        )
