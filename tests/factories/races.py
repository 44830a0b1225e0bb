"""Several people at one record: the house on a database of its own, and works begun at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from app import factory
from app.errors import PortalError
from app.extensions import db
from tests.databases import Urls, test_settings
from tests.factories import world


@pytest.fixture
def office(own_database: Urls, tmp_path: Path) -> Iterator[Flask]:
    """The house without doors on a database of its own."""
    flask_app = patient(factory.build_app(test_settings(own_database, tmp_path)))
    world.freeze()
    yield flask_app
    with flask_app.app_context():
        db.engine.dispose()


def patient(flask_app: Flask) -> Flask:
    """The same house, whose connections wait for a lock as long as a test may take."""
    with flask_app.app_context():
        event.listen(db.engine, "connect", _wait_for_locks)
        db.engine.dispose()  # what was open already gives up as soon as the portal does
    return flask_app


def _wait_for_locks(connection: Any, _record: Any) -> None:
    """Whoever comes second waits for the first, on a slow day too; the portal gives up sooner."""
    connection.execute("SET lock_timeout = '25s'; SET statement_timeout = '28s'")
    connection.commit()


def at_once(office: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each work came to, all begun at the same moment on a connection of their own."""
    begin = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        with office.app_context():
            begin.wait(timeout=10)
            try:
                results[number] = work()
            except (PortalError, DBAPIError) as error:
                results[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results
