"""Serves the public edge: `python -m app.results.serve --folder DATA_DIR/results --port 8081`.

One process for each worker and nothing of the portal in it: no Flask, no database. Each worker asks
itself ten times a second, through its own port, how long askers wait; where that is too long, a
share of them gets the page of a busy hour instead of a place in a growing queue.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import multiprocessing
import os
import secrets
import select
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from app.results import follow
from app.results.edge import Edge
from app.results.ledger import read_key
from app.results.told import COUNTS

__all__ = ["Options", "keep_counts", "main", "serve", "share_to_shed"]

CONNECTIONS = 8192
"""Connections that a worker holds at once; Granian counts quiet ones too, so that few would let
those who read keep out those who ask."""
QUIET_SECONDS = 10
PROBE_SECONDS = 0.1
TELL_SECONDS = 3
FORGET_SECONDS = 600
STOP_SECONDS = 10
RESTART_SECONDS = 5
_TAKEN: list[socket.socket] = []
"""Held open for as long as this process keeps its processor."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where the edge listens, what it reads and when it is too busy."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8081
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    busy_ms: int = 1000
    ledger_key: Path | None = None


def serve(options: Options) -> None:
    """Serves until told to stop; with a key, a process beside the workers follows the ledgers."""
    if options.ledger_key is not None:
        threading.Thread(
            target=_keep_following, args=[options.folder, options.ledger_key], daemon=True
        ).start()
    Granian(
        "edge",
        interface=Interfaces.WSGI,
        address=options.host,
        port=options.port,
        workers=options.workers,
        blocking_threads=1,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=QUIET_SECONDS * 1000),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        ssl_cert=options.tls_cert,
        ssl_key=options.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    ).serve(target_loader=partial(_worker, options), wrap_loader=False)


def _worker(options: Options) -> Edge:
    """The callable of one worker, with the threads that keep its counts and measure its wait."""
    _end_with_launcher()
    os.environ.clear()
    _yield_to_others()
    _keep_to_one_processor(options)
    edge = Edge(options.folder)
    keep_counts(edge, options.folder)
    threading.Thread(target=_probe, args=[edge, options], daemon=True).start()
    return edge


def _keep_following(folder: Path, key: Path) -> None:
    """A process of its own, started anew where it ends: LMDB lets a process open a store once."""
    apart = multiprocessing.get_context("spawn")
    while True:
        process = apart.Process(target=_follow, args=[folder, key], daemon=True)
        process.start()
        process.join()
        time.sleep(RESTART_SECONDS)


def _follow(folder: Path, key: Path) -> None:
    _end_with_launcher()
    os.environ.clear()
    sys.exit(follow.main([f"--folder={folder}", f"--key={key}"]))


def _end_with_launcher() -> None:
    """Ends this process when its launcher dies without a word, so that the port is free again."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _yield_to_others() -> None:
    """Fewer switches between the thread that reads sockets and the one that answers, which halves
    their cost under load; whoever works for the staff on this machine goes before."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _keep_to_one_processor(options: Options) -> None:
    """Where there is a worker for each processor, each keeps to one: what one thread has read lies
    in the cache of the other, and many questions go from hand to hand at once, which takes a tenth
    off an answer. A name in the kernel that ends with this process says which processor is taken."""
    if sys.platform != "linux":
        return
    free = sorted(os.sched_getaffinity(0))
    if options.workers < len(free):
        return
    for processor in free:
        taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            taken.bind(f"\0sajili-edge-{options.port}-{processor}")
        except OSError:
            taken.close()
            continue
        _TAKEN.append(taken)
        os.sched_setaffinity(0, {processor})
        return


def keep_counts(edge: Edge, folder: Path) -> None:
    """Writes every few seconds what this worker answered to `counts/<pid>.json`, and forgets
    misses that no longer count; nothing in either names anybody."""
    threading.Thread(target=_keep_counts, args=[edge, folder / COUNTS], daemon=True).start()


def _keep_counts(edge: Edge, folder: Path) -> None:
    told: dict[str, Mapping[str, int]] = {}
    before, since = 0, time.monotonic()
    path = folder / f"{os.getpid()}.json"
    with contextlib.suppress(OSError):
        path.rename(path.with_suffix(f".{int(time.time())}.json"))
    forget_at = time.monotonic() + FORGET_SECONDS
    while True:
        time.sleep(TELL_SECONDS)
        with contextlib.suppress(OSError):
            told |= edge.counts
            folder.mkdir(exist_ok=True)
            answers, at = sum(sum(counts.values()) for counts in told.values()), time.monotonic()
            rate = max(0, answers - before) / (at - since)
            before, since = answers, at
            waiting = path.with_suffix(".new")
            waiting.write_text(json.dumps({"at": time.time(), "a_second": rate, "stores": told}))
            waiting.replace(path)
        if time.monotonic() >= forget_at:
            forget_at += FORGET_SECONDS
            edge.forget_old()


def share_to_shed(waited: float, busy: float) -> float:
    """The share of askers to send away: none up to `busy` seconds of waiting, all at twice that."""
    return min(1.0, max(0.0, waited / busy - 1)) if busy else 1.0


def _probe(edge: Edge, options: Options) -> None:
    """Asks this very worker over and over and sets `edge.shed` by the time that it takes.

    The workers share a port: a connection that falls to another is given up for a new one.
    """
    token, ours = secrets.token_hex(16), threading.Event()

    def on_alive(environ: Mapping[str, Any]) -> bytes:
        if environ.get("HTTP_X_PROBE") == token:
            ours.set()
        return b"alive"

    edge.on_alive = on_alive
    asked = f"GET /alive HTTP/1.1\r\nHost: edge\r\nX-Probe: {token}\r\n\r\n".encode()
    line: socket.socket | None = None
    while True:
        time.sleep(PROBE_SECONDS)
        try:
            line = line or _line(options)
            ours.clear()
            _ask(line, asked, edge, options.busy_ms / 1000)
            is_ours = ours.is_set()
        except OSError:
            is_ours = False
        if not is_ours and line is not None:
            line.close()
            line, edge.shed = None, 0.0


def _ask(line: socket.socket, asked: bytes, edge: Edge, busy: float) -> None:
    began = time.monotonic()
    line.sendall(asked)
    while not select.select([line], [], [], PROBE_SECONDS)[0]:
        edge.shed = share_to_shed(time.monotonic() - began, busy)
    if not line.recv(4096):
        raise ConnectionResetError
    edge.shed = share_to_shed(time.monotonic() - began, busy)


def _line(options: Options) -> socket.socket:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104
    line = socket.create_connection((here, options.port), timeout=5)
    if options.tls_cert is None:
        return line
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(line)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m app.results.serve", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="DATA_DIR/results")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path, help="PEM, PKCS#8")
    parser.add_argument("--busy-ms", type=int, default=1000, help="a wait that is too long")
    parser.add_argument(
        "--ledger-key", type=Path, help="the publisher's ledger.pem: follow the ledgers as well"
    )
    options = Options(**vars(parser.parse_args(arguments)))
    if options.ledger_key is not None:
        try:
            read_key(options.ledger_key)
        except (OSError, ValueError) as error:
            parser.error(f"--ledger-key: {error}")
    scheme = "https" if options.tls_cert else "http"
    sys.stdout.write(f"Results at {scheme}://{options.host}:{options.port}/results/\n")
    sys.stdout.flush()
    serve(options)


if __name__ == "__main__":
    main()
