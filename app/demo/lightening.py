"""Takes secondary indexes, references and triggers off tables for a load, and puts them back.

Everything happens in the caller's transaction: a load that fails leaves the database as it was, and
a reference that does not hold makes the load fail when it is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

_REFERENCES = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0
      AND (conrelid = ANY (%(tables)s::regclass[]) OR confrelid = ANY (%(tables)s::regclass[]))
    ORDER BY 1, 2
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype IN ('u', 'x') AND conrelid = ANY (%(tables)s::regclass[]) ORDER BY 1, 2
"""
_INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i
    WHERE i.indrelid = ANY (%(tables)s::regclass[]) AND NOT i.indisprimary
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c
                      WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'x'))
    ORDER BY 1
"""


@contextmanager
def lightened(
    connection: psycopg.Connection, tables: list[str], tell: Callable[[int, int], None]
) -> Iterator[None]:
    """Inside the block the tables have primary keys and CHECKs only, and no trigger of ours."""
    these = {"tables": [f"public.{table}" for table in tables]}
    references = connection.execute(_REFERENCES, these).fetchall()
    constraints = connection.execute(_CONSTRAINTS, these).fetchall()
    indexes = connection.execute(_INDEXES, these).fetchall()
    for table, name, _ in [*references, *constraints]:
        _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        _run(connection, f"DROP INDEX {name}")
    _triggers(connection, tables, "DISABLE")
    yield
    back = [definition for _, definition in indexes]
    for table, name, definition in [*constraints, *references]:
        back.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for number, statement in enumerate(back, 1):
        _run(connection, statement)
        tell(number, len(back))
    _triggers(connection, tables, "ENABLE")


def _triggers(connection: psycopg.Connection, tables: list[str], word: str) -> None:
    for table in tables:
        name = sql.Identifier(table)
        connection.execute(sql.SQL("ALTER TABLE {} " + word + " TRIGGER USER").format(name))


def _run(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())
