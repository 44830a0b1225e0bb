"""Empties a database that may be emptied, loads the demonstration by COPY, and proves it sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import argon2
import psycopg
from psycopg.types.json import Jsonb

from app import clock
from app.db.vault import Vault
from app.demo import letters, lookalikes, season, tables, vacancies
from app.demo.accounts import PASSWORD
from app.demo.copying import Rows, copy
from app.demo.derived import derive
from app.demo.lightening import lightened
from app.demo.marks import Exceptions
from app.demo.proofs import INVARIANTS, violations
from app.demo.world import Summary, World
from app.errors import RuleBroken
from app.words import N_

Progress = Callable[[str, int, int], None]

_KEPT = (
    *("alembic_version", "installation_fact", "ab_role", "ab_permission", "ab_view_menu"),
    *("ab_permission_view", "ab_permission_view_role"),
    *("message_budget", "quiet_hours", "message_price"),  # dated rows that migrations bring
    *("privacy_notice", "retention_period", "result_query_period"),
)
_EMPTIED = """
    SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND n.nspname = 'public'
      AND relname <> ALL (%s) AND relname NOT LIKE 'procrastinate%%'
    ORDER BY relname
"""
_SEQUENCES = """
    SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relname = ANY (%s) AND NOT a.attisdropped
      AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""
_ROOM_TO_WORK = "SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '512MB'"
_HOLDS_DATA = "centre", "officer", "deployment", "register", "event", "ab_user"


def load_world(owner_url: str, world: World, *, vault: Vault, progress: Progress) -> Summary:
    """Loads the world in one transaction as the role that owns the tables.

    Raises RuleBroken where the database holds data that is not marked as the demonstration's.
    """
    started = time.monotonic()
    address = owner_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address) as connection:
        connection.execute(_ROOM_TO_WORK)
        _refuse_real_data(connection)
        emptied = [row[0] for row in connection.execute(_EMPTIED, [list(_KEPT)]).fetchall()]
        stored = _load(connection, world, emptied, vault=vault, progress=progress)
        _prove(connection, progress)
        _mark_as_demo(connection, world)
        connection.commit()
        connection.autocommit = True
        progress("vacuum", 0, 1)
        connection.execute("VACUUM (ANALYZE)")
        progress("vacuum", 1, 1)
    return world.summary.measured(stored, time.monotonic() - started)


def _refuse_real_data(connection: psycopg.Connection) -> None:
    """A database without the demonstration's mark must be empty."""
    if connection.execute("SELECT 1 FROM installation_fact WHERE name = 'demo'").fetchone():
        return
    for table in _HOLDS_DATA:
        question = f"SELECT 1 FROM {table} LIMIT 1"  # noqa: S608 (one of the names above)
        if connection.execute(question.encode()).fetchone():
            said = N_("This database holds data that is not the demonstration's: nothing changed.")
            raise RuleBroken("not-a-demo", said, facts={"table": table})


def _load(
    connection: psycopg.Connection,
    world: World,
    emptied: list[str],
    *,
    vault: Vault,
    progress: Progress,
) -> dict[str, int]:
    exceptions = Exceptions()
    stored: dict[str, int] = {}
    roles = _role_ids(connection, world)
    password_hash = argon2.PasswordHasher(2, 19_456, 1).hash(PASSWORD)
    rebuilding = _telling(progress, "indexes and references")
    with lightened(connection, emptied, rebuilding):
        connection.execute(f"TRUNCATE {', '.join(emptied)}".encode())
        for rows in _everything(world, exceptions, vault, password_hash=password_hash, roles=roles):
            stored[rows.table] = copy(connection, rows, _telling(progress, _word(rows.table)))
        derive(connection, exceptions, _telling(progress, "histories and summaries"))
        _move_sequences(connection, emptied)
    stored |= vacancies.advertise(connection)
    stored |= lookalikes.second_records(connection, world)
    return stored


def _everything(
    world: World,
    exceptions: Exceptions,
    vault: Vault,
    *,
    password_hash: str,
    roles: dict[str, int],
) -> Iterator[Rows]:
    yield from tables.reference(world)
    yield from tables.staffing(world, vault, password_hash, roles)
    yield from letters.rows(world, vault)
    yield from tables.attendance(world, exceptions)


def _word(table: str) -> str:
    return table.replace("ab_user", "account").replace("_", " ")


def _telling(progress: Progress, step: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(step, done, total)


def _role_ids(connection: psycopg.Connection, world: World) -> dict[str, int]:
    """Roles by name; those that are missing are added, and get their grants from the matrix later."""
    for name in sorted({str(account.role) for account in world.accounts}):
        connection.execute(
            "INSERT INTO ab_role (name) SELECT %s WHERE NOT EXISTS"
            " (SELECT 1 FROM ab_role WHERE name = %s)",
            [name, name],
        )
    return dict(connection.execute("SELECT name, id FROM ab_role").fetchall())


def _move_sequences(connection: psycopg.Connection, names: list[str]) -> None:
    """New rows get numbers after the loaded ones."""
    for table, column, sequence in connection.execute(_SEQUENCES, [names]).fetchall():
        statement = (
            f"SELECT setval('{sequence}', coalesce(max({column}), 0) + 1, false) FROM {table}"  # noqa: S608
        )
        connection.execute(statement.encode())


def _prove(connection: psycopg.Connection, progress: Progress) -> None:
    connection.execute("ANALYZE")
    for number, name in enumerate(INVARIANTS, 1):
        broken = violations(connection, name)
        if broken:
            raise RuntimeError(f"The demonstration is unsound: {name} ({broken} rows).")
        progress("proofs", number, len(INVARIANTS))


def _mark_as_demo(connection: psycopg.Connection, world: World) -> None:
    """Marks the data as a demonstration, and shifts office time so that it keeps ticking."""
    now = clock.real_now()
    facts: dict[str, Any] = {
        "demo": {
            "scale": world.scale.name,
            "seed": world.seed,
            "loaded_at": now.isoformat(),
            "sign_ins": list(world.summary.lines),
        },
        "office_offset_seconds": int((season.ANCHOR - now).total_seconds()),
    }
    for name, value in facts.items():
        connection.execute(
            "INSERT INTO installation_fact (name, value) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, Jsonb(value)],
        )
