"""A door of the house."""

from __future__ import annotations

from typing import Any


def configure(flask_app: Any, settings: Any) -> None:
    """Sets what the extensions read when they start."""


def register(flask_app: Any, builder: Any) -> None:
    """Adds the door's pages."""
