"""Vacancies to search and apply for, what a sub-county lacks, and the director's shortlist."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room; its generated screens stand among the others in `views.crud`."""
    from views.vacancies.office import AdvertiseView, ShortlistView
    from views.vacancies.officer import OwnVacanciesView

    builder.add_view_no_menu(OwnVacanciesView)
    builder.add_view_no_menu(AdvertiseView)
    builder.add_view_no_menu(ShortlistView)
