"""Schools with which an officer has to do: declared by themselves, they bar those centres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.people.fields import INTERESTS
from app.people.machine import OWN
from app.people.models import DeclaredInterest, Officer
from app.people.services.profiles import own_officer
from app.permissions import require
from app.places.models import School
from app.scoping.scope import Actor, Scope
from app.words import N_

MOST = 20


def change(scope: Scope, actor: Actor, form: Mapping[str, str]) -> None:
    """Adds the chosen school (`school`, `why`) or takes one away (`remove`)."""
    require(actor, OWN, "edit")
    with unit_of_work(db.session) as session:
        officer = own_officer(session, scope, actor)
        if form.get("remove"):
            _remove(session, actor, officer, _whole(form.get("remove")))
        else:
            _add(session, actor, officer, _whole(form.get("school")), form.get("why", ""))


def _add(session: Any, actor: Actor, officer: Officer, school_id: int, why: str) -> None:
    if session.get(School, school_id) is None:
        raise RuleBroken("choose-school", N_("Search for the school, then choose it."), field="q")
    if why not in dict(INTERESTS):
        raise RuleBroken("choose-why", N_("Choose what you have to do with it."), field="why")
    declared = select(DeclaredInterest.id).where(DeclaredInterest.officer_id == officer.id)
    if len(session.scalars(declared).all()) >= MOST:
        raise RuleBroken("too-many", N_("That is as many as can be kept."), field="q")
    row = {"officer_id": officer.id, "sub_county_id": officer.sub_county_id}
    row |= {"school_id": school_id}
    session.execute(insert(DeclaredInterest).values(**row, why=why).on_conflict_do_nothing())
    record(session, actor, "interest.declared", _subject(officer), after={"school": school_id})


def _remove(session: Any, actor: Actor, officer: Officer, school_id: int) -> None:
    own = DeclaredInterest.officer_id == officer.id
    session.execute(delete(DeclaredInterest).where(own, DeclaredInterest.school_id == school_id))
    record(session, actor, "interest.withdrawn", _subject(officer), before={"school": school_id})


def _subject(officer: Officer) -> Subject:
    return Subject("officer", officer.id, officer.sub_county_id, None, officer.id)


def _whole(text: str | None) -> int:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else 0
