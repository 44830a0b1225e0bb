"""Stores of the fixed world: their posts and staff are `world`'s own; their days are each test's."""

from __future__ import annotations

from typing import Any


def build(b: Any) -> None:
    """Adds nothing: `world` gives each KCSE sub-county a store with a driver and a keeper."""
