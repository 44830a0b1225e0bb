"""The officer's answer to a duty, what is wrong with it, and the director's answer."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
