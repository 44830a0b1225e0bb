"""Several people at one walk-in: real commits, real locks, nobody deployed twice, nobody lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.services import confirm_register, mark_register
from app.errors import PortalError
from app.extensions import db
from app.procedures import walk_ins as procedures
from app.procedures.walk_ins import accept_walk_in, refuse_walk_in
from app.walk_ins import services
from app.walk_ins.models import WalkIn
from tests.databases import Urls
from tests.factories import world
from tests.factories.races import at_once
from tests.factories.registers import acting_as, centre_id, marking, stored
from tests.factories.walk_ins import CENTRE_LOGIN, SCDE, TSC, enter, open_place, spare, value


@pytest.fixture
def walk_in(office: Flask) -> int:
    """Somebody whom the centre entered today, with two places to spare."""
    with office.app_context():
        open_place()
        open_place()
        spare()
        db.session.commit()
        one = enter()
        db.session.remove()
    return one


def accepting(walk_in_id: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(TSC)
        return accept_walk_in(who.scope, who.actor, walk_in_id).id

    return work


def refusing(walk_in_id: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(TSC)
        return refuse_walk_in(who.scope, who.actor, walk_in_id, reason="Not sent by us.")

    return work


def submitting(given: Any) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(CENTRE_LOGIN)
        return mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, given)

    return work


def confirming(version: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(SCDE)
        here = centre_id(world.CENTRE)
        return confirm_register(who.scope, who.actor, here, world.TODAY, version=version)

    return work


def seen(office: Flask, statement: str, **values: Any) -> Any:
    with office.app_context():
        found = value(statement, **values)
        db.session.remove()
    return found


def of_kind(results: list[Any], kind: type) -> list[Any]:
    return [one for one in results if isinstance(one, kind)]


def test_the_same_walk_in_accepted_twice_at_once_is_one_deployment(
    office: Flask, walk_in: int
) -> None:
    results = at_once(office, *[accepting(walk_in)] * 3)
    assert (len(of_kind(results, int)), len(of_kind(results, PortalError))) == (1, 2)
    assert {one.code for one in of_kind(results, PortalError)} == {"walk-in-decided"}
    made = "SELECT count(*) FROM deployment WHERE reason LIKE 'Walk-in%'"
    assert (
        seen(office, made),
        seen(office, "SELECT count(*) FROM mark WHERE day = '2026-11-11'"),
    ) == (
        1,
        1,
    )


def test_without_the_lock_and_the_constraints_they_would_be_deployed_twice(
    office: Flask, walk_in: int, own_database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: with the walls off, the same race doubles the person."""

    def unlocked(_scope: Any, walk_in_id: int) -> WalkIn:
        found = db.session.get(WalkIn, walk_in_id)
        assert found is not None
        return found

    engine = create_engine(own_database.owner)
    with engine.begin() as owner:
        for statement in (
            "ALTER TABLE deployment DROP CONSTRAINT ex_deployment_one_post_a_day",
            "ALTER TABLE mark DROP CONSTRAINT uq_mark_officer_id_day",
            "ALTER TABLE walk_in DISABLE TRIGGER USER",
            "UPDATE eligibility_rule SET effective_to = '2026-01-01' WHERE kind = 'one_post_a_day'",
        ):
            owner.execute(text(statement))
    engine.dispose()
    monkeypatch.setattr(procedures.services, "locked", unlocked)
    at_once(office, *[accepting(walk_in)] * 2)
    assert services.locked is unlocked
    assert seen(office, "SELECT count(*) FROM deployment WHERE reason LIKE 'Walk-in%'") == 2


def test_accepted_and_refused_at_once_is_one_of_the_two(office: Flask, walk_in: int) -> None:
    results = at_once(office, accepting(walk_in), refusing(walk_in))
    assert len(of_kind(results, PortalError)) == 1
    state = seen(office, "SELECT state FROM walk_in WHERE id = :i", i=walk_in)
    made = seen(office, "SELECT count(*) FROM deployment WHERE reason LIKE 'Walk-in%'")
    assert (state, made) in {("accepted", 1), ("refused", 0)}


def test_accepted_while_the_centre_submits_leaves_a_whole_register(
    office: Flask, walk_in: int
) -> None:
    with office.app_context():
        given = marking(stored(world.CENTRE))
        db.session.remove()
    accepted, submitted = at_once(office, accepting(walk_in), submitting(given))
    assert isinstance(accepted, int)
    with office.app_context():
        page = stored(world.CENTRE)
        line = next(one for one in page.lines if one.deployment_id == accepted)
        db.session.remove()
    assert line.status is MarkStatus.PRESENT
    if isinstance(submitted, PortalError):
        assert (submitted.code, page.state) == ("register-changed", RegisterState.OPEN)
    else:
        assert page.state is RegisterState.SUBMITTED
        assert [one.status for one in page.lines] == [MarkStatus.PRESENT] * 10
    counted = "SELECT sum(present) FROM centre_day WHERE day = '2026-11-11'"
    assert seen(office, counted) == len([one for one in page.lines if one.status])


def test_accepted_while_the_scde_confirms_is_never_confirmed_unread(
    office: Flask, walk_in: int
) -> None:
    with office.app_context():
        submitting(marking(stored(world.CENTRE)))()
        version = stored(world.CENTRE).version
        db.session.remove()
    results = at_once(office, accepting(walk_in), confirming(version))
    (refused,) = of_kind(results, PortalError)
    state = seen(office, "SELECT state FROM register WHERE day = '2026-11-11'")
    decided = seen(office, "SELECT state FROM walk_in WHERE id = :i", i=walk_in)
    assert (refused.code, state, decided) in {
        ("register-move", "confirmed", "provisional"),
        ("register-changed", "submitted", "accepted"),
    }


def test_two_telephones_of_a_centre_enter_the_same_person_once(office: Flask) -> None:
    results = at_once(office, enter, enter, enter)
    assert len(of_kind(results, int)) == 1
    assert {one.code for one in of_kind(results, PortalError)} == {"entered-already"}
