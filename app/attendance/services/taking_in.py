"""A walk-in whom the director accepted comes into the register of the day they worked.

The mark is the centre's word, given when it entered them; the director's act only gives it the
deployment it can stand on. Whatever the register's state is stays: the SCDE's confirmation, the
second fact of a paid day, is still to come.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from app import clock
from app.attendance.enums import Act
from app.attendance.machine import Move
from app.attendance.models import Register
from app.attendance.queries import CentreOnDay, RegisterPage, centre_on_day, page_of
from app.attendance.rules import GivenMark, check_marks
from app.attendance.services.marking import WRITE_MARKS, columns_of
from app.attendance.services.moves import chosen_move, locked_register, state_of, store_move
from app.errors import IllegalMove, RuleBroken
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Taking:
    """The register of a day under lock, ready to take somebody in."""

    scope: Scope
    place: CentreOnDay
    register: Register
    move: Move


@dataclass(frozen=True, slots=True)
class Word:
    """The centre's word on one person: the mark, who of its people gave it, and its account."""

    mark: GivenMark
    marked_by: int | None
    entered_by: int | None


def register_to_take_in(scope: Scope, actor: Actor, centre_id: int, day: dt.date) -> Taking:
    """The register under lock until the transaction ends.

    Raises NotFound outside the scope, IllegalMove for a register that is confirmed or locked.
    """
    place = centre_on_day(scope, day, centre_id=centre_id)
    register = locked_register(scope, centre_id, day)
    move = chosen_move(actor, place, state_of(register), Act.TAKE_IN)
    if register is None:
        raise IllegalMove("register-move", N_("This register has not been opened yet."))
    return Taking(scope, place, register, move)


def take_in(session: Any, actor: Actor, taking: Taking, *, word: Word, reason: str) -> RegisterPage:
    """Stores the mark of somebody whom the roster holds by now, in the caller's unit of work.

    Raises RuleBroken where the rules ask for nobody of that role on the day.
    """
    register = taking.register
    page = page_of(taking.scope, taking.place, register)
    if word.mark.deployment_id not in page.names:
        said = N_("The rules ask for nobody in this role on that day.")
        raise RuleBroken("role-not-asked-for", said, field="role")
    marks = check_marks((word.mark,), page.names, complete=False)
    officers = {line.deployment_id: line.officer_id for line in page.markers}
    session.execute(
        WRITE_MARKS,
        {
            "register_id": register.id,
            "series_id": taking.place.series_id,
            "centre_id": register.centre_id,
            "sub_county_id": register.sub_county_id,
            "day": register.day,
            "state": register.state,
            "version": register.version + 1,
            "at": clock.now(),
            "user_id": word.entered_by,
            "marker": word.marked_by,
            "marker_officer": officers.get(word.marked_by or 0),
            "request_id": None,
            "correction_reason": reason[:LONGEST_REASON],
            **columns_of(marks, page.lines),
        },
    )
    facts = {"deployment": word.mark.deployment_id, "mark": str(word.mark.status)}
    store_move(actor, register, taking.move, reason=reason, facts=facts)
    return page_of(taking.scope, taking.place, register)
