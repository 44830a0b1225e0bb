"""Many ids in a statement as one parameter, so that its text does not grow with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Integer, any_, cast, literal

__all__ = ["array_of", "one_of"]


def one_of(ids: Iterable[int]) -> Any:
    """For `column == one_of(ids)`: the rows whose value is among the ids."""
    return any_(cast(literal(array_of(ids)), ARRAY(Integer)))


def array_of(values: Iterable[int | dt.date]) -> str:
    """Numbers or days as PostgreSQL spells an array of them, for a parameter that is cast to one."""
    return "{" + ",".join([str(value) for value in values]) + "}"
