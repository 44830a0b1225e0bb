"""Writes of reference data from generated forms and REST: one service for every such table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import NotFound, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.guard import scoped_classes
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Records:
    """A kind of record: its table, its line of the permission matrix, and what events may not say.

    The values of `personal` columns stay out of events, which then say only that they changed.
    """

    model: type[Any]
    resource: str
    personal: frozenset[str] = frozenset()

    @property
    def entity(self) -> str:
        return str(self.model.__tablename__)


def add_record(kind: Records, scope: Scope, actor: Actor, *, values: Values) -> Any:
    """Stores a new record with its event; a foreign key outside the scope raises NotFound."""
    require(actor, kind.resource, "add")
    with unit_of_work(db.session) as session:
        refuse_foreign_keys(session, kind.model, scope, values)
        row = kind.model(**_given(values))
        session.add(row)
        session.flush()
        after = _plain(kind, {name: getattr(row, name) for name in values})
        record(session, actor, f"{kind.entity}.added", subject_of(kind, row), after=after)
    return row


def edit_record(kind: Records, scope: Scope, actor: Actor, *, pk: int, values: Values) -> Any:
    """Changes a record in scope, with an event that says what was and what is."""
    require(actor, kind.resource, "edit")
    with unit_of_work(db.session) as session:
        row = within(session, kind.model, scope, pk)
        refuse_foreign_keys(session, kind.model, scope, values)
        before = {name: getattr(row, name) for name in values}
        changed = {name: value for name, value in values.items() if before[name] != value}
        if not changed:
            return row
        for name, value in changed.items():
            setattr(row, name, value)
        session.flush()
        record(
            session,
            actor,
            f"{kind.entity}.changed",
            subject_of(kind, row),
            before=_plain(kind, {name: before[name] for name in changed}),
            after=_plain(kind, changed),
        )
    return row


def delete_record(kind: Records, scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a record in scope that nothing rests on; the database refuses the others."""
    require(actor, kind.resource, "delete")
    with unit_of_work(db.session) as session:
        row = within(session, kind.model, scope, pk)
        subject, before = subject_of(kind, row), _plain(kind, _columns(row))
        session.delete(row)
        try:
            session.flush()
        except IntegrityError as failure:
            if getattr(failure.orig, "sqlstate", "") != "23503":
                raise
            raise RuleBroken(
                "still-used",
                N_(
                    "Other records rest on this one, so that it stays. End it or change it instead."
                ),
            ) from None
        record(session, actor, f"{kind.entity}.deleted", subject, before=before)


def end_record(
    kind: Records, scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date
) -> None:
    """Ends dated rules: they hold up to and with `last_day`, and stay on record."""
    require(actor, kind.resource, "end")
    with unit_of_work(db.session) as session:
        for row in (within(session, kind.model, scope, pk) for pk in ids):
            if last_day < row.effective_from:
                raise RuleBroken(
                    "ends-before-start",
                    N_("A rule cannot end before its first day."),
                    field="reason",
                )
            before, row.effective_to = row.effective_to, last_day
            session.flush()
            said = partial(_plain, kind)
            record(
                session,
                actor,
                f"{kind.entity}.ended",
                subject_of(kind, row),
                before=said({"effective_to": before}),
                after=said({"effective_to": last_day}),
            )


def within(session: Any, model: Any, scope: Scope, pk: int) -> Any:
    """The record of this key in scope; anything else raises NotFound."""
    statement = select(model).where(model.id == pk)
    if hasattr(model, "__scope__"):
        statement = restrict(statement, model, scope)
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound("not-found", N_("That record was not found."))
    return row


def refuse_foreign_keys(session: Any, model: Any, scope: Scope, values: Values) -> None:
    """Raises NotFound when a value is the key of somebody else's record."""
    owned = {cls.__table__: cls for cls in scoped_classes()}
    for name, value in values.items():
        column = model.__table__.columns.get(name)
        if column is None or value is None or scope.is_everything:
            continue
        for foreign in column.foreign_keys:
            if foreign.column.table in owned and foreign.column.name == "id":
                within(session, owned[foreign.column.table], scope, value)


def subject_of(kind: Records, row: Any) -> Subject:
    """What the event is about, and whose it is, by the record's own keys."""
    centre = row.id if kind.entity == "centre" else getattr(row, "centre_id", None)
    officer = row.id if kind.entity == "officer" else getattr(row, "officer_id", None)
    sub_county = row.id if kind.entity == "sub_county" else getattr(row, "sub_county_id", None)
    return Subject(kind.entity, row.id, sub_county, centre, officer)


def _given(values: Values) -> dict[str, Any]:
    """The values without those left empty, so that the table's own defaults apply."""
    return {name: value for name, value in values.items() if value is not None}


def _columns(row: Any) -> dict[str, Any]:
    return {
        attribute.key: getattr(row, attribute.key) for attribute in inspect(row).mapper.column_attrs
    }


def _plain(kind: Records, values: Values) -> dict[str, Any]:
    """Values as JSON; personal ones and bytes say only whether they are there."""
    return {
        name: ("given" if value is not None else None) if name in kind.personal else _json(value)
        for name, value in values.items()
    }


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return "given"
    if value is None or isinstance(value, bool | int | float | str | list):
        return value
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
