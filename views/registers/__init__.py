"""The room of the daily register: the centre's pages, the offices' lists, disputes, and the REST."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the register's pages."""
    from views.registers.pages import RegisterView

    builder.add_view_no_menu(RegisterView)
