"""The dashboards' door: Dash pages in the portal's own process, look and access.

`apps` makes and guards them, `views` reads what a page is asked for, `furniture` and `figures` are
what all are built of; each page is a package of layout, figures and callbacks.
"""

from __future__ import annotations

from typing import Any

from dashboards.apps import install


def configure(flask_app: Any, settings: Any) -> None:
    """Nothing has to be set before the extensions start."""


def register(flask_app: Any, builder: Any) -> None:
    """Adds the pages, their outlines and the one gate before them."""
    install(flask_app, builder)
