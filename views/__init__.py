"""The pages' door of the house: a list of rooms, each with its own pages, configured in order."""

from __future__ import annotations

from importlib import import_module
from typing import Any

ROOMS = (
    "views.access",
    "views.crud",
    "views.registers",
    "views.home",
    "views.summaries",
    "views.messages",
    "views.accounts",
    "views.profiles",
    "views.one_person",
    "views.imports",
    "views.vacancies",
    "views.notices",
    "views.privacy",
    "views.letters",
    "views.proposals",
    "views.duties",
    "views.redeploy",
    "views.board",
    "views.walk_ins",
    "views.stores",
    "views.what_if",
    "views.results",
    "views.school_results",
)
"""Modules with `register(flask_app, builder)` and, if they need it, `configure(flask_app, settings)`."""


def configure(flask_app: Any, settings: Any) -> None:
    """Sets what the extensions read when they start, room by room."""
    for name in ROOMS:
        room = import_module(name)
        if hasattr(room, "configure"):
            room.configure(flask_app, settings)


def register(flask_app: Any, builder: Any) -> None:
    """Adds the pages of every room."""
    for name in ROOMS:
        import_module(name).register(flask_app, builder)


def register_tasks(queue: Any) -> None:
    """Adds to the queue the tasks that need a file format, room by room."""
    for name in ROOMS:
        room = import_module(name)
        if hasattr(room, "register_tasks"):
            room.register_tasks(queue)


def workbook_of(source: Any, target: Any, title: str) -> None:
    """Writes a file of comma-separated values as a workbook, for programs of the house."""
    import_module("reports.xlsx_writer").workbook_of_csv(source, target, title)
