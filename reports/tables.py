"""A table of a report as a plain value: typed columns, rows, and where the figures come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from app import clock

Cell = str | int | float | Decimal | date | datetime | time | None


class Kind(StrEnum):
    """What a column holds, which decides how a file writes it."""

    TEXT = "text"
    INT = "int"
    KES = "kes"
    DATE = "date"
    TIME = "time"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` for programs, `label` for people, `width` in characters when not by kind.

    A percent column holds shares (0.873), a kes column whole shillings, a time column aware
    instants or wall-clock times.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `rows` may be a stream and is then read once.

    `filters` is the sentence that says what was asked for, `credit` says where the data comes
    from, `made_at` is the office instant of the report.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    made_at: datetime
    filters: str = ""
    credit: str = ""


def in_nairobi(cell: Cell) -> Cell:
    """The cell with an instant moved to the Nairobi wall clock; anything else as it is."""
    return clock.nairobi(cell) if isinstance(cell, datetime) else cell
