"""What all figures share: colours of the tokens, classes of a map, the theme of axes.

A figure is a plain dict that plotly accepts; making it costs a tenth of a millisecond, and tests
hand each one to `plotly.graph_objects` for validation. Colour never stands alone: each class has
its words in the legend beside the map and in the text under the pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

INK, QUIET, LINE, SURFACE = "#14211d", "#55635e", "#dde3df", "#ffffff"
GREEN, BLUE, ORANGE, VERMILION, SKY = "#0b6b4b", "#0072b2", "#e69f00", "#d55e00", "#56b4e9"
NO_DATA = "#cfd6d2"
RATES = ("#edf5f0", "#c3e0d0", "#8fc5ab", "#4f9f7d", "#0b6b4b")
GAPS = ("#f0efe9", "#ecd9b0", "#d8b365", "#b5792a", "#8c510a")
FONT = {
    "family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif",
    "color": INK,
    "size": 13,
}

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Classes:
    """The steps of a map: upper limits (exclusive) of all but the last, their words and colours."""

    limits: tuple[float, ...]
    words: tuple[str, ...]
    colours: tuple[str, ...]

    def of(self, value: float) -> int:
        """The number of the class a value falls into."""
        return sum(value >= limit for limit in self.limits)


@dataclass(frozen=True, slots=True)
class Region:
    """A place on a map: its outline or point, its value (None: nobody knows), words, and a link."""

    outline: str
    code: str
    value: float | None
    words: str
    link: str
    point: tuple[float, float] | None = None


def choropleth(
    regions: Sequence[Region], classes: Classes, *, geojson: str, unknown: str
) -> Figure:
    """Outlines filled by class, unknown ones grey; the whole fits what is shown."""
    known = [one for one in regions if one.value is not None]
    blank = [one for one in regions if one.value is None]
    traces = [
        _fill(blank, [0] * len(blank), [[0, NO_DATA], [1, NO_DATA]], geojson, unknown),
        _fill(
            known, [classes.of(one.value or 0) for one in known], _steps(classes), geojson, "values"
        ),
    ]
    return {"data": [trace for trace in traces if trace["locations"]], "layout": _map_layout()}


def points(
    regions: Sequence[Region],
    classes: Classes,
    *,
    geojson: str,
    outlines: Sequence[str],
    bounds: tuple[float, float, float, float] | None,
) -> Figure:
    """Centres as points filled by class on the pale outline of their sub-county.

    `bounds` (west, south, east, north) keeps to the outline: a point that the list of schools puts
    elsewhere does not shrink the map, and stays in the table.
    """
    placed = [one for one in regions if one.point is not None]
    ground = {
        "type": "choropleth",
        "geojson": geojson,
        "featureidkey": "id",
        "locations": list(outlines),
        "z": [0] * len(outlines),
        "colorscale": [[0, "#eef1ee"], [1, "#eef1ee"]],
        "showscale": False,
        "hoverinfo": "skip",
        "marker": {"line": {"color": "#9aa8a1", "width": 1}},
    }
    colours = [
        QUIET if one.value is None else classes.colours[classes.of(one.value)] for one in placed
    ]
    dots = {
        "type": "scattergeo",
        "mode": "markers",
        "lon": [one.point[0] for one in placed if one.point],
        "lat": [one.point[1] for one in placed if one.point],
        "text": [one.words for one in placed],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [[one.link, one.code] for one in placed],
        "marker": {
            "size": 13,
            "color": colours,
            "symbol": ["circle-open" if one.value is None else "circle" for one in placed],
            "line": {"color": INK, "width": 1},
        },
    }
    layout = _map_layout()
    if bounds is not None:
        west, south, east, north = bounds
        layout["geo"] |= {"lonaxis": {"range": [west, east]}, "lataxis": {"range": [south, north]}}
        layout["geo"]["fitbounds"] = False
    return {"data": [ground, dots], "layout": layout}


def trend(
    frame: pd.DataFrame,
    lines: Sequence[tuple[str, str, str, str]],
    *,
    days: Mapping[str, str],
    chosen: str | None,
) -> Figure:
    """Lines over exam days; each is (column, words, colour, dash). A chosen day stands marked.

    `days` says each day of the frame as people do.
    Days without a count are gaps in the line, never zeros. The words stand at the line's last
    known point, so that no legend is needed.
    """
    codes = list(frame["code"])
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": words,
            "x": [days[code] for code in codes],
            "y": plain(frame[column]),
            "customdata": [[code] for code in codes],
            "line": {"color": colour, "width": 2.5, "dash": dash},
            "marker": {"size": 7, "symbol": _symbol(dash)},
            "connectgaps": False,
            "hovertemplate": "%{y:,} " + words + "<extra></extra>",
        }
        for column, words, colour, dash in lines
    ]
    layout = theme()
    layout["annotations"] = _labels_at_ends(traces) if len(traces) > 1 else []
    layout["shapes"] = _mark_of(days[chosen]) if chosen and chosen in days else []
    return {"data": traces, "layout": layout}


def stacked(
    frame: pd.DataFrame, parts: Sequence[tuple[str, str, str, str]], *, days: Mapping[str, str]
) -> Figure:
    """Bars over exam days, one part on the other; each is (column, words, colour, pattern)."""
    codes = list(frame["code"])
    traces = [
        {
            "type": "bar",
            "name": words,
            "x": [days[code] for code in codes],
            "y": plain(frame[column]),
            "customdata": [[code] for code in codes],
            "marker": {
                "color": colour,
                "line": {"color": INK if pattern else colour, "width": 0.5},
                "pattern": {
                    "shape": pattern,
                    "bgcolor": colour,
                    "fgcolor": INK,
                    "size": 7,
                    "solidity": 0.12,
                },
            },
            "hovertemplate": "KSh %{y:,} " + words + "<extra></extra>",
        }
        for column, words, colour, pattern in parts
    ]
    layout = theme()
    layout |= {"barmode": "stack", "bargap": 0.25, "showlegend": True}
    layout["legend"] = {
        "orientation": "h",
        "y": 1.02,
        "yanchor": "bottom",
        "x": 0,
        "traceorder": "normal",
    }
    return {"data": traces, "layout": layout}


def theme() -> Figure:
    """The layout of every chart with axes: light lines, no frame, room for words at the right."""
    return {
        "font": FONT,
        "paper_bgcolor": SURFACE,
        "plot_bgcolor": SURFACE,
        "autosize": True,
        "margin": {"l": 52, "r": 24, "t": 24, "b": 40},
        "showlegend": False,
        "hovermode": "x unified",
        "dragmode": False,
        "xaxis": {
            "type": "category",
            "nticks": 6,
            "tickangle": 0,
            "showgrid": False,
            "linecolor": LINE,
            "fixedrange": True,
            "automargin": True,
        },
        "yaxis": {
            "gridcolor": LINE,
            "zeroline": False,
            "tickformat": ",",
            "rangemode": "tozero",
            "fixedrange": True,
            "automargin": True,
        },
    }


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """The rows of a frame, each with its columns as attributes."""
    return cast("Iterable[Any]", frame.itertuples())


def plain(column: pd.Series) -> list[Any]:
    """The column as JSON values: an unknown is None, a whole number stays whole."""
    return column.astype(object).where(column.notna(), None).tolist()


def _fill(
    regions: Sequence[Region], z: list[int], scale: list[Any], geojson: str, name: str
) -> Figure:
    return {
        "type": "choropleth",
        "name": name,
        "geojson": geojson,
        "featureidkey": "id",
        "locations": [one.outline for one in regions],
        "z": z,
        "zmin": 0,
        "zmax": max(len(scale) // 2 - 1, 1),
        "colorscale": scale,
        "showscale": False,
        "text": [one.words for one in regions],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [[one.link, one.code] for one in regions],
        "marker": {"line": {"color": SURFACE, "width": 0.8}},
        "unselected": {"marker": {"opacity": 0.45}},
    }


def _steps(classes: Classes) -> list[list[Any]]:
    """A colour scale of flat steps: class n of k fills from n/k to (n+1)/k."""
    count = len(classes.colours)
    return [
        [(at + edge) / count, colour]
        for at, colour in enumerate(classes.colours)
        for edge in (0, 1)
    ]


def _map_layout() -> Figure:
    return {
        "font": FONT,
        "autosize": True,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": SURFACE,
        "dragmode": False,
        "showlegend": False,
        "clickmode": "event",
        "hoverlabel": {"bgcolor": SURFACE, "bordercolor": INK, "font": FONT, "align": "left"},
        "geo": {
            "visible": False,
            "fitbounds": "locations",
            "projection": {"type": "mercator"},
            "bgcolor": SURFACE,
        },
    }


def _labels_at_ends(traces: Sequence[Figure]) -> list[Figure]:
    """The words of each line at its last known point, moved apart where they would touch."""
    ends = []
    for trace in traces:
        known = [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None]
        if known:
            ends.append((*known[-1], trace))
    highest = max((y for _, y, _ in ends), default=1) or 1
    labels, last = [], None
    for x, y, trace in sorted(ends, key=lambda end: -end[1]):
        shift = 12 if last is None or last - y > highest * 0.09 else -14
        last = y
        labels.append(
            {
                "x": x,
                "y": y,
                "text": trace["name"],
                "showarrow": False,
                "yshift": shift,
                "xanchor": "right",
                "font": {"color": trace["line"]["color"], "size": 13},
            }
        )
    return labels


def _mark_of(day: str) -> list[Figure]:
    edge = {"color": QUIET, "width": 1, "dash": "dot"}
    return [{"type": "line", "x0": day, "x1": day, "y0": 0, "y1": 1, "yref": "paper", "line": edge}]


def _symbol(dash: str) -> str:
    return {"solid": "circle", "dash": "square", "dot": "diamond"}.get(dash, "circle")
