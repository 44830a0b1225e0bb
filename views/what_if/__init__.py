"""What a change of candidates or of a rule would do, before it is made."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
