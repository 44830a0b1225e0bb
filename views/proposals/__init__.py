"""Proposals: asked for, reviewed, compared and published."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
