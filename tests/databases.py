"""Fixtures: one bundled server for all runs, a template built by migrations, a clone per worker.

Nothing here needs the views, so that a model can be tested before it has a page.
"""

import contextlib
import contextvars
import fcntl
import hashlib
import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.db import embedded, roles, schema
from app.db.embedded import Cluster
from config import CHECKOUT, Settings, default_data_dir, load_settings

DOORS = ("views", "dashboards")
KEPT_FOR_SECONDS = (("views.access.security", "GRANTS_KEPT"), ("views.access.context", "KEPT"))


@dataclass(frozen=True)
class Urls:
    """Two ways into one test database."""

    name: str
    app: str
    owner: str


def test_data_dir() -> Path:
    """Where the tests' server lives, apart from the portal's own data."""
    default = default_data_dir()
    return default / "test" if os.getuid() else default.parent / f"test-{default.name}"


test_data_dir.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The bundled server, shared with other workers and runs, fast rather than crash-safe."""
    with embedded.running(Cluster(test_data_dir(), durable=False)) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(cluster: Cluster) -> str:
    """A database with every migration and every role's permissions; built once for a state."""
    name = f"template_{_state_of_schema()}"
    with _locked(cluster), cluster.connect("postgres") as admin:
        known = _databases(admin)
        for stale in known:
            if _is_superseded(stale, name) or _is_orphan(stale):
                _drop(admin, stale)
        if name not in known:
            _build_template(cluster, admin, name)
    return name


@pytest.fixture(scope="session")
def clone_database(
    cluster: Cluster, template_database: str
) -> Callable[[str], contextlib.AbstractContextManager[Urls]]:
    """Makes further clones for tests that commit for real; each is dropped after its block."""

    @contextlib.contextmanager
    def clone(purpose: str) -> Iterator[Urls]:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"test_{os.getpid()}_{worker}_{purpose}"
        with _locked(cluster), cluster.connect("postgres") as admin:
            roles.create_database(admin, name, template=template_database)
        try:
            application, owner = roles.APPLICATION, roles.OWNER
            yield Urls(name, cluster.url(application, name), cluster.url(owner, name))
        finally:
            with cluster.connect("postgres") as admin:
                _drop(admin, name)

    return clone


@pytest.fixture(scope="session")
def database_urls(clone_database: Any) -> Iterator[Urls]:
    """This worker's own database, shared by its tests, each of which rolls back."""
    with clone_database("shared") as urls:
        yield urls


@pytest.fixture
def own_database(clone_database: Any) -> Iterator[Urls]:
    """A database for one test alone: real commits, several connections, real locks."""
    with clone_database("own") as urls:
        yield urls


@pytest.fixture(scope="session")
def settings(database_urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a test portal; keys are made for the run."""
    return test_settings(database_urls, tmp_path_factory.mktemp("data"))


def test_settings(urls: Urls, data_dir: Path, **changes: str) -> Settings:
    """Settings for one database, independent of the environment."""
    environment = {
        "APP_ENV": "test",
        "DATABASE_URL": urls.app,
        "DATABASE_OWNER_URL": urls.owner,
        "DATA_DIR": str(data_dir),
        "TRUSTED_HOSTS": "localhost,127.0.0.1",
        "NOW": "2026-11-11T07:20:00+03:00",
    }
    return load_settings(environment | changes)


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application with every door, on this worker's database."""
    application = compose(settings)
    yield application
    with application.app_context():
        application.extensions["sqlalchemy"].engine.dispose()


def compose(settings: Settings) -> Flask:
    """The application as the launcher composes it, for a test client.

    What it keeps for some seconds grows old in no test: statements are counted alike on a slow day.
    """
    factory = importlib.import_module("app.factory")
    doors = [importlib.import_module(name) for name in DOORS]
    application: Flask = factory.build_app(settings, doors=doors)
    application.testing = True
    application.test_client_class = SeparateClient
    for module, name in KEPT_FOR_SECONDS:
        setattr(importlib.import_module(module), name, 3600.0)
    return application


class SeparateClient(FlaskClient):
    """A client whose requests share no context with the test: no `g`, no signed-in user."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The application's session inside a transaction that the end of the test rolls back.

    Requests of `client` go through the same connection: what the test flushed they see, what
    they committed the test sees after `session.expire_all()`. A commit ends a savepoint only.
    """
    db = app.extensions["sqlalchemy"]
    with app.app_context(), db.engine.connect() as connection:
        engines = db._app_engines[app]
        engine, outer = engines[None], connection.begin()
        engines[None] = connection
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session
        finally:
            db.session.remove()
            db.session.configure(join_transaction_mode="conditional_savepoint")
            engines[None] = engine
            outer.rollback()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without scripts; nothing that it does outlives the test."""
    return app.test_client()


def _state_of_schema() -> str:
    """A hash of everything that decides what a fresh database holds."""
    sources = [
        *sorted((schema.MIGRATIONS).rglob("*.py")),
        *sorted(schema.MIGRATIONS.rglob("*.sql")),
    ]
    sources += [CHECKOUT / "app" / name for name in ("permissions.py", "roles_sync.py")]
    sources += [CHECKOUT / "app" / "scoping" / "policies.sql", CHECKOUT / "app" / "db" / "roles.py"]
    sources += sorted((CHECKOUT / "tests" / "factories").glob("world*.py"))
    digest = hashlib.sha256()
    for source in sources:
        if source.exists():
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _build_template(cluster: Cluster, admin: psycopg.Connection, name: str) -> None:
    """Builds under another name, so that a broken migration leaves no half-made template."""
    unfinished = f"unfinished_{name}"
    _drop(admin, unfinished)
    roles.create_database(admin, unfinished)
    with cluster.connect(unfinished, roles.OWNER) as owner:
        roles.grant_to_application(owner, roles.APPLICATION)
    url = cluster.url(roles.OWNER, unfinished)
    schema.upgrade(url)
    importlib.import_module("app.models")
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        importlib.import_module("app.roles_sync").sync_roles(session)
        importlib.import_module("tests.factories.world").build(session)
    engine.dispose()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    admin.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))


@contextlib.contextmanager
def _locked(cluster: Cluster) -> Iterator[None]:
    with (cluster.home / "template.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _databases(admin: psycopg.Connection) -> list[str]:
    return [row[0] for row in admin.execute("SELECT datname FROM pg_database")]


def _is_superseded(name: str, current: str) -> bool:
    """Whether a template belongs to an older state of the migrations."""
    return name.startswith(("template_", "unfinished_")) and name != current


def _is_orphan(name: str) -> bool:
    """Whether a clone's run is dead."""
    parts = name.split("_")
    return parts[0] == "test" and parts[1].isdigit() and not psutil.pid_exists(int(parts[1]))


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
