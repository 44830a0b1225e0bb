"""The offices' half of the register: confirm, return, reopen, lock, and remarks on rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from sqlalchemy import insert, select, text, update

from app import clock
from app.attendance.enums import Act, RegisterState
from app.attendance.machine import Move
from app.attendance.models import Register, RegisterRemark
from app.attendance.queries import CentreOnDay, RegisterPage, centre_on_day, page_of
from app.attendance.services.moves import (
    LONGEST_REASON,
    chosen_move,
    given_reason,
    locked_register,
    state_of,
    store_move,
    subject_of,
    summarise_state,
)
from app.audit import services as audit
from app.db.retries import in_one_transaction
from app.errors import Conflict, IllegalMove, PortalError, Problems, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_


@dataclass(frozen=True, slots=True)
class Refusal:
    """A register that an act on many could not move, with the sentence why."""

    place: CentreOnDay
    error: PortalError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act on many registers came to."""

    done: tuple[CentreOnDay, ...]
    refused: tuple[Refusal, ...]


def confirm_register(
    scope: Scope,
    actor: Actor,
    centre_id: int,
    day: dt.date,
    *,
    version: int | None = None,
    seen_remark: int = 0,
) -> RegisterPage:
    """The SCDE's second fact: the submitted register stands and its worked days may be paid.

    `version` is the one that was read, when the caller has it, and `seen_remark` the newest
    director's remark shown with it: an unread remark or a newer version refuses.
    """

    def work() -> RegisterPage:
        held = _loaded(scope, actor, centre_id, day, Act.CONFIRM)
        _refuse_newer(held.page, version)
        _refuse_unread(held.page, seen_remark)
        held.register.confirmed_at = clock.now()
        held.register.confirmed_by = actor.user_id
        _take_in_remarks(actor, held.register)
        return _moved(scope, actor, held)

    return in_one_transaction(db.session, work)


def confirm_registers(
    scope: Scope,
    actor: Actor,
    days: Iterable[tuple[int, dt.date]],
    *,
    versions: Mapping[int, int] | None = None,
) -> Outcome:
    """Confirms each register (centre, day) in a transaction of its own; says which and why not.

    `versions` are those that were read, by centre: a register changed since is refused.
    """
    read = versions or {}
    done: list[CentreOnDay] = []
    refused: list[Refusal] = []
    for centre_id, day in days:
        place = centre_on_day(scope, day, centre_id=centre_id)
        try:
            confirm_register(scope, actor, centre_id, day, version=read.get(centre_id))
        except (IllegalMove, RuleBroken, Conflict) as error:
            refused.append(Refusal(place, error))
        else:
            done.append(place)
    return Outcome(tuple(done), tuple(refused))


def return_register(
    scope: Scope,
    actor: Actor,
    centre_id: int,
    day: dt.date,
    *,
    reason: str,
    rows: Mapping[int, str] | None = None,
) -> RegisterPage:
    """Gives the register back to the centre with the reason, and the reasons of single rows."""

    def work() -> RegisterPage:
        held = _loaded(scope, actor, centre_id, day, Act.RETURN)
        why = given_reason(held.move, reason)
        held.register.return_reason = why
        return _moved(scope, actor, held, reason=why, rows=_on_rows(held.page, rows))

    return in_one_transaction(db.session, work)


def reopen_register(
    scope: Scope, actor: Actor, centre_id: int, day: dt.date, *, reason: str
) -> RegisterPage:
    """Opens a confirmed (SCDE) or locked (KNEC) register again; its days wait for confirmation."""

    def work() -> RegisterPage:
        held = _loaded(scope, actor, centre_id, day, Act.REOPEN)
        why = given_reason(held.move, reason)
        held.register.confirmed_at = None
        held.register.confirmed_by = None
        return _moved(scope, actor, held, reason=why)

    return in_one_transaction(db.session, work)


def remark_on_rows(
    scope: Scope, actor: Actor, centre_id: int, day: dt.date, remarks: Mapping[int, str]
) -> RegisterPage:
    """Stores the TSC director's remarks on rows, which the SCDE must see before confirming."""

    def work() -> RegisterPage:
        place = centre_on_day(scope, day, centre_id=centre_id)
        require(actor, place.resource, "remark")
        register = locked_register(scope, centre_id, day)
        page = page_of(scope, place, register)
        if register is None:
            raise IllegalMove("not-opened", N_("This register has not been opened yet."))
        said = _on_rows(page, remarks)
        if not said:
            raise RuleBroken("remark-missing", N_("Write a remark on a row."), field="remark")
        for deployment_id, remark in said.items():
            _store_remark(actor, register, deployment_id, remark)
        return page_of(scope, place, register)

    return in_one_transaction(db.session, work)


LOCK_DAY = text(
    """
    WITH moved AS (
      UPDATE register SET state = 'locked', version = version + 1
      WHERE id = ANY (CAST(:ids AS int[])) AND state = 'confirmed'
      RETURNING id, centre_id, sub_county_id, version
    ), moves AS (
      INSERT INTO register_move (register_id, centre_id, sub_county_id, act, from_state, to_state,
        moved_at, moved_by, actor_name)
      SELECT id, centre_id, sub_county_id, 'lock', 'confirmed', 'locked', :at, :user_id, :name
      FROM moved
    ), days AS (
      UPDATE centre_day SET state = 'locked', updated_at = :at FROM moved
      WHERE centre_day.centre_id = moved.centre_id AND centre_day.day = :day
    )
    SELECT id, centre_id, sub_county_id, version FROM moved ORDER BY centre_id
    """
)


def lock_day(scope: Scope, actor: Actor, series_id: int, day: dt.date) -> int:
    """KNEC closes a day of a series: every confirmed register is locked; returns how many.

    Registers in another state stay where they are and can be confirmed and locked later. Each
    sub-county is a transaction of its own, so that nobody waits for the whole country.
    """
    require(actor, "registers", "lock")
    confirmed = (
        restrict(select(Register.sub_county_id, Register.id), Register, scope)
        .where(Register.series_id == series_id, Register.day == day)
        .where(Register.state == str(RegisterState.CONFIRMED))
        .order_by(Register.sub_county_id, Register.id)
    )
    found = db.session.execute(confirmed).all()
    by_sub_county = [[row.id for row in rows] for _, rows in groupby(found, key=lambda row: row[0])]
    return sum(
        in_one_transaction(db.session, partial(_lock, actor, day, ids)) for ids in by_sub_county
    )


def _lock(actor: Actor, day: dt.date, ids: list[int]) -> int:
    """Locks those of the registers that are still confirmed, each with its event."""
    values = {"ids": ids, "day": day, "at": clock.now()}
    who = {"user_id": actor.user_id, "name": actor.name[:120]}
    moved = db.session.execute(LOCK_DAY, values | who).all()
    for row in moved:
        audit.record(
            db.session,
            actor,
            "register.locked",
            audit.Subject(
                "register", row.id, sub_county_id=row.sub_county_id, centre_id=row.centre_id
            ),
            before={"state": "confirmed", "version": row.version - 1},
            after={"state": "locked", "version": row.version},
        )
    return len(moved)


@dataclass(frozen=True, slots=True)
class _Held:
    """A register under lock, as it reads, with the move that was chosen."""

    page: RegisterPage
    register: Register
    move: Move


def _loaded(scope: Scope, actor: Actor, centre_id: int, day: dt.date, act: Act) -> _Held:
    place = centre_on_day(scope, day, centre_id=centre_id)
    register = locked_register(scope, centre_id, day)
    move = chosen_move(actor, place, state_of(register), act)
    if register is None:
        raise IllegalMove("register-move", N_("This register has not been opened yet."))
    return _Held(page_of(scope, place, register), register, move)


def _moved(
    scope: Scope,
    actor: Actor,
    held: _Held,
    *,
    reason: str | None = None,
    rows: Mapping[int, str] | None = None,
) -> RegisterPage:
    facts = {"rows": sorted(rows)} if rows else None
    store_move(actor, held.register, held.move, reason=reason, rows=rows, facts=facts)
    summarise_state(held.register)
    return page_of(scope, held.page.place, held.register)


def _refuse_newer(page: RegisterPage, version: int | None) -> None:
    if version is not None and version != page.version:
        raise Conflict(
            "register-changed",
            N_("This register was changed since you opened it. Look at it again."),
            field="version",
            facts={"version": page.version, "yours": version},
        )


def _refuse_unread(page: RegisterPage, seen_remark: int) -> None:
    unread = [one for one in page.unseen_remarks if one.remark_id > seen_remark]
    if unread:
        names = page.names
        raise RuleBroken(
            "remark-unread",
            N_("The TSC director remarked on a row. Open the register and read it first."),
            facts={
                "remarks": [
                    {"id": r.remark_id, "name": names.get(r.deployment_id), "remark": r.text}
                    for r in unread
                ]
            },
        )


def _take_in_remarks(actor: Actor, register: Register) -> None:
    db.session.execute(
        update(RegisterRemark)
        .where(RegisterRemark.register_id == register.id, RegisterRemark.seen_at.is_(None))
        .values(seen_at=clock.now(), seen_by=actor.user_id)
        .execution_options(synchronize_session=False)
    )


def _store_remark(actor: Actor, register: Register, deployment_id: int, remark: str) -> None:
    db.session.execute(
        insert(RegisterRemark).values(
            register_id=register.id,
            deployment_id=deployment_id,
            centre_id=register.centre_id,
            sub_county_id=register.sub_county_id,
            remark=remark,
            created_at=clock.now(),
            created_by=actor.user_id,
        )
    )
    audit.record(
        db.session,
        actor,
        "register.remarked",
        subject_of(register),
        after={"deployment": deployment_id},
        reason=remark,
    )


def _on_rows(page: RegisterPage, texts: Mapping[int, str] | None) -> dict[int, str]:
    """What is said of single rows, tidied; raises RuleBroken for a row of another register."""
    problems = Problems()
    said = {i: " ".join(text.split()) for i, text in (texts or {}).items()}
    for deployment_id, words in said.items():
        if deployment_id not in page.names:
            text = N_("Somebody named here is not on this register.")
            problems.add("not-on-register", text, field=f"row-{deployment_id}")
        elif len(words) > LONGEST_REASON:
            text = N_("Shorten this to %(most)s characters.")
            facts = {"most": LONGEST_REASON}
            problems.add("too-long", text, field=f"row-{deployment_id}", facts=facts)
    problems.refuse_if_any()
    return {i: words for i, words in said.items() if words}
