"""Commands of the launcher: each opens the databases, calls one thing, and says what it did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.db import roles, schema
from app.server import bundled, databases, plain

if TYPE_CHECKING:
    from config import Settings

SCALES = ("small", "county", "national")
_MADE_FOR_DEMO = "local", "test"


@click.group()
def commands() -> None:
    """Makes, changes or checks a portal; without a command the launcher serves it."""


@contextmanager
def _owner(context: click.Context) -> Iterator[tuple[Settings, str]]:
    """The settings and the owner's address, with the bundled server running where it is used."""
    load: Callable[[], Settings] = context.obj
    with databases(load()) as settings:
        if settings.database_owner_url is None:
            raise click.ClickException(
                "DATABASE_OWNER_URL is missing: the role that owns the tables does this."
            )
        yield settings, settings.database_owner_url


@commands.command()
@click.pass_context
def prepare(context: click.Context) -> None:
    """Application role, migrations, permissions; the demo season in an empty local database."""
    with _owner(context) as (settings, owner_url):
        create_role(settings)
        _migrate(owner_url)
        if settings.app_env == "local" and demo_state(owner_url) == "empty":
            click.echo("Loading the demo season (Kisumu and Nakuru)")
            _load_demo(settings, owner_url, "county", quiet=True)


@commands.command()
@click.pass_context
def migrate(context: click.Context) -> None:
    """Applies the migrations that the database lacks, and the roles' permissions."""
    with _owner(context) as (_, owner_url):
        _migrate(owner_url)


@commands.command("sync-roles")
@click.pass_context
def sync_roles(context: click.Context) -> None:
    """Grants every role exactly what the permission matrix says."""
    with _owner(context) as (_, owner_url):
        _sync_roles(owner_url)


@commands.command()
@click.option("--scale", type=click.Choice(SCALES), default="county", show_default=True)
@click.pass_context
def demo(context: click.Context, scale: str) -> None:
    """Empties a demo database and loads the season anew."""
    with _owner(context) as (settings, owner_url):
        if settings.app_env not in _MADE_FOR_DEMO:
            raise click.ClickException("The demo season is for local and test portals only.")
        _migrate(owner_url)
        if demo_state(owner_url) == "real":
            raise click.ClickException(
                "This database holds data that is not the demo's: nothing was changed."
            )
        _load_demo(settings, owner_url, scale)


@commands.command("check-migrations")
@click.pass_context
def check_migrations(context: click.Context) -> None:
    """Runs every migration up, down and up again, and compares the result with the models."""
    load: Callable[[], Settings] = context.obj
    with bundled(load()) as cluster, cluster.connect("postgres") as admin:
        name = "check_migrations"
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        roles.create_database(admin, name)
        url = cluster.url(roles.OWNER, name)
        schema.upgrade(url)
        schema.check_models_match(url)
        schema.downgrade(url)
        schema.upgrade(url)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    click.echo("Migrations go up, down and up again, and agree with the models.")


def create_role(settings: Settings) -> None:
    """Creates the application role that DATABASE_URL names, or stops with the SQL to run."""
    url = psycopg.conninfo.conninfo_to_dict(plain(settings.database_url))
    role, password = str(url["user"]), str(url.get("password") or "")
    with psycopg.connect(plain(settings.database_owner_url), autocommit=True) as owner:
        try:
            roles.create_application_role(owner, role, password)
        except psycopg.errors.InsufficientPrivilege:
            raise click.ClickException(
                f"The owner may not create the role {role}. An administrator runs, with a "
                f"password of their choice, which DATABASE_URL then carries:\n"
                f"{roles.sql_to_create(role)}"
            ) from None


def demo_state(owner_url: str) -> str:
    """`empty` without any centre, `demo` where the data is marked so, `real` otherwise."""
    with psycopg.connect(plain(owner_url)) as owner:
        marked = "SELECT 1 FROM installation_fact WHERE name = 'demo'"
        if owner.execute(marked).fetchone():
            return "demo"
        return "real" if owner.execute("SELECT 1 FROM centre LIMIT 1").fetchone() else "empty"


def _migrate(owner_url: str) -> None:
    if not schema.is_current(owner_url):
        click.echo("Applying migrations")
        schema.upgrade(owner_url)
    _sync_roles(owner_url)


def _sync_roles(owner_url: str) -> None:
    from app import models, roles_sync  # noqa: F401  (the tables that the permissions fill)

    engine = create_engine(owner_url)
    with Session(engine) as session, session.begin():
        roles_sync.sync_roles(session)
    engine.dispose()


def _load_demo(settings: Settings, owner_url: str, scale: str, *, quiet: bool = False) -> None:
    """Loads a season; `quiet` where the launcher prints the sign-ins afterwards."""
    from app import demo, models  # noqa: F401  (every table is mapped before the first row)
    from app.db.vault import vault_from

    vault = vault_from(settings.key("FIELD_KEY"), settings.key("INDEX_KEY"))
    summary = demo.load(owner_url, scale, vault=vault, progress=_draw)
    for line in () if quiet else summary.lines:
        click.echo(line)


def _draw(step: str, done: int, total: int) -> None:
    """One line that fills up; where nobody watches, one line when the step is done."""
    if not sys.stdout.isatty() and done < total:
        return
    width = 30
    filled = width * done // max(total, 1)
    bar = "#" * filled + "." * (width - filled)
    click.echo(f"\r  {step:<34} [{bar}] {done:>9,}/{total:,}", nl=done >= total)
