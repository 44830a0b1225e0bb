"""Shares of a published total: whole numbers in proportion to weights that sum exactly."""

from __future__ import annotations

from collections.abc import Mapping

from app.demo.places import SECONDARY, Country

DRIVERS = 2_692
"""KCSE drivers published for 2025."""


def shares(total: int, weights: Mapping[str, int], *, least: int = 0) -> dict[str, int]:
    """`total` split in proportion to the weights by the largest remainders, `least` each first."""
    left = total - least * len(weights)
    whole = sum(weights.values())
    given = {key: left * weight // whole for key, weight in weights.items()}
    rest = left - sum(given.values())
    by_remainder = sorted(weights, key=lambda key: (-(left * weights[key] % whole), key))
    for key in by_remainder[:rest]:
        given[key] += 1
    return {key: least + number for key, number in given.items()}


def drivers_by_county(country: Country) -> dict[str, int]:
    """The drivers of each county: the national total by its share of secondary schools."""
    weights = dict.fromkeys((county.code for county in country.counties), 0)
    for sub_county in country.sub_counties:
        schools = country.schools[sub_county.code]
        secondary = sum(school.level == SECONDARY for school in schools)
        weights[sub_county.county.code] += 1 + secondary
    return shares(DRIVERS, weights, least=4)
