"""Lists that are turned page by page."""

from __future__ import annotations

__all__ = ["pages_of"]


def pages_of(total: int, size: int) -> int:
    """How many pages of so many rows hold all of them; one where there is none."""
    return max(1, -(-total // size))
