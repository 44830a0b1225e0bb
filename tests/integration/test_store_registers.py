"""Stores: filled and published by the SCDE, marked by the SCDE, confirmed by the TSC director."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.attendance import queries as registers
from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.queries import days_of_officer
from app.attendance.rules import GivenMark
from app.attendance.services import (
    Marking,
    confirm_register,
    confirm_registers,
    mark_register,
    open_register,
    reopen_register,
    return_register,
)
from app.claims.computation import Bucket, DutyDay, bucket_of
from app.claims.queries import duties_in, rates_of
from app.deployments.models import Deployment
from app.deployments.queries import stores
from app.deployments.services import deploy_officer, publish_deployments
from app.errors import NotAllowed, NotFound, PortalError
from app.exams.models import Series
from app.exams.slices import Grain, Named, Slice
from app.extensions import db
from app.people.models import Officer
from app.places.enums import CentreKind
from app.procedures import duties
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, bring_to, centre_id, stored
from tests.factories.texted import texted
from tests.factories.walk_ins import open_place, role_id, value

pytestmark = pytest.mark.usefixtures("session")

STORE, OTHER_STORE = "42238900", "42239900"
TSC, SCDE = "tsc.kisumu-east", "scde.kisumu-east"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def code_of(act: Callable[[], Any]) -> str:
    with pytest.raises(PortalError) as refused:
        act()
    return refused.value.problems[0].code


def mark(username: str = SCDE, *, submit: bool = True, **changes: Any) -> dict[str, Any]:
    page = stored(STORE)
    given = tuple(
        changes.get(line.role_code, GivenMark(line.deployment_id, MarkStatus.PRESENT))
        for line in page.lines
    )
    who = acting_as(username)
    marking = Marking(uuid.uuid4(), page.version, submit, None, given)
    return mark_register(who.scope, who.actor, centre_id(STORE), world.TODAY, marking)


def confirm(username: str = TSC) -> None:
    who = acting_as(username)
    confirm_register(who.scope, who.actor, centre_id(STORE), world.TODAY)


def free_officer() -> int:
    with scoped_as(db.session, EVERYTHING):
        one = db.session.scalars(
            select(Officer).where(Officer.workstation == "Kisumu East Boys").order_by(Officer.id)
        ).first()
        one.employer_kind, one.tsc_number, one.teaches_at = "ministry", None, None
        db.session.flush()
        return int(one.id)


def deployed(username: str = SCDE, code: str = STORE, role: str = "driver") -> int:
    values = {
        "centre_id": centre_id(code),
        "role_id": role_id(role),
        "officer_id": free_officer(),
        "starts_on": world.TODAY,
        "ends_on": world.TODAY,
        "reason": "The driver is ill.",
    }
    who = acting_as(username)
    return int(deploy_officer(who.scope, who.actor, values=values).id)


def test_the_scde_marks_and_submits_without_a_marker_of_the_roster() -> None:
    answer = mark()
    assert (answer["state"], answer["marked_by"]) == ("submitted", None)
    assert [row["mark"] for row in answer["rows"]] == ["present", "present"]
    rows = value(
        "SELECT array_agg(DISTINCT concat(marked_by_id, '/', self_marked, '/', marked_by_user))"
        " FROM mark_history WHERE day = '2026-11-11'"
    )
    account = value("SELECT id FROM ab_user WHERE username = :u", u=SCDE)
    assert rows == [f"/f/{account}"]


def test_the_director_confirms_and_only_then_the_day_is_earned() -> None:
    mark()
    driver = stored(STORE).lines[0].officer_id
    assert bucket(driver) is Bucket.AWAITING
    confirm()
    assert (stored(STORE).state, bucket(driver)) == (RegisterState.CONFIRMED, Bucket.EARNED)


def bucket(officer_id: int) -> Bucket:
    with scoped_as(db.session, EVERYTHING):
        (day,) = [one for one in days_of_officer(EVERYTHING, officer_id) if one.mark]
    duty = DutyDay(
        day=day.day,
        role_code=day.role_code,
        payable=day.payable,
        mark=day.mark,
        register=day.register,
    )
    return bucket_of(duty, world.TODAY)


def test_whoever_marks_does_not_confirm() -> None:
    mark()
    with pytest.raises(NotAllowed):
        confirm(SCDE)
    who = acting_as(SCDE)
    with pytest.raises(NotAllowed):
        confirm_registers(who.scope, who.actor, [(centre_id(STORE), world.TODAY)])
    assert stored(STORE).state is RegisterState.SUBMITTED


def test_whoever_confirms_does_not_mark() -> None:
    with pytest.raises(NotAllowed):
        mark(TSC)
    who = acting_as(TSC)
    with pytest.raises(NotAllowed):
        open_register(who.scope, who.actor, centre_id(STORE), world.TODAY)


def test_the_two_powers_over_a_school_stay_as_they_are() -> None:
    """The same two offices the other way round: the SCDE confirms a school's, the director does not."""
    bring_to("submitted")
    key = (centre_id(world.CENTRE), world.TODAY)
    who = acting_as(TSC)
    with pytest.raises(NotAllowed):
        confirm_register(who.scope, who.actor, *key)
    who = acting_as(SCDE)
    with pytest.raises(NotAllowed):
        open_register(who.scope, who.actor, *key)
    page = confirm_register(who.scope, who.actor, *key)
    assert page.state is RegisterState.CONFIRMED


def test_the_database_refuses_one_account_for_both_facts() -> None:
    mark()
    both = text("UPDATE register SET confirmed_by = submitted_by WHERE day = '2026-11-11'")
    everything, nested = scoped_as(db.session, EVERYTHING), db.session.begin_nested
    with everything, pytest.raises(IntegrityError) as refused, nested():
        db.session.execute(both)
    assert "ck_register_confirmed_by_another" in str(refused.value.orig)


def test_returned_corrected_and_reopened_by_the_director() -> None:
    mark()
    who = acting_as(TSC)
    key = (centre_id(STORE), world.TODAY)
    page = return_register(who.scope, who.actor, *key, reason="The driver was on leave.")
    assert (page.state, page.return_reason) == (RegisterState.RETURNED, "The driver was on leave.")
    driver = stored(STORE).lines[0].deployment_id
    mark(driver=GivenMark(driver, MarkStatus.ABSENT))
    confirm()
    who = acting_as(TSC)
    page = reopen_register(who.scope, who.actor, *key, reason="The keeper was late.")
    assert page.state is RegisterState.OPEN


def test_refusals_name_the_office_that_can_do_it() -> None:
    mark()
    confirm()
    with pytest.raises(PortalError) as refused:
        mark()
    assert refused.value.message == (
        "This register is confirmed. Ask the TSC director to reopen it with a reason."
    )


@pytest.mark.parametrize("username", ["scde.kisumu-west", "tsc.kisumu-west", f"KCSE{world.CENTRE}"])
def test_a_foreign_store_is_not_found(username: str) -> None:
    with pytest.raises(NotFound):
        mark(username)
    with pytest.raises(NotFound):
        confirm(username)


def test_store_days_stand_in_the_summaries_and_claims_like_others() -> None:
    before = counted()
    keeper = stored(STORE).lines[1].deployment_id
    late = GivenMark(keeper, MarkStatus.LATE, minutes_late=10, reason="Transport")
    mark(store_keeper=late)
    confirm()
    row = value(
        "SELECT ARRAY[sum(expected), sum(present), sum(late)] FROM centre_day"
        " WHERE centre_id = :c AND day = '2026-11-11' AND state = 'confirmed'",
        c=centre_id(STORE),
    )
    assert (row, counted() - before) == ([2, 1, 1], 2)


def counted() -> int:
    """Worked days of drivers and keepers today, as claims count them from the summaries."""
    with scoped_as(db.session, EVERYTHING):
        series = db.session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()
        part = Slice(
            series=Named(series.id, series.code, series.name),
            examination_id=series.examination_id,
            today=world.TODAY,
            by=Grain.ROLE,
            day=world.TODAY,
        )
        found = duties_in(db.session, EVERYTHING, part, rates_of(db.session, part.examination_id))
        staff = {"driver", "store_keeper"}
        return sum(one.people for one in found if one.kind.role_code in staff and one.kind.mark)


def test_what_waits_for_whom_is_counted_by_the_kind_of_place() -> None:
    mark()
    who = acting_as(TSC)
    waiting = registers.days_waiting(who.scope, RegisterState.SUBMITTED, kind=CentreKind.STORE)
    assert waiting == ((world.TODAY, 1),)
    schools = registers.days_waiting(who.scope, RegisterState.SUBMITTED, kind=CentreKind.SCHOOL)
    assert world.TODAY not in dict(schools)


def test_store_staff_are_not_barred_by_the_rules_for_teachers() -> None:
    open_place("driver", STORE)
    assert value("SELECT status FROM deployment WHERE id = :i", i=deployed()) == "proposed"


def test_whoever_has_a_post_that_day_is_barred_from_a_store_too() -> None:
    open_place("driver", STORE)
    with scoped_as(db.session, EVERYTHING):
        busy = stored(world.CENTRE).lines[0].officer_id
    values = {
        "centre_id": centre_id(STORE),
        "role_id": role_id("driver"),
        "officer_id": busy,
        "starts_on": world.TODAY,
        "ends_on": world.TODAY,
        "reason": "The driver is ill.",
    }
    who = acting_as(SCDE)
    assert (
        code_of(lambda: deploy_officer(who.scope, who.actor, values=values))
        == "barred-one-post-a-day"
    )


def test_the_scde_publishes_store_staff_with_letter_and_sms() -> None:
    open_place("driver", STORE)
    one = deployed()
    who = acting_as(SCDE)
    duties.publish_deployments(who.scope, who.actor, [one])
    assert value("SELECT status FROM deployment WHERE id = :i", i=one) == "published"
    assert value("SELECT count(*) FROM letter WHERE deployment_id = :i", i=one) == 1
    mobile = value(
        "SELECT o.mobile FROM officer o JOIN deployment d ON d.officer_id = o.id WHERE d.id = :i",
        i=one,
    )
    with scoped_as(db.session, EVERYTHING):
        assert "deployed as driver" in texted(db.session, mobile)[0]


def proposed_at_a_school() -> int:
    open_place("clerk", world.CENTRE)
    return deployed(TSC, world.CENTRE, "clerk")


def test_the_scde_publishes_and_withdraws_nothing_of_a_school() -> None:
    one = proposed_at_a_school()
    who = acting_as(SCDE)
    act = duties.publish_deployments
    assert code_of(lambda: act(who.scope, who.actor, [one])) == "store-staff-only"
    standing = stored(world.CENTRE).lines[0].deployment_id
    who = acting_as(SCDE)
    withdraw = duties.withdraw_deployments
    assert (
        code_of(lambda: withdraw(who.scope, who.actor, [standing], "Not ours."))
        == "store-staff-only"
    )
    assert value("SELECT status FROM deployment WHERE id = :i", i=one) == "proposed"


def test_one_school_among_stores_refuses_them_all() -> None:
    open_place("driver", STORE)
    mixed = [proposed_at_a_school()]
    with scoped_as(db.session, EVERYTHING):
        store = db.session.scalars(
            select(Deployment).where(Deployment.centre_id == centre_id(STORE)).limit(1)
        ).one()
        store.status = "proposed"
        db.session.flush()
        mixed.append(store.id)
    who = acting_as(SCDE)
    assert code_of(lambda: publish_deployments(who.scope, who.actor, mixed)) == "store-staff-only"


def test_the_director_still_publishes_both() -> None:
    open_place("driver", STORE)
    one = deployed()
    who = acting_as(TSC)
    duties.publish_deployments(who.scope, who.actor, [one])
    assert value("SELECT status FROM deployment WHERE id = :i", i=one) == "published"


@pytest.mark.parametrize("username", ["monitor", f"KCSE{world.CENTRE}", "payments.clerk"])
def test_nobody_else_publishes_store_staff(username: str) -> None:
    open_place("driver", STORE)
    one = deployed()
    who = acting_as(username)
    with pytest.raises((NotAllowed, NotFound)):
        duties.publish_deployments(who.scope, who.actor, [one])


def test_stores_show_their_posts_and_holders() -> None:
    open_place("driver", STORE)
    who = acting_as(SCDE)
    (store,) = stores.stores_in(db.session, who.scope)
    assert [(one.role, one.filled, one.required) for one in store.places] == [
        ("Driver", 1, 2),
        ("Store keeper", 1, 1),
    ]


def test_search_finds_officers_of_the_sub_county_the_free_ones_first() -> None:
    open_place("driver", STORE)
    officer = free_officer()
    with scoped_as(db.session, EVERYTHING):
        name = value("SELECT full_name FROM officer WHERE id = :i", i=officer)
    who = acting_as(SCDE)
    _store, place = stores.place_at(db.session, who.scope, STORE, role_id("driver"))
    asked = {"first": world.TODAY, "last": world.TODAY}
    found = stores.found_for(db.session, who.scope, place, text=name, **asked)
    assert (found[0].officer_id, found[0].bars) == (officer, ())
    for few in (name[:2], "%%%", "___", f"{name[:1]}%%%"):
        assert stores.found_for(db.session, who.scope, place, text=few, **asked) == ()
    away = value("SELECT mobile FROM officer WHERE workstation = 'Kisumu West Boys' LIMIT 1")
    assert stores.found_for(db.session, who.scope, place, text=away, **asked) == ()
