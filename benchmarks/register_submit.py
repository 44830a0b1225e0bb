"""A submit of the daily register against its one bare statement, and its PUT against a plain Flask.

`python -m benchmarks.register_submit` makes a database of its own on the bundled server of
DATA_DIR with the small demonstration, drops it afterwards, prints a table and writes
`var/bench/register_submit.json`. It changes nothing of the portal's own data.
"""

from __future__ import annotations

import logging
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.orm import Session

from app import clock, demo, roles_sync
from app.access.models import User
from app.attendance.enums import MarkStatus
from app.attendance.queries import centre_on_day, register_page
from app.attendance.rules import GivenMark
from app.attendance.services import Marking, mark_register
from app.attendance.services.marking import WRITE_MARKS
from app.db import roles, schema
from app.db.uow import unit_of_work
from app.db.vault import vault_from
from app.demo.accounts import PASSWORD
from app.extensions import db
from app.factory import build_app
from app.scoping.guard import enter_scope
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import system_scope
from app.server import bundled
from benchmarks import keep
from config import Settings, load_settings

RUNS = 100
WARMING = 10
NAME = "bench_register_submit"
WAITING = text(
    "SELECT u.username, c.code FROM centre_login l JOIN ab_user u ON u.id = l.user_id"
    " JOIN centre c ON c.id = l.centre_id JOIN series s ON s.id = c.series_id"
    " WHERE s.status = 'running' AND c.kind = 'school' AND NOT EXISTS"
    " (SELECT 1 FROM register r WHERE r.centre_id = c.id AND r.day = :today)"
    " ORDER BY c.code LIMIT 1"
)


def portal(settings: Settings) -> Flask:
    """The whole application on the settings' database, as a worker builds it."""
    import dashboards
    import views

    return build_app(settings, doors=[views, dashboards])


@contextmanager
def own_database(settings: Settings) -> Iterator[Settings]:
    """Settings of a new database with the small demonstration, dropped after the block."""
    with bundled(settings) as cluster, cluster.connect("postgres") as admin:
        drop = f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"
        admin.execute(drop)
        roles.create_database(admin, NAME)
        owner = cluster.url(roles.OWNER, NAME)
        try:
            with cluster.connect(NAME, roles.OWNER) as connection:
                roles.grant_to_application(connection, roles.APPLICATION)
            schema.upgrade(owner)
            engine = create_engine(owner)
            with Session(engine) as session, session.begin():
                roles_sync.sync_roles(session)
            engine.dispose()
            vault = vault_from(settings.key("FIELD_KEY"), settings.key("INDEX_KEY"))
            demo.load(owner, "small", vault=vault, progress=lambda *_: None)
            urls = {"database_url": cluster.url(roles.APPLICATION, NAME)}
            yield settings.model_copy(update=urls | {"database_owner_url": None})
        finally:
            admin.execute(drop)


def milliseconds(act: Callable[[], Any], runs: int = RUNS) -> float:
    """The median time of an act, after some that warm the caches."""
    times = []
    for number in range(WARMING + runs):
        began = time.perf_counter()
        act()
        if number >= WARMING:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def per_cpu_second(act: Callable[[], Any], runs: int = RUNS) -> float:
    """How often an act is done with a second of this process's processor time."""
    for _ in range(WARMING):
        act()
    began = time.process_time()
    for _ in range(runs):
        act()
    return runs / (time.process_time() - began)


class Submits:
    """One centre's register of today, submitted again and again with every mark turned round."""

    def __init__(self, username: str, code: str) -> None:
        enter_scope(db.session, system_scope("bench"))
        user = db.session.scalars(select(User).where(User.username == username)).one()
        self.scope, held = resolve(db.session, user, today=clock.today())
        self.actor = actor_for(user, held, session_id="bench", request_id=str(uuid.uuid4()))
        enter_scope(db.session, self.scope)
        self.place = centre_on_day(self.scope, clock.today(), code=code)
        page = register_page(self.scope, self.place)
        self.people = [line.deployment_id for line in page.lines]
        marker = next(line.deployment_id for line in page.markers)
        self.marking = Marking(uuid.uuid4(), page.version, submit=True, marked_by=marker, marks=())

    def turned(self) -> Marking:
        """The next submit: everybody absent who was present, and the reverse."""
        status = (MarkStatus.PRESENT, MarkStatus.ABSENT)[self.marking.version % 2]
        marks = tuple(GivenMark(one, status) for one in self.people)
        return replace(self.marking, request_id=uuid.uuid4(), marks=marks)

    def done(self, version: int) -> None:
        self.marking = replace(self.marking, version=version)

    def by_service(self) -> None:
        place = self.place
        stored = mark_register(self.scope, self.actor, place.centre_id, place.day, self.turned())
        self.done(stored["version"])

    def body(self) -> dict[str, Any]:
        """The next submit as a program sends it."""
        one = self.turned()
        return {
            "request_id": str(one.request_id),
            "version": one.version,
            "submit": True,
            "marked_by": one.marked_by,
            "marks": [{"deployment_id": m.deployment_id, "status": m.status} for m in one.marks],
        }


def bare_statement(submits: Submits) -> Callable[[], None]:
    """The statement of one real submit, to be done again by itself in a transaction."""
    sent: list[dict[str, Any]] = []

    def note(_conn: Any, clause: Any, _many: Any, values: Any, *_rest: Any) -> None:
        if clause is WRITE_MARKS:
            sent.append(dict(values))

    event.listen(db.engine, "before_execute", note)
    submits.by_service()
    event.remove(db.engine, "before_execute", note)
    (values,) = sent

    def again() -> None:
        turned = "absent" if values["statuses"][0] == "present" else "present"
        values["statuses"] = [turned] * len(values["statuses"])
        with unit_of_work(db.session) as session:
            session.execute(WRITE_MARKS, values)

    return again


def by_program(flask_app: Flask, submits: Submits) -> Callable[[], None]:
    """A PUT of the register through the whole application, with a bearer token."""
    client = flask_app.test_client()
    who = {"username": submits.actor.username, "password": PASSWORD}
    token = client.post("/api/v1/security/login", json=who).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    address = f"/api/v1/registers/{submits.place.code}/{submits.place.day}"

    def put() -> None:
        answer = client.put(address, json=submits.body(), headers=headers)
        assert answer.status_code == 200, answer.text
        submits.done(answer.get_json()["version"])

    return put


def plain_flask() -> Callable[[], None]:
    """A Flask application that says hello, asked in the same way."""
    flask_app = Flask("hello", static_folder=None)
    flask_app.add_url_rule("/", "hello", lambda: "hello")
    client = flask_app.test_client()

    def get() -> None:
        assert client.get("/").status_code == 200

    return get


def measure(flask_app: Flask) -> dict[str, Any]:
    """Times of service and statement, and requests per second of processor time."""
    with flask_app.app_context():
        enter_scope(db.session, system_scope("bench"))
        username, code = db.session.execute(WAITING, {"today": clock.today()}).one()
        submits = Submits(username, code)
        service = milliseconds(submits.by_service)
        statement = milliseconds(bare_statement(submits))
        db.session.remove()
    put, hello = per_cpu_second(by_program(flask_app, submits)), per_cpu_second(plain_flask())
    return {
        "people": len(submits.people),
        "submit_service_ms": service,
        "bare_statement_ms": statement,
        "service_to_statement": service / statement,
        "put_per_cpu_second": put,
        "hello_per_cpu_second": hello,
        "hello_to_put": hello / put,
    }


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    return (
        f"Register of {found['people']} people, every mark changed (median of {RUNS})\n"
        f"  submit service {found['submit_service_ms']:7.1f} ms"
        f"   bare statement {found['bare_statement_ms']:7.1f} ms"
        f"   ratio {found['service_to_statement']:.1f}\n"
        f"  PUT per CPU second {found['put_per_cpu_second']:6.0f}"
        f"   plain Flask hello {found['hello_per_cpu_second']:6.0f}"
        f"   ratio {found['hello_to_put']:.0f}"
    )


def main() -> None:
    """Measures, prints and keeps the result; the log of each request stays silent."""
    logging.disable(logging.INFO)
    with own_database(load_settings()) as settings:
        found = measure(portal(settings))
    print(told(found))
    keep("register_submit", found)


if __name__ == "__main__":
    main()
