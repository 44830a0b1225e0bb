"""Steps that every act on a register shares: load and lock it, choose the move, store the move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from app import clock
from app.attendance.enums import Act, RegisterState
from app.attendance.machine import MOVES, Move, move_for
from app.attendance.models import CentreDay, Register, RegisterMove
from app.attendance.queries import CentreOnDay
from app.audit import services as audit
from app.errors import NotAllowed, RuleBroken
from app.extensions import db
from app.permissions import may, require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON = 500


def locked_register(scope: Scope, centre_id: int, day: dt.date) -> Register | None:
    """The register under a row lock until the transaction ends; None when it was not opened."""
    statement = (
        select(Register)
        .where(Register.centre_id == centre_id, Register.day == day)
        .with_for_update(of=Register)
        .execution_options(populate_existing=True)
    )
    register: Register | None = db.session.execute(
        restrict(statement, Register, scope)
    ).scalar_one_or_none()
    return register


def chosen_move(actor: Actor, place: CentreOnDay, state: RegisterState | None, act: Act) -> Move:
    """The move for this act on a register of this place in this state.

    Raises NotAllowed when the actor may do the act in no state or not in this one, IllegalMove
    when the table has no such move.
    """
    if not any(may(actor, place.resource, move.may) for move in MOVES if move.act is act):
        raise NotAllowed("not-allowed", N_("Your role does not allow this."), facts={"act": act})
    move = move_for(state, act, of_store=place.of_store)
    require(actor, place.resource, move.may)
    return move


def state_of(register: Register | None) -> RegisterState | None:
    """The stored state as a word of the table; None for a register that was not opened."""
    return None if register is None else RegisterState(register.state)


def given_reason(move: Move, reason: str | None) -> str | None:
    """The reason, tidied; raises RuleBroken where the move needs one and there is none."""
    tidied = " ".join((reason or "").split()) or None
    if move.needs_reason and tidied is None:
        raise RuleBroken("reason-missing", N_("Write the reason."), field="reason")
    if tidied and len(tidied) > LONGEST_REASON:
        raise RuleBroken(
            "too-long",
            N_("Shorten this to %(most)s characters."),
            field="reason",
            facts={"most": LONGEST_REASON},
        )
    return tidied


def store_move(
    actor: Actor,
    register: Register,
    move: Move,
    *,
    reason: str | None = None,
    rows: Mapping[int, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Writes the register's new state and version, the move and its event.

    The caller has set what else changed on the register.
    """
    before = {"state": move.before, "version": register.version}
    register.state = str(move.after)
    register.version += 1
    db.session.flush()
    db.session.execute(
        insert(RegisterMove.__table__).values(
            register_id=register.id,
            centre_id=register.centre_id,
            sub_county_id=register.sub_county_id,
            act=str(move.act),
            from_state=None if move.before is None else str(move.before),
            to_state=str(move.after),
            reason=reason,
            rows=[{"deployment_id": i, "reason": why} for i, why in (rows or {}).items()],
            moved_at=clock.now(),
            moved_by=actor.user_id,
            actor_name=actor.name[:120],
        )
    )
    audit.record(
        db.session,
        actor,
        move.audit_word,
        subject_of(register),
        before=before,
        after={"state": register.state, "version": register.version, **(facts or {})},
        reason=reason,
    )


def summarise_state(register: Register) -> None:
    """Carries the register's state into the summary of its day."""
    db.session.execute(
        update(CentreDay)
        .where(CentreDay.centre_id == register.centre_id, CentreDay.day == register.day)
        .values(state=register.state, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def subject_of(register: Register) -> audit.Subject:
    """What the events of this register are about."""
    return audit.Subject(
        "register",
        register.id,
        sub_county_id=register.sub_county_id,
        centre_id=register.centre_id,
    )
