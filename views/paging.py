"""Lists that are turned page by page."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["page_asked", "pages_of"]

DIGITS = 4


def page_asked(args: Mapping[str, str]) -> int:
    """The page that an address names, from 1; the first where it names none."""
    typed = args.get("page", "")
    return max(1, int(typed[:DIGITS])) if typed.isascii() and typed.isdecimal() else 1


def pages_of(total: int, size: int) -> int:
    """How many pages of so many rows hold all of them; one where there is none."""
    return max(1, -(-total // size))
