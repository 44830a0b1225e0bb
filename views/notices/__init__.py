"""The room of notices: the authors' screen, the confirmation of an SMS, what stands on homes."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages; the generated screen is registered with the others."""
    from views.notices import shown
    from views.notices.pages import NoticePages

    builder.add_view_no_menu(NoticePages)
    shown.install(flask_app)
