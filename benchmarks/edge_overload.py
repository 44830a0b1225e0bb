"""The staff portal on a machine whose results edge is asked for more than it can answer.

`python -m benchmarks.edge_overload` serves the portal over an empty database of its own and an
edge, floods the edge with wrk, and times the sign-in page of the portal: alone, beside either edge
as it is deployed (below the portal, `Nice=5`), and beside one in Python that is not below it. It
prints a table, with what the flooded edge said, and writes `var/bench/edge_overload.json`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks import keep
from benchmarks import results_edge as lookup
from benchmarks._servers import Served, free_port, started
from benchmarks.registrations import own_database
from config import load_settings

CANDIDATES = 20_000
PAGES = int(os.environ.get("PAGES", "200"))
BUSY_MS = 20
"""Low, so that what two processors hold open for wrk is enough to make the edge say it is busy."""
CONNECTIONS = 1500
BELOW = 5
"""As `deploy/sajili-edge.service` has it."""
PAGE = "/login/"


@contextlib.contextmanager
def portal() -> Iterator[Served]:
    """The staff portal as it is deployed, over an empty database of its own."""
    with own_database(load_settings()) as settings:
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
        command += ["--port", str(port), "--workers", str(lookup.WORKERS)]
        command += ["--blocking-threads", "1", "--log-level", "error", "run:wsgi"]
        given = os.environ | {"DATABASE_URL": str(settings.database_url)}
        unheard = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with started(command, port, env=given, **unheard) as served:
            yield served


@contextlib.contextmanager
def edge(work: Path, kind: str, below: int) -> Iterator[Served]:
    """The edge so many steps below the portal."""
    if kind == "nginx":
        with lookup.edge_in_nginx(work, busy_ms=BUSY_MS, below=below) as served:
            yield served
        return
    port = free_port()
    command = ["nice", "-n", str(below), sys.executable, "-m", "app.results.serve"]
    command += [f"--folder={work / 'results'}", f"--port={port}", f"--workers={lookup.WORKERS}"]
    command += [f"--busy-ms={BUSY_MS}"]
    with started(command, port, stdout=subprocess.DEVNULL) as served:
        yield served


@contextlib.contextmanager
def flooded(work: Path, served: Served, below: int) -> Iterator[None]:
    """wrk asks without a pause, on the edge's own step, so that it takes nothing else away."""
    script = lookup.asking(work, method="POST", accept="text/html", number=CANDIDATES)
    command = ["nice", "-n", str(below), "wrk", "-t1", f"-c{CONNECTIONS}", "-d600s"]
    command += ["-s", str(script), f"http://127.0.0.1:{served.port}/"]
    asker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(3)
        yield
    finally:
        asker.terminate()
        asker.wait()


def times_of(served: Served) -> dict[str, float]:
    """Milliseconds of the portal's sign-in page, one after another on one connection."""
    line = HTTPConnection("127.0.0.1", served.port)
    taken = []
    for _ in range(PAGES):
        began = time.perf_counter()
        line.request("GET", PAGE)
        answer = line.getresponse()
        answer.read()
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{answer.status} from the portal")
    line.close()
    cuts = statistics.quantiles(taken, n=100)
    return {"p50_ms": cuts[49], "p95_ms": cuts[94]}


def heard_from(served: Served) -> dict[str, float]:
    """What askers hear of the flooded edge: shown, sent away with a time to come back, neither."""
    heard = {"shown": 0, "sent_away": 0, "other": 0}
    sizes = []
    for number in range(100):
        line = HTTPConnection("127.0.0.1", served.port, timeout=30)
        line.request(
            "GET", f"/results/?index={lookup.index_of(number)}&name={lookup.first_name(number)}"
        )
        answer = line.getresponse()
        body = answer.read()
        line.close()
        waits = int(answer.headers.get("Retry-After", 0))
        if answer.status == 200:
            heard["shown"] += 1
        elif answer.status == 503 and 60 <= waits < 120:
            heard["sent_away"] += 1
            sizes.append(len(body))
        else:
            heard["other"] += 1
    return {**heard, "busy_page_bytes": max(sizes, default=0)}


def kinds() -> Iterator[tuple[str, str, int]]:
    """The edges to flood: a name for each, in what it runs, how far below the portal."""
    yield from (("below", "python", BELOW), ("level", "python", 0))
    if lookup.LUA_MODULE.exists():
        yield "nginx", "nginx", BELOW


def measure(work: Path) -> dict[str, Any]:
    """The portal alone, and beside a flooded edge that is below it or is not."""
    (work / "results").mkdir()
    lookup.built(work / "results", CANDIDATES)
    found: dict[str, Any] = {"workers": lookup.WORKERS}
    with portal() as staff:
        times_of(staff)
        found["alone"] = times_of(staff)
        for name, kind, below in kinds():
            with edge(work, kind, below) as served, flooded(work, served, below):
                found[name] = times_of(staff)
                found[f"heard_{name}"] = heard_from(served)
    return found


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    alone = found["alone"]["p95_ms"]
    rows = (
        ("alone", "the portal alone"),
        ("below", f"beside a flooded edge in Python, {BELOW} steps below it"),
        ("level", "beside a flooded edge in Python on its own step"),
        ("nginx", f"beside a flooded edge in nginx, {BELOW} steps below it"),
    )
    lines = [
        f"Sign-in page of the portal, {found['workers']} workers:        p50 ms   p95 ms   of alone"
    ]
    for name, words in rows:
        if name not in found:
            lines.append(f"  {words:52} NOT MEASURED: there is no nginx with Lua here")
            continue
        one = found[name]
        lines.append(
            f"  {words:52}{one['p50_ms']:7.1f}{one['p95_ms']:9.1f}{one['p95_ms'] / alone:9.1f}"
        )
    for name, words in (("below", "Python"), ("nginx", "nginx")):
        if heard := found.get(f"heard_{name}"):
            lines.append(
                f"  of 100 who asked the flooded edge in {words}, {heard['shown']} saw a result,"
                f" {heard['sent_away']} a page of {heard['busy_page_bytes']:,} bytes with"
                f" Retry-After, {heard['other']} neither"
            )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result; says what is missing where something is."""
    logging.disable(logging.INFO)
    if shutil.which("wrk") is None:
        print("Overloaded edge: NOT MEASURED. As root: apt-get install wrk")
        return
    with tempfile.TemporaryDirectory(prefix="sajili-overload-") as folder:
        found = measure(Path(folder))
    print(told(found))
    keep("edge_overload", found)


if __name__ == "__main__":
    main()
