"""What people send to the public edge, read the same way by the edge in Python and the one in nginx.

A form is `name=value` with `&` between; the first of each name counts. A value is bytes with `+`
for a space and `%41` for a byte, in UTF-8; what is no UTF-8 becomes U+FFFD.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import unquote_to_bytes

__all__ = [
    "LONGEST_FORM", "LONGEST_TYPED", "PLAIN", "digits_of", "fields_of", "kept", "language_of",
]  # fmt: skip

LONGEST_FORM = 2048
"""Bytes of a form or query that are read."""
LONGEST_TYPED = 120
"""Characters of a typed value that are looked at and shown again."""
PLAIN = b"index=&name="
"""What nearly everybody sends, but for eleven digits and one name in plain letters."""
_LANG = re.compile(r"(?:^|&)lang=([^&]*)")
_BETWEEN = str.maketrans("", "", " \t-/.\u00a0")


def fields_of(sent: bytes) -> dict[bytes, str]:
    """The values of a form by name."""
    found: dict[bytes, str] = {}
    for field in sent.split(b"&"):
        name, is_value, value = field.partition(b"=")
        if is_value and name not in found:
            plain = unquote_to_bytes(value.replace(b"+", b" "))
            found[name] = plain.decode("utf-8", "replace")
    return found


def digits_of(typed: str) -> str:
    """An index number as people type it: spaces, slashes and dashes between the digits forgiven."""
    return typed[:LONGEST_TYPED].translate(_BETWEEN)


def kept(typed: str | None) -> bytes:
    """What was typed, as a page shows it again."""
    return escape((typed or "")[:LONGEST_TYPED]).encode()


def language_of(query: str, accepted: str) -> str:
    """Kiswahili where the address or, without a word there, the browser wants it; else English."""
    said = _LANG.search(query) if query else None
    return "sw" if (said[1] if said else accepted)[:2].lower() == "sw" else "en"
