"""Arranges walk-ins for tests: an open place, an officer whose number is known, an entry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.db.vault import vault_of
from app.exams.models import StaffRole
from app.extensions import db
from app.people.models import Officer
from app.people.services.officers import sealed
from app.scoping.guard import scoped_as
from app.walk_ins.rules import Entry
from app.walk_ins.services import enter_walk_in
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, centre_id, stored

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
TSC, SCDE = "tsc.kisumu-east", "scde.kisumu-east"
KNOWN, UNKNOWN = "31234567", "39999999"
"""Identity numbers: a spare officer's of Kisumu East, and nobody's."""

_WIDEN = text(
    "UPDATE post SET required = required + 1 FROM centre c, staff_role r"
    " WHERE post.centre_id = c.id AND post.role_id = r.id AND c.code = :code AND r.code = :role"
)


def open_place(role: str = "clerk", code: str = world.CENTRE) -> None:
    """One more place of the role than is filled."""
    with scoped_as(db.session, EVERYTHING):
        db.session.execute(_WIDEN, {"role": role, "code": code})
        db.session.flush()


def spare(number: str = KNOWN, workstation: str = "Kisumu East Boys") -> int:
    """An officer whom nobody has deployed, with this identity number; the id."""
    with scoped_as(db.session, EVERYTHING):
        one = db.session.scalars(
            select(Officer).where(Officer.workstation == workstation).order_by(Officer.id)
        ).first()
        for name, value in sealed(vault_of(db.session), number, None).items():
            setattr(one, name, value)
        db.session.flush()
        return int(one.id)


def role_id(code: str = "clerk") -> int:
    """The id of a role."""
    with scoped_as(db.session, EVERYTHING):
        return int(db.session.scalars(select(StaffRole.id).where(StaffRole.code == code)).one())


def entry(**changes: Any) -> Entry:
    """A whole entry of the known number, present, seen by the centre's manager."""
    manager = next(line for line in stored(world.CENTRE).markers if line.manages_centre)
    whole = Entry(
        kind="national_id",
        number=KNOWN,
        role_id=role_id(),
        name="Achieng Otieno",
        why="In place of the clerk, who is ill.",
        marked_by=manager.deployment_id,
    )
    return replace(whole, **changes)


def enter(**changes: Any) -> int:
    """The centre enters somebody today; the id of the walk-in."""
    given = entry(**changes)
    who = acting_as(CENTRE_LOGIN)
    return enter_walk_in(
        who.scope,
        who.actor,
        centre_id(world.CENTRE),
        clock.today(),
        given,
        vault=vault_of(db.session),
    )


def value(statement: str, **values: Any) -> Any:
    """A single value, read over everything."""
    with scoped_as(db.session, EVERYTHING):
        return world.one(db.session, statement, **values)
