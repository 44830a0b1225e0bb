"""Walk-ins: entered by the centre, decided by the director, paid only after the confirmation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.queries import days_of_officer
from app.attendance.services import confirm_register, mark_register
from app.claims.computation import Bucket, DutyDay, Rates, bucket_of
from app.claims.queries import duties_in
from app.db.vault import vault_of
from app.errors import NotAllowed, NotFound, PortalError, RuleBroken
from app.exams.models import Series
from app.exams.slices import Grain, Named, Slice
from app.extensions import db
from app.procedures.walk_ins import accept_walk_in, refuse_walk_in
from app.scoping.guard import scoped_as
from app.walk_ins import queries
from app.walk_ins.rules import MOST_A_DAY
from app.walk_ins.services import withdraw_walk_in
from tests.factories import world
from tests.factories.registers import (
    ABSENT,
    EVERYTHING,
    acting_as,
    bring_to,
    centre_id,
    everybody,
    marking,
    office_time,
    statements,
    stored,
)
from tests.factories.texted import texted
from tests.factories.walk_ins import (
    CENTRE_LOGIN,
    KNOWN,
    SCDE,
    TSC,
    UNKNOWN,
    enter,
    entry,
    open_place,
    spare,
    value,
)

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def accept(walk_in_id: int, *, username: str = TSC, to_the_end: bool = False) -> Any:
    who = acting_as(username)
    return accept_walk_in(who.scope, who.actor, walk_in_id, to_the_end=to_the_end)


def refuse(walk_in_id: int, reason: str = "Not sent by this office.", username: str = TSC) -> None:
    who = acting_as(username)
    refuse_walk_in(who.scope, who.actor, walk_in_id, reason=reason)


def confirm() -> None:
    who = acting_as(SCDE)
    confirm_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY)


def days(officer_id: int) -> list[Any]:
    with scoped_as(db.session, EVERYTHING):
        found = days_of_officer(EVERYTHING, officer_id)
        return [one for one in found if one.mark is not None]


def expected_today() -> tuple[int, int, int]:
    row = value(
        "SELECT ARRAY[sum(expected), sum(present), sum(late)] FROM centre_day"
        " WHERE centre_id = :c AND day = '2026-11-11'",
        c=centre_id(world.CENTRE),
    )
    return tuple(row)


def clerk_days() -> int:
    """People's worked days of clerks today, as claims count them from the summaries."""
    with scoped_as(db.session, EVERYTHING):
        series = db.session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()
        part = Slice(
            series=Named(series.id, series.code, series.name),
            examination_id=series.examination_id,
            today=world.TODAY,
            by=Grain.CENTRE,
            day=world.TODAY,
        )
        duties = duties_in(db.session, EVERYTHING, part, Rates("KCSE", ()))
        here = centre_id(world.CENTRE)
        return sum(
            one.people
            for one in duties
            if one.key == here and one.kind.role_code == "clerk" and one.kind.mark
        )


def code_of(act: Callable[[], Any]) -> str:
    with pytest.raises(PortalError) as refused:
        act()
    return refused.value.problems[0].code


def test_entry_is_provisional_and_in_no_summary() -> None:
    spare()
    bring_to("submitted")
    before, paid = expected_today(), clerk_days()
    enter()
    assert value("SELECT state FROM walk_in WHERE day = '2026-11-11'") == "provisional"
    assert value("SELECT count(*) FROM mark WHERE day = '2026-11-11'") == 9
    assert (expected_today(), clerk_days()) == (before, paid)


def test_entry_opens_the_register_of_the_day() -> None:
    enter(number=UNKNOWN)
    page = stored(world.CENTRE)
    assert (page.state, page.last("open") is not None) == (RegisterState.OPEN, True)


def test_number_is_sealed_and_matched_without_saying_so() -> None:
    officer = spare()
    known, unknown = enter(), enter(number=UNKNOWN)
    rows = {
        one: value("SELECT coalesce(officer_id, 0) FROM walk_in WHERE id = :i", i=one)
        for one in (known, unknown)
    }
    assert rows == {known: officer, unknown: 0}
    cipher = bytes(value("SELECT number_cipher FROM walk_in WHERE id = :i", i=known))
    assert KNOWN.encode() not in cipher
    assert vault_of(db.session).unseal(cipher, context=queries.NUMBER) == KNOWN


def test_a_known_and_an_unknown_number_cost_the_same_statements() -> None:
    spare()
    bring_to("open")
    with statements() as known:
        enter()
    with statements() as unknown:
        enter(number=UNKNOWN)
    assert known == unknown


def test_mobile_numbers_find_their_officer_too() -> None:
    officer = spare()
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=officer)
    one = enter(kind="mobile", number="0" + mobile[3:])
    assert value("SELECT officer_id FROM walk_in WHERE id = :i", i=one) == officer


def test_the_same_number_twice_a_day_is_refused_and_free_again_once_withdrawn() -> None:
    first = enter()
    assert code_of(enter) == "entered-already"
    who = acting_as(CENTRE_LOGIN)
    withdraw_walk_in(who.scope, who.actor, first)
    assert enter() > first


def test_the_database_refuses_the_same_number_twice_by_itself() -> None:
    one = enter()
    twin = text(
        "INSERT INTO walk_in (series_id, centre_id, sub_county_id, day, role_id, typed_name,"
        " number_kind, number_index, why, status) SELECT series_id, centre_id, sub_county_id, day,"
        " role_id, typed_name, number_kind, number_index, why, status FROM walk_in WHERE id = :i"
    )
    everything, nested = scoped_as(db.session, EVERYTHING), db.session.begin_nested
    with everything, pytest.raises(IntegrityError) as refused, nested():
        db.session.execute(twin, {"i": one})
    assert "uq_walk_in_once_a_day" in str(refused.value.orig)


def test_a_centre_enters_only_so_many_a_day() -> None:
    for number in range(MOST_A_DAY):
        enter(number=str(40_000_000 + number))
    assert code_of(lambda: enter(number="45000000")) == "too-many-walk-ins"


def test_an_entry_is_made_on_the_day_of_work_only() -> None:
    given = entry()
    who = acting_as(CENTRE_LOGIN)
    from app.walk_ins.services import enter_walk_in

    with pytest.raises(RuleBroken) as refused:
        enter_walk_in(
            who.scope,
            who.actor,
            centre_id(world.CENTRE),
            world.YESTERDAY,
            given,
            vault=vault_of(db.session),
        )
    assert refused.value.code == "not-today"


def test_whoever_saw_them_must_be_on_duty() -> None:
    assert code_of(lambda: enter(marked_by=None)) == "marker-missing"
    elsewhere = stored(world.NEXT_DOOR).lines[0].deployment_id
    assert code_of(lambda: enter(marked_by=elsewhere)) == "marker-missing"


def test_role_must_be_one_of_the_centre() -> None:
    driver = value("SELECT id FROM staff_role WHERE code = 'driver'")
    assert code_of(lambda: enter(role_id=driver)) == "role-unknown"


def test_a_confirmed_register_takes_no_entry() -> None:
    bring_to("confirmed")
    assert code_of(enter) == "register-move"


def test_accepted_into_a_submitted_register_with_the_mark_of_the_centre() -> None:
    open_place()
    officer = spare()
    bring_to("submitted")
    before = stored(world.CENTRE)
    one = enter(status="late", minutes_late=25, late_reason="Transport")
    summary = expected_today()
    deployment = accept(one)
    page = stored(world.CENTRE)
    line = next(line for line in page.lines if line.officer_id == officer)
    assert (line.status, line.minutes_late, line.reason) == (MarkStatus.LATE, 25, "Transport")
    assert (page.state, page.version) == (RegisterState.SUBMITTED, before.version + 1)
    assert page.last("take_in") is not None
    assert expected_today() == (summary[0] + 1, summary[1], summary[2] + 1)
    assert (deployment.status, deployment.reason) == ("accepted", "Walk-in of Wed 11 Nov.")
    assert (deployment.starts_on, deployment.ends_on) == (world.TODAY, world.TODAY)
    assert value("SELECT count(*) FROM letter WHERE deployment_id = :d", d=deployment.id) == 1


def test_history_names_who_saw_them_and_the_account_of_the_centre() -> None:
    open_place()
    spare()
    one = enter()
    deployment = accept(one)
    kept = value(
        "SELECT ARRAY[h.marked_by_id, w.marked_by_id, h.marked_by_user, w.entered_by,"
        " h.self_marked::int] FROM mark_history h JOIN walk_in w ON w.deployment_id ="
        " h.deployment_id WHERE h.deployment_id = :d",
        d=deployment.id,
    )
    assert (kept[0], kept[2], kept[4]) == (kept[1], kept[3], 0)
    assert None not in kept


@pytest.mark.parametrize("state", ["open", "returned", "submitted"])
def test_taken_into_a_register_without_moving_it(state: str) -> None:
    open_place()
    officer = spare()
    one = enter()
    bring_to("submitted" if state == "submitted" else None)
    if state == "returned":
        bring_to("returned")
    accept(one)
    assert str(stored(world.CENTRE).state) == state
    assert [day.mark for day in days(officer)] == [MarkStatus.PRESENT]


@pytest.mark.parametrize("state", ["confirmed", "locked"])
def test_a_closed_register_takes_in_nobody_and_nothing_is_left_behind(state: str) -> None:
    open_place()
    spare()
    one = enter()
    bring_to(state)
    deployments = value("SELECT count(*) FROM deployment")
    assert code_of(lambda: accept(one)) == "register-move"
    assert value("SELECT state FROM walk_in WHERE id = :i", i=one) == "provisional"
    assert value("SELECT count(*) FROM deployment") == deployments


def test_paid_only_after_the_confirmation() -> None:
    open_place()
    officer = spare()
    bring_to("submitted")
    one = enter()
    assert (days(officer), clerk_days()) == ([], 1)
    accept(one)
    (day,) = days(officer)
    assert _bucket(day) is Bucket.AWAITING
    confirm()
    (day,) = days(officer)
    assert (_bucket(day), clerk_days()) == (Bucket.EARNED, 2)


@pytest.mark.parametrize("fate", ["undecided", "refused", "withdrawn"])
def test_nobody_else_is_ever_paid(fate: str) -> None:
    """The control is the test above: the very same entry, accepted, is counted and earned."""
    open_place()
    officer = spare()
    bring_to("submitted")
    one = enter()
    if fate == "refused":
        refuse(one)
    elif fate == "withdrawn":
        who = acting_as(CENTRE_LOGIN)
        withdraw_walk_in(who.scope, who.actor, one)
    summary = expected_today()
    confirm()
    assert (days(officer), clerk_days(), expected_today()) == ([], 1, summary)


def _bucket(day: Any) -> Bucket:
    duty = DutyDay(
        day=day.day,
        role_code=day.role_code,
        payable=day.payable,
        mark=day.mark,
        register=day.register,
    )
    return bucket_of(duty, world.TODAY)


def test_accepted_until_the_end_stands_on_every_roster_to_come() -> None:
    open_place()
    spare()
    deployment = accept(enter(), to_the_end=True)
    assert deployment.ends_on == dt.date(2026, 11, 19)
    with office_time(7, 20, world.TODAY + dt.timedelta(1)):
        names = stored(world.CENTRE, world.TODAY + dt.timedelta(1)).names
    assert deployment.id in names


def test_every_place_filled_is_said() -> None:
    spare()
    assert code_of(lambda: accept(enter())) == "posts-filled"


def test_whoever_is_marked_absent_yields_the_day_to_the_walk_in() -> None:
    officer = spare()
    page = stored(world.CENTRE)
    absent = page.lines[-1]
    who = acting_as(CENTRE_LOGIN)
    given = marking(page, marks=everybody(page, clerk=ABSENT))
    mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, given)
    one = enter()
    found = verdict(one)
    assert (found.absent.name if found.absent else None, found.is_clear) == (absent.name, True)
    deployment = accept(one)
    assert (deployment.slot, deployment.follows_id) == (1, absent.deployment_id)
    marks = {line.officer_id: line.status for line in stored(world.CENTRE).lines}
    assert (marks[absent.officer_id], marks[officer]) == (MarkStatus.ABSENT, MarkStatus.PRESENT)
    assert clerk_days() == 1
    confirm()
    assert [_bucket(day) for day in days(officer)] == [Bucket.EARNED]


def test_the_yielded_day_is_an_event_of_the_absent_deployment() -> None:
    spare()
    page = stored(world.CENTRE)
    who = acting_as(CENTRE_LOGIN)
    given = marking(page, marks=everybody(page, clerk=ABSENT))
    mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, given)
    accept(enter())
    event = value(
        "SELECT ARRAY[entity_id, after ->> 'day'] FROM event WHERE action = 'deployment.yielded'"
    )
    assert event == [str(page.lines[-1].deployment_id), "2026-11-11"]


def test_an_unknown_number_is_said() -> None:
    open_place()
    one = enter(number=UNKNOWN)
    assert code_of(lambda: accept(one)) == "walk-in-unknown"
    found = verdict(one)
    assert (found.person, found.is_clear) == (None, False)


def test_the_director_sees_of_a_neighbour_what_the_decision_needs() -> None:
    """Initials, sub-county, state, roles wanted, another post that day: no name and no number."""
    open_place()
    officer = spare(workstation="Kisumu West Boys")
    name = value("SELECT full_name FROM officer WHERE id = :i", i=officer)
    found = verdict(enter())
    assert (found.person, found.is_clear) == (None, True)
    assert asdict(found.neighbour) == {
        "officer_id": officer,
        "initials": " ".join(f"{part[0].upper()}." for part in name.split()),
        "sub_county": "Kisumu West",
        "state": "verified",
        "wants": (),
        "elsewhere": False,
    }


def test_a_neighbour_is_accepted_with_letter_and_sms() -> None:
    open_place()
    officer = spare(workstation="Kisumu West Boys")
    made = accept(enter())
    assert (made.officer_id, made.status) == (officer, "accepted")
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=officer)
    letter = "SELECT count(*) FROM letter WHERE deployment_id = :d AND state = 'valid'"
    assert value(letter, d=made.id) == 1
    with scoped_as(db.session, EVERYTHING):
        (said,) = texted(db.session, mobile)
    assert "taken on as clerk" in said


def test_a_neighbour_who_serves_elsewhere_that_day_is_not_taken_away() -> None:
    open_place()
    with scoped_as(db.session, EVERYTHING):
        busy = stored(world.NEXT_DOOR).lines[-1].officer_id
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=busy)
    one = enter(kind="mobile", number=f"0{mobile[3:]}")
    found = verdict(one)
    assert (found.person, found.neighbour.elsewhere, found.is_clear) == (None, True, False)
    assert "There is a post on these days already" in " ".join(
        str(bar.sentence) for bar in found.bars
    )
    with pytest.raises(PortalError):
        accept(one)
    assert value("SELECT state FROM walk_in WHERE id = :i", i=one) == "provisional"


def test_the_sms_of_a_refusal_repeats_nothing_to_act_on() -> None:
    officer = spare()
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=officer)
    for reason, told in (
        (
            "Pay 0712345678 or https://sajili.example/pay first, " + "very " * 40,
            "and is not paid: Pay ... or ... first, very very",
        ),
        ("Send your PIN to be paid", "and is not paid. Ask the TSC Sub-County Director for"),
    ):
        one = enter()
        refuse(one, reason)
        with scoped_as(db.session, EVERYTHING):
            said = texted(db.session, mobile)[-1]
        assert told in said
        assert not {"0712345678", "https", "PIN"} & set(said.replace(":", " ").split())
        kept = value("SELECT decision_reason FROM walk_in WHERE id = :i", i=one)
        assert kept == " ".join(reason.split())[:300]


def test_somebody_who_registers_after_the_entry_is_known_by_the_decision() -> None:
    open_place()
    one = enter()
    officer = spare()
    assert accept(one).officer_id == officer


def test_whoever_has_a_post_that_day_is_barred_with_the_reason() -> None:
    open_place()
    with scoped_as(db.session, EVERYTHING):
        busy = stored(world.SECOND_CENTRE).lines[0].officer_id
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=busy)
    one = enter(kind="mobile", number=mobile)
    assert code_of(lambda: accept(one)) == "barred-one-post-a-day"
    assert [str(bar.kind) for bar in verdict(one).bars] == ["one_post_a_day"]


def test_a_profile_that_is_not_verified_is_barred() -> None:
    open_place()
    officer = spare()
    with scoped_as(db.session, EVERYTHING):
        db.session.execute(
            text("UPDATE officer SET state = 'submitted' WHERE id = :i"), {"i": officer}
        )
    assert code_of(lambda: accept(enter())) == "barred-profile-verified"


def test_a_role_that_the_rules_do_not_ask_for_that_day_is_said() -> None:
    open_place("clerk")
    spare()
    with scoped_as(db.session, EVERYTHING):
        db.session.execute(
            text(
                "UPDATE ratio_rule SET day_kinds = '{rehearsal}' WHERE role_id ="
                " (SELECT id FROM staff_role WHERE code = 'clerk')"
            )
        )
    assert code_of(lambda: accept(enter())) == "role-not-asked-for"


def test_decided_once() -> None:
    open_place()
    spare()
    one = enter()
    accept(one)
    assert code_of(lambda: accept(one)) == "walk-in-decided"
    assert code_of(lambda: refuse(one)) == "walk-in-decided"
    who = acting_as(CENTRE_LOGIN)
    assert code_of(lambda: withdraw_walk_in(who.scope, who.actor, one)) == "walk-in-decided"


def test_the_database_keeps_what_was_decided() -> None:
    one = enter()
    refuse(one)
    undo = text("UPDATE walk_in SET state = 'provisional', decided_at = NULL WHERE id = :i")
    everything, nested = scoped_as(db.session, EVERYTHING), db.session.begin_nested
    with everything, pytest.raises(IntegrityError) as refused, nested():
        db.session.execute(undo, {"i": one})
    assert "ck_walk_in_decided_once" in str(refused.value.orig.diag.constraint_name)


def test_refused_with_a_reason_and_the_officer_hears_it() -> None:
    officer = spare()
    one = enter()
    assert code_of(lambda: refuse(one, "  ")) == "reason-needed"
    refuse(one)
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=officer)
    with scoped_as(db.session, EVERYTHING):
        (said,) = texted(db.session, mobile)
    assert "not paid" in said
    assert "Not sent by this office." in said


def test_a_refused_stranger_gets_no_message() -> None:
    sent = value("SELECT count(*) FROM message")
    refuse(enter(kind="mobile", number="0799 123 456"))
    assert value("SELECT count(*) FROM message") == sent


def test_accepted_and_told_by_sms() -> None:
    open_place()
    officer = spare()
    accept(enter())
    mobile = value("SELECT mobile FROM officer WHERE id = :i", i=officer)
    with scoped_as(db.session, EVERYTHING):
        (said,) = texted(db.session, mobile)
    assert "taken on as clerk" in said


@pytest.mark.parametrize("stranger", ["tsc.kisumu-west", f"KCSE{world.NEXT_DOOR}"])
def test_a_foreign_walk_in_is_not_found(stranger: str) -> None:
    one = enter()
    if stranger.startswith("tsc"):
        with pytest.raises(NotFound):
            accept(one, username=stranger)
        with pytest.raises(NotFound):
            refuse(one, username=stranger)
        return
    who = acting_as(stranger)
    with pytest.raises(NotFound):
        withdraw_walk_in(who.scope, who.actor, one)


@pytest.mark.parametrize("username", [SCDE, "admin", "monitor", CENTRE_LOGIN, "254712000001"])
def test_only_the_tsc_director_decides(username: str) -> None:
    one = enter()
    with pytest.raises((NotAllowed, NotFound)):
        accept(one, username=username)
    with pytest.raises((NotAllowed, NotFound)):
        refuse(one, username=username)


def test_whoever_submits_later_names_the_new_person_too() -> None:
    open_place()
    spare()
    one = enter()
    page = stored(world.CENTRE)
    accept(one)
    who = acting_as(CENTRE_LOGIN)
    with pytest.raises(PortalError) as refused:
        mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, marking(page))
    assert refused.value.code == "register-changed"
    whole = marking(stored(world.CENTRE))
    who = acting_as(CENTRE_LOGIN)
    answer = mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, whole)
    assert (answer["state"], len(answer["rows"])) == ("submitted", 10)


def test_waiting_counts_today_and_earlier_days() -> None:
    enter()
    who = acting_as(TSC)
    assert queries.waiting(db.session, who.scope, world.TODAY) == (1, 1)


def verdict(walk_in_id: int) -> queries.Verdict:
    who = acting_as(TSC)
    vault = vault_of(db.session)
    return queries.to_decide(db.session, who.scope, walk_in_id, vault)[1]
