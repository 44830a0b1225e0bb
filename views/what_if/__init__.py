"""What a change of candidates or of a rule would do, before it is made."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.what_if.pages import WhatIfView

    builder.add_view_no_menu(WhatIfView)
