"""Writes of walk-ins: the centre enters and withdraws, the director's decision is stored.

The acceptance itself crosses features and is in `app.procedures.walk_ins`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.attendance.enums import SETTLED
from app.attendance.machine import refusal
from app.attendance.queries import RegisterPage
from app.attendance.services import markers_for, open_register
from app.audit.services import Subject, record
from app.db.retries import in_one_transaction
from app.db.vault import Vault
from app.deployments.models import Deployment
from app.errors import IllegalMove, NotFound, RuleBroken
from app.extensions import db
from app.people.services.officers import NATIONAL_ID
from app.permissions import require
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.walk_ins.enums import NumberKind, WalkInState
from app.walk_ins.models import WalkIn
from app.walk_ins.queries import NUMBER, WHOSE, roles_at
from app.walk_ins.rules import MOST_A_DAY, Entry, checked, refuse_decided
from app.words import N_

__all__ = ["accept", "enter_walk_in", "locked", "refuse", "withdraw_walk_in"]

SHOWN = 3
LONGEST_REASON = 300

ENTER = text(
    """
    INSERT INTO walk_in (series_id, centre_id, sub_county_id, day, role_id, typed_name, number_kind,
      number_cipher, number_index, number_last, officer_id, why, status, minutes_late, late_reason,
      marked_by_id, entered_at, entered_by)
    SELECT :series_id, :centre_id, :sub_county_id, :day, :role_id, :name, :kind, :cipher, :index,
      :last, (SELECT o.id FROM officer o WHERE o.merged_into_id IS NULL
        AND (o.national_id_index = :id_index OR o.mobile = :mobile) LIMIT 1),
      :why, :status, :minutes, :late_reason, :marked_by, :at, :user_id
    RETURNING id
    """
)
"""The entry, and whose number it is: one statement, the same work for a known and an unknown one."""


def enter_walk_in(
    scope: Scope, actor: Actor, centre_id: int, day: dt.date, entry: Entry, *, vault: Vault
) -> int:
    """Stores somebody at work today who is not on the roster, as provisional; returns the id.

    The centre's register is opened with it if it was not. Nothing in the answer depends on whether
    the number is known. Raises RuleBroken with every fault of the entry, outside the marking
    hours, for the same number twice and beyond the day's limit.
    """
    require(actor, "walk-ins", "add")
    given = checked(entry)

    def work() -> int:
        page = _page_of_today(scope, actor, centre_id, day)
        _refuse_marker(actor, page, given)
        if given.role_id not in {row.id for row in roles_at(db.session, scope, centre_id)}:
            said = N_("Choose one of the roles of this centre.")
            raise RuleBroken("role-unknown", said, field="role")
        index = _index(given, vault)
        _refuse_many(page, index)
        stored = _store(actor, page, given, index=index, vault=vault)
        subject = Subject("walk_in", stored, page.place.sub_county_id, centre_id)
        after = {"day": day.isoformat(), "role": given.role_id, "mark": given.status}
        record(db.session, actor, "walk_in.entered", subject, after=after)
        return stored

    return in_one_transaction(db.session, work)


def withdraw_walk_in(scope: Scope, actor: Actor, walk_in_id: int) -> None:
    """The centre takes its entry back, until the director has decided."""
    require(actor, "walk-ins", "withdraw")

    def work() -> None:
        one = locked(scope, walk_in_id)
        _decide(actor, one, WalkInState.WITHDRAWN, None)

    in_one_transaction(db.session, work)


def locked(scope: Scope, walk_in_id: int) -> WalkIn:
    """The walk-in under a row lock, still undecided.

    Raises NotFound outside the scope and IllegalMove where it was decided or withdrawn.
    """
    statement = select(WalkIn).where(WalkIn.id == walk_in_id).with_for_update(of=WalkIn)
    statement = statement.execution_options(populate_existing=True)
    one: WalkIn | None = db.session.scalars(restrict(statement, WalkIn, scope)).one_or_none()
    if one is None:
        raise NotFound("no-walk-in", N_("That record was not found."))
    refuse_decided(WalkInState(one.state))
    return one


def accept(actor: Actor, one: WalkIn, deployment: Deployment) -> None:
    """Stores the acceptance of a locked walk-in, which stands on its deployment from now on.

    RuleBroken for whoever entered it: a day is paid on the word of two.
    """
    if actor.user_id == one.entered_by:
        said = N_("You entered this yourself: somebody else accepts it.")
        raise RuleBroken("own-walk-in", said)
    one.officer_id, one.deployment_id = deployment.officer_id, deployment.id
    _decide(actor, one, WalkInState.ACCEPTED, None)


def refuse(actor: Actor, one: WalkIn, reason: str) -> str:
    """Stores the refusal of a locked walk-in with its reason, tidied; RuleBroken where it is
    missing."""
    tidied = " ".join(reason.split())[:LONGEST_REASON]
    if not tidied:
        raise RuleBroken("reason-needed", N_("Write the reason."), field="reason")
    _decide(actor, one, WalkInState.REFUSED, tidied)
    return tidied


def _decide(actor: Actor, one: WalkIn, state: WalkInState, reason: str | None) -> None:
    one.state, one.decision_reason = str(state), reason
    one.decided_at, one.decided_by = clock.now(), actor.user_id
    db.session.flush()
    record(
        db.session,
        actor,
        f"walk_in.{state}",
        Subject("walk_in", one.id, one.sub_county_id, one.centre_id),
        before={"state": str(WalkInState.PROVISIONAL)},
        after={"state": str(state), "deployment": one.deployment_id},
        reason=reason,
    )


def _page_of_today(scope: Scope, actor: Actor, centre_id: int, day: dt.date) -> RegisterPage:
    """The day's register, opened and locked: entries of one centre come one after the other."""
    if day != clock.today():
        said = N_("Somebody is entered on the day that they work.")
        raise RuleBroken("not-today", said)
    page = open_register(scope, actor, centre_id, day)
    if page.place.hours is None:
        raise RuleBroken("no-examination-day", N_("The calendar holds no examination on this day."))
    if page.state in SETTLED:
        raise IllegalMove("register-move", refusal(page.state))
    return page


def _refuse_marker(actor: Actor, page: RegisterPage, given: Entry) -> None:
    """RuleBroken unless somebody of the centre who is on duty today says so, where there is one."""
    known = {line.deployment_id for line in markers_for(actor, page)}
    if known and given.marked_by not in known:
        said = N_("Say who saw them at work.")
        raise RuleBroken("marker-missing", said, field="marked_by")
    if not known and given.marked_by is not None:
        said = N_("The person who marked must be on duty at this centre today.")
        raise RuleBroken("marker-not-on-duty", said, field="marked_by")


def _refuse_many(page: RegisterPage, index: bytes) -> None:
    of_today = select(WalkIn.state, WalkIn.number_index).where(
        WalkIn.centre_id == page.place.centre_id, WalkIn.day == page.place.day
    )
    rows = db.session.execute(of_today).all()
    standing = {WalkInState.PROVISIONAL, WalkInState.ACCEPTED}
    if any(row.number_index == index and row.state in standing for row in rows):
        said = N_("You entered this number today already.")
        raise RuleBroken("entered-already", said, field="number")
    if len(rows) >= MOST_A_DAY:
        said = N_("Ten entries are the most for one day. Call the TSC Sub-County Director.")
        raise RuleBroken("too-many-walk-ins", said)


def _index(given: Entry, vault: Vault) -> bytes:
    """The keyed index of the number: of an identity number, the one by which officers are found."""
    by_id = given.kind == NumberKind.NATIONAL_ID
    return vault.index(given.number, context=NATIONAL_ID if by_id else NUMBER)


def _store(actor: Actor, page: RegisterPage, given: Entry, *, index: bytes, vault: Vault) -> int:
    by_id = given.kind == NumberKind.NATIONAL_ID
    values: dict[str, Any] = {
        "series_id": page.place.series_id,
        "centre_id": page.place.centre_id,
        "sub_county_id": page.place.sub_county_id,
        "day": page.place.day,
        "role_id": given.role_id,
        "name": given.name,
        "kind": given.kind,
        "cipher": vault.seal(given.number, context=NUMBER),
        "index": index,
        "last": given.number[-SHOWN:],
        "id_index": index if by_id else None,
        "mobile": None if by_id else given.number,
        "why": given.why,
        "status": given.status,
        "minutes": given.minutes_late,
        "late_reason": given.late_reason,
        "marked_by": given.marked_by,
        "at": clock.now(),
        "user_id": actor.user_id,
    }
    with scoped_as(db.session, WHOSE):
        stored: int = db.session.execute(ENTER, values).scalar_one()
    return stored
