"""The register of one centre's day as it stands, with everything its page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.access.accounts import account_name
from app.access.models import User
from app.attendance.enums import RegisterState
from app.attendance.models import Register, RegisterMove, RegisterRemark
from app.attendance.queries.rosters import CentreOnDay, Line, people_on
from app.attendance.rules import GivenMark
from app.deployments.models import RosterConfirmation
from app.errors import NotFound
from app.extensions import db
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

NOT_OPENED = "not opened"
"""The state that a program reads where no register is stored."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who moved a register and when, with the reason and the reasons of single rows."""

    act: str
    at: dt.datetime
    by: str
    reason: str | None
    rows: dict[int, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """A director's remark on a row; `seen` once the SCDE confirmed with it in view."""

    remark_id: int
    deployment_id: int
    text: str
    by: str
    at: dt.datetime
    seen: bool


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The register of a centre's day; without a stored one `version` is 0.

    `lines` are its rows; `markers` everybody who may say that they marked it.
    """

    place: CentreOnDay
    register_id: int | None
    state: RegisterState | None
    version: int
    lines: tuple[Line, ...]
    markers: tuple[Line, ...]
    marked_by_id: int | None = None
    submitted_at: dt.datetime | None = None
    confirmed_at: dt.datetime | None = None
    return_reason: str | None = None
    stamps: tuple[Stamp, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def last(self, *acts: str) -> Stamp | None:
        """The latest move by one of these acts, or None."""
        return next((stamp for stamp in reversed(self.stamps) if stamp.act in acts), None)

    @property
    def names(self) -> dict[int, str]:
        """The names on the register by deployment, in the order of the rows."""
        return {line.deployment_id: line.name for line in self.lines}

    @property
    def marked_by(self) -> str | None:
        """The name of the deployed person who marked, while they are still known here."""
        found = (p.name for p in self.markers if p.deployment_id == self.marked_by_id)
        return next(found, None)

    @property
    def marks(self) -> dict[int, GivenMark]:
        """What stands marked, by deployment."""
        return {
            line.deployment_id: GivenMark(
                line.deployment_id, line.status, line.minutes_late, line.reason, line.remark
            )
            for line in self.lines
            if line.status is not None
        }

    def as_answer(self) -> dict[str, Any]:
        """The register as programs read it: plain JSON values."""
        return {
            "centre_code": self.place.code,
            "date": self.place.day.isoformat(),
            "series": self.place.series,
            "state": str(self.state) if self.state else NOT_OPENED,
            "version": self.version,
            "marked_by": self.marked_by_id,
            "submitted_at": _instant(self.submitted_at),
            "confirmed_at": _instant(self.confirmed_at),
            "return_reason": self.return_reason,
            "rows": [self._row(line) for line in self.lines],
        }

    def _row(self, line: Line) -> dict[str, Any]:
        returned = self.last("return") if self.state is RegisterState.RETURNED else None
        remarks = [
            {"id": one.remark_id, "by": one.by, "remark": one.text}
            for one in self.remarks
            if one.deployment_id == line.deployment_id
        ]
        return {
            "deployment_id": line.deployment_id,
            "name": line.name,
            "role": line.role_code,
            "role_name": line.role,
            "mark": str(line.status) if line.status else None,
            "minutes_late": line.minutes_late,
            "reason": line.reason,
            "remark": line.remark,
            "self_marked": line.self_marked,
            "disputed": line.disputed,
            "return_reason": returned.rows.get(line.deployment_id) if returned else None,
            "director_remarks": remarks,
        }

    @property
    def unseen_remarks(self) -> tuple[Remark, ...]:
        """The directors' remarks that no confirmation has taken in."""
        return tuple(remark for remark in self.remarks if not remark.seen)


def register_page(scope: Scope, place: CentreOnDay) -> RegisterPage:
    """The register of the day with its rows, moves and remarks; at most four queries."""
    register = db.session.execute(
        restrict(select(Register), Register, scope)
        .where(Register.centre_id == place.centre_id, Register.day == place.day)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    return page_of(scope, place, register)


def page_of(scope: Scope, place: CentreOnDay, register: Register | None) -> RegisterPage:
    """The page of a register that was already read, or of a day that was not opened."""
    lines, others = people_on(scope, place)
    if register is None:
        return RegisterPage(place, None, None, 0, lines, (*lines, *others))
    return RegisterPage(
        place=place,
        register_id=register.id,
        state=RegisterState(register.state),
        version=register.version,
        lines=lines,
        markers=(*lines, *others),
        marked_by_id=register.marked_by_id,
        submitted_at=register.submitted_at,
        confirmed_at=register.confirmed_at,
        return_reason=register.return_reason,
        stamps=_stamps(scope, register.id),
        remarks=_remarks(scope, register.id),
    )


@dataclass(frozen=True, slots=True)
class RosterWord:
    """The centre's confirmation of its roster on rehearsal day."""

    at: dt.datetime
    by: str | None
    people: int
    remark: str | None


def roster_confirmation(scope: Scope, centre_id: int) -> RosterWord | None:
    """What the centre said of its roster, or None while it has not."""
    statement = (
        select(
            RosterConfirmation.confirmed_at,
            account_name(),
            RosterConfirmation.people,
            RosterConfirmation.remark,
        )
        .outerjoin(User, User.id == RosterConfirmation.confirmed_by)
        .where(RosterConfirmation.centre_id == centre_id)
    )
    found = db.session.execute(restrict(statement, RosterConfirmation, scope)).first()
    return RosterWord(*found) if found else None


def _instant(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(dt.UTC).isoformat()


def _stamps(scope: Scope, register_id: int) -> tuple[Stamp, ...]:
    statement = (
        restrict(select(RegisterMove), RegisterMove, scope)
        .where(RegisterMove.register_id == register_id)
        .order_by(RegisterMove.id)
    )
    return tuple(
        Stamp(
            move.act,
            move.moved_at,
            move.actor_name,
            move.reason,
            {row["deployment_id"]: row["reason"] for row in move.rows},
        )
        for move in db.session.execute(statement).scalars()
    )


def _remarks(scope: Scope, register_id: int) -> tuple[Remark, ...]:
    statement = (
        select(RegisterRemark, account_name())
        .outerjoin(User, User.id == RegisterRemark.created_by)
        .where(RegisterRemark.register_id == register_id)
        .order_by(RegisterRemark.id)
        .execution_options(populate_existing=True)
    )
    return tuple(
        Remark(
            one.id, one.deployment_id, one.remark, by or "", one.created_at, one.seen_at is not None
        )
        for one, by in db.session.execute(restrict(statement, RegisterRemark, scope))
    )


@dataclass(frozen=True, slots=True)
class Named:
    """Centres (code and name) and days of registers, by id."""

    centres: dict[int, tuple[str, str]]
    days: dict[int, dt.date]


def centres_and_days(scope: Scope, register_ids: Sequence[int], centre_ids: Sequence[int]) -> Named:
    """How to name and to find what events are about; only what lies in the scope."""
    centres = restrict(select(Centre.id, Centre.code, Centre.name), Centre, scope)
    days = restrict(select(Register.id, Register.day), Register, scope)
    return Named(
        {
            one: (code, name)
            for one, code, name in db.session.execute(centres.where(Centre.id.in_(centre_ids)))
        },
        dict(db.session.execute(days.where(Register.id.in_(register_ids))).all()),
    )


def keys_of(scope: Scope, register_ids: Sequence[int]) -> tuple[tuple[int, dt.date], ...]:
    """Centre and day of each of these registers, in the order of the ids.

    Raises NotFound when one of them is outside the scope.
    """
    statement = select(Register.id, Register.centre_id, Register.day)
    statement = restrict(statement, Register, scope).where(Register.id.in_(register_ids))
    found = {one: (centre_id, day) for one, centre_id, day in db.session.execute(statement)}
    if len(found) < len(set(register_ids)):
        raise NotFound("no-register-here", N_("There is no register of this centre on this day."))
    return tuple(found[one] for one in register_ids)


def last_marker(scope: Scope, centre_id: int) -> int | None:
    """The deployment that marked this centre's latest submitted register, if any."""
    statement = select(Register.marked_by_id).where(
        Register.centre_id == centre_id, Register.marked_by_id.is_not(None)
    )
    statement = restrict(statement, Register, scope).order_by(Register.day.desc(), Register.id)
    found: int | None = db.session.execute(statement.limit(1)).scalar()
    return found
