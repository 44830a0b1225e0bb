"""One page, one callback: the cells it fills, what starts it, and its two answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, State, ctx, no_update

from app import clock
from dashboards.furniture import Choice, as_of_words, filters
from dashboards.places import choices
from dashboards.views import View

CELLS = (
    Output("filters", "children"),
    Output("as-of", "children"),
    Output("page", "children"),
    Output("seen", "data"),
    Input("address", "search"),
    Input("tick", "n_intervals"),
    State("seen", "data"),
)


def is_unchanged(view: Any, seen: Any) -> bool:
    """Whether the clock asks, and nothing changed since this very address was last drawn.

    A tick may overtake the question for a new address; the page then waits for the tick's answer
    alone, so that this one has to draw the new address.
    """
    return bool(ctx.triggered_id == "tick" and seen == _seen(view))


def unchanged(view: Any) -> tuple[Any, ...]:
    """The answer that moves the time and redraws nothing."""
    return no_update, _as_of(view), no_update, no_update


def shown(view: View, page: Any) -> tuple[Any, ...]:
    """The answer that draws the page anew."""
    return drawn(view, choices(view), page)


def drawn(view: Any, offered: Sequence[Choice], page: Any) -> tuple[Any, ...]:
    """The answer that draws a page with these filters anew."""
    return filters(offered), _as_of(view), page, _seen(view)


def _as_of(view: Any) -> str:
    return as_of_words(clock.nairobi(view.now))


def _seen(view: Any) -> str:
    return f"{view.version} {view.link()}"
