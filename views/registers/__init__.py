"""The room of the daily register: the centre's pages, the offices' lists, disputes, and the REST."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the register's pages and its workflow for programs."""
    from views.api.registers import RegisterDayApi
    from views.registers.lists import DayListView
    from views.registers.pages import DailyRegisterView

    builder.add_view_no_menu(DailyRegisterView)
    builder.add_view_no_menu(DayListView)
    builder.add_api(RegisterDayApi)
