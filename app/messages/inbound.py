"""Words that people text to the short code, and what answers each: rooms fill the table.

    keyword("PASSWORD")(send_new_credentials)

An answer is a function of the session and what came in, run in a unit of work of its own; it posts
its own message, and must be harmless when it runs twice for one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "InboundText", "answer_for", "keyword", "keyword_in"]


@dataclass(frozen=True, slots=True)
class InboundText:
    """What came in: its row, the sender as 254 and nine digits, the text as it was typed."""

    id: int
    number: str
    text: str


Answer = Callable[[Any, InboundText], None]
_ANSWERS: dict[str, Answer] = {}


def keyword(word: str) -> Callable[[Answer], Answer]:
    """Registers the function as the answer to a first word, in any case of letters."""
    if not re.fullmatch(r"[A-Z]{2,20}", word):
        raise ValueError("a keyword is 2 to 20 capital letters")

    def registered(answer: Answer) -> Answer:
        if _ANSWERS.setdefault(word, answer) is not answer:
            raise ValueError(f"two answers to {word}")
        return answer

    return registered


def keyword_in(text: str) -> str | None:
    """The registered keyword that a text begins with, whatever stands around it."""
    found = re.match(r"[^A-Za-z]*([A-Za-z]+)", text)
    word = found[1].upper() if found else ""
    return word if word in _ANSWERS else None


def answer_for(word: str) -> Answer | None:
    """What answers the keyword."""
    return _ANSWERS.get(word)
