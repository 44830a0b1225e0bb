"""What was entered, asked or answered stands in the database, whatever a program tries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.errors import PortalError
from app.extensions import db
from app.procedures.walk_ins import accept_walk_in, refuse_walk_in
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as
from tests.factories.walk_ins import TSC, enter, open_place, spare, value

pytestmark = pytest.mark.usefixtures("session")

CALL = """
    INSERT INTO stand_in_call (series_id, centre_id, sub_county_id, post_id, role_id, slot,
      first_day, last_day, state, asked_at, expires_at)
    SELECT series_id, centre_id, sub_county_id, post_id, role_id, slot, ends_on, ends_on, 'open',
      now(), now() FROM deployment WHERE status = 'published' ORDER BY id LIMIT 1
    RETURNING id
"""
OFFER = """
    INSERT INTO stand_in_offer (call_id, sub_county_id, officer_id, code, state, offered_at)
    SELECT c.id, c.sub_county_id, o.id, '0001', 'offered', now()
    FROM stand_in_call c, (SELECT id FROM officer WHERE NOT EXISTS
      (SELECT 1 FROM deployment d WHERE d.officer_id = officer.id) ORDER BY id LIMIT 1) o
    WHERE c.id = :call RETURNING id
"""


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def done(statement: str, **values: Any) -> None:
    with scoped_as(db.session, EVERYTHING):
        db.session.execute(text(statement), values)


def refused(statement: str, **values: Any) -> str:
    """The name of the constraint that refuses the statement."""
    nested = db.session.begin_nested
    with scoped_as(db.session, EVERYTHING), pytest.raises(IntegrityError) as error, nested():
        db.session.execute(text(statement), values)
    return str(error.value.orig.diag.constraint_name)


def accepted() -> int:
    open_place()
    spare()
    one = enter()
    who = acting_as(TSC)
    accept_walk_in(who.scope, who.actor, one)
    return one


@pytest.mark.parametrize(
    "change",
    [
        "status = 'late', minutes_late = 5",
        "day = day - 1",
        "role_id = (SELECT max(id) FROM staff_role)",
        "entered_by = NULL",
        "entered_at = now()",
        "marked_by_id = NULL",
        "typed_name = 'Somebody Else'",
        "why = 'Another reason.'",
        "number_index = 'another'",
    ],
)
def test_what_the_centre_entered_stands(change: str) -> None:
    one = enter()
    assert refused(f"UPDATE walk_in SET {change} WHERE id = :i", i=one) == (
        "ck_walk_in_decided_once"
    )


@pytest.mark.parametrize("change", ["decided_by = NULL", "decided_at = now()"])
def test_who_accepted_a_walk_in_and_when_stands(change: str) -> None:
    one = accepted()
    assert refused(f"UPDATE walk_in SET {change} WHERE id = :i", i=one) == (
        "ck_walk_in_decided_once"
    )


def test_the_reason_of_a_refusal_stands() -> None:
    one = enter()
    who = acting_as(TSC)
    refuse_walk_in(who.scope, who.actor, one, reason="Not sent by this office.")
    changed = "UPDATE walk_in SET decision_reason = 'Another' WHERE id = :i"
    assert refused(changed, i=one) == "ck_walk_in_decided_once"


def test_personal_words_of_a_walk_in_can_be_emptied() -> None:
    one = accepted()
    done(
        "UPDATE walk_in SET typed_name = '', why = '', number_cipher = NULL, number_index = NULL,"
        " number_last = NULL WHERE id = :i",
        i=one,
    )
    assert value("SELECT typed_name FROM walk_in WHERE id = :i", i=one) == ""


def test_a_walk_in_begins_undecided() -> None:
    one = accepted()
    copied = (
        "INSERT INTO walk_in (series_id, centre_id, sub_county_id, day, role_id, typed_name,"
        " number_kind, why, status, state, decision_reason, decided_at) SELECT series_id,"
        " centre_id, sub_county_id, day, role_id, typed_name, number_kind, why, status, 'refused',"
        " 'x', now() FROM walk_in WHERE id = :i"
    )
    assert refused(copied, i=one) == "ck_walk_in_decided_once"


def test_nobody_accepts_what_they_entered() -> None:
    open_place()
    spare()
    one = enter()
    who = acting_as(TSC)
    itself = (
        "UPDATE walk_in w SET state = 'accepted', decided_at = now(), decided_by = entered_by,"
        " officer_id = d.officer_id, deployment_id = d.id FROM deployment d WHERE w.id = :i"
        " AND d.centre_id = w.centre_id AND d.role_id = w.role_id"
    )
    assert refused(itself, i=one) == "ck_walk_in_accepted_by_another"
    author = value("SELECT entered_by FROM walk_in WHERE id = :i", i=one)
    both = replace(who.actor, user_id=author)
    with pytest.raises(PortalError) as error:
        accept_walk_in(who.scope, both, one)
    assert error.value.problems[0].code == "own-walk-in"


def test_an_offer_is_accepted_with_the_deployment_of_its_officer_alone() -> None:
    with scoped_as(db.session, EVERYTHING):
        call = world.one(db.session, CALL)
        offer = world.one(db.session, OFFER, call=call)
    foreign = (
        "UPDATE stand_in_offer SET state = 'accepted', answered_at = now(), deployment_id ="
        " (SELECT min(id) FROM deployment) WHERE id = :i"
    )
    assert refused(foreign, i=offer) == "ck_stand_in_offer_own_deployment"


def test_how_an_offer_was_answered_stands() -> None:
    changed = "UPDATE stand_in_offer SET answered_how = 'sms' WHERE state = 'withdrawn'"
    assert refused(changed) == "ck_stand_in_offer_stands"


@pytest.mark.parametrize("change", ["settled_at = now()", "expires_at = now()"])
def test_a_settled_call_stands(change: str) -> None:
    changed = f"UPDATE stand_in_call SET {change} WHERE state = 'withdrawn'"
    assert refused(changed) == "ck_stand_in_call_stands"


def test_a_marked_deployment_never_becomes_a_proposal_again() -> None:
    back = (
        "UPDATE deployment SET status = 'proposed' WHERE id ="
        " (SELECT deployment_id FROM mark ORDER BY id LIMIT 1)"
    )
    assert refused(back) == "ck_deployment_keeps_marked_days"


@pytest.mark.parametrize(
    "change", ["answer = 'Another answer.'", "reason = 'Another.'", "answered_by = NULL"]
)
def test_an_answered_concern_stands(change: str) -> None:
    done(
        "INSERT INTO deployment_concern (deployment_id, centre_id, sub_county_id, reason, answer,"
        " answered_at, answered_by) SELECT id, centre_id, sub_county_id, 'Related.', 'Not so.',"
        " now(), (SELECT min(id) FROM ab_user) FROM deployment ORDER BY id LIMIT 1"
    )
    changed = f"UPDATE deployment_concern SET {change} WHERE answer = 'Not so.'"
    assert refused(changed) == "ck_deployment_concern_stands"
