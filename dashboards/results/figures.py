"""Figures of results: the share of C+ and above on the map, the distribution beside last year's."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask_babel import gettext as _

from dashboards.figures import GREEN, INK, ORANGE, RATES, Classes, Figure, plain, theme
from dashboards.numbers import known

BEFORE = ORANGE


def high_classes() -> Classes:
    """Steps of the share of C+ and above among those with a grade."""
    words = (_("Under 15%"), _("15 to 20%"), _("20 to 25%"), _("25 to 35%"), _("35% and more"))
    return Classes((0.15, 0.20, 0.25, 0.35), words, RATES)


def high_share(row: Any) -> float | None:
    """The share of C+ and above of a row; None where nobody has a grade."""
    return known(row.high_share)


def distribution(
    grades: pd.DataFrame, before: pd.DataFrame | None, *, names: tuple[str, str]
) -> Figure:
    """Bars of each grade's share, A first; those of the year before, striped, beside them."""
    traces = [_bars(grades, names[0], GREEN, "")]
    if before is not None:
        traces.append(_bars(before, names[1], BEFORE, "/"))
    layout = theme()
    layout |= {"barmode": "group", "bargap": 0.25, "hovermode": "x"}
    layout["yaxis"] |= {"tickformat": ".0%"}
    layout["xaxis"] |= {"nticks": len(grades), "tickfont": {"size": 11}}
    return {"data": traces, "layout": layout}


def _bars(grades: pd.DataFrame, name: str, colour: str, pattern: str) -> Figure:
    return {
        "type": "bar",
        "name": name,
        "x": list(grades["grade"]),
        "y": plain(grades["share"]),
        "customdata": [[number] for number in plain(grades["number"])],
        "marker": {
            "color": colour,
            "line": {"color": INK if pattern else colour, "width": 0.5},
            "pattern": {
                "shape": pattern,
                "bgcolor": colour,
                "fgcolor": INK,
                "size": 6,
                "solidity": 0.15,
            },
        },
        "hovertemplate": f"{name}: %{{y:.1%}}, %{{customdata[0]:,}}<extra></extra>",
    }
