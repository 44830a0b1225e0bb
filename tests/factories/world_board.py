"""Rows of the room of board in the test world."""

from __future__ import annotations

from typing import Any


def build(b: Any) -> None:
    """Adds this room's rows in both sub-counties."""
