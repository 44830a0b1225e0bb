"""Rows to PostgreSQL by COPY, in the order of their columns."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

_BLOCK = 1 << 18
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Rows:
    """What goes into one table: tuples in the order of the columns, or finished lines."""

    table: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...] | str]
    total: int


def copy(connection: psycopg.Connection, rows: Rows, tell: Callable[[int, int], None]) -> int:
    """Copies the rows and returns how many there were; `tell` hears done and in all now and then."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(rows.table), sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    )
    done = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copying:
        for block, count in _blocks(rows.rows):
            copying.write(block)
            done += count
            if done < rows.total:
                tell(done, rows.total)
    tell(done, done)
    return done


def _blocks(rows: Iterable[tuple[Any, ...] | str]) -> Iterator[tuple[str, int]]:
    lines: list[str] = []
    size = 0
    for row in rows:
        text = row if isinstance(row, str) else line(row)
        lines.append(text)
        size += len(text)
        if size > _BLOCK:
            yield "".join(lines), len(lines)
            lines, size = [], 0
    if lines:
        yield "".join(lines), len(lines)


def line(row: tuple[Any, ...]) -> str:
    """One row in COPY's text format."""
    return "\t".join([_FORMS.get(type(value), _plain)(value) for value in row]) + "\n"


def _text(value: str) -> str:
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def _plain(value: Any) -> str:
    return _text(str(value))


def _json(value: list[Any]) -> str:
    return _text(json.dumps(value, ensure_ascii=False)) if value else "[]"


def _array(value: Iterable[str]) -> str:
    return "{" + ",".join(value) + "}"


_FORMS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    str: _text,
    float: repr,
    bytes: lambda value: "\\\\x" + value.hex(),
    dt.date: str,
    dt.time: str,
    dt.datetime: lambda value: value.isoformat(sep=" "),
    list: _json,
    frozenset: lambda value: _array(sorted(value)),
}
