"""The centre's half of the register: what opening, saving and submitting store, and what refuses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.models import CentreDay, Mark, MarkHistory, Register, RequestReceipt
from app.attendance.queries import RegisterPage, centre_on_day, register_page
from app.attendance.services import Marking, mark_register, markers_for, open_register
from app.audit.models import Event
from app.audit.services import broken_links
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, PortalError, RuleBroken
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import (
    ABSENT,
    EVERYTHING,
    LATE,
    Someone,
    acting_as,
    bring_to,
    centre_id,
    everybody,
    marking,
    office_time,
    statements,
    stored,
)

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
PRESENT = MarkStatus.PRESENT


@pytest.fixture
def centre(session: Session) -> Someone:
    """The centre's own sign-in; the session works under its scope."""
    return acting_as(CENTRE_LOGIN)


def submit(who: Someone, given: Marking, day: dt.date = world.TODAY) -> dict[str, Any]:
    return mark_register(who.scope, who.actor, centre_id(world.CENTRE), day, given)


def refusal(who: Someone, given: Marking, day: dt.date = world.TODAY) -> PortalError:
    with pytest.raises(PortalError) as caught:
        submit(who, given, day)
    return caught.value


def rows_of(session: Session, entity: Any) -> list[Any]:
    """Every row of today at the centre, over everything."""
    with scoped_as(session, EVERYTHING):
        where = (entity.centre_id == centre_id(world.CENTRE), entity.day == world.TODAY)
        order = entity.role_id if entity is CentreDay else entity.id
        return list(session.scalars(select(entity).where(*where).order_by(order)))


def manager_of(page: RegisterPage) -> int:
    return next(line.deployment_id for line in page.lines if line.manages_centre)


def test_reading_a_day_opens_nothing(session: Session, centre: Someone) -> None:
    place = centre_on_day(centre.scope, world.TODAY, code=world.CENTRE)
    page = register_page(centre.scope, place)
    assert (page.state, page.version, len(page.lines)) == (None, 0, 9)
    assert rows_of(session, Register) == []


def test_opening_stores_the_roster_as_unmarked(session: Session, centre: Someone) -> None:
    page = open_register(centre.scope, centre.actor, centre_id(world.CENTRE), world.TODAY)
    assert (page.state, page.version) == (RegisterState.OPEN, 1)
    assert rows_of(session, Mark) == []
    counts = [(day.expected, day.unmarked, day.state) for day in rows_of(session, CentreDay)]
    assert counts == [
        (1, 1, "open"),
        (1, 1, "open"),
        (4, 4, "open"),
        (2, 2, "open"),
        (1, 1, "open"),
    ]


def test_opening_twice_stays_as_it_is(session: Session, centre: Someone) -> None:
    for _ in range(2):
        page = open_register(centre.scope, centre.actor, centre_id(world.CENTRE), world.TODAY)
    assert (page.version, len(rows_of(session, Register))) == (1, 1)


def test_submit_stores_an_explicit_row_for_everybody(session: Session, centre: Someone) -> None:
    page = stored(world.CENTRE)
    submit(centre, marking(page, marks=everybody(page, supervisor=LATE, clerk=ABSENT)))
    marks = {mark.deployment_id: mark.status for mark in rows_of(session, Mark)}
    assert marks == {
        line.deployment_id: {"supervisor": "late", "clerk": "absent"}.get(line.role_code, "present")
        for line in page.lines
    }
    assert stored(world.CENTRE).state is RegisterState.SUBMITTED


def test_submit_of_a_day_never_opened_is_one_step(centre: Someone) -> None:
    answer = submit(centre, marking(stored(world.CENTRE)))
    assert (answer["state"], answer["version"]) == ("submitted", 1)


def test_the_answer_is_the_register_as_it_is_stored(centre: Someone) -> None:
    page = stored(world.CENTRE)
    answer = submit(centre, marking(page, marks=everybody(page, supervisor=LATE, clerk=ABSENT)))
    assert answer == stored(world.CENTRE).as_answer()


def test_saving_may_be_partial_and_stays_open(session: Session, centre: Someone) -> None:
    page = stored(world.CENTRE)
    some = everybody(page)[:3]
    answer = submit(centre, marking(page, submit=False, marks=some))
    assert (answer["state"], len(rows_of(session, Mark))) == ("open", 3)


def test_submit_with_somebody_left_out_lists_them_and_stores_nothing(
    session: Session, centre: Someone
) -> None:
    page = stored(world.CENTRE)
    found = refusal(centre, marking(page, marks=everybody(page)[:-1]))
    last = page.lines[-1]
    assert (type(found), found.code) == (RuleBroken, "marks-missing")
    assert found.facts == {"missing": [{"deployment_id": last.deployment_id, "name": last.name}]}
    assert (rows_of(session, Mark), rows_of(session, Register)) == ([], [])


def test_the_markers_own_row_is_flagged_and_no_other(session: Session, centre: Someone) -> None:
    page = stored(world.CENTRE)
    submit(centre, marking(page))
    flagged = [mark.deployment_id for mark in rows_of(session, Mark) if mark.self_marked]
    assert flagged == [manager_of(page)]


def test_the_flag_moves_when_somebody_else_marks(session: Session, centre: Someone) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    page = stored(world.CENTRE)
    other = next(line for line in page.lines if line.role_code == "supervisor")
    submit(centre, marking(page, marked_by=other.deployment_id))
    flagged = [mark.deployment_id for mark in rows_of(session, Mark) if mark.self_marked]
    assert flagged == [other.deployment_id]


def test_the_same_request_again_returns_the_stored_answer(
    session: Session, centre: Someone
) -> None:
    given = marking(stored(world.CENTRE))
    first = submit(centre, given)
    history = len(rows_of(session, MarkHistory))
    assert submit(centre, given) == first
    assert (len(rows_of(session, MarkHistory)), stored(world.CENTRE).version) == (history, 1)


def test_the_same_request_id_with_another_body_is_refused(centre: Someone) -> None:
    page = stored(world.CENTRE)
    given = marking(page)
    submit(centre, given)
    changed = replace(given, marks=everybody(page, clerk=ABSENT))
    assert refusal(centre, changed).code == "request-id-reused"


def test_without_the_receipt_the_repetition_would_be_a_conflict(
    session: Session, centre: Someone
) -> None:
    given = marking(stored(world.CENTRE))
    submit(centre, given)
    session.execute(text("DELETE FROM request_receipt"))
    assert refusal(centre, given).code == "register-changed"


def test_a_refused_request_leaves_no_receipt(session: Session, centre: Someone) -> None:
    page = stored(world.CENTRE)
    given = marking(page, marks=everybody(page)[:-1])
    refusal(centre, given)
    assert session.scalars(select(RequestReceipt)).all() == []


def test_another_account_may_use_the_same_request_id(centre: Someone) -> None:
    given = marking(stored(world.CENTRE))
    submit(centre, given)
    neighbour = acting_as(f"KCSE{world.SECOND_CENTRE}")
    theirs = replace(marking(stored(world.SECOND_CENTRE)), request_id=given.request_id)
    key = centre_id(world.SECOND_CENTRE)
    answer = mark_register(neighbour.scope, neighbour.actor, key, world.TODAY, theirs)
    assert answer["centre_code"] == world.SECOND_CENTRE


def test_the_second_tab_sees_both_values_and_nothing_is_lost(
    session: Session, centre: Someone
) -> None:
    page = stored(world.CENTRE)
    submit(centre, marking(page, marks=everybody(page, clerk=ABSENT)))
    found = refusal(centre, marking(page, marks=everybody(page, clerk=LATE)))
    clerk = page.lines[-1]
    assert (type(found), found.code, found.facts["version"]) == (Conflict, "register-changed", 1)
    assert found.facts["rows"] == [
        {
            "deployment_id": clerk.deployment_id,
            "name": clerk.name,
            "mine": {
                "status": "late",
                "minutes_late": 20,
                "reason": "Transport",
                "remark": None,
            },
            "theirs": {
                "status": "absent",
                "minutes_late": None,
                "reason": "Illness",
                "remark": "Called at 06:50",
            },
        }
    ]
    assert stored(world.CENTRE).marks[clerk.deployment_id].status is MarkStatus.ABSENT


def test_a_correction_is_stored_until_the_scde_confirms(session: Session, centre: Someone) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    page = stored(world.CENTRE)
    answer = submit(centre, marking(page, marks=everybody(page, clerk=LATE)))
    assert (answer["version"], answer["rows"][-1]["mark"]) == (2, "late")


def test_history_keeps_every_value_and_only_what_changed(session: Session, centre: Someone) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    page = stored(world.CENTRE)
    submit(centre, marking(page, marks=everybody(page, clerk=ABSENT)))
    clerk = page.lines[-1].deployment_id
    history = rows_of(session, MarkHistory)
    assert len(history) == 10
    said = [(one.status, one.register_version) for one in history if one.deployment_id == clerk]
    assert said == [("present", 1), ("absent", 2)]


@pytest.mark.parametrize(
    "change", ["UPDATE mark_history SET status = 'absent'", "DELETE FROM mark_history"]
)
def test_history_only_grows(session: Session, centre: Someone, change: str) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(change))


def test_a_mark_is_never_deleted(session: Session, centre: Someone) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text("DELETE FROM mark"))
    assert caught.value.orig.diag.constraint_name == "ck_mark_never_deleted"


def test_submit_writes_one_event_in_the_same_transaction(session: Session, centre: Someone) -> None:
    submit(centre, marking(stored(world.CENTRE)))
    with scoped_as(session, EVERYTHING):
        register = rows_of(session, Register)[0]
        events = session.scalars(select(Event).where(Event.entity_id == str(register.id))).all()
        chain = f"centre:{register.centre_id}"
        broken = broken_links(session, chain)
    last = events[-1]
    assert (last.action, last.actor_id) == ("register.submitted", centre.actor.user_id)
    assert last.before == {"state": None, "version": 0}
    assert last.after == {
        "state": "submitted",
        "version": 1,
        "marked_by": register.marked_by_id,
        "present": 9,
        "late": 0,
        "absent": 0,
    }
    assert broken == []


def test_a_refused_submit_writes_no_event(session: Session, centre: Someone) -> None:
    page = stored(world.CENTRE)
    with scoped_as(session, EVERYTHING):
        before = len(session.scalars(select(Event.id)).all())
    refusal(centre, marking(page, marked_by=None))
    with scoped_as(session, EVERYTHING):
        assert len(session.scalars(select(Event.id)).all()) == before


def test_who_marked_must_be_said(centre: Someone) -> None:
    found = refusal(centre, marking(stored(world.CENTRE), marked_by=None))
    assert (found.code, found.field) == ("marker-missing", "marked_by")


def test_who_marked_must_be_on_duty_at_this_centre(centre: Someone) -> None:
    stranger = stored(world.SECOND_CENTRE).lines[0].deployment_id
    found = refusal(centre, marking(stored(world.CENTRE), marked_by=stranger))
    assert (found.code, found.field) == ("marker-not-on-duty", "marked_by")


@pytest.mark.parametrize(
    ("hour", "minute", "code"),
    [(5, 59, "marking-not-open"), (6, 0, None), (9, 1, None), (17, 59, None)],
)
def test_marking_keeps_to_the_hours_of_the_calendar(
    centre: Someone, hour: int, minute: int, code: str | None
) -> None:
    given = marking(stored(world.CENTRE))
    with office_time(hour, minute):
        if code is None:
            assert submit(centre, given)["state"] == "submitted"
        else:
            assert refusal(centre, given).code == code


def test_marking_closes_after_the_late_days_of_the_calendar(centre: Someone) -> None:
    tomorrow = world.TODAY + dt.timedelta(1)
    given = marking(stored(world.CENTRE), submit=False)
    with office_time(17, 59, tomorrow):
        assert submit(centre, given)["state"] == "open"
    given = marking(stored(world.CENTRE))
    with office_time(18, 0, tomorrow):
        assert refusal(centre, given).code == "marking-closed"


def test_a_longer_window_in_the_calendar_is_enough(session: Session, centre: Someone) -> None:
    with scoped_as(session, EVERYTHING):
        session.execute(text("UPDATE exam_day SET late_days = 3 WHERE day = '2026-11-11'"))
    with office_time(18, 0, world.TODAY + dt.timedelta(1)):
        assert submit(centre, marking(stored(world.CENTRE)))["state"] == "submitted"


def test_a_day_to_come_is_not_marked(centre: Someone) -> None:
    tomorrow = world.TODAY + dt.timedelta(1)
    given = marking(stored(world.CENTRE, tomorrow))
    assert refusal(centre, given, tomorrow).code == "marking-not-open"


def test_a_day_without_an_examination_is_not_marked(centre: Someone) -> None:
    saturday = dt.date(2026, 11, 7)
    page = stored(world.CENTRE, saturday)
    assert page.lines == ()
    given = marking(stored(world.CENTRE), marks=())
    assert refusal(centre, given, saturday).code == "no-examination-day"


def test_a_returned_register_is_corrected_after_the_hours(centre: Someone) -> None:
    bring_to("returned")
    centre = acting_as(CENTRE_LOGIN)
    with office_time(12, day=world.TODAY + dt.timedelta(3)):
        answer = submit(centre, marking(stored(world.CENTRE)))
    assert (answer["state"], answer["return_reason"]) == ("submitted", None)


def test_a_correction_of_a_returned_register_keeps_the_reason_in_the_history(
    session: Session,
) -> None:
    page = bring_to("returned")
    centre = acting_as(CENTRE_LOGIN)
    submit(centre, marking(page, marks=everybody(page, clerk=ABSENT)))
    last = rows_of(session, MarkHistory)[-1]
    assert (last.status, last.correction_reason) == ("absent", "Two names are missing.")


@pytest.mark.parametrize("state", ["confirmed", "locked"])
def test_nothing_is_marked_under_a_confirmation(state: str, session: Session) -> None:
    bring_to(state)
    found = refusal(acting_as(CENTRE_LOGIN), marking(stored(world.CENTRE)))
    assert (type(found), found.code) == (IllegalMove, "register-move")


@pytest.mark.parametrize("state", ["confirmed", "locked"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mark SET status = 'absent' WHERE day = '2026-11-11'",
        "INSERT INTO mark (register_id, centre_id, sub_county_id, day, deployment_id, officer_id,"
        " role_id, status, marked_at) SELECT register_id, centre_id, sub_county_id, day,"
        " deployment_id, officer_id, role_id, 'absent', marked_at FROM mark"
        " WHERE day = '2026-11-11' LIMIT 1",
    ],
)
def test_without_the_services_check_the_database_still_refuses(
    session: Session, state: str, change: str
) -> None:
    bring_to(state)
    acting_as(CENTRE_LOGIN)
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text(change))
    assert caught.value.orig.diag.constraint_name == "ck_mark_register_closed"


def test_a_foreign_centre_is_not_found(session: Session) -> None:
    stranger = acting_as(f"KCSE{world.NEXT_DOOR}")
    found = refusal(stranger, marking(stored(world.CENTRE)))
    assert type(found) is NotFound
    assert rows_of(session, Register) == []


def test_a_director_does_not_mark(session: Session) -> None:
    found = refusal(acting_as("scde.kisumu-east"), marking(stored(world.CENTRE)))
    assert type(found) is NotAllowed


def manager_account(session: Session) -> str:
    with scoped_as(session, EVERYTHING):
        return str(
            world.one(
                session,
                "SELECT o.mobile FROM deployment d JOIN officer o ON o.id = d.officer_id"
                " JOIN staff_role r ON r.id = d.role_id JOIN centre c ON c.id = d.centre_id"
                " WHERE c.code = :code AND r.manages_centre",
                code=world.CENTRE,
            )
        )


def test_the_centre_manager_marks_with_their_own_sign_in(session: Session) -> None:
    manager = acting_as(manager_account(session))
    assert submit(manager, marking(stored(world.CENTRE)))["state"] == "submitted"


def test_the_centre_manager_marks_in_no_other_name(session: Session) -> None:
    manager = acting_as(manager_account(session))
    page = stored(world.CENTRE)
    other = next(line for line in page.lines if line.role_code == "supervisor")
    assert [one.officer_id for one in markers_for(manager.actor, page)] == [
        manager.actor.officer_id
    ]
    found = refusal(manager, marking(page, marked_by=other.deployment_id))
    assert found.code == "marker-not-on-duty"


def test_a_redeployed_manager_loses_the_register_at_once(session: Session) -> None:
    account = manager_account(session)
    given = marking(stored(world.CENTRE))
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE deployment SET status = 'replaced', ends_on = :day WHERE id = :one"),
            {"day": world.YESTERDAY, "one": given.marked_by},
        )
    found = refusal(acting_as(account), given)
    assert type(found) is NotFound


def test_a_kpsea_register_works_the_same(session: Session) -> None:
    centre = acting_as(f"KPSEA{world.PRIMARY}")
    given = marking(stored(world.PRIMARY))
    key = centre_id(world.PRIMARY)
    answer = mark_register(centre.scope, centre.actor, key, world.TODAY, given)
    assert (answer["state"], answer["series"], len(answer["rows"])) == (
        "submitted",
        "KPSEA 2026",
        9,
    )


def test_a_save_of_one_row_and_of_nine_are_equally_few_statements(session: Session) -> None:
    counts, writes = [], []
    for code, rows in ((world.CENTRE, 1), (world.SECOND_CENTRE, 9)):
        page = stored(code)
        given = marking(page, submit=False, marks=everybody(page)[:rows])
        who, key = acting_as(f"KCSE{code}"), centre_id(code)
        with statements() as seen:
            mark_register(who.scope, who.actor, key, world.TODAY, given)
        counts.append(len(seen))
        writes.append(sum(1 for one in seen if one.lstrip().startswith("WITH given")))
    assert (counts[0], writes) == (counts[1], [1, 1])
    assert counts[0] <= 20
