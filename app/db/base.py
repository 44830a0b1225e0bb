"""The declarative base of every table, and the small column shapes that tables share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model

__all__ = ["Instant", "Model", "key", "optional_key", "stamped", "user_key"]

Instant = DateTime(timezone=True)
"""A moment, stored in UTC; days and windows are read from it in Africa/Nairobi."""


def key(target: str, *, index: bool = True, **kw: Any) -> Mapped[int]:
    """A required foreign key to `target` ("table.column"), indexed unless told otherwise."""
    return mapped_column(Integer, ForeignKey(target, **kw), nullable=False, index=index)


def optional_key(target: str, *, index: bool = True, **kw: Any) -> Mapped[int | None]:
    """A foreign key that may be empty."""
    return mapped_column(Integer, ForeignKey(target, **kw), nullable=True, index=index)


def user_key() -> Mapped[int | None]:
    """The account that did this; empty for what the system or a loader did."""
    return mapped_column(Integer, ForeignKey("ab_user.id"), nullable=True, index=True)


def stamped() -> Mapped[dt.datetime]:
    """When the row was stored, in real time."""
    return mapped_column(Instant, nullable=False, server_default=text("clock_timestamp()"))
