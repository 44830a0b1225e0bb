"""Redeployment: one person, two who swap, supervisors who rotate, their hand-over."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the pages of this room."""
