"""The offices' half of the register: every state and act, confirm one or many, return, reopen, lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attendance import services
from app.attendance.enums import Act, MarkStatus, RegisterState
from app.attendance.machine import MOVES
from app.attendance.models import CentreDay
from app.attendance.queries import RegisterPage, registers_on
from app.attendance.rules import GivenMark
from app.attendance.services import taking_in
from app.audit.models import Event
from app.db.uow import unit_of_work
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, RuleBroken
from app.extensions import db
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import (
    EVERYTHING,
    Someone,
    acting_as,
    bring_to,
    centre_id,
    marking,
    stored,
)

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
SCDE = "scde.kisumu-east"
TSC = "tsc.kisumu-east"
STATES = (None, *RegisterState)


def key(code: str = world.CENTRE) -> tuple[int, Any]:
    return centre_id(code), world.TODAY


def do(act: Act, who: Someone) -> None:
    """The act on today's register through its service."""
    args = (who.scope, who.actor, *key())
    page = stored(world.CENTRE)
    acts: dict[Act, Callable[[], Any]] = {
        Act.OPEN: lambda: services.open_register(*args),
        Act.SAVE: lambda: services.mark_register(*args, marking(page, submit=False)),
        Act.SUBMIT: lambda: services.mark_register(*args, marking(page)),
        Act.CONFIRM: lambda: services.confirm_register(*args),
        Act.RETURN: lambda: services.return_register(*args, reason="Two names are missing."),
        Act.REOPEN: lambda: services.reopen_register(*args, reason="A name was wrong."),
        Act.LOCK: lambda: services.lock_day(
            who.scope, who.actor, page.place.series_id, world.TODAY
        ),
        Act.TAKE_IN: lambda: took_in(who, page),
    }
    acts[act]()


def took_in(who: Someone, page: RegisterPage) -> None:
    """The last of the roster, as if they had come as a walk-in."""
    with unit_of_work(db.session) as session:
        taking = taking_in.register_to_take_in(who.scope, who.actor, *key())
        mark = GivenMark(page.lines[-1].deployment_id, MarkStatus.PRESENT)
        word = taking_in.Word(mark, page.lines[0].deployment_id, who.actor.user_id)
        taking_in.take_in(session, who.actor, taking, word=word, reason="")


def who_may(act: Act, state: RegisterState | None) -> str:
    if act in {Act.OPEN, Act.SAVE, Act.SUBMIT}:
        return CENTRE_LOGIN
    if act is Act.TAKE_IN:
        return TSC
    locked = act is Act.REOPEN and state is RegisterState.LOCKED
    return "admin" if act is Act.LOCK or locked else SCDE


ALLOWED = {(move.before, move.act): move.after for move in MOVES}
IDLE = {(state, Act.OPEN) for state in RegisterState} | {
    (state, Act.LOCK) for state in STATES if state is not RegisterState.CONFIRMED
}
"""Acts that are no error and change nothing: opening what is open, closing a day without any."""


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("state", STATES, ids=str)
def test_every_state_and_act_is_in_the_table_or_refused(
    session: Session, state: RegisterState | None, act: Act
) -> None:
    before = bring_to(state)
    who = acting_as(who_may(act, state))
    if (state, act) in IDLE:
        do(act, who)
        assert (stored(world.CENTRE).state, stored(world.CENTRE).version) == (state, before.version)
    elif (state, act) in ALLOWED:
        do(act, who)
        assert stored(world.CENTRE).state is ALLOWED[state, act]
        assert stored(world.CENTRE).version == before.version + 1
    else:
        with pytest.raises(IllegalMove):
            do(act, who)
        assert (stored(world.CENTRE).state, stored(world.CENTRE).version) == (state, before.version)


@pytest.mark.parametrize("state", [s for s in STATES if s is not None], ids=str)
def test_the_summary_follows_every_move(session: Session, state: RegisterState) -> None:
    bring_to(state)
    with scoped_as(session, EVERYTHING):
        day = (CentreDay.centre_id == centre_id(world.CENTRE), CentreDay.day == world.TODAY)
        assert set(session.scalars(select(CentreDay.state).where(*day))) == {str(state)}


@pytest.mark.parametrize("move", [m for m in MOVES if m.act not in {Act.SAVE, Act.OPEN}], ids=str)
def test_every_move_is_an_event_with_who_and_why(session: Session, move: Any) -> None:
    bring_to(move.before)
    who = acting_as(who_may(move.act, move.before))
    do(move.act, who)
    with scoped_as(session, EVERYTHING):
        last = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (last.action, last.actor_id) == (move.audit_word, who.actor.user_id)
    assert bool(last.reason) is move.needs_reason


OTHERS = {
    CENTRE_LOGIN: [Act.CONFIRM, Act.RETURN, Act.REOPEN, Act.LOCK, Act.TAKE_IN],
    SCDE: [Act.OPEN, Act.SAVE, Act.SUBMIT, Act.LOCK, Act.TAKE_IN],
    TSC: [Act.OPEN, Act.SAVE, Act.SUBMIT, Act.CONFIRM, Act.RETURN, Act.REOPEN, Act.LOCK],
    "monitor": list(Act),
    "admin": [Act.OPEN, Act.SAVE, Act.SUBMIT, Act.CONFIRM, Act.RETURN],
}


@pytest.mark.parametrize(
    ("account", "act"), [(a, act) for a, acts in OTHERS.items() for act in acts]
)
def test_nobody_does_what_is_another_roles(session: Session, account: str, act: Act) -> None:
    bring_to("submitted" if act in {Act.CONFIRM, Act.RETURN} else None)
    with pytest.raises(NotAllowed):
        do(act, acting_as(account))


def test_the_scde_does_not_reopen_a_locked_register(session: Session) -> None:
    bring_to("locked")
    with pytest.raises(NotAllowed):
        do(Act.REOPEN, acting_as(SCDE))


@pytest.mark.parametrize("act", [Act.CONFIRM, Act.RETURN, Act.REOPEN])
def test_next_doors_scde_finds_nothing(session: Session, act: Act) -> None:
    bring_to("submitted")
    with pytest.raises(NotFound):
        do(act, acting_as("scde.kisumu-west"))


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_a_return_needs_a_reason_that_can_be_read(session: Session, reason: str) -> None:
    bring_to("submitted")
    who = acting_as(SCDE)
    with pytest.raises(RuleBroken) as caught:
        services.return_register(who.scope, who.actor, *key(), reason=reason)
    assert caught.value.field == "reason"
    assert stored(world.CENTRE).state is RegisterState.SUBMITTED


def test_a_return_carries_reasons_down_to_the_row(session: Session) -> None:
    page = bring_to("submitted")
    who, clerk = acting_as(SCDE), page.lines[-1].deployment_id
    returned = services.return_register(
        who.scope, who.actor, *key(), reason="Not signed.", rows={clerk: "Was at the store."}
    )
    last = returned.last("return")
    assert last is not None
    assert (returned.return_reason, last.reason, last.rows) == (
        "Not signed.",
        "Not signed.",
        {clerk: "Was at the store."},
    )
    answer = stored(world.CENTRE).as_answer()
    assert answer["rows"][-1]["return_reason"] == "Was at the store."


def test_a_return_names_only_rows_of_this_register(session: Session) -> None:
    bring_to("submitted")
    who, stranger = acting_as(SCDE), stored(world.SECOND_CENTRE).lines[0].deployment_id
    with pytest.raises(RuleBroken) as caught:
        services.return_register(who.scope, who.actor, *key(), reason="x", rows={stranger: "y"})
    assert caught.value.code == "not-on-register"


def test_many_are_confirmed_and_the_others_said_with_their_reason(session: Session) -> None:
    bring_to("submitted")
    who = acting_as(SCDE)
    outcome = services.confirm_registers(who.scope, who.actor, [key(), key(world.SECOND_CENTRE)])
    assert [place.code for place in outcome.done] == [world.CENTRE]
    assert [(r.place.code, r.error.code) for r in outcome.refused] == [
        (world.SECOND_CENTRE, "register-move")
    ]
    assert stored(world.CENTRE).state is RegisterState.CONFIRMED


def test_a_foreign_register_among_many_is_not_found(session: Session) -> None:
    bring_to("submitted")
    who = acting_as(SCDE)
    with pytest.raises(NotFound):
        services.confirm_registers(who.scope, who.actor, [key(world.NEXT_DOOR), key()])


def test_a_register_changed_since_it_was_read_is_not_confirmed(session: Session) -> None:
    read = bring_to("submitted")
    centre = acting_as(CENTRE_LOGIN)
    services.mark_register(centre.scope, centre.actor, *key(), marking(read))
    who = acting_as(SCDE)
    with pytest.raises(Conflict):
        services.confirm_register(who.scope, who.actor, *key(), version=read.version)
    outcome = services.confirm_registers(
        who.scope, who.actor, [key()], versions={key()[0]: read.version}
    )
    assert [r.error.code for r in outcome.refused] == ["register-changed"]
    services.confirm_register(who.scope, who.actor, *key(), version=read.version + 1)
    assert stored(world.CENTRE).state is RegisterState.CONFIRMED


def remark(page: Any, words: str = "Seen at another centre.") -> None:
    who = acting_as(TSC)
    rows = {page.lines[0].deployment_id: words}
    services.remark_on_rows(who.scope, who.actor, *key(), rows)


def test_the_scde_must_have_seen_a_directors_remark(session: Session) -> None:
    remark(bring_to("submitted"))
    who = acting_as(SCDE)
    with pytest.raises(RuleBroken) as caught:
        services.confirm_register(who.scope, who.actor, *key())
    unread = stored(world.CENTRE).unseen_remarks
    assert caught.value.code == "remark-unread"
    assert caught.value.facts["remarks"] == [
        {
            "id": unread[0].remark_id,
            "name": stored(world.CENTRE).lines[0].name,
            "remark": "Seen at another centre.",
        }
    ]
    newest = unread[-1].remark_id
    services.confirm_register(who.scope, who.actor, *key(), seen_remark=newest)
    assert stored(world.CENTRE).unseen_remarks == ()


def test_a_remark_made_after_reading_still_refuses(session: Session) -> None:
    page = bring_to("submitted")
    remark(page)
    newest = stored(world.CENTRE).unseen_remarks[-1].remark_id
    remark(page, "And again.")
    who = acting_as(SCDE)
    with pytest.raises(RuleBroken):
        services.confirm_register(who.scope, who.actor, *key(), seen_remark=newest)


def test_a_remark_changes_neither_state_nor_version(session: Session) -> None:
    page = bring_to("submitted")
    remark(page)
    after = stored(world.CENTRE)
    assert (after.state, after.version) == (page.state, page.version)


@pytest.mark.parametrize(("rows", "code"), [({}, "remark-missing"), ({0: "  "}, "not-on-register")])
def test_a_remark_says_something_of_somebody(
    session: Session, rows: dict[int, str], code: str
) -> None:
    bring_to("submitted")
    who = acting_as(TSC)
    with pytest.raises(RuleBroken) as caught:
        services.remark_on_rows(who.scope, who.actor, *key(), rows)
    assert caught.value.code == code


def test_reopening_takes_the_confirmation_back(session: Session) -> None:
    bring_to("confirmed")
    do(Act.REOPEN, acting_as(SCDE))
    page = stored(world.CENTRE)
    assert (page.state, page.confirmed_at) == (RegisterState.OPEN, None)


def test_closing_a_day_locks_what_is_confirmed_and_leaves_the_rest(session: Session) -> None:
    bring_to("confirmed")
    bring_to("submitted", world.SECOND_CENTRE)
    admin = acting_as("admin")
    series_id = stored(world.CENTRE).place.series_id
    assert services.lock_day(admin.scope, admin.actor, series_id, world.TODAY) == 1
    assert stored(world.CENTRE).state is RegisterState.LOCKED
    assert stored(world.SECOND_CENTRE).state is RegisterState.SUBMITTED


def test_a_failure_in_the_middle_leaves_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.attendance.services import moves

    page = bring_to("submitted")

    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(moves.audit, "record", broken)
    session.commit()
    who = acting_as(SCDE)
    with pytest.raises(RuntimeError):
        services.confirm_register(who.scope, who.actor, *key())
    after = stored(world.CENTRE)
    assert (after.state, after.version, after.last("confirm")) == (page.state, page.version, None)


def test_lists_show_every_register_with_whom_to_call(session: Session) -> None:
    bring_to("submitted")
    who = acting_as(SCDE)
    lines = {line.code: line for line in registers_on(who.scope, world.TODAY)}
    silent, sent = lines[world.SECOND_CENTRE], lines[world.CENTRE]
    assert (silent.state, silent.register_id, silent.present) == (None, None, 0)
    assert (sent.state, sent.present, sent.expected) == (RegisterState.SUBMITTED, 9, 9)
    manager = next(line for line in stored(world.SECOND_CENTRE).lines if line.manages_centre)
    assert (silent.manager, silent.manager_telephone) == (manager.name, manager.telephone)
    assert world.NEXT_DOOR not in lines
