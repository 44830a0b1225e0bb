"""Figures of attendance: the rate on the map and over the season."""

from __future__ import annotations

import pandas as pd
from flask_babel import gettext as _

from dashboards.figures import GREEN, RATES, Classes, Figure, trend


def rate_classes() -> Classes:
    """Steps of the rate of attendance."""
    words = (_("Under 80%"), _("80 to 90%"), _("90 to 95%"), _("95 to 98%"), _("98% and more"))
    return Classes((0.80, 0.90, 0.95, 0.98), words, RATES)


def season(frame: pd.DataFrame, *, chosen: str | None, days: dict[str, str]) -> Figure:
    """The rate over the exam days of a frame by day, on an axis that says where it begins."""
    figure = trend(frame, (("rate", _("Attendance"), GREEN, "solid"),), days=days, chosen=chosen)
    known = frame["rate"].dropna()
    lowest = float(known.min()) if len(known) else 0.9
    axis = {"tickformat": ".0%", "range": [max(0.0, lowest - 0.05), 1.005], "rangemode": "normal"}
    figure["layout"]["yaxis"] |= axis
    for trace in figure["data"]:
        trace["hovertemplate"] = "%{y:.1%}<extra></extra>"
    return figure
