"""Pure rules of letters: references, initials, codes, and which template speaks for a post."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from app.letters.check import ALPHABET, CODE_LENGTH

SERIAL_DIGITS = 7
MOST_INITIALS = 4


def reference_of(examination: str, role_code: str, year: int, serial: int) -> str:
    """The council's reference of a letter, such as KNEC/GEN/EA/FA/SI/APP/KCSE/SUPERVISOR/2026/0000001."""
    role = role_code.upper().replace("_", "-")
    return f"KNEC/GEN/EA/FA/SI/APP/{examination}/{role}/{year}/{serial:0{SERIAL_DIGITS}d}"


def initials_of(name: str) -> str:
    """The first letters of a name's words, at most four: "A.W.N." of Achieng Wanjiru Ng'ang'a."""
    plain = unicodedata.normalize("NFKD", name)
    firsts = [next((c for c in word if c.isalpha()), "") for word in plain.split()]
    return "".join(f"{first.upper()}." for first in firsts if first.isascii() and first)[
        : 2 * MOST_INITIALS
    ]


def spaced(code: str) -> str:
    """A code as people read and type it: ABCD-EFGH-JKLM."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def code_typed(text: str) -> str | None:
    """The code that somebody typed, with any hyphens and in any case; None when it is none."""
    letters = "".join(text.upper().replace("-", " ").split())
    fits = len(letters) == CODE_LENGTH and set(letters) <= set(ALPHABET)
    return letters if fits else None


class Speaking(Protocol):
    """What the choice of a template looks at."""

    @property
    def examination_id(self) -> int | None: ...
    @property
    def role_id(self) -> int | None: ...
    @property
    def language(self) -> str: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def effective_to(self) -> date | None: ...


T = TypeVar("T", bound=Speaking)


def template_for(
    templates: Iterable[T], *, examination_id: int, role_id: int, language: str, on: date
) -> T | None:
    """The template in force: one of the role beats a general one, one of the examination too."""
    fitting = [
        one
        for one in templates
        if one.language == language
        and one.examination_id in {None, examination_id}
        and one.role_id in {None, role_id}
        and one.effective_from <= on
        and (one.effective_to is None or on <= one.effective_to)
    ]
    return max(
        fitting,
        key=lambda one: (
            one.role_id is not None,
            one.examination_id is not None,
            one.effective_from,
        ),
        default=None,
    )
