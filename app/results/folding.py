"""Names as they are compared: case, accents, apostrophes and hyphens folded, whole words only.

One table says what becomes of every character, so that the edge in Python and the edge in nginx
fold alike. A character that the table does not know is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["MARK", "TABLE", "folded", "is_registered", "stored_names", "tokens_of"]

MARK = b"|"
LONGEST_TYPED = 120
"""Characters of a typed name that are looked at."""

_BY_HAND = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ı": "i",
}
_RANGES = ((0x20, 0x250), (0x1E00, 0x1F00), (0xFF10, 0xFF5B))


def _becomes(char: str) -> str:
    lowered = char.lower()
    if char.isspace():
        return " "
    plain = _BY_HAND.get(lowered) or unicodedata.normalize("NFKD", lowered)
    return "".join(one for one in plain if one.isascii() and one.isalnum())


def _table() -> dict[int, str]:
    found = {code: _becomes(chr(code)) for low, high in _RANGES for code in range(low, high)}
    found |= dict.fromkeys((0x9, 0xA, 0xD, 0x2000, 0x2002, 0x2003, 0x2009, 0x202F, 0x3000), " ")
    return {code: plain for code, plain in found.items() if plain}


TABLE: dict[int, str] = _table()
"""Code point to what it becomes; whatever is missing becomes nothing."""


class _Fold(dict[int, str]):
    def __missing__(self, code: int) -> str:
        return ""


_FOLD = _Fold(TABLE)


def folded(text: str) -> str:
    """The text in small letters and digits, its words one space apart."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return " ".join(text.translate(_FOLD).split())


def tokens_of(names: str) -> tuple[str, ...]:
    """The words of somebody's registered names, folded: Ng'ang'a is nganga, each word once."""
    found: list[str] = []
    for word in names.split():
        found += _words(word)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=65_536)
def _words(word: str) -> tuple[str, ...]:
    return tuple(folded(word).split())


def stored_names(tokens: Iterable[str]) -> bytes:
    """The tokens as a record keeps them: `|achieng|otieno|`. An initial opens nothing beside a name."""
    known = list(tokens)
    named = [token for token in known if len(token) > 1] or known
    return MARK + b"".join(token.encode() + MARK for token in named)


def is_registered(typed: str, names: bytes) -> bool:
    """Whether what was typed names the person: each word a whole registered word, or all of them
    together one (Anne Marie for Anne-Marie). A beginning of a name is none."""
    words = folded(typed[:LONGEST_TYPED]).split()
    if not words:
        return False
    if all(MARK + word.encode() + MARK in names for word in words):
        return True
    return MARK + "".join(words).encode() + MARK in names
