"""The one callback of the attendance page: from the address and the clock to what is shown."""

from __future__ import annotations

from typing import Any

from dashboards.attendance import layout
from dashboards.refresh import CELLS, is_unchanged, shown, unchanged
from dashboards.views import read


def register(page_app: Any) -> None:
    """Adds the callback to the page's Dash application."""

    @page_app.callback(*CELLS)
    def page(search: Any, _ticks: Any, seen: Any) -> tuple[Any, ...]:
        view = read("attendance", search)
        return unchanged(view) if is_unchanged(view, seen) else shown(view, layout.page(view))
