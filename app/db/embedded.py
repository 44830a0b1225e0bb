"""The bundled PostgreSQL: made, started, shared and stopped without anything installed by hand."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from app.db.programs import (
    EmbeddedDatabaseError,
    bundled_postgresql,
    copy_programs,
    reaches,
    run,
    server_user,
)
from app.db.roles import APPLICATION, OWNER, create_database, grant_to_application

DATABASE = "sajili"
SUPERUSER = "postgres"

_SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107 for the whole address, macOS 103
_START_SECONDS = 120

_CONF = """\
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 256MB
max_connections = 100
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# No statement and no detail in the log: both carry values of people.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
_HBA = """\
# The socket lies in a directory that only the server's and the portal's user can enter.
local all all trust
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


@dataclass(frozen=True)
class Cluster:
    """One bundled server and where it lives.

    `listen_port` opens 127.0.0.1 with passwords besides the socket; `durable=False` gives up
    crash safety for speed and belongs to tests.
    """

    data_dir: Path
    listen_port: int | None = None
    durable: bool = True

    @property
    def home(self) -> Path:
        return self.data_dir.resolve() / "postgresql"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def port(self) -> int:
        return self.listen_port or 5432

    @property
    def socket_dir(self) -> Path:
        """Beside the data, or in the system's temporary folder where that path is too long."""
        near = self.home / "socket"
        if len(os.fsencode(near / f".s.PGSQL.{self.port}")) <= _SOCKET_PATH_LIMIT:
            return near
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"sajili-{os.getuid()}-{name}"

    def url(self, role: str, database: str = DATABASE) -> str:
        """A SQLAlchemy address over the socket."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql+psycopg://{role}@/{database}?host={host}&port={self.port}"

    def tcp_url(self, role: str, database: str = DATABASE) -> str:
        """A SQLAlchemy address over TCP, with the role's password; needs `listen_port`."""
        if self.listen_port is None:
            raise EmbeddedDatabaseError("This bundled server was not asked to listen on a port.")
        password = _password(self, role)
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = DATABASE, role: str = SUPERUSER) -> psycopg.Connection:
        """An autocommit psycopg connection over the socket."""
        return psycopg.connect(
            host=str(self.socket_dir),
            port=self.port,
            user=role,
            dbname=database,
            autocommit=True,
        )


@contextlib.contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """The server runs inside this block; whoever leaves last stops it.

    Every user holds a shared lock that the kernel drops when the process dies, so a killed
    launcher neither keeps the server alive for ever nor takes it away from another.
    """
    _make_home(cluster)
    users = os.open(cluster.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _one_at_a_time(cluster):
            _own_folder(cluster.socket_dir)
            fcntl.flock(users, fcntl.LOCK_SH)
            if not is_running(cluster):
                _start(cluster)
            _prepare(cluster)
        yield cluster
    finally:
        with _one_at_a_time(cluster), contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(cluster)
        fcntl.flock(users, fcntl.LOCK_UN)
        os.close(users)


def is_running(cluster: Cluster) -> bool:
    """Whether a live server of this very data directory answers for its pid file."""
    return _server_pid(cluster) is not None


def stop(cluster: Cluster) -> None:
    """Stops the server in order, ending open sessions; does nothing when it is not running."""
    if is_running(cluster):
        _as_server(cluster, "pg_ctl", "stop", "-D", str(cluster.data), "-m", "fast", "-w")


# --- programs -----------------------------------------------------------------------------


def _as_server(cluster: Cluster, program: str, *args: str) -> str:
    """Output of one of PostgreSQL's programs, or the reason why it failed."""
    done = run(_binaries(cluster) / program, *args, cwd=cluster.data)
    if done.returncode != 0:
        raise EmbeddedDatabaseError(f"PostgreSQL's {program} failed: {done.stdout.strip()}")
    return done.stdout


def _binaries(cluster: Cluster) -> Path:
    """The carried programs, copied beside the data where the server's user cannot reach them."""
    carried = bundled_postgresql()
    if reaches(carried / "bin"):
        return carried / "bin"
    version = hashlib.sha256((carried / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    copy = cluster.home / f"programs-{version}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=".programs-", dir=cluster.home))
        copy_programs(carried, unfinished)
        unfinished.rename(copy)
    return copy / carried.parent.name / carried.name / "bin"


# --- making -------------------------------------------------------------------------------


def _make_home(cluster: Cluster) -> None:
    """Creates the product's own folders; a folder that exists keeps its mode."""
    as_root = os.getuid() == 0
    for folder in reversed([cluster.home, *cluster.home.parents]):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755 if as_root else 0o700)
    if not reaches(cluster.home):
        raise EmbeddedDatabaseError(
            f"The user {server_user().pw_name}, who runs PostgreSQL because root may not, cannot "
            f"enter {cluster.home}: set DATA_DIR to a folder that everybody may pass through, "
            "for instance one under /var/lib."
        )


def _own_folder(folder: Path) -> None:
    """A private folder of the server's user; refuses one that somebody else put there.

    Between its making and its giving away it is root's: only one at a time may look at it.
    """
    user = server_user()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != user.pw_uid or state.st_mode & 0o077:
        raise EmbeddedDatabaseError(
            f"{folder} does not belong to {user.pw_name} alone: remove it and start again."
        )


def _initialise(cluster: Cluster) -> None:
    """Makes the cluster under another name first, so that a broken attempt leaves nothing."""
    user = server_user()
    unfinished = cluster.home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, user.pw_uid, user.pw_gid)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    done = run(
        _binaries(cluster) / "initdb",
        *["-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", "--no-instructions"],
        *[*locale, "--builtin-locale=C.UTF-8"],
        cwd=unfinished,
    )
    if done.returncode != 0:
        raise EmbeddedDatabaseError(f"PostgreSQL's initdb failed: {done.stdout.strip()}")
    (unfinished / "pg_hba.conf").write_text(_HBA)
    unfinished.rename(cluster.data)


def _configure(cluster: Cluster) -> None:
    """Writes the server's settings anew at each start, so that they follow the program."""
    safe = "on" if cluster.durable else "off"
    lines = [
        f"port = {cluster.port}",
        f"listen_addresses = '{'127.0.0.1' if cluster.listen_port else ''}'",
        f"unix_socket_directories = '{cluster.socket_dir}'",
        "unix_socket_permissions = 0700",
        *[f"{name} = {safe}" for name in ("fsync", "synchronous_commit", "full_page_writes")],
    ]
    (cluster.data / "postgresql.conf").write_text(_CONF + "\n".join(lines) + "\n")


# --- starting -----------------------------------------------------------------------------


@contextlib.contextmanager
def _one_at_a_time(cluster: Cluster) -> Iterator[None]:
    with (cluster.home / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _server_pid(cluster: Cluster) -> int | None:
    """The live server's process id; a pid file left by a dead server counts for nothing."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        ours = process.name() == "postgres" and Path(process.cwd()) == cluster.data
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    except psutil.AccessDenied:
        return None
    return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None


def _forget_reused_pid(cluster: Cluster) -> None:
    """Removes a pid file whose number now belongs to another program.

    PostgreSQL would take that program for itself and refuse to start; a number that belongs to
    nobody it clears away by itself, after looking for leftovers of the dead server.
    """
    pid_file = cluster.data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError):
        if psutil.pid_exists(int(pid_file.read_text().split("\n", 1)[0])):
            pid_file.unlink()


def _start(cluster: Cluster) -> None:
    if not cluster.data.exists():
        _initialise(cluster)
    _check_version(cluster)
    _configure(cluster)
    _forget_reused_pid(cluster)
    log = cluster.data / "server.log"
    try:
        _as_server(
            cluster,
            *["pg_ctl", "start", "-D", str(cluster.data), "-l", str(log)],
            *["-w", "-t", str(_START_SECONDS)],
        )
    except EmbeddedDatabaseError as failure:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:]) if log.exists() else ""
        raise EmbeddedDatabaseError(
            f"The bundled PostgreSQL did not start. {failure}\n{tail}"
        ) from None


def _check_version(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    carried = _as_server(cluster, "postgres", "--version").split()[-1]
    if carried.split(".")[0] != made_by:
        raise EmbeddedDatabaseError(
            f"{cluster.data} was made by PostgreSQL {made_by}, the bundled one is {carried}: "
            "make a backup with the older version of the portal and restore it into an empty "
            "DATA_DIR."
        )


# --- roles --------------------------------------------------------------------------------


def _prepare(cluster: Cluster) -> None:
    """Creates both roles and the database; changes nothing that is already so."""
    with cluster.connect("postgres") as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER, APPLICATION):
            _make_role(cluster, connection, role, known)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            create_database(connection, DATABASE)
            with cluster.connect(DATABASE, OWNER) as owned:
                grant_to_application(owned, APPLICATION)


def _make_role(
    cluster: Cluster, connection: psycopg.Connection, role: str, known: set[str]
) -> None:
    name = sql.Identifier(role)
    if role not in known:
        plain = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
        connection.execute(plain.format(name))
    if cluster.listen_port:
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(change.format(name, sql.Literal(_password(cluster, role))))


def _password(cluster: Cluster, role: str) -> str:
    """The role's password for TCP, made once and kept in a file of mode 0600."""
    path = cluster.home / f"{role}.password"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
