"""What was texted to a number, read from the outbox as only a test may."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.db.vault import vault_of
from app.messages.models import Message
from app.messages.services.outbox import BODY

SPELLINGS = (
    "0712345678", "0712 345 678", "0712-345-678", " 0712345678 ", "(0712) 345678", "0712.345.678",
    "+254712345678", "+254 712 345 678", "+254-712-345678", "254712345678", "254 712 345678",
    "00254712345678", "+254 (0) 712 345 678", "+254 0712345678", "712345678", "712 345 678",
    "０７１２３４５６７８", "\u200e0712345678", "0712\u00a0345\u00a0678", "07 12 34 56 78",
)  # fmt: skip
"""Twenty ways in which people write one number."""
NUMBER = "254712345678"


def messages_to(session: Any, mobile: str) -> list[Message]:
    """The messages of the outbox to a number, the first one first."""
    return list(
        session.scalars(select(Message).where(Message.number == mobile).order_by(Message.id))
    )


def texted(session: Any, mobile: str) -> list[str]:
    """Their words."""
    vault = vault_of(session)
    return [
        vault.unseal(one.body, context=BODY) if one.body else ""
        for one in messages_to(session, mobile)
    ]


def one_time_password(words: str) -> str:
    """The one-time password in a message."""
    found = re.search(
        r"(?:one-time password|nywila (?:mpya )?ya mara moja) ([a-z2-9]{10})\b", words
    )
    assert found, words
    return found[1]


def code_in(words: str) -> str:
    """The code of eight digits in a message."""
    found = re.search(r"\b(\d{4} \d{4})\b", words)
    assert found, words
    return found[1]
