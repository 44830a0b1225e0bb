"""Officers: added by the office that knows them, corrected, their identity numbers sealed."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.access.models import User
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import Problems, RuleBroken
from app.extensions import db
from app.people.enums import ProfileState
from app.people.fields import FIELDS
from app.people.models import Officer
from app.permissions import Role
from app.reference.services import Records, Values, add_record, edit_record
from app.scoping.scope import Actor, Scope
from app.words import N_

NATIONAL_ID, KRA_PIN = "officer.national_id", "officer.kra_pin"
OFFICERS = Records(
    Officer,
    "officers",
    personal=frozenset(
        {
            "full_name",
            "mobile",
            "email",
            "year_of_birth",
            "gender",
            "tsc_number",
            "staff_number",
            "remark",
            "national_id_cipher",
            "national_id_index",
            "national_id_last",
            "kra_pin_cipher",
            "kra_pin_index",
            "kra_pin_last",
        }
    ),
)
DIRECTORS_COLUMNS = ("workstation", "remark")


def add_officer(scope: Scope, actor: Actor, *, vault: Vault, values: Values) -> Officer:
    """A new officer; `national_id` and `kra_pin` are sealed and never stored in clear.

    Verified at once when the director who adds them has seen their papers, else submitted.
    """
    given = dict(values)
    national_id, kra_pin = _numbers(given.pop("national_id", None), given.pop("kra_pin", None))
    given |= sealed(vault, national_id, kra_pin)
    knows_them = Role.TSC_DIRECTOR in actor.roles
    given["state"] = str(ProfileState.VERIFIED if knows_them else ProfileState.SUBMITTED)
    with unit_of_work(db.session):
        officer: Officer = add_record(OFFICERS, scope, actor, values=given)
        officer.created_by = actor.user_id
    return officer


def edit_officer(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Officer:
    """Changes what an office keeps about an officer; identity numbers are not among it, nor the
    number of somebody who has an account."""
    with unit_of_work(db.session) as session:
        known = session.get(Officer, pk)
        before = {name: getattr(known, name) for name in values} if known else {}
        if known and values.get("mobile", known.mobile) != known.mobile:
            _refuse_new_number(session, known)
        officer: Officer = edit_record(OFFICERS, scope, actor, pk=pk, values=values)
        _note_groups(officer, {name for name, value in values.items() if before.get(name) != value})
    return officer


def _refuse_new_number(session: Any, officer: Officer) -> None:
    """The number of an account is its user name: changing it is a flow of its own, with proof."""
    if session.scalar(select(User.id).where(User.officer_id == officer.id)) is None:
        return
    words = N_(
        "This number signs the officer in. They move it themselves, on the page of accounts."
    )
    raise RuleBroken("number-signs-in", words, field="mobile")


def _note_groups(officer: Officer, changed: set[str]) -> None:
    """The steps of the profile that an office changed, so that an open telephone is told."""
    touched = {str(field.group) for field in FIELDS if field.stored_in in changed}
    if touched:
        officer.profile_version += 1
        now = dict.fromkeys(touched, officer.profile_version)
        officer.group_versions = {**officer.group_versions, **now}


def sealed(vault: Vault, national_id: str | None, kra_pin: str | None) -> dict[str, Any]:
    """The stored columns of identity numbers: ciphers, blind indexes and the last three digits."""
    columns: dict[str, Any] = {}
    if national_id:
        columns["national_id_cipher"] = vault.seal(national_id, context=NATIONAL_ID)
        columns["national_id_index"] = vault.index(national_id, context=NATIONAL_ID)
        columns["national_id_last"] = national_id[-3:]
    if kra_pin:
        columns["kra_pin_cipher"] = vault.seal(kra_pin, context=KRA_PIN)
        columns["kra_pin_index"] = vault.index(kra_pin, context=KRA_PIN)
        columns["kra_pin_last"] = kra_pin[-3:]
    return columns


def _numbers(national_id: str | None, kra_pin: str | None) -> tuple[str | None, str | None]:
    """Both numbers as they are indexed; every fault at once."""
    national_id = re.sub(r"\s", "", national_id or "") or None
    kra_pin = re.sub(r"\s", "", kra_pin or "").upper() or None
    faults = Problems()
    if national_id and not re.fullmatch(r"[0-9]{6,10}", national_id):
        faults.add("national-id", N_("A national ID has 6 to 10 digits."), field="national_id")
    if kra_pin and not re.fullmatch(r"[AP][0-9]{9}[A-Z]", kra_pin):
        faults.add("kra-pin", N_("A KRA PIN reads A012345678Z."), field="kra_pin")
    faults.refuse_if_any()
    return national_id, kra_pin
