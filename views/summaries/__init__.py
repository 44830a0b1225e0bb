"""The room of summaries: the dashboards' numbers as files for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the files and the resource."""
    from views.api.summaries import SummariesApi
    from views.summaries.files import SummaryFilesView

    builder.add_view_no_menu(SummaryFilesView)
    builder.add_api(SummariesApi)
