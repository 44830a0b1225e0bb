"""Results before anybody sees them: files brought and proven, releases approved, changes with reason."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
    from views.results.edge_notices import EdgeNoticeView
    from views.results.figures import ResultFiguresView
    from views.results.pages import ReleaseView, ResultFileView, ResultView

    for view in (ReleaseView, ResultFileView, ResultView, ResultFiguresView, EdgeNoticeView):
        builder.add_view_no_menu(view)


def register_tasks(queue: Any) -> None:
    """Adds the queue's work on release files, which joins the readers of files to the services."""
    from views.results import work

    queue.task("results.look", retries=3)(work.look)
    queue.task("results.check", retries=3)(work.check)
    queue.task("results.store", retries=3)(work.store)
    queue.task("results.prove", retries=3)(work.prove)
    queue.task("results.wipe", cron="37 0 * * *")(work.wipe)
