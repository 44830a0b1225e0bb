"""Several connections at one register: real commits, real locks, nothing doubled and nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.rules import GivenMark
from app.attendance.services import (
    Marking,
    confirm_register,
    mark_register,
    open_register,
)
from app.db.retries import TRIES, in_one_transaction
from app.errors import Conflict, PortalError, RuleBroken
from app.extensions import db
from app.scoping.guard import scoped_as
from tests.databases import Urls
from tests.factories import world
from tests.factories.races import at_once
from tests.factories.registers import (
    EVERYTHING,
    acting_as,
    centre_id,
    everybody,
    marking,
    stored,
)

CENTRE_LOGIN = f"KCSE{world.CENTRE}"


def page_of(office: Flask) -> Any:
    with office.app_context():
        return stored(world.CENTRE)


def submitting(given: Marking) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(CENTRE_LOGIN)
        return mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, given)

    return work


def opening() -> Any:
    who = acting_as(CENTRE_LOGIN)
    return open_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY)


def count(office: Flask, statement: str) -> int:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        return int(world.one(db.session, statement))


def test_two_first_openings_make_one_register(office: Flask) -> None:
    results = at_once(office, opening, opening, opening)
    assert {one.version for one in results} == {1}
    assert count(office, "SELECT count(*) FROM register WHERE day = '2026-11-11'") == 1
    assert count(office, "SELECT count(*) FROM register_move WHERE act = 'open'") == 1


def test_two_tabs_submit_at_once_and_one_is_told_of_the_other(office: Flask) -> None:
    page = page_of(office)
    tabs = [
        marking(page, marks=everybody(page)),
        marking(page, marks=everybody(page, clerk=GivenMark(0, MarkStatus.ABSENT))),
    ]
    results = at_once(office, *map(submitting, tabs))
    refused = [one for one in results if isinstance(one, Conflict)]
    answers = [one for one in results if isinstance(one, dict)]
    assert (len(refused), len(answers)) == (1, 1)
    assert refused[0].code == "register-changed"
    rows: Any = refused[0].facts["rows"]
    assert [row["deployment_id"] for row in rows] == [page.lines[-1].deployment_id]
    assert count(office, "SELECT count(*) FROM mark WHERE day = '2026-11-11'") == 9
    assert page_of(office).version == 1


def test_a_double_click_is_one_submit_and_both_hear_the_same(office: Flask) -> None:
    given = marking(page_of(office))
    results = at_once(office, submitting(given), submitting(given), submitting(given))
    assert results[0]["state"] == "submitted"
    assert results[0] == results[1] == results[2]
    assert count(office, "SELECT count(*) FROM mark_history WHERE day = '2026-11-11'") == 9


def test_confirming_and_correcting_at_once_leave_a_whole_register(office: Flask) -> None:
    with office.app_context():
        submitting(marking(stored(world.CENTRE)))()
    page = page_of(office)
    correction = marking(page, marks=everybody(page, clerk=GivenMark(0, MarkStatus.ABSENT)))

    def confirming() -> Any:
        who = acting_as("scde.kisumu-east")
        key = centre_id(world.CENTRE)
        return confirm_register(who.scope, who.actor, key, world.TODAY, version=page.version)

    results = at_once(office, confirming, submitting(correction))
    after = page_of(office)
    refused = [one for one in results if isinstance(one, PortalError)]
    assert len(refused) == 1
    clerk = after.lines[-1].status
    assert (after.state, clerk) in {
        (RegisterState.CONFIRMED, MarkStatus.PRESENT),
        (RegisterState.SUBMITTED, MarkStatus.ABSENT),
    }


TWIN = """
    INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
      starts_on, ends_on, status)
    SELECT theirs.series_id, theirs.centre_id, theirs.sub_county_id, theirs.post_id,
      theirs.role_id, mine.officer_id, 9, theirs.starts_on, theirs.ends_on, 'published'
    FROM deployment mine, deployment theirs WHERE mine.id = :mine AND theirs.id = :theirs
"""


def test_somebody_marked_elsewhere_is_said_without_where(office: Flask, own_database: Urls) -> None:
    """Only a deployment that should not exist leads here: the owner takes the constraint off."""
    mine = page_of(office).lines[-1].deployment_id
    with office.app_context():
        theirs = stored(world.SECOND_CENTRE).lines[-1].deployment_id
        submitting(marking(stored(world.CENTRE)))()
        db.session.remove()
    engine = create_engine(own_database.owner)
    with engine.begin() as owner:
        owner.execute(text("ALTER TABLE deployment DROP CONSTRAINT ex_deployment_one_post_a_day"))
        owner.execute(text("ALTER TABLE deployment DISABLE TRIGGER USER"))
        owner.execute(text(TWIN), {"mine": mine, "theirs": theirs})
    engine.dispose()
    with office.app_context():
        who, key = acting_as(f"KCSE{world.SECOND_CENTRE}"), centre_id(world.SECOND_CENTRE)
        given = marking(stored(world.SECOND_CENTRE))
        with pytest.raises(RuleBroken) as caught:
            mark_register(who.scope, who.actor, key, world.TODAY, given)
    assert (caught.value.code, caught.value.facts) == ("marked-elsewhere", {})
    assert caught.value.message == (
        "Somebody here is already marked elsewhere today; call the sub-county."
    )


class DriverError(Exception):
    """What the database driver says of a deadlock."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_deadlock_is_tried_again_three_times(office: Flask, sqlstate: str) -> None:
    tries = []

    def work() -> str:
        tries.append(1)
        if len(tries) < TRIES:
            raise DBAPIError("SELECT 1", {}, DriverError(sqlstate))
        return "done"

    with office.app_context():
        assert in_one_transaction(db.session, work) == "done"
    assert len(tries) == TRIES


def test_a_deadlock_that_does_not_end_is_said(office: Flask) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise DBAPIError("SELECT 1", {}, DriverError("40P01"))

    with office.app_context(), pytest.raises(DBAPIError):
        in_one_transaction(db.session, work)
    assert len(tries) == TRIES


def test_another_refusal_of_the_database_is_not_tried_again(office: Flask) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise DBAPIError("SELECT 1", {}, DriverError("23514"))

    with office.app_context(), pytest.raises(DBAPIError):
        in_one_transaction(db.session, work)
    assert len(tries) == 1


def test_two_deadlocked_submits_both_come_through(office: Flask) -> None:
    """A real deadlock: each work locks what the other wants next, in the opposite order."""
    order = threading.Barrier(2, timeout=5)
    met: list[bool] = []

    def locking(first: int, second: int) -> Callable[[], str]:
        tried: list[int] = []

        def work() -> str:
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            db.session.execute(lock, {"key": first})
            if not tried:
                tried.append(1)
                order.wait()
                met.append(True)
            db.session.execute(lock, {"key": second})
            return "done"

        return lambda: in_one_transaction(db.session, work)

    results = at_once(office, locking(1, 2), locking(2, 1))
    assert (results, len(met)) == (["done", "done"], 2)
