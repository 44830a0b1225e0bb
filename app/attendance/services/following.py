"""Registers follow who is moved from one centre to another: locked first, counted afresh after.

The roster itself is read from the deployments; only the day's summary has to be written again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.attendance.enums import SETTLED, RegisterState
from app.attendance.models import Register
from app.attendance.queries import centre_on_day, page_of
from app.attendance.services.marking import WRITE_MARKS, columns_of
from app.scoping.scope import Actor, Scope

__all__ = ["last_settled_day", "registers_from", "rosters_follow"]


def registers_from(
    session: Any, centre_ids: Collection[int], from_day: dt.date
) -> Sequence[Register]:
    """The registers of these centres from a day on, locked in one order before any deployment is.

    Whoever marks one of them holds it until the mark is stored, so that it is seen here.
    """
    found: Sequence[Register] = session.scalars(
        select(Register)
        .where(Register.centre_id.in_(sorted(set(centre_ids))), Register.day >= from_day)
        .order_by(Register.id)
        .with_for_update(of=Register)
        .execution_options(populate_existing=True)
    ).all()
    return found


def last_settled_day(registers: Sequence[Register], centre_id: int) -> dt.date | None:
    """The last day of the centre whose register is confirmed or locked; None where none is."""
    days = [
        one.day
        for one in registers
        if one.centre_id == centre_id and RegisterState(one.state) in SETTLED
    ]
    return max(days, default=None)


def rosters_follow(session: Any, scope: Scope, actor: Actor, registers: Sequence[Register]) -> None:
    """Counts the people of these registers afresh, after somebody left their roster or came to it.

    One that is submitted has another version from now on: whoever read it before, to confirm it,
    reads it again.
    """
    for register in registers:
        state = RegisterState(register.state)
        if state in SETTLED:
            continue
        if state is RegisterState.SUBMITTED:
            register.version += 1
            session.flush()
        place = centre_on_day(scope, register.day, centre_id=register.centre_id)
        page = page_of(scope, place, register)
        session.execute(
            WRITE_MARKS,
            {
                "register_id": register.id,
                "series_id": register.series_id,
                "centre_id": register.centre_id,
                "sub_county_id": register.sub_county_id,
                "day": register.day,
                "state": register.state,
                "version": register.version,
                "at": clock.now(),
                "user_id": actor.user_id,
                "marker": None,
                "marker_officer": None,
                "request_id": None,
                "correction_reason": None,
                **columns_of((), page.lines),
            },
        )
