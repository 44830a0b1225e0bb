"""Temporary tables of one run: rows come in by COPY, and faults are found there by statements."""

# ruff: noqa: S608 (the names in statements are our own columns, never words of a file)

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from app.imports.enums import Kind
from app.imports.rows import OFFICER_COLUMNS, PLACE_COLUMNS
from app.imports.rules import Fault

_HEAD = "row_number integer NOT NULL, bad boolean NOT NULL, printed bigint NOT NULL"
_OFFICER = """
    full_name text, mobile text, national_id_cipher bytea, national_id_index bytea,
    national_id_last text, kra_pin_cipher bytea, kra_pin_index bytea, tsc_number text,
    staff_number text, gender text, year_of_birth integer, email text, employer text,
    designation text, workstation text, sub_county_id integer, target_id integer
"""
_PLACE = """
    code text, name text, sub_county_id integer, candidates integer, rooms integer,
    telephone text, hosting_code text, lon double precision, lat double precision, moe_code text,
    level text, ownership text, ward text, target_id integer, school_id integer,
    code_made boolean NOT NULL DEFAULT false
"""
_FAULTS = """
    row_number integer NOT NULL, field text, code text NOT NULL, message text NOT NULL,
    facts jsonb, warning boolean NOT NULL DEFAULT false
"""
TABLES = ("incoming", "incoming_fault", "incoming_match", "incoming_change")


def open_tables(session: Any, kind: Kind) -> None:
    """Makes the run's own tables, which end with its transaction."""
    connection = session.connection()
    for table in TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    shape = _OFFICER if kind is Kind.OFFICERS else _PLACE
    for table, columns in (("incoming", f"{_HEAD}, {shape}"), ("incoming_fault", _FAULTS)):
        connection.execute(text(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP"))


def copy_rows(session: Any, kind: Kind, rows: Iterable[Sequence[Any]]) -> None:
    """Copies staged rows into `incoming`."""
    columns = OFFICER_COLUMNS if kind is Kind.OFFICERS else PLACE_COLUMNS
    _copy(session, f"incoming (row_number, bad, printed, {', '.join(columns)})", rows)


def copy_faults(session: Any, faults: Iterable[Fault]) -> None:
    """Copies the faults that were found row by row into `incoming_fault`."""
    rows = (
        (f.row, f.field, f.code, f.message, json.dumps(f.facts) if f.facts else None, f.warning)
        for f in faults
    )
    _copy(session, "incoming_fault (row_number, field, code, message, facts, warning)", rows)
    for table in ("incoming", "incoming_fault"):
        session.execute(text(f"ANALYZE {table}"))


def _copy(session: Any, table: str, rows: Iterable[Sequence[Any]]) -> None:
    driver = session.connection().connection.dbapi_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def note(session: Any, statement: str, **values: Any) -> None:
    """Runs a SELECT of row_number, field, code, message, facts, warning into the faults."""
    into = "INSERT INTO incoming_fault (row_number, field, code, message, facts, warning) "
    session.execute(text(into + statement), values)


def note_twice(session: Any, key: str, field: str, message: str) -> None:
    """Faults for rows that share a key; of exact repetitions the first one is good."""
    note(
        session,
        f"""
        SELECT i.row_number, :field, 'twice-in-file', :message,
               jsonb_build_object('row', CASE i.row_number WHEN g.first THEN g.last ELSE g.first
                                         END), false
        FROM incoming i JOIN (
            SELECT {key} AS shared, min(row_number) AS first, max(row_number) AS last,
                   min(printed) = max(printed) AS same
            FROM incoming WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1
        ) g ON g.shared = i.{key}
        WHERE NOT (g.same AND i.row_number = g.first)
        """,
        field=field,
        message=message,
    )


def mark_bad(session: Any) -> None:
    """Marks the rows that have a fault by now."""
    session.execute(
        text(
            "UPDATE incoming i SET bad = true FROM (SELECT DISTINCT row_number FROM incoming_fault"
            " WHERE NOT warning) f WHERE f.row_number = i.row_number AND NOT i.bad"
        )
    )


def number_of(session: Any, statement: str, **values: Any) -> int:
    """The whole number that a statement gives; 0 for nothing."""
    return int(session.execute(text(statement), values).scalar() or 0)
