"""Shorthand for tests of the register: act as an account, mark a whole roster, count statements."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import event, select

from app import clock
from app.access.models import User
from app.attendance.enums import MarkStatus
from app.attendance.queries import RegisterPage, centre_on_day, register_page
from app.attendance.rules import GivenMark
from app.attendance.services import Marking, mark_register, open_register
from app.extensions import db
from app.places.models import Centre
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, Scope, system_scope
from tests.factories import world

EVERYTHING = system_scope("test")


@contextmanager
def office_time(hour: int, minute: int = 0, day: dt.date = world.TODAY) -> Iterator[None]:
    """Stops office time at a Nairobi wall-clock time for a block."""
    clock.configure(frozen=clock.instant_at(day, dt.time(hour, minute)))
    try:
        yield
    finally:
        world.freeze()


@dataclass(frozen=True)
class Someone:
    """An account with its scope, as the doors would hand them to a service."""

    scope: Scope
    actor: Actor


def acting_as(username: str) -> Someone:
    """The account's scope and actor today; the session works under that scope from now on."""
    enter_scope(db.session, EVERYTHING)
    user = db.session.scalars(select(User).where(User.username == username)).one()
    scope, roles = resolve(db.session, user, today=clock.today())
    actor = actor_for(user, roles, session_id="test", request_id=str(uuid.uuid4()))
    enter_scope(db.session, scope)
    return Someone(scope, actor)


def centre_id(code: str) -> int:
    """The id of the centre of this code, whoever acts."""
    with scoped_as(db.session, EVERYTHING):
        found: int = db.session.scalars(select(Centre.id).where(Centre.code == code)).one()
    return found


def stored(code: str, day: dt.date = world.TODAY) -> RegisterPage:
    """The register as it stands, read over everything."""
    with scoped_as(db.session, EVERYTHING):
        return register_page(EVERYTHING, centre_on_day(EVERYTHING, day, code=code))


def everybody(page: RegisterPage, **by_role: GivenMark) -> tuple[GivenMark, ...]:
    """A mark for each row: present, or what is said for the first person of a role."""
    given = dict(by_role)
    marks = []
    for line in page.lines:
        said = given.pop(line.role_code, GivenMark(0, MarkStatus.PRESENT))
        marks.append(replace(said, deployment_id=line.deployment_id))
    return tuple(marks)


LATE = GivenMark(0, MarkStatus.LATE, minutes_late=20, reason="Transport")
ABSENT = GivenMark(0, MarkStatus.ABSENT, reason="Illness", remark="Called at 06:50")


def marking(page: RegisterPage, **changes: Any) -> Marking:
    """A complete submit of everybody present, marked by the centre manager, with changes."""
    marker = next(line for line in page.markers if line.manages_centre)
    whole = Marking(
        request_id=uuid.uuid4(),
        version=page.version,
        submit=True,
        marked_by=marker.deployment_id,
        marks=everybody(page),
    )
    return replace(whole, **changes)


def bring_to(state: str | None, code: str = world.CENTRE) -> RegisterPage:
    """Today's register of the centre in this state, brought there by those whose act it is."""
    from app.attendance import services

    steps = {
        None: (),
        "open": ("open",),
        "submitted": ("submit",),
        "returned": ("submit", "return"),
        "confirmed": ("submit", "confirm"),
        "locked": ("submit", "confirm", "lock"),
    }[state]
    key = (centre_id(code), world.TODAY)
    centre, scde, admin = (f"KCSE{code}", "scde.kisumu-east", "admin")
    for step in steps:
        who = acting_as({"open": centre, "submit": centre, "lock": admin}.get(step, scde))
        if step == "open":
            open_register(who.scope, who.actor, *key)
        elif step == "submit":
            mark_register(who.scope, who.actor, *key, marking(stored(code)))
        elif step == "return":
            services.return_register(who.scope, who.actor, *key, reason="Two names are missing.")
        elif step == "confirm":
            services.confirm_register(who.scope, who.actor, *key)
        else:
            series_id = stored(code).place.series_id
            services.lock_day(who.scope, who.actor, series_id, world.TODAY)
    return stored(code)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the SQL statements sent within the block."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
