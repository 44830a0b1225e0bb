"""The callbacks of the results page: what is shown of the release, and the edge from tick to tick."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State

from dashboards.refresh import CELLS, drawn, is_unchanged, unchanged
from dashboards.results import layout, live
from dashboards.results.asked import read


def register(page_app: Any) -> None:
    """Adds the callbacks to the page's Dash application."""

    @page_app.callback(*CELLS)
    def page(search: Any, _ticks: Any, seen: Any) -> tuple[Any, ...]:
        view = read(search)
        if is_unchanged(view, seen):
            return unchanged(view)
        return drawn(view, layout.choices(view), layout.page(view))

    @page_app.callback(
        Output("live", "children"), Input("tick", "n_intervals"), State("address", "search")
    )
    def edge(_ticks: Any, search: Any) -> Any:
        return live.panel(read(search))
