"""Outlines of maps: ours alone, light, one common border, the drawing library's direction."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from dashboards import outlines


def features(level: str, county: str) -> dict[str, list[list[list[list[float]]]]]:
    found = json.loads(outlines.outlines(level, county))["features"]
    return {one["id"]: one["geometry"]["coordinates"] for one in found}


def test_every_county_and_sub_county_has_an_outline() -> None:
    assert len(features("county", "all")) == 47
    assert len(features("sub-county", "all")) == 290
    assert len(outlines.counties()) == 47


def test_county_holds_its_own_sub_counties_only() -> None:
    assert sorted(features("sub-county", "42")) == [
        "42/Kisumu Central",
        "42/Kisumu East",
        "42/Kisumu West",
        "42/Muhoroni",
        "42/Nyakach",
        "42/Nyando",
        "42/Seme",
    ]


def test_whole_country_is_light() -> None:
    assert len(outlines.outlines("sub-county", "all")) < 400_000


def test_outer_rings_run_clockwise_and_close() -> None:
    for polygons in features("sub-county", "all").values():
        for rings in polygons:
            outer = rings[0]
            area = sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(outer))
            assert area > 0
            assert outer[0] == outer[-1]


@pytest.mark.parametrize(("level", "county"), [("ward", "42"), ("county", "99"), ("county", "..")])
def test_unknown_outlines_are_refused(level: str, county: str) -> None:
    with pytest.raises(outlines.UnknownOutlineError):
        outlines.outlines(level, county)


def test_bounds_hold_the_outline_with_a_margin() -> None:
    west, south, east, north = outlines.bounds("sub-county", "42", ["42/Kisumu East"]) or (0,) * 4
    points = [p for polygon in features("sub-county", "42")["42/Kisumu East"] for p in polygon[0]]
    assert west < min(lon for lon, _ in points) < max(lon for lon, _ in points) < east
    assert south < min(lat for _, lat in points) < max(lat for _, lat in points) < north


def test_bounds_of_nothing_are_unknown() -> None:
    assert outlines.bounds("sub-county", "42", ["42/Nowhere"]) is None
