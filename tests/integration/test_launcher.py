"""The launcher: what it refuses, what it prepares, how it serves and how it ends."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import psycopg

from app.db import roles
from app.db.embedded import Cluster, running
from app.server import plain
from config import CHECKOUT
from tests.browsers import free_port, served
from tests.databases import Urls, test_data_dir


def launch(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the launcher to its end, in an environment of its own."""
    plain_environment = {"PATH": os.environ["PATH"], "APP_ENV": "test", "DATA_DIR": str(data_dir)}
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "run.py"), *arguments],
        cwd=CHECKOUT,
        env=plain_environment | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_pending_migrations_are_refused_with_a_sentence(cluster: Cluster, tmp_path: Path) -> None:
    name = f"test_{os.getpid()}_behind"
    with cluster.connect("postgres") as admin:
        roles.create_database(admin, name)
    done = launch(tmp_path, DATABASE_URL=cluster.url(roles.APPLICATION, name))
    assert done.returncode == 1
    assert done.stderr.startswith("The database lacks migrations that this version needs:")


def test_owner_of_the_tables_may_not_serve(database_urls: Urls, tmp_path: Path) -> None:
    done = launch(tmp_path, DATABASE_URL=database_urls.owner)
    assert (done.returncode, done.stderr) == (
        1,
        "DATABASE_URL signs in as the owner of the tables: use the other role.\n",
    )


def test_superuser_may_not_serve(cluster: Cluster, database_urls: Urls, tmp_path: Path) -> None:
    done = launch(tmp_path, DATABASE_URL=cluster.url("postgres", database_urls.name))
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "DATABASE_URL signs in as a superuser: use a role that is not one.",
            "DATABASE_URL signs in with a role that bypasses row-level security.",
        ],
    )


def test_threads_are_refused(database_urls: Urls, tmp_path: Path) -> None:
    done = launch(tmp_path, DATABASE_URL=database_urls.app, BLOCKING_THREADS="4")
    assert done.returncode == 1
    assert "BLOCKING_THREADS must be 1" in done.stderr


def test_prepare_stops_with_the_sql_where_the_owner_may_not_create_roles(
    cluster: Cluster, own_database: Urls, tmp_path: Path
) -> None:
    done = launch(
        tmp_path,
        "prepare",
        DATABASE_URL=cluster.url("nobody_yet", own_database.name),
        DATABASE_OWNER_URL=own_database.owner,
    )
    assert done.returncode == 1
    assert 'CREATE ROLE "nobody_yet" LOGIN NOSUPERUSER NOBYPASSRLS' in done.stderr


def test_prepare_creates_the_application_role_and_it_may_serve(
    cluster: Cluster, tmp_path: Path
) -> None:
    owner, application = f"boss_{os.getpid()}", f"clerk_{os.getpid()}"
    name = f"test_{os.getpid()}_managed"
    with cluster.connect("postgres") as admin:
        admin.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        roles.create_database(admin, name, owner=owner)
    try:
        url = cluster.url(application, name)
        done = launch(
            tmp_path, "prepare", DATABASE_URL=url, DATABASE_OWNER_URL=cluster.url(owner, name)
        )
        with psycopg.connect(plain(url)) as connection:
            faults = roles.faults_of_application_role(connection)
        assert (done.returncode, done.stderr, faults) == (0, "", [])
    finally:
        _remove(cluster, name, owner, application)


def _remove(cluster: Cluster, name: str, owner: str, application: str) -> None:
    with cluster.connect("postgres") as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"DROP ROLE IF EXISTS {application}")
        admin.execute(f"DROP ROLE {owner}")


def test_portal_serves_over_tcp_and_ends_with_its_workers(tmp_path: Path) -> None:
    folder = test_data_dir() / "embedded" / f"{os.getpid()}-tcp"
    listening = Cluster(folder, listen_port=free_port(), durable=False)
    try:
        with running(listening):
            application = listening.tcp_url(roles.APPLICATION)
            owner = listening.tcp_url(roles.OWNER)
            prepared = launch(
                tmp_path, "migrate", DATABASE_URL=application, DATABASE_OWNER_URL=owner
            )
            assert (prepared.returncode, prepared.stderr) == (0, "")
            with served(Urls("sajili", application, owner), tmp_path) as server:
                status = urllib.request.urlopen(f"{server.url}/health/live").status
                workers = psutil.Process(server.process.pid).children()
        assert (status, len(workers)) == (200, 2)
        assert [worker for worker in workers if worker.is_running()] == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_second_portal_on_a_taken_port_is_refused(own_database: Urls, tmp_path: Path) -> None:
    with served(own_database, tmp_path) as server:
        port = server.url.rsplit(":", 1)[1]
        done = launch(tmp_path, DATABASE_URL=own_database.app, PORT=port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used")


HOLDS_NOTHING = """
from app.extensions import db
from app.factory import build_app
from config import load_settings

class Slow:
    @staticmethod
    def configure(flask_app, settings):
        pass

    @staticmethod
    def register(flask_app, builder):
        print(db.session().in_transaction())
        db.session.execute(db.text("SELECT 1"))

build_app(load_settings(), doors=[Slow, Slow])
"""


def test_no_transaction_waits_while_a_worker_builds_its_pages(
    database_urls: Urls, tmp_path: Path
) -> None:
    """On a busy machine the database would end it, and the worker with it."""
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "test", "DATABASE_URL": database_urls.app}
    done = subprocess.run(
        [sys.executable, "-c", HOLDS_NOTHING],
        cwd=CHECKOUT,
        env=environment | {"DATA_DIR": str(tmp_path), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]
