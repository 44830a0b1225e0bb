"""Two directors, a director and a centre, at the same moment: nobody stands twice, no day is lost.

Each race has its negative control, in which the defence is off and the harm is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app.attendance.enums import MarkStatus
from app.attendance.rules import GivenMark
from app.attendance.services import following, mark_register
from app.deployments.models import Deployment
from app.errors import Conflict, IllegalMove, PortalError, RuleBroken
from app.extensions import db
from app.procedures import duties, redeployment
from app.procedures.redeployment import Wish
from app.scoping.guard import scoped_as
from tests.databases import Urls
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, centre_id, marking, stored
from tests.factories.world_redeploy import one_on_duty, open_place
from tests.integration.test_vacancy_races import at_once

DIRECTOR = "tsc.kisumu-east"
WHY = "Nobody there reads braille."
TODAY = world.TODAY


def as_owner(urls: Urls, statement: str) -> None:
    engine = create_engine(urls.owner)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def value(office: Flask, statement: str) -> int:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        return int(world.one(db.session, statement))


def arranged(office: Flask, arrange: Callable[[Session], Any]) -> Any:
    with office.app_context():
        found = arrange(db.session)
        db.session.remove()
    return found


def one(session: Session, role: str = "invigilator", code: str = world.CENTRE) -> tuple[int, int]:
    """A deployment and its officer."""
    found = one_on_duty(session, role, code)
    return found.id, found.officer_id


def moving(deployment_id: int, post_id: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(DIRECTOR)
        wish = Wish(post_id, TODAY, WHY)
        return redeployment.redeploy(who.scope, who.actor, deployment_id, wish).id

    return work


def present(deployment_id: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(f"KCSE{world.CENTRE}")
        page = stored(world.CENTRE)
        acting_as(f"KCSE{world.CENTRE}")
        marks = (GivenMark(deployment_id, MarkStatus.PRESENT),)
        return mark_register(
            who.scope, who.actor, centre_id(world.CENTRE), TODAY,
            marking(page, marks=marks, submit=False),
        )["state"]  # fmt: skip

    return work


STANDING = (
    "SELECT count(*) FROM deployment WHERE officer_id = {officer} AND ends_on >= starts_on"
    " AND DATE '2026-11-11' BETWEEN starts_on AND ends_on AND status <> 'declined'"
)
UNCOVERED = (
    "SELECT count(*) FROM mark m JOIN deployment d ON d.id = m.deployment_id"
    " WHERE m.day NOT BETWEEN d.starts_on AND d.ends_on"
)


def test_two_directors_redeploy_the_same_person_once(office: Flask) -> None:
    deployment, officer = arranged(office, one)
    places = [
        arranged(office, lambda s, c=code: open_place(s, "invigilator", c))
        for code in (world.SECOND_CENTRE, world.SECOND_CENTRE)
    ]
    results = at_once(office, *(moving(deployment, place) for place in places))
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, IllegalMove) for result in results) == 1
    assert value(office, STANDING.format(officer=officer)) == 1


def test_without_lock_and_constraint_they_would_stand_twice(
    office: Flask, own_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: nobody waits, and the database lets a person have two posts a day."""
    deployment, officer = arranged(office, one)
    arranged(office, lambda s: open_place(s, "invigilator"))
    place = arranged(office, lambda s: open_place(s, "invigilator"))
    as_owner(own_database, "ALTER TABLE deployment DROP CONSTRAINT ex_deployment_one_post_a_day")
    monkeypatch.setattr(redeployment, "locked", unlocked)
    monkeypatch.setattr(following, "registers_from", no_registers)
    monkeypatch.setattr("app.deployments.services.placing.refuse_barred", lambda _bars: None)
    results = at_once(office, *[moving(deployment, place)] * 2)
    assert [type(result) for result in results] == [int, int], results
    assert value(office, STANDING.format(officer=officer)) == 2


def unlocked(session: Any, _scope: Any, ids: Any) -> list[Deployment]:
    """Both have read before either writes; the second waits for the first's row alone."""
    session.execute(text("SET LOCAL lock_timeout = '20s'"))
    return list(session.scalars(select(Deployment).where(Deployment.id.in_(ids))))


def no_registers(*_args: Any) -> list[Any]:
    return []


@pytest.mark.parametrize("turn", range(3))
def test_a_mark_of_the_day_and_a_move_from_the_day_exclude_each_other(
    office: Flask, turn: int
) -> None:
    """The register is not opened yet, so that both begin without a row to wait at."""
    deployment, officer = arranged(office, one)
    place = arranged(office, lambda s: open_place(s, "invigilator"))
    works = [moving(deployment, place), present(deployment)]
    results = at_once(office, *(works if turn % 2 else reversed(works)))
    refused = [result for result in results if isinstance(result, PortalError)]
    assert len(refused) == 1, results
    assert isinstance(refused[0], RuleBroken | Conflict)
    assert value(office, UNCOVERED) == 0
    assert value(office, STANDING.format(officer=officer)) == 1


def test_without_the_lock_of_marks_a_day_would_lose_its_deployment(
    office: Flask, own_database: Urls
) -> None:
    """Negative control: the trigger of marks as it was, with a moment between check and commit."""
    deployment, _officer = arranged(office, one)
    place = arranged(office, lambda s: open_place(s, "invigilator"))
    as_owner(own_database, slow_mark(""))
    results = at_once(office, moving(deployment, place), present(deployment))
    assert not any(isinstance(result, PortalError) for result in results), results
    assert value(office, UNCOVERED) == 1


def test_with_the_lock_the_same_slow_mark_loses_nothing(office: Flask, own_database: Urls) -> None:
    deployment, _officer = arranged(office, one)
    place = arranged(office, lambda s: open_place(s, "invigilator"))
    as_owner(own_database, slow_mark(" FOR SHARE"))
    results = at_once(office, moving(deployment, place), present(deployment))
    assert sum(isinstance(result, PortalError) for result in results) == 1, results
    assert value(office, UNCOVERED) == 0


def slow_mark(lock: str) -> str:
    """The database's check of a mark, waiting a second after it has seen the deployment."""
    return (
        "CREATE OR REPLACE FUNCTION mark_stands_on_deployment() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ DECLARE covered boolean; BEGIN SELECT d.period @> NEW.day INTO covered FROM deployment"
        f" d WHERE d.id = NEW.deployment_id{lock}; PERFORM pg_sleep(1);"
        " IF NOT coalesce(covered, false) THEN RAISE EXCEPTION 'no published deployment' USING"
        " ERRCODE = '23514', CONSTRAINT = 'ck_mark_covered_by_deployment'; END IF;"
        " RETURN NEW; END $$"
    )


def test_a_swap_while_one_is_withdrawn_does_one_of_the_two(office: Flask) -> None:
    a, officer_a = arranged(office, lambda s: one(s, "supervisor"))
    b, officer_b = arranged(office, lambda s: one(s, "supervisor", world.SECOND_CENTRE))

    def swapping() -> Any:
        who = acting_as(DIRECTOR)
        return redeployment.swap(who.scope, who.actor, a=a, b=b, from_day=TODAY, reason=WHY)

    def withdrawing() -> Any:
        who = acting_as(DIRECTOR)
        return duties.withdraw_deployments(who.scope, who.actor, [b], "Ill")

    results = at_once(office, swapping, withdrawing)
    refused = [result for result in results if isinstance(result, PortalError)]
    assert len(refused) == 1, results
    standing = [value(office, STANDING.format(officer=each)) for each in (officer_a, officer_b)]
    swapped = not isinstance(results[0], PortalError)
    assert standing == ([1, 1] if swapped else [1, 0])


def test_two_swaps_at_once_leave_everybody_with_one_post(office: Flask) -> None:
    a, officer_a = arranged(office, lambda s: one(s, "supervisor"))
    b, officer_b = arranged(office, lambda s: one(s, "supervisor", world.SECOND_CENTRE))

    def swapping(first: int, second: int) -> Callable[[], Any]:
        def work() -> Any:
            who = acting_as(DIRECTOR)
            redeployment.swap(who.scope, who.actor, a=first, b=second, from_day=TODAY, reason=WHY)

        return work

    results = at_once(office, swapping(a, b), swapping(b, a))
    assert sum(isinstance(result, IllegalMove) for result in results) == 1, results
    assert [value(office, STANDING.format(officer=each)) for each in (officer_a, officer_b)] == [
        1,
        1,
    ]
