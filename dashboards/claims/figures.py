"""Figures of claims: how much waits for the SCDE on the map, and the season in shillings."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask_babel import gettext as _

from dashboards.figures import GREEN, ORANGE, SKY, VERMILION, Classes, Figure, stacked
from dashboards.numbers import known

WAITING = ("#fdf3dc", "#f6dca0", "#e8b95c", "#c98a1b", "#8a5a00")


def waiting_classes() -> Classes:
    """Steps of the share of worked days that nobody has confirmed."""
    words = (_("Under 5%"), _("5 to 10%"), _("10 to 20%"), _("20 to 40%"), _("40% and more"))
    return Classes((0.05, 0.10, 0.20, 0.40), words, WAITING)


def waiting_share(row: Any) -> float | None:
    """The share of a row's worked days that await confirmation; None where nobody worked."""
    waiting, earned = known(row.awaiting_days) or 0, known(row.earned_days) or 0
    return waiting / (waiting + earned) if waiting + earned else None


def season(frame: pd.DataFrame, *, days: dict[str, str]) -> Figure:
    """Earned, awaiting, held and expected shillings over the exam days of a frame by day."""
    parts = (
        ("earned_kes", _("Earned"), GREEN, ""),
        ("awaiting_kes", _("Awaiting confirmation"), ORANGE, "/"),
        ("held_kes", _("Held: disputed"), VERMILION, "x"),
        ("expected_kes", _("Expected"), SKY, "."),
    )
    figure = stacked(frame, parts, days=days)
    figure["layout"]["yaxis"] |= {"tickprefix": "KSh ", "tickformat": "~s"}
    return figure
