"""Rows of the room of walk ins in the test world."""

from __future__ import annotations

from typing import Any


def build(b: Any) -> None:
    """Adds this room's rows in both sub-counties."""
