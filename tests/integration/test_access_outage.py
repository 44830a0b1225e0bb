"""The portal without its database, and its limits with several workers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.access import limits
from app.errors import TooMany
from app.extensions import db
from tests.databases import Urls
from views.access import context
from views.request import SECRET

NOWHERE = "postgresql+psycopg://sajili_app:x@127.0.0.1:1/sajili?connect_timeout=2"


@pytest.fixture
def cut_off(app: Flask) -> Iterator[Flask]:
    """The application with its database at a port where nobody listens."""
    engines = db._app_engines[app]
    kept, engines[None] = engines[None], create_engine(NOWHERE, poolclass=NullPool)
    context.forget_kept()
    yield app
    engines[None] = kept
    context.forget_kept()


def test_signed_in_visitor_is_told_that_the_portal_is_busy(cut_off: Flask) -> None:
    client = cut_off.test_client()
    with client.session_transaction() as cookie:
        cookie[SECRET] = "whatever"
    page = client.get("/account/devices/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "Marks on this phone are kept" in page.text
    program = client.get("/api/v1/_openapi", headers={"Authorization": "Bearer x"})
    assert (program.status_code, program.get_json()["code"]) == (503, "busy")


def test_health_tells_alive_from_ready(cut_off: Flask) -> None:
    client = cut_off.test_client()
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
    assert client.get("/login/").status_code == 200


def test_workers_share_one_limit(own_database: Urls) -> None:
    """Twenty tries at once through four connections: exactly ten get as far as a password."""
    engine = create_engine(own_database.app, pool_size=4)

    def attempt(number: int) -> bool:
        with Session(engine) as session:
            try:
                limits.count_try(session, "KCSE42238001", f"192.0.2.{number}")
            except TooMany:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        let_in = list(pool.map(attempt, range(20)))
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT sum(tries) FROM sign_in_counter WHERE key LIKE 'account:%'")
        ).scalar_one()
    engine.dispose()
    assert let_in.count(True) == limits.LIMITS["account"]
    assert kept == limits.LIMITS["account"]
