"""The nearest duties out of tens of thousands: an index over open places, and milliseconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, select, text

from app import factory
from app.extensions import db
from app.people.models import Officer
from app.scoping.guard import current_scope, scoped_as
from app.scoping.scope import Scope
from app.vacancies.queries.listing import Wanted, near_you, search
from tests.databases import Urls, test_settings
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as

OPEN = 50_000
"""Above the posts of the national season by centre and role."""
MILLISECONDS = 20

FILL = """
    INSERT INTO vacancy (series_id, sub_county_id, role_id, posts, opens_at, closes_at, lon, lat,
        state, centre_id, duty_station)
    SELECT s.id, (SELECT min(id) FROM sub_county), r.id, 1, :now, :then,
        34 + random() * 7, -4 + random() * 8, 'open', NULL, 'Station ' || n
    FROM generate_series(1, :n) n, series s, staff_role r
    WHERE s.code = 'KPSEA-2027' AND r.code = 'invigilator'
"""


@pytest.fixture(scope="module")
def crowded(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The house on a database with tens of thousands of open vacancies."""
    with clone_database("near") as urls:
        _fill(urls)
        flask_app = factory.build_app(test_settings(urls, _folder(tmp_path_factory)))
        world.freeze()
        yield flask_app
        with flask_app.app_context():
            db.engine.dispose()


def _folder(factory_of_paths: pytest.TempPathFactory) -> Path:
    return factory_of_paths.mktemp("near")


def _fill(urls: Urls) -> None:
    owner = create_engine(urls.owner, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("DROP INDEX uq_vacancy_open_once"))
        connection.execute(text("ALTER TABLE vacancy DISABLE TRIGGER USER"))
        values = {"now": world.NOW.replace(hour=1), "then": world.NOW.replace(day=30), "n": OPEN}
        connection.execute(text(FILL), values)
        connection.execute(text("VACUUM ANALYZE vacancy"))
    owner.dispose()


def as_an_officer() -> int:
    mobile = "SELECT mobile FROM officer WHERE workstation = 'Kisumu East Boys' ORDER BY id LIMIT 1"
    with scoped_as(db.session, EVERYTHING):
        number = world.one(db.session, mobile)
    acting_as(number)
    found: int = db.session.scalars(select(Officer.id).where(Officer.mobile == number)).one()
    return found


def the_statement(act: Any) -> tuple[str, Any]:
    """The statement of an act that orders by distance, with its values."""
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _u: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "<->" in statement:
            heard.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", hear)
    act()
    event.remove(db.engine, "before_cursor_execute", hear)
    (found,) = heard
    return found


def explained(act: Any) -> tuple[str, float]:
    """The plan of that statement and how many milliseconds it took, under the officer's scope."""
    statement, values = the_statement(act)
    connection = db.session.connection()
    lines = connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", values).scalars().all()
    plan = "\n".join(lines)
    took = float(plan.rpartition("Execution Time: ")[2].split()[0])
    return plan, took


def test_home_brings_the_nearest_by_the_index_in_milliseconds(crowded: Flask) -> None:
    with crowded.app_context():
        me = as_an_officer()
        scope = acting_as_scope()
        plan, took = explained(lambda: near_you(db.session, scope, me))
        assert "ix_vacancy_open_near" in plan, plan
        assert took < MILLISECONDS, plan
        began = time.perf_counter()
        assert len(near_you(db.session, scope, me)) == 3
        assert (time.perf_counter() - began) * 1000 < 10 * MILLISECONDS
        db.session.remove()


def test_search_brings_its_first_page_by_the_index(crowded: Flask) -> None:
    with crowded.app_context():
        me = as_an_officer()
        scope = acting_as_scope()
        plan, took = explained(lambda: search(db.session, scope, me, Wanted()))
        assert "ix_vacancy_open_near" in plan, plan
        assert took < MILLISECONDS, plan
        found = search(db.session, scope, me, Wanted())
        distances = [one.km or 0 for one in found.adverts]
        assert distances == sorted(distances)
        db.session.remove()


def test_without_the_index_every_vacancy_would_be_measured(crowded: Flask) -> None:
    """Negative control: the plan is that of the index, and not there without it."""
    with crowded.app_context():
        me = as_an_officer()
        scope = acting_as_scope()
        db.session.execute(text("SET LOCAL enable_indexscan = off"))
        plan, _took = explained(lambda: near_you(db.session, scope, me))
        assert "Order By: (point(vacancy.lon" not in plan
        db.session.remove()


def acting_as_scope() -> Scope:
    return current_scope(db.session())
