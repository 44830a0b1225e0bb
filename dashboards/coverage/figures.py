"""Figures of coverage: the gap on the map, and the season's course."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask_babel import gettext as _

from dashboards.figures import BLUE, GAPS, GREEN, INK, Classes, Figure, trend
from dashboards.numbers import known


def gap_classes() -> Classes:
    """Steps of the share of posts that nobody fills."""
    words = (_("All filled"), _("Under 2%"), _("2 to 5%"), _("5 to 10%"), _("10% and more"))
    return Classes((0.00001, 0.02, 0.05, 0.10), words, GAPS)


def gap_share(row: Any) -> float | None:
    """The share of a row's posts that nobody fills; None where no posts are required."""
    required = known(row.required)
    return (known(row.gap) or 0) / required if required else None


def season(frame: pd.DataFrame, *, chosen: str | None, days: dict[str, str]) -> Figure:
    """Required, deployed and present over the exam days of a frame by day."""
    lines = (
        ("required", _("Required"), INK, "dot"),
        ("deployed", _("Deployed"), BLUE, "dash"),
        ("present", _("Present"), GREEN, "solid"),
    )
    return trend(frame, lines, days=days, chosen=chosen)
