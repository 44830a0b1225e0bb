"""Tasks of the queue on release files: each joins the readers of files to one service."""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app

from app.extensions import db
from app.results import services
from app.results.services import Job, Tools
from reports import readers


def look(file_id: int, run: int) -> None:
    """Finds the headings of a file that was brought."""
    services.look(current_app.extensions["vault"], Job(file_id, run), head_of)


def check(file_id: int, run: int) -> None:
    """Checks every row of a file."""
    job = Job(file_id, run)
    services.check_file(tools(services.telling_file(db.engine.url, job)), job)


def store(file_id: int, run: int) -> None:
    """Loads a file as a release."""
    job = Job(file_id, run)
    services.store_file(tools(services.telling_file(db.engine.url, job)), job)


def prove(release_id: int) -> None:
    """Compares a release with its file, cell by cell."""
    tell = services.telling_release(db.engine.url, release_id)
    services.prove_release(tools(tell), release_id)


def wipe() -> None:
    """Wipes files that are older than their days."""
    services.wipe_old()


def head_of(body: bytes, kind: str) -> readers.Head:
    """The headings and first rows of a release file."""
    return readers.head_of(body, kind, size=readers.RELEASE)


def rows_of(body: bytes, kind: str, after: int) -> Iterator[readers.Block]:
    """The rows of a release file below its headings."""
    return readers.blocks_of(body, kind, after=after, size=readers.RELEASE)


def tools(tell: services.Tell) -> Tools:
    """What a job needs: the keys, the reader, and the page that watches."""
    return Tools(current_app.extensions["vault"], rows_of, tell)
