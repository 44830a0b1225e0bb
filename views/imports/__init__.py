"""Lists brought in as files: mapped, checked, corrected, stored; and the queue's work on them."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.imports.pages import ImportView

    builder.add_view_no_menu(ImportView)


def register_tasks(queue: Any) -> None:
    """Adds the queue's work on lists, which joins the readers of files to the services."""
    from views.imports import work

    queue.task("imports.look", retries=3)(work.look)
    queue.task("imports.check", retries=3)(work.check)
    queue.task("imports.store", retries=3)(work.store)
    queue.task("imports.wipe", cron="17 0 * * *")(work.wipe)
