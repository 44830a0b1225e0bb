"""Serving: the databases to use, whether they may be used, and Granian's worker processes."""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from sqlalchemy.engine import make_url

from app import clock
from app.db import embedded, roles, schema
from app.db.programs import EmbeddedDatabaseError

if TYPE_CHECKING:
    from config import Settings

_STOP_SECONDS = 15
_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 2


class NotReadyError(SystemExit):
    """The portal must not serve yet; the sentence says what to do."""


@contextlib.contextmanager
def databases(settings: Settings) -> Iterator[Settings]:
    """The settings with a database in them: the bundled one, which runs inside this block,
    where the environment names none."""
    if settings.database_url is None and settings.database_owner_url is None:
        with bundled(settings) as cluster:
            application, owner = cluster.url(roles.APPLICATION), cluster.url(roles.OWNER)
            yield settings.model_copy(
                update={"database_url": application, "database_owner_url": owner}
            )
    elif settings.database_url is None:
        yield settings.model_copy(update={"database_url": _application_url(settings)})
    else:
        yield settings


@contextlib.contextmanager
def bundled(settings: Settings) -> Iterator[embedded.Cluster]:
    """The bundled PostgreSQL, or a sentence that says why it does not run."""
    try:
        with embedded.running(embedded.Cluster(settings.data_dir)) as cluster:
            yield cluster
    except EmbeddedDatabaseError as failure:
        raise NotReadyError(str(failure)) from None


def _application_url(settings: Settings) -> str:
    """The application role's address on the owner's server, its password made here once."""
    path = settings.data_dir / "keys" / "database_password"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    owner = make_url(settings.database_owner_url or "")
    ours = owner.set(username=roles.APPLICATION, password=path.read_text())
    return ours.render_as_string(hide_password=False)


def plain(url: str | None) -> str:
    """The same address as psycopg itself spells it."""
    return (url or "").replace("postgresql+psycopg://", "postgresql://", 1)


def refuse_unready(settings: Settings) -> None:
    """Raises NotReadyError where the database is away, behind, or met with the wrong role."""
    try:
        with psycopg.connect(plain(settings.database_url)) as connection:
            faults = roles.faults_of_application_role(connection)
    except psycopg.OperationalError as failure:
        raise NotReadyError(f"The database does not answer: {failure}") from None
    if faults:
        raise NotReadyError("\n".join(faults))
    if not schema.is_current(settings.database_url or ""):
        raise NotReadyError(
            "The database lacks migrations that this version needs: make run applies them, "
            "elsewhere python run.py migrate with DATABASE_OWNER_URL set."
        )


def serve(settings: Settings, target: str) -> None:
    """Serves until told to stop; each worker builds the application from `target` itself.

    Workers find the application role's address in the environment, and never the owner's.
    """
    _refuse_taken_port(settings.host, settings.port)
    os.environ["DATABASE_URL"] = settings.database_url or ""
    os.environ["DATA_DIR"] = str(settings.data_dir)
    os.environ.pop("DATABASE_OWNER_URL", None)
    with queue_workers(settings.queue_workers):
        _granian(settings, target).serve()


def _granian(settings: Settings, target: str) -> Any:
    return Granian(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=settings.blocking_threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_lifetime=settings.workers_lifetime,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning if settings.is_production else LogLevels.error,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        working_dir=Path.cwd(),
    )


@contextlib.contextmanager
def queue_workers(number: int) -> Iterator[None]:
    """Keeps this many workers of the queue running beside the block, each in its own process."""
    ending = threading.Event()
    keepers = [threading.Thread(target=_keep_worker, args=[ending]) for _ in range(number)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ending.set()
        for keeper in keepers:
            keeper.join()


def _keep_worker(ending: threading.Event) -> None:
    """One worker, started again when it ends by itself; told to stop when `ending` is set."""
    command = [sys.executable, str(Path(sys.argv[0]).resolve()), "worker"]
    while not ending.is_set():
        worker = subprocess.Popen(command)
        while worker.poll() is None and not ending.wait(_LOOK_SECONDS):
            pass
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        ending.wait(_AGAIN_SECONDS)


def welcome(settings: Settings) -> str:
    """What the start says: the address, and in a demo who may sign in."""
    scheme = "https" if settings.tls_cert else "http"
    address = f"Sajili serves {scheme}://{settings.host}:{settings.port}  (Ctrl+C ends it)"
    return "\n".join([*demo_sign_ins(settings), address])


def demo_sign_ins(settings: Settings) -> list[str]:
    """Who may sign in to a demonstration and what the office clock shows, a line each; none
    where the data is not a demonstration's."""
    if settings.is_production or settings.database_url is None:
        return []
    with psycopg.connect(plain(settings.database_url)) as connection:
        rows = connection.execute("SELECT name, value FROM installation_fact").fetchall()
    facts: dict[str, Any] = dict(rows)
    if "demo" not in facts:
        return []
    offset = dt.timedelta(seconds=facts.get("office_offset_seconds", 0))
    office = clock.nairobi(settings.now or clock.real_now() + offset)
    when = f"{office:%a} {office.day} {office:%b %Y, %H:%M}"
    return [*facts["demo"].get("sign_ins", []), f"Office clock: {when} (make demo starts it anew)"]


def _refuse_taken_port(host: str, port: int) -> None:
    """Workers share their port with whoever asks, so that a second portal would go unnoticed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            raise NotReadyError(
                f"Port {port} on {host} cannot be used ({failure.strerror}): "
                "stop the other program, or choose another with PORT."
            ) from None


def end_with_launcher() -> None:
    """Ends this worker when its launcher dies without a word, so that the port is free again."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
