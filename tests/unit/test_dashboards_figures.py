"""Figures of the dashboards: plain dicts that plotly accepts, unknown never drawn as zero."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboards.figures import RATES, Classes, Region, choropleth, points, stacked, trend

CLASSES = Classes((0.8, 0.9, 0.95, 0.98), ("a", "b", "c", "d", "e"), RATES)
DAYS = {"2026-11-09": "9 Nov", "2026-11-10": "10 Nov"}
REGIONS = (
    Region("42/Kisumu East", "kisumu-east", 0.97, "Kisumu East 97%", "?sub-county=kisumu-east"),
    Region("42/Kisumu West", "kisumu-west", None, "Kisumu West", "?sub-county=kisumu-west"),
)


def frame() -> pd.DataFrame:
    counts = {"present": [9, None], "earned_kes": [4950, None]}
    return pd.DataFrame({"code": list(DAYS), **counts}).astype(
        {"present": "Int64", "earned_kes": "Int64"}
    )


def drawn() -> dict[str, dict[str, Any]]:
    lines = (("present", "Present", "#0b6b4b", "solid"),)
    parts = (("earned_kes", "Earned", "#0b6b4b", ""), ("earned_kes", "Held", "#d55e00", "x"))
    return {
        "choropleth": choropleth(REGIONS, CLASSES, geojson="/x.json", unknown="none yet"),
        "points": points(
            [
                Region("", "42238001", 0.9, "Kisumu Day", "/register/x", (34.7, -0.1)),
                Region("", "42238002", None, "Nyamasaria", "/register/y", None),
            ],
            CLASSES,
            geojson="/x.json",
            outlines=["42/Kisumu East"],
            bounds=(34.0, -1.0, 35.0, 0.0),
        ),
        "trend": trend(frame(), lines, days=DAYS, chosen="2026-11-09"),
        "stacked": stacked(frame(), parts, days=DAYS),
    }


@pytest.mark.parametrize("name", ["choropleth", "points", "trend", "stacked"])
def test_figure_validates_as_a_plotly_figure(name: str) -> None:
    figure = drawn()[name]
    assert len(go.Figure(figure).data) == len(figure["data"])


def test_validation_would_notice_a_wrong_figure() -> None:
    figure = drawn()["trend"]
    figure["data"][0]["mode"] = "crayons"
    with pytest.raises(ValueError, match="crayons"):
        go.Figure(figure)


def test_unknown_day_is_a_gap_in_the_line_and_not_zero() -> None:
    trace = drawn()["trend"]["data"][0]
    assert trace["y"] == [9, None]
    assert trace["connectgaps"] is False


def test_unknown_place_is_grey_and_in_a_trace_of_its_own() -> None:
    blank, known = drawn()["choropleth"]["data"]
    assert blank["locations"] == ["42/Kisumu West"]
    assert {colour for _, colour in blank["colorscale"]} == {"#cfd6d2"}
    assert known["locations"] == ["42/Kisumu East"]
    assert known["z"] == [3]


def test_map_draws_no_base_layer_and_only_our_own_outlines() -> None:
    figure = drawn()["choropleth"]
    assert figure["layout"]["geo"]["visible"] is False
    assert [trace["geojson"] for trace in figure["data"]] == ["/x.json", "/x.json"]


@pytest.mark.parametrize(
    ("value", "number"), [(0.0, 0), (0.79999, 0), (0.8, 1), (0.95, 3), (0.98, 4), (1.0, 4)]
)
def test_class_begins_at_its_limit(value: float, number: int) -> None:
    assert CLASSES.of(value) == number


def test_each_class_fills_with_one_flat_colour() -> None:
    scale = drawn()["choropleth"]["data"][1]["colorscale"]
    assert scale[:4] == [[0.0, RATES[0]], [0.2, RATES[0]], [0.2, RATES[1]], [0.4, RATES[1]]]
    assert scale[-1] == [1.0, RATES[4]]


def test_centre_without_a_position_is_not_on_the_map() -> None:
    dots = drawn()["points"]["data"][1]
    assert dots["customdata"] == [["/register/x", "42238001"]]
