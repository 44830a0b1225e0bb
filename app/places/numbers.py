"""Telephone numbers as people type them and as they are stored: 254 and nine digits."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?:\+?254|0)?([17][0-9]{8})")


def mobile_254(typed: str) -> str | None:
    """The Kenyan mobile number as 254 and nine digits, or None when the text is none."""
    found = _MOBILE.fullmatch(re.sub(r"[\s().-]", "", typed))
    return f"254{found[1]}" if found else None
