"""People at work who are not on the roster, and the director's decision."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.walk_ins.pages import WalkInsView

    builder.add_view_no_menu(WalkInsView)
