"""Makes an officer anonymous: the row and its number stay, because marks and claims hang on it.

Everything that says who it was goes: names, numbers, addresses, the sign-in. What only grows (events,
histories) is left as it was, and holds no identity number.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text, update

from app import clock
from app.audit.services import Subject, record
from app.people.models import Officer
from app.scoping.scope import Actor

KEPT = frozenset(
    {
        "id",
        "sub_county_id",
        "created_at",
        "created_by",
        "profile_version",
        "merged_into_id",
        "privacy_version",
        "privacy_accepted_at",
    }
)
"""Columns of an officer that say nothing of the person."""

GONE = (
    "DELETE FROM identity_claim WHERE officer_id = :id",
    "DELETE FROM name_key WHERE officer_id = :id",
    "DELETE FROM declared_interest WHERE officer_id = :id",
    "DELETE FROM number_change WHERE officer_id = :id",
    "DELETE FROM data_request WHERE officer_id = :id",
    "UPDATE application SET reason = NULL, note = NULL WHERE officer_id = :id",
    "UPDATE walk_in SET typed_name = '', number_cipher = NULL, number_index = NULL,"
    " number_last = NULL, why = '' WHERE officer_id = :id",
    "UPDATE message SET body = NULL WHERE number = :mobile AND body IS NOT NULL",
    "DELETE FROM message WHERE number = :mobile"
    " AND state NOT IN ('waiting', 'sending', 'in_doubt')",
    "DELETE FROM sms_inbound WHERE number = :mobile",
    "DELETE FROM one_time_code WHERE user_id IN (SELECT id FROM ab_user WHERE officer_id = :id)",
    "DELETE FROM sign_in_session WHERE user_id IN (SELECT id FROM ab_user WHERE officer_id = :id)",
    "UPDATE ab_user SET username = 'gone-' || id, first_name = 'Officer', last_name = :number,"
    " email = NULL, active = false, password = '!', session_epoch = session_epoch + 1,"
    " last_login = NULL WHERE officer_id = :id",
)
"""What hangs on the person elsewhere, in this order."""


def anonymise(session: Any, actor: Actor, officer_id: int, *, reason: str) -> None:
    """Replaces the officer's name by "Officer 1234" and removes what else is personal, in the
    caller's unit of work."""
    mobile = session.execute(
        text("SELECT mobile FROM officer WHERE id = :id FOR UPDATE"), {"id": officer_id}
    ).scalar_one()
    facts = {"id": officer_id, "mobile": mobile, "number": str(officer_id)}
    for statement in GONE:
        session.execute(text(statement), {k: v for k, v in facts.items() if f":{k}" in statement})
    session.execute(update(Officer).where(Officer.id == officer_id).values(**nothing(officer_id)))
    subject = Subject("officer", officer_id, officer_id=officer_id)
    record(session, actor, "officer.anonymised", subject, reason=reason)


def nothing(officer_id: int) -> dict[str, Any]:
    """The values of an officer who has become anonymous: every column that may be empty is, so that
    a new one is wiped without anybody's thinking of it."""
    empty: dict[str, Any] = {
        column.name: None
        for column in Officer.__table__.columns
        if column.nullable and column.name not in KEPT
    }
    return empty | {
        "full_name": f"Officer {officer_id}",
        "mobile": f"{officer_id:012d}",
        "state": "draft",
        "reads_braille": False,
        "wanted_roles": [],
        "verified_groups": [],
        "group_versions": {},
        "anonymised_at": clock.real_now(),
    }
