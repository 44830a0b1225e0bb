"""The bundled PostgreSQL: started, shared, stopped, and mended after a kill."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy import create_engine, text

from app.db import embedded, programs, roles
from app.db.embedded import Cluster, is_running, running
from app.db.programs import EmbeddedDatabaseError
from config import CHECKOUT
from tests.browsers import free_port
from tests.databases import test_data_dir

LAUNCHER = """
    import sys, time
    from pathlib import Path
    from app.db.embedded import Cluster, running
    with running(Cluster(Path(sys.argv[1]), durable=False)):
        print("up", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of the test's own, which no other test uses."""
    folder = test_data_dir() / "embedded" / f"{os.getpid()}-{request.node.name[:40]}"
    own = Cluster(folder, durable=False)
    yield own
    embedded.stop(own)
    shutil.rmtree(folder, ignore_errors=True)


def _postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))


def _launch(cluster: Cluster) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LAUNCHER), str(cluster.data_dir)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_server_runs_inside_the_block_and_stops_after_it(cluster: Cluster) -> None:
    with running(cluster):
        inside = is_running(cluster)
        with cluster.connect(embedded.DATABASE, roles.APPLICATION) as connection:
            upper = connection.execute("SELECT upper('ñandú')").fetchone()
    assert (inside, is_running(cluster), upper) == (True, False, ("ÑANDÚ",))


def test_second_start_keeps_data_and_takes_seconds(cluster: Cluster) -> None:
    with running(cluster), cluster.connect(embedded.DATABASE, roles.OWNER) as owner:
        owner.execute("CREATE TABLE kept (n int)")
    began = time.monotonic()
    with running(cluster), cluster.connect(embedded.DATABASE, roles.APPLICATION) as connection:
        rows = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert rows == (0,)
    assert time.monotonic() - began < 5


def test_killed_server_leaves_a_pid_file_that_does_not_stop_the_next_start(
    cluster: Cluster,
) -> None:
    with running(cluster):
        postmaster = _postmaster(cluster)
        postmaster.kill()
        psutil.wait_procs([postmaster], timeout=10)
        assert (cluster.data / "postmaster.pid").exists()
        assert not is_running(cluster)
        with running(cluster):
            assert is_running(cluster)


def test_pid_file_that_names_another_program_is_not_believed(cluster: Cluster) -> None:
    with running(cluster):
        pass
    stale = cluster.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n\n\n\n")
    with running(cluster):
        assert _postmaster(cluster).pid != os.getpid()


def test_killed_launcher_leaves_a_server_that_the_next_one_adopts_and_stops(
    cluster: Cluster,
) -> None:
    _end(_launch(cluster))
    orphan = _postmaster(cluster).pid
    assert is_running(cluster)
    with running(cluster):
        assert _postmaster(cluster).pid == orphan
    assert not is_running(cluster)


def test_first_to_leave_does_not_stop_the_server_of_another_launcher(cluster: Cluster) -> None:
    other = _launch(cluster)
    try:
        with running(cluster):
            pass
        assert is_running(cluster)
    finally:
        other.send_signal(signal.SIGKILL)
        _end(other)


def test_tcp_address_with_password_works_like_the_socket(cluster: Cluster) -> None:
    listening = Cluster(cluster.data_dir, listen_port=free_port(), durable=False)
    with running(listening):
        engine = create_engine(listening.tcp_url(roles.APPLICATION))
        with engine.connect() as connection:
            row = connection.execute(text("SELECT current_user, inet_client_addr() IS NOT NULL"))
            assert row.one() == (roles.APPLICATION, True)
        engine.dispose()
        wrong = listening.tcp_url(roles.APPLICATION).replace("+psycopg", "").split("@")[1]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://{roles.APPLICATION}:guess@{wrong}")


def test_application_role_owns_nothing_and_bypasses_nothing(cluster: Cluster) -> None:
    with running(cluster):
        with cluster.connect(embedded.DATABASE, roles.OWNER) as owner:
            owner.execute("CREATE TABLE thing (n int)")
            owner_faults = roles.faults_of_application_role(owner)
        with cluster.connect(embedded.DATABASE, roles.APPLICATION) as application:
            application_faults = roles.faults_of_application_role(application)
            application.execute("INSERT INTO thing VALUES (1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("TRUNCATE thing")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("CREATE TABLE mine (n int)")
        with cluster.connect(embedded.DATABASE) as superuser:
            super_faults = roles.faults_of_application_role(superuser)
    assert application_faults == []
    assert owner_faults == ["DATABASE_URL signs in as the owner of the tables: use the other role."]
    assert len(super_faults) == 2


def test_deep_data_dir_gets_a_short_socket_path(cluster: Cluster) -> None:
    deep = Cluster(cluster.data_dir / ("deep" * 30), durable=False)
    with running(deep), deep.connect(embedded.DATABASE, roles.APPLICATION):
        assert len(str(deep.socket_dir)) < 70
        assert deep.socket_dir.stat().st_mode & 0o777 == 0o700


def test_socket_folder_of_somebody_else_is_refused(cluster: Cluster) -> None:
    cluster.home.mkdir(parents=True)
    cluster.socket_dir.mkdir(mode=0o777)
    cluster.socket_dir.chmod(0o777)
    with pytest.raises(EmbeddedDatabaseError, match="does not belong to"), running(cluster):
        pass


def test_the_second_launcher_waits_while_the_first_gives_the_folder_away(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its making and its giving away the folder is root's, and would be refused."""
    given_away, given = threading.Event(), os.chown

    def slowly(path: Any, *ids: int) -> None:
        if Path(path) == cluster.socket_dir:
            given_away.wait(1)
        given(path, *ids)

    def launched() -> str:
        with running(cluster):
            return "ran"

    monkeypatch.setattr(embedded.os, "chown", slowly)
    with ThreadPoolExecutor(2) as launchers:
        first, second = (launchers.submit(launched) for _ in range(2))
        assert (first.result(60), second.result(60)) == ("ran", "ran")


def test_folders_that_exist_keep_their_mode(cluster: Cluster) -> None:
    cluster.data_dir.mkdir(parents=True)
    cluster.data_dir.chmod(0o755)
    before = [(path, path.stat().st_mode) for path in cluster.data_dir.resolve().parents]
    with running(cluster):
        pass
    assert [(path, path.stat().st_mode) for path in cluster.data_dir.resolve().parents] == before
    assert cluster.data_dir.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the server as another user")
def test_root_is_told_when_the_servers_user_cannot_enter_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with (
        pytest.raises(EmbeddedDatabaseError, match="set DATA_DIR to a folder"),
        running(Cluster(tmp_path / "data", durable=False)),
    ):
        pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the server as another user")
def test_programs_in_a_closed_folder_are_copied_and_the_folder_stays_closed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = programs.bundled_postgresql()
    closed = tmp_path / "closed"
    programs.copy_programs(carried, closed)
    closed.chmod(0o700)
    there = closed / carried.parent.name / carried.name
    monkeypatch.setattr(embedded, "bundled_postgresql", lambda: there)
    with running(cluster):
        program = Path(_postmaster(cluster).exe())
    assert program.is_relative_to(cluster.home)
    assert closed.stat().st_mode & 0o777 == 0o700
