"""Codes sent to a telephone and typed on the page that asked: short-lived, few tries, used once.

The page holds a random ticket; the table only hashes of ticket and code. An unknown number gets
a ticket too, whose code nobody knows, so that both leave the same trace and take the same time.
Times here are real time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, text, update

from app import clock
from app.access.limits import account_key
from app.access.models import OneTimeCode
from app.db.uow import unit_of_work

LASTS = dt.timedelta(minutes=15)
MOST_TRIES = 5
DIGITS = 8

_TRY = text(
    "UPDATE one_time_code SET tries = tries + 1 WHERE id = :id AND subject = :subject"
    " AND used_at IS NULL AND expires_at > :now AND tries < :most RETURNING code_hash"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page keeps, and what the message carries."""

    ticket: str
    code: str

    @property
    def spoken(self) -> str:
        """The code in two halves, as it is read aloud."""
        return f"{self.code[:4]} {self.code[4:]}"


def fresh() -> Asked:
    """A new ticket and its code of eight digits."""
    return Asked(secrets.token_urlsafe(24), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")


def id_of(ticket: str) -> str:
    """The stored name of a ticket, from which it cannot be told."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def hash_of(ticket: str, code: str) -> str:
    """What is stored of a code: without the ticket nobody can try all of them."""
    return hashlib.sha256(f"{ticket}:{code}".encode()).hexdigest()


def is_code(stored: str, ticket: str, typed: str) -> bool:
    """Whether the digits typed, in any grouping, are the code of the ticket."""
    digits = "".join(one for one in typed if one.isdecimal())
    return hmac.compare_digest(stored, hash_of(ticket, digits))


def keep(session: Any, asked: Asked, *, mobile: str, user_id: int | None) -> None:
    """Stores a code for the number, in the open transaction; those that died are forgotten."""
    now = clock.real_now()
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now - LASTS))
    session.execute(
        insert(OneTimeCode).values(
            id=id_of(asked.ticket),
            subject=account_key(mobile),
            user_id=user_id,
            code_hash=hash_of(asked.ticket, asked.code),
            expires_at=now + LASTS,
        )
    )


def is_right(session: Any, ticket: str, code: str, *, mobile: str) -> bool:
    """Counts a try, in a transaction of its own; False after five, after a quarter of an hour,
    after its use, and for a wrong code: nobody is told which."""
    asked = {"id": id_of(ticket), "subject": account_key(mobile)}
    with unit_of_work(session):
        stored = session.execute(
            _TRY, {**asked, "now": clock.real_now(), "most": MOST_TRIES}
        ).scalar_one_or_none()
    return is_code(stored or hash_of("", ""), ticket, code) and stored is not None


def use(session: Any, ticket: str) -> int | None:
    """Marks the code as used, in the open transaction; the account it was for, to whom comes
    first and to nobody after."""
    used: int | None = session.scalar(
        update(OneTimeCode)
        .where(OneTimeCode.id == id_of(ticket), OneTimeCode.used_at.is_(None))
        .values(used_at=clock.real_now())
        .returning(OneTimeCode.user_id)
    )
    return used


def forget(session: Any, user_id: int) -> None:
    """Ends every code of an account that waits, in the open transaction."""
    session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.user_id == user_id, OneTimeCode.used_at.is_(None))
        .values(used_at=clock.real_now())
        .execution_options(synchronize_session=False)
    )
