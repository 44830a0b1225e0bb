"""The containers: their posts, who fills them, and the day register of their staff."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.stores.pages import StoresView

    builder.add_view_no_menu(StoresView)
