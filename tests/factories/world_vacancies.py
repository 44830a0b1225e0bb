"""Vacancies and applications of the fixed world, in each sub-county."""

from __future__ import annotations

from typing import Any


def build(_b: Any) -> None:
    """Adds the rows; `_b` is the builder of `world`."""
