"""Lists brought in as files: mapped, checked, corrected, stored."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, _builder: Any) -> None:
    """Adds the pages of this room."""
