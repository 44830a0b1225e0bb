"""Look-alikes side by side, and merges that need two people."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.one_person.pages import LookalikeView

    builder.add_view_no_menu(LookalikeView)
