"""A school's own results: the whole school, its files and statistics, and what it asks about them."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room, and the note that homes of centres show."""
    from views.school_results import note
    from views.school_results.pages import ResultQueryView, SchoolResultsView

    note.install(flask_app)
    for view in (SchoolResultsView, ResultQueryView):
        builder.add_view_no_menu(view)
