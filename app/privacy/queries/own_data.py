"""Everything held about one officer, table by table, as its holder may read it.

Every table with the officer's key is walked, so that a new one is handed out without anybody's
thinking of it. `TITLES` names them for people; `EXEMPT` says of the others why they are left out. A
test fails for a table that is in neither.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, and_, or_, select, true
from sqlalchemy.dialects.postgresql import BYTEA

from app.db.vault import Vault
from app.extensions import Model
from app.people.models import IdentityClaim, Officer
from app.people.services.identity import KINDS
from app.people.services.unmasking import SEALED_FOR
from app.words import N_

OFFICER = "officer"
TITLES: Mapping[str, str] = {
    "officer": N_("Your profile"),
    "profile_move": N_("History of your profile"),
    "series_confirmation": N_("Your yearly confirmations"),
    "declared_interest": N_("Schools that you declared an interest in"),
    "service_history": N_("Earlier service"),
    "application": N_("Your applications"),
    "application_move": N_("History of your applications"),
    "deployment": N_("Your deployments"),
    "letter": N_("Your letters"),
    "letter_move": N_("History of your letters"),
    "deployment_correction": N_("What you said is wrong with a duty, and the answers"),
    "stand_in_offer": N_("Places that you were asked to take for somebody else"),
    "proposal_refusal": N_("Why you were not proposed for a duty"),
    "mark": N_("Your days in the registers"),
    "mark_history": N_("Every value that a day of yours had"),
    "dispute": N_("Days that you disputed"),
    "hand_over": N_("What you handed over to the next supervisor"),
    "walk_in": N_("Days on which you were entered without a deployment"),
    "number_change": N_("Changes of your number"),
    "unmasking": N_("Who read a number of yours in full, and why"),
    "data_request": N_("What you asked about your data"),
    "event": N_("What was done with your records"),
    "account": N_("Your account"),
    "sign_in_session": N_("Devices that were signed in"),
    "message": N_("Messages sent to your number"),
    "sms_inbound": N_("Messages that came from your number"),
    "notice_seen": N_("Notices that you put away"),
}
EXEMPT: Mapping[str, str] = {
    "identity_claim": "handed out as the profile's own numbers: that one is looked into is told to"
    " nobody, for it says that somebody else gave it before (ADR 0011)",
    "ab_user": "handed out as `account`, without the hash of the password",
    "name_key": "hashes of the name for finding look-alikes; they say nothing that can be read",
    "lookalike": "names a second person; what was decided stands in the events",
    "officer_merge": "names a second record; what was decided stands in the events",
}
UNTOLD = ("identity.settled",)
"""Events from which one learns that somebody else gave a number before."""
HIDDEN = frozenset({"previous_hash", "hash", "chain", "position", "session_id", "request_id"})
"""Columns that say nothing of the person: the chain of proof, and technical keys."""


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one table, each a mapping of column to plain value."""

    name: str
    title: str
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class OwnData:
    """All that is held about an officer."""

    officer_id: int
    sections: tuple[Section, ...]

    def as_json(self) -> dict[str, Any]:
        """The sections by name, as JSON values."""
        return {one.name: [dict(row) for row in one.rows] for one in self.sections}


def own_data(session: Any, officer: Officer, vault: Vault) -> OwnData:
    """Everything about the officer, numbers in full; the session's scope still holds.

    A number that another officer gave before is handed out as every other one is.
    """
    claimed = _claimed(session, officer.id, vault)
    found = [
        _of_table(session, table, officer.id, vault, claimed) for table in tables_of_officers()
    ]
    found += _of_account(session, officer, vault)
    order = list(TITLES)
    known = {name: number for number, name in enumerate(order)}
    found.sort(key=lambda one: known.get(one.name, len(order)))
    return OwnData(officer.id, tuple(found))


def tables_of_officers() -> list[Table]:
    """Every table that names an officer by key, those left out with a reason excepted."""
    return [table for table in tables_naming_officers() if table.name not in EXEMPT]


def tables_naming_officers() -> list[Table]:
    """`officer`, and every table with a key to it or a column of that name."""
    tables = sorted(Model.metadata.tables.values(), key=lambda table: table.name)
    return [table for table in tables if table.name == OFFICER or columns_naming(table)]


def columns_naming(table: Table) -> list[Column[Any]]:
    """The columns of a table that hold an officer's id."""
    return [
        column
        for column in table.columns
        if column.name == "officer_id"
        or any(_target(foreign) == OFFICER for foreign in column.foreign_keys)
    ]


def _target(foreign: ForeignKey) -> str:
    return str(foreign.target_fullname).partition(".")[0]


def _claimed(session: Any, officer_id: int, vault: Vault) -> dict[str, Any]:
    """The numbers that are claimed, in the columns where the officer's own ones stand."""
    rows = session.execute(
        select(IdentityClaim.kind, IdentityClaim.cipher).where(
            IdentityClaim.officer_id == officer_id, IdentityClaim.settled_at.is_(None)
        )
    )
    claimed: dict[str, Any] = {}
    for kind, cipher in rows:
        is_plain = f"{kind}_cipher" not in Officer.__table__.columns
        plain = vault.unseal(bytes(cipher), context=KINDS[kind].context) if is_plain else None
        claimed |= {kind: plain} if is_plain else {f"{kind}_cipher": cipher}
    return claimed


def _of_table(
    session: Any, table: Table, officer_id: int, vault: Vault, claimed: Mapping[str, Any]
) -> Section:
    if table.name == OFFICER:
        return _section(session, table, table.c.id == officer_id, vault, instead=claimed)
    own: list[Any] = [column == officer_id for column in columns_naming(table)]
    told = table.c.action.not_in(UNTOLD) if table.name == "event" else true()
    return _section(session, table, and_(or_(*own), told), vault)


def _section(
    session: Any,
    table: Table,
    own: Any,
    vault: Vault,
    name: str = "",
    *,
    instead: Mapping[str, Any] = MappingProxyType({}),
) -> Section:
    shown = [column for column in table.columns if column.name not in HIDDEN]
    statement = select(*shown).where(own).order_by(*table.primary_key.columns)
    names = _names_of_places(session, table)
    rows = tuple(
        _plain(table.name, {**row._mapping, **instead}, vault, names)
        for row in session.execute(statement)
    )
    title = name or table.name
    return Section(title, TITLES.get(title, title), rows)


def _of_account(session: Any, officer: Officer, vault: Vault) -> list[Section]:
    """The account and its devices, and what was sent to the number: these know no officer."""
    tables = Model.metadata.tables
    user = tables["ab_user"]
    secret = {"password", "session_epoch", "fail_login_count"}
    shown = [column for column in user.columns if column.name not in secret]
    accounts = session.execute(select(*shown).where(user.c.officer_id == officer.id)).all()
    rows = tuple(_plain("ab_user", row._mapping, vault, {}) for row in accounts)
    ids = [row.id for row in accounts]
    found = [Section("account", TITLES["account"], rows)]
    for name in ("sign_in_session", "notice_seen"):
        table = tables[name]
        section = _section(session, table, table.c.user_id.in_(ids), vault)
        found.append(_without(section, "id") if name == "sign_in_session" else section)
    for name in ("message", "sms_inbound"):
        table = tables[name]
        section = _section(session, table, table.c.number == officer.mobile, vault)
        found.append(_without(section, "caller", "body", "intent"))
    return found


def _without(section: Section, *names: str) -> Section:
    rows = tuple({k: v for k, v in row.items() if k not in names} for row in section.rows)
    return Section(section.name, section.title, rows)


def _names_of_places(session: Any, table: Table) -> dict[str, dict[int, str]]:
    """Column -> id -> name, for keys to reference data, so that a reader need not look ids up."""
    found: dict[str, dict[int, str]] = {}
    for column in table.columns:
        for foreign in column.foreign_keys:
            target = Model.metadata.tables[_target(foreign)]
            if target.name in _NAMED and column.name not in found:
                statement = select(target.c.id, target.c.name)
                found[column.name] = dict(session.execute(statement).tuples().all())
    return found


_NAMED = frozenset({"sub_county", "staff_role", "series", "examination"})


def _plain(
    table: str, row: Mapping[Any, Any], vault: Vault, names: Mapping[str, Mapping[int, str]]
) -> dict[str, Any]:
    """A row as JSON values: numbers unsealed, indexes left out, keys of places named."""
    out: dict[str, Any] = {}
    for key, value in row.items():
        name = str(key)
        if name.endswith("_index") or f"{name.removesuffix('_last')}_cipher" in row:
            continue
        if isinstance(value, bytes | memoryview):
            opened = _opened(table, name, bytes(value), vault)
            if opened is not None:
                out[name.removesuffix("_cipher")] = opened
            continue
        out[name] = _json(value)
        if name in names and value in names[name]:
            out[name.removesuffix("_id")] = names[name][value]
    return out


def _opened(table: str, column: str, sealed: bytes, vault: Vault) -> str | None:
    """The number behind a cipher of an officer; None for bytes that are nobody's number."""
    context = SEALED_FOR.get(column.removesuffix("_cipher"))
    if table == OFFICER and context and column.endswith("_cipher"):
        return vault.unseal(sealed, context=context)
    return None


def _json(value: Any) -> Any:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list):
        return [_json(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    return str(value)


def is_binary(column: Column[Any]) -> bool:
    """Whether a column holds bytes: a cipher or an index."""
    return isinstance(column.type, LargeBinary | BYTEA)
