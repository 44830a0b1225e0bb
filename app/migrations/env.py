"""Alembic's environment: runs as the owner role, over the one metadata of the whole application."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool

import app.models  # noqa: F401  (fills the metadata)
from app.extensions import Model

config = context.config


def _include(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Leaves out what the models cannot state: the queue's own tables when there are any."""
    return not (kind == "table" and reflected and (name or "").startswith("procrastinate"))


def run() -> None:
    """Applies migrations in one transaction each, with lock and statement limits.

    A configured `connection` attribute (tests, command line) is used as it is; otherwise
    `sqlalchemy.url` names the owner's database.
    """
    given = config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    engine = create_engine(config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.exec_driver_sql("SET statement_timeout = '15min'")
        connection.commit()
        _migrate(connection)
        connection.commit()


def _migrate(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        include_object=_include,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
