"""Tasks of the queue on lists: each joins the readers of files to one service."""

from __future__ import annotations

from flask import current_app

from app.extensions import db
from app.imports import services
from app.imports.services import Job, Tools
from app.procedures import imports as procedure
from reports import readers


def look(import_id: int, run: int) -> None:
    """Finds the headings of a file that was brought."""
    services.look(current_app.extensions["vault"], Job(import_id, run), readers.head_of)


def check(import_id: int, run: int) -> None:
    """Checks every row of a list."""
    job = Job(import_id, run)
    services.check_list(tools(job), job)


def store(import_id: int, run: int) -> None:
    """Stores the good rows of a list."""
    job = Job(import_id, run)
    procedure.store(tools(job), job)


def wipe() -> None:
    """Wipes what is older than its days."""
    services.wipe_old()


def tools(job: Job) -> Tools:
    """What a job needs: the keys, the reader, and the page that watches."""
    return Tools(
        current_app.extensions["vault"],
        lambda body, kind, row: readers.blocks_of(body, kind, after=row),
        services.telling(db.engine.url, job),
    )
