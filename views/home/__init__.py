"""The room of homes: `/` for every role, the officer's own pages, the navigation."""

from __future__ import annotations

from typing import Any

from flask import Flask

from views import navigation


def configure(flask_app: Flask, _settings: Any) -> None:
    """Our home takes the place of the framework's, and every page gets its navigation."""
    flask_app.config["FAB_INDEX_VIEW"] = "views.home.pages.HomeView"
    navigation.install(flask_app)


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the officer's own pages; the home itself is the framework's index view."""
    from views.home.pages import OwnDaysView

    builder.add_view_no_menu(OwnDaysView)
