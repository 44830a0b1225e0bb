"""Several workers at lists of the same officers: each officer once, each list stored once."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit.models import Event
from app.audit.services import broken_links
from app.db import retries
from app.extensions import db
from app.imports import services
from app.imports.enums import State
from app.imports.services import Job, work
from app.people.models import Officer
from app.procedures import imports as procedure
from app.scoping.guard import scoped_as
from tests.factories import lists
from tests.factories.lists import OFFICER_HEADINGS, as_csv, officer
from tests.factories.registers import EVERYTHING, acting_as

ROWS = 400


def at_once(office: Flask, *works: Callable[[], Any]) -> None:
    """Runs the works at the same moment, each on a connection of its own."""
    begin = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        with office.app_context(), scoped_as(db.session, EVERYTHING):
            begin.wait(timeout=10)
            try:
                work()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(one,)) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def asked_to_store(*numbers: int) -> Job:
    """A checked list of these officers that the queue shall store."""
    hq = acting_as("admin")
    body = as_csv(OFFICER_HEADINGS, [officer(n) for n in numbers])
    import_id = lists.brought(hq, body)
    lists.checked(hq, import_id)
    run = lists.imported(import_id).run
    with scoped_as(db.session, hq.scope):
        services.ask_to_store(hq.scope, hq.actor, import_id, run=run)
    db.session.remove()
    return Job(import_id, run + 1)


def storing(job: Job, **changes: Any) -> Callable[[], None]:
    return lambda: procedure.store(dataclasses.replace(lists.tools(), **changes), job)


def stored_officers(office: Flask) -> int:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        return db.session.scalar(select(func.count()).where(Officer.mobile.like("254722%"))) or 0


def state(office: Flask, job: Job) -> tuple[str, Any]:
    with office.app_context():
        one = lists.imported(job.import_id)
        return one.state, one.problem and one.problem["code"]


def test_two_lists_of_the_same_officers_store_each_once(office: Flask) -> None:
    with office.app_context():
        first = asked_to_store(*range(ROWS))
        second = asked_to_store(*range(ROWS - 1, -1, -1), ROWS)
    at_once(office, storing(first), storing(second))
    assert stored_officers(office) == ROWS + 1
    assert {state(office, job) for job in (first, second)} == {(State.STORED, None)}
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        new = [lists.imported(job.import_id).counts["new"] for job in (first, second)]
        assert sum(new) == ROWS + 1
        assert broken_links(db.session, "national") == []


def test_without_turns_the_second_list_is_given_back(
    office: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the turns are what lets both finish; uniqueness still holds without."""
    monkeypatch.setattr(work, "take_turn", lambda *_: None)
    monkeypatch.setattr(retries, "TRIES", 1)
    meeting = threading.Barrier(2)

    def tell(phase: str, _rows: int) -> None:
        if phase == work.STORING:
            meeting.wait(timeout=20)

    with office.app_context():
        jobs = [asked_to_store(*range(ROWS)), asked_to_store(*range(ROWS - 1, -1, -1))]
    at_once(office, *(storing(job, tell=tell) for job in jobs))
    assert stored_officers(office) == ROWS
    assert {state(office, job) for job in jobs} == {
        (State.STORED, None),
        (State.CHECKED, "stored-meanwhile"),
    }


def test_same_job_on_two_workers_stores_once(office: Flask) -> None:
    with office.app_context():
        job = asked_to_store(*range(ROWS))
    at_once(office, storing(job), storing(job))
    assert stored_officers(office) == ROWS
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        stored = db.session.scalars(
            select(Event.id).where(
                Event.action == "import.stored", Event.entity_id == str(job.import_id)
            )
        ).all()
        assert len(stored) == 1


class Killed(BaseException):
    """What the operating system does to a worker."""


@pytest.mark.parametrize("phase", [work.READING, work.COMPARING, work.STORING, work.FINISHING])
def test_worker_that_dies_leaves_nothing_and_the_next_one_stores(office: Flask, phase: str) -> None:
    def tell(now: str, _rows: int) -> None:
        if now == phase:
            raise Killed

    with office.app_context():
        job = asked_to_store(*range(20))
        with scoped_as(db.session, EVERYTHING), pytest.raises(Killed):
            storing(job, tell=tell)()
        db.session.remove()
    assert (stored_officers(office), state(office, job)[0]) == (0, State.STORING)
    at_once(office, storing(job))
    assert (stored_officers(office), state(office, job)[0]) == (20, State.STORED)


def test_list_that_is_broken_off_while_it_is_stored_stores_nothing(office: Flask) -> None:
    with office.app_context():
        job = asked_to_store(*range(20))

    def tell(now: str, _rows: int) -> None:
        if now == work.STORING:
            at_once(office, break_off)

    def break_off() -> None:
        hq = acting_as("admin")
        services.break_off(hq.scope, hq.actor, job.import_id)

    at_once(office, storing(job, tell=tell))
    assert stored_officers(office) == 0
    assert state(office, job)[0] == State.CHECKED


def test_progress_is_seen_from_outside_while_the_job_runs(office: Flask) -> None:
    seen: list[Any] = []
    with office.app_context():
        job = asked_to_store(*range(20))
        telling = services.telling(db.engine.url, job)

    def tell(phase: str, rows: int) -> None:
        telling(phase, rows)
        with office.app_context():
            one = lists.imported(job.import_id)
            seen.append((one.state, one.phase, one.rows_checked))
            db.session.remove()

    def outside(phase: str, rows: int) -> None:
        thread = threading.Thread(target=tell, args=(phase, rows))
        thread.start()
        thread.join(timeout=20)

    at_once(office, storing(job, tell=outside))
    assert seen[0] == (State.STORING, "reading", 20)
    assert [phase for _, phase, _ in seen] == ["reading", "comparing", "storing", "finishing"]
    assert state(office, job)[0] == State.STORED
