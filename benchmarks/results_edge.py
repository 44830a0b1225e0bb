"""The public edge against its limit: nginx with one fixed file of the same size, and Flask.

`python -m benchmarks.results_edge` builds a store of CANDIDATES (962,512) in a folder of its own,
serves it by nginx with Lua and by Python, asks for candidates at random with wrk, by turns with the
limit and a Flask lookup in PostgreSQL, and prints a table per server CPU-second. It needs wrk,
openssl and nginx with Lua (Debian: wrk openssl nginx libnginx-mod-http-lua lua-cjson liblmdb0);
without them it says so. TMPDIR says where the store lies: on a tmpfs with huge pages it is read as
`deploy/README.md` advises. Writes `var/bench/results_edge.json`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

from app.results.control import Control, write_control
from app.results.documents import Release, Result, SubjectGrade
from app.results.enums import Grade
from app.results.folding import stored_names, tokens_of
from app.results.pages import Contacts
from app.results.publishing import build
from app.server import bundled
from benchmarks import keep
from benchmarks._edge_told import DEPLOYED, told
from benchmarks._servers import Served, below, free_port, started
from benchmarks.registrations import auc, chance, own_database
from config import CHECKOUT, load_settings

CANDIDATES = int(os.environ.get("CANDIDATES", "962512"))
SECONDS = int(os.environ.get("SECONDS", "3"))
NEVER_BUSY_MS = 600_000
LUA_MODULE = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
ROUNDS = int(os.environ.get("ROUNDS", "7"))
WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))
"""Of every server, as each is deployed: one for each processor."""
HITS = 300_000
"""A second, as on the morning of January 2025."""
PEER_CANDIDATES = 100_000
COMPARED = 1500
CONNECTIONS = 64
AT_A_CENTRE = 250
KEY = bytes(range(32))
RELEASE = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
LUA = CHECKOUT / "deploy" / "edge-nginx"
FIRST = ["ACHIENG", "WANJIKU", "OTIENO", "KIPCHOGE", "MUTHONI", "HASSAN"]
SECOND = ["NJOROGE", "OCHIENG'", "CHEBET", "NG'ANG'A", "MOHAMED", "KILONZO", "WAFULA"]
SUBJECTS = [
    ("101", "English"), ("102", "Kiswahili"), ("121", "Mathematics Alternative A"),
    ("231", "Biology"), ("233", "Chemistry"), ("311", "History and Government"),
    ("443", "Agriculture"), ("565", "Business Studies"),
]  # fmt: skip
GRADES = [one for one in Grade if one.value not in set("XYUPW")]


def index_of(number: int) -> str:
    """The index number of a running number: a centre and a place in it."""
    centre, place = divmod(number, AT_A_CENTRE)
    return f"{10_000_000 + centre * 7:08}{place + 1:03}"


def first_name(number: int) -> str:
    """One registered name of a candidate."""
    return FIRST[number % len(FIRST)]


def candidates(number: int) -> Iterator[Result]:
    """Candidates who do not exist, in the order of their index numbers."""
    dice = Random(2026)
    given = [SubjectGrade(code, name, grade) for code, name in SUBJECTS for grade in GRADES]
    by_subject = [given[at : at + len(GRADES)] for at in range(0, len(given), len(GRADES))]
    for place in range(number):
        index = index_of(place)
        yield Result(
            index,
            f"{first_name(place)} {SECOND[place % len(SECOND)]} {SECOND[place // 7 % 7]}",
            "FM"[place % 2],
            index[:8],
            f"SECONDARY SCHOOL {index[:8]}",
            GRADES[dice.randrange(len(GRADES))],
            [one[dice.randrange(len(GRADES))] for one in by_subject],
        )


def built(folder: Path, number: int = CANDIDATES) -> dict[str, float]:
    """Builds the store; how long it took and what it takes."""
    began, cpu = time.perf_counter(), time.process_time()

    def progress(done: int) -> None:
        if done % 100_000 == 0:
            print(f"  {done:,} prepared after {time.perf_counter() - began:.0f} s", flush=True)

    contacts = Contacts(("0800 721 572",))
    store = build(folder, RELEASE, candidates(number), key=KEY, contacts=contacts,
                  progress=progress)  # fmt: skip
    disk = sum(path.stat().st_blocks * 512 for path in store.iterdir())
    open_now = Control(store.name, time.time() - 60, KEY.hex(), address_a_minute=10**9)
    write_control(folder, open_now)
    return {
        "build_seconds": time.perf_counter() - began,
        "build_cpu_seconds": time.process_time() - cpu,
        "disk_mb": disk / 1e6,
    }


def nginx(
    work: Path, port: int, http: str, server: str, tls: tuple[Path, Path] | None, **given: int
) -> Any:
    """nginx with as many workers as every server; the same settings for the limit and the edge. It
    runs so many steps `below` other programs, and is busy where it takes more than `busy_ms`."""
    listen = f"listen 127.0.0.1:{port};"
    if tls:
        listen = (
            f"listen 127.0.0.1:{port} ssl; ssl_certificate {tls[0]};"
            f"ssl_certificate_key {tls[1]}; ssl_session_tickets off;"
        )
    conf = work / f"nginx-{port}.conf"
    conf.write_text(
        f"{'user root;' if os.getuid() == 0 else ''} daemon off; worker_processes {WORKERS};"
        f"pid {work}/{port}.pid; error_log {work}/{port}.err; env EDGE_FOLDER; env EDGE_BUSY_MS; env EDGE_PORT;"
        "include /etc/nginx/modules-enabled/*.conf; events { worker_connections 4096; }"
        f"http {{ client_body_temp_path {work}/body-{port}; {http}"
        f"server {{ {listen} {server} }} }}"
    )
    environment = os.environ | {"EDGE_FOLDER": str(work / "results")}
    busy_ms = given.get("busy_ms", NEVER_BUSY_MS)
    environment |= {"EDGE_BUSY_MS": str(busy_ms), "EDGE_PORT": str(port)}
    command = ["nice", "-n", str(given.get("below", 0)), "nginx", "-c", str(conf)]
    return started(command, port, env=environment)


def limit(work: Path, name: str, body: bytes) -> Any:
    """nginx with one fixed file, its descriptor held open: the limit."""
    (work / "www").mkdir(exist_ok=True)
    (work / "www" / name).write_bytes(body)
    http = "access_log off; open_file_cache max=100; sendfile on; tcp_nopush on;"
    http += "server_tokens off; keepalive_requests 10000;"
    return nginx(work, free_port(), http, f"root {work}/www;", None)


def edge_in_nginx(work: Path, tls: tuple[Path, Path] | None = None, **given: int) -> Any:
    """The edge in nginx, as deploy/ has it."""
    http = f'lua_package_path "{LUA}/?.lua;;"; include {LUA}/http.conf;'
    return nginx(work, free_port(), http, f"include {LUA}/server.conf;", tls, **given)


def edge_in_python(work: Path, tls: tuple[Path, Path] | None = None) -> Any:
    """The edge in Python, as `make edge` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "app.results.serve", f"--folder={work / 'results'}"]
    command += [f"--port={port}", f"--workers={WORKERS}", "--busy-ms=600000"]
    if tls:
        command += [f"--tls-cert={tls[0]}", f"--tls-key={tls[1]}"]
    return started(command, port, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def edge_in_python_behind_nginx(work: Path, tls: tuple[Path, Path]) -> Iterator[Served]:
    """A Python node as the public meets it: nginx ends TLS and hands whole questions on. Both count."""
    with edge_in_python(work) as node:
        (work / "edge-nodes.conf").write_text(f"server 127.0.0.1:{node.port};")
        http = f"proxy_temp_path {work}/proxy; include {LUA}/balancer.conf;"
        server = f"include {LUA}/balancer-server.conf;"
        with nginx(work, free_port(), http, server, tls) as front:
            yield Served(front.process, front.port, partial(below, node.process.pid))


@contextlib.contextmanager
def flask_lookup() -> Iterator[Served]:
    """The peer over a table of its own, its worker and PostgreSQL's counted together."""
    settings = load_settings()
    with own_database(settings) as ours, bundled(settings) as cluster:
        url = str(ours.database_url)
        with cluster.connect("bench_registrations") as owner:
            owner.execute(
                "CREATE TABLE bench_candidate (index_number varchar(11) PRIMARY KEY,"
                " names text NOT NULL, document json NOT NULL)"
            )
            owner.execute("GRANT SELECT ON bench_candidate TO PUBLIC")
            with owner.cursor().copy("COPY bench_candidate FROM STDIN") as rows:
                for one in candidates(min(PEER_CANDIDATES, CANDIDATES)):
                    rows.write_row(_peer_row(one))
            owner.execute("ANALYZE bench_candidate")
            found = owner.execute("SHOW data_directory").fetchone()
        folder = Path(found[0] if found else "")
        postmaster = int((folder / "postmaster.pid").read_text().split()[0])
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
        command += ["--port", str(port), "--workers", str(WORKERS)]
        command += ["--blocking-threads", "1", "--log-level", "error"]
        command += ["benchmarks.results_flask:wsgi"]
        with started(command, port, env=os.environ | {"BENCH_URL": url}) as served:
            yield Served(served.process, port, partial(below, postmaster))


def _peer_row(one: Result) -> tuple[str, str, str]:
    subjects = [{"code": s.code, "name": s.name, "grade": s.grade.value} for s in one.subjects]
    document = {
        "index_number": one.index_number, "names": one.names, "school": one.school,
        "mean_grade": one.mean_grade.value, "subjects": subjects, "release": 1,
    }  # fmt: skip
    names = stored_names(tokens_of(one.names)).decode()
    return one.index_number, names, json.dumps(document)


ASKING = """
local at_a_centre, names, number = {at_a_centre}, {{ {names} }}, {number}
math.randomseed({seed})
local get = {{ ["Accept"] = "{accept}", ["Connection"] = "{connection}" }}
local post = {{ ["Content-Type"] = "application/x-www-form-urlencoded" }}
function request()
    local one = math.random(0, number - 1)
    local centre = math.floor(one / at_a_centre)
    local asked = string.format("index=%08d%03d&name=%s", 10000000 + centre * 7,
        one % at_a_centre + 1, names[one % #names + 1])
    if "{method}" == "POST" then return wrk.format("POST", "/results/", post, asked) end
    return wrk.format("GET", "{path}?" .. asked, get)
end
"""


def asking(work: Path, *, method: str, accept: str, number: int = CANDIDATES,
           connection: str = "keep-alive", path: str = "/results/") -> Path:  # fmt: skip
    """A script for wrk that asks for candidates at random; of the limit too, which hears the same
    question and does not read it, so that whoever asks is as slow with each."""
    names = ", ".join(f'"{name}"' for name in FIRST)
    said = ASKING.format(
        at_a_centre=AT_A_CENTRE, names=names, number=number, seed=time.time_ns() % 10**6,
        method=method, accept=accept, connection=connection, path=path,
    )  # fmt: skip
    script = work / f"ask-{time.time_ns()}.lua"
    script.write_text(said)
    return script


def wrk(served: Served, path: str, script: Path, *, scheme: str = "http") -> dict[str, float]:
    """Answers per server CPU-second and per second, and the slow ones; stops at a wrong answer."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]
    command += ["-s", str(script)]
    before = served.cpu_seconds()
    said = subprocess.run(
        [*command, f"{scheme}://127.0.0.1:{served.port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    used = served.cpu_seconds() - before
    if wrong := re.search(r"Non-2xx.*", said):
        raise SystemExit(f"{wrong[0]} from port {served.port}")
    found = re.search(r"(\d+) requests in", said)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if found is None or slow is None:
        raise SystemExit(said)
    answers = int(found[1])
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]]
    return {
        "per_cpu_second": answers / used,
        "per_second": answers / SECONDS,
        "p99_ms": float(slow[1]) * unit,
    }


def middle(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each value over the runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


Runs = dict[str, list[dict[str, float]]]


def by_turns(acts: Mapping[str, Callable[[], dict[str, float]]]) -> Runs:
    """Each act in turn, several times over, so that a slow moment falls on all of them."""
    runs: Runs = {name: [] for name in acts}
    for number in range(ROUNDS):
        for name, act in acts.items():
            runs[name].append(act())
        print(f"  round {number + 1} of {ROUNDS} of {', '.join(acts)}", flush=True)
    return runs


def compared_with(runs: Runs, name: str, limit: str, of: str) -> dict[str, float]:
    """A value beside the limit's of the same round: the median of the ratios, the least, the most."""
    found = [one[of] / by[of] for one, by in zip(runs[name], runs[limit], strict=True)]
    return {"median": statistics.median(found), "least": min(found), "most": max(found)}


def one_body(served: Served, accept: str) -> bytes:
    """One candidate's answer."""
    line = HTTPConnection("127.0.0.1", served.port)
    line.request(
        "GET", f"/results/?index={index_of(7)}&name={first_name(7)}", headers={"Accept": accept}
    )
    body = line.getresponse().read()
    line.close()
    return body


def warm(work: Path, served: Served) -> None:
    """Touches the store as a day of questions would."""
    for accept in ("application/json", "text/html"):
        wrk(served, "/", asking(work, method="GET", accept=accept))


def lookups(work: Path) -> dict[str, Any]:
    """Limit, edge in nginx, edge in Python and Flask by turns; JSON by GET, the page by POST."""
    with contextlib.ExitStack() as stack:
        in_nginx, in_python = (
            stack.enter_context(one) for one in (edge_in_nginx(work), edge_in_python(work))
        )
        json_body = one_body(in_nginx, "application/json")
        page_body = one_body(in_nginx, "text/html")
        fixed = stack.enter_context(limit(work, "fixed.json", json_body))
        (work / "www" / "fixed.html").write_bytes(page_body)
        peer = stack.enter_context(flask_lookup())
        warm(work, in_nginx)
        warm(work, in_python)
        get = partial(asking, work, method="GET", accept="application/json")
        post = partial(asking, work, method="POST", accept="text/html")
        peer_ask = partial(get, number=min(PEER_CANDIDATES, CANDIDATES))
        runs = by_turns(
            {
                "limit_json": lambda: wrk(fixed, "/", get(path="/fixed.json")),
                "nginx_json": lambda: wrk(in_nginx, "/", get()),
                "python_json": lambda: wrk(in_python, "/", get()),
                "limit_page": lambda: wrk(fixed, "/", get(path="/fixed.html")),
                "nginx_page": lambda: wrk(in_nginx, "/", post()),
                "python_page": lambda: wrk(in_python, "/", post()),
                "flask_json": lambda: wrk(peer, "/", peer_ask()),
            }
        )
        found: dict[str, Any] = {name: middle(one) for name, one in runs.items()}
        found |= {"ratios": ratios(runs), "runs": runs}
        found |= {"json_bytes": len(json_body), "page_bytes": len(page_body)}
        found["memory_mb"] = {"nginx": in_nginx.memory_mb(), "python": in_python.memory_mb()}
        found["timing"] = {
            "nginx": times_tell(in_nginx, salt=0),
            "python": times_tell(in_python, salt=1),
            "by_chance_up_to": chance(COMPARED, COMPARED),
        }
        return found


def times_tell(served: Served, *, salt: int) -> float:
    """The chance that a wrong name's answer takes longer than an unknown number's: 0.5 where time
    tells nothing. Each number is asked once, so that no limit stands in the way."""
    dice = Random(salt)
    numbers = dice.sample(range(CANDIDATES), COMPARED)
    known = [("known", index_of(number)) for number in numbers]
    unknown = [("unknown", f"{index_of(number)[:8]}{900 + number % 90}") for number in numbers]
    asked = [*known, *dict.fromkeys(unknown)]
    dice.shuffle(asked)
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    line = HTTPConnection("127.0.0.1", served.port)
    for kind, index in asked:
        began = time.perf_counter()
        line.request(
            "GET", f"/results/?index={index}&name=Zebulon", headers={"Accept": "text/html"}
        )
        answer = line.getresponse()
        answer.read()
        taken[kind].append(time.perf_counter() - began)
        if answer.status != 404:
            raise SystemExit(f"{answer.status} for an index number asked once")
    return auc(taken["known"], taken["unknown"])


def certificate(work: Path) -> tuple[Path, Path]:
    """A P-256 certificate for this machine, its key as PKCS#8."""
    crt, key = work / "edge.crt", work / "edge.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", str(key), "-out", str(crt), "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return crt, key


def handshakes(work: Path) -> dict[str, Any]:
    """New TLS connections, each with one answer, per server CPU-second; and TLS kept alive."""
    tls = certificate(work)
    ask = partial(asking, work, method="GET", accept="application/json")
    with (
        edge_in_nginx(work, tls) as in_nginx,
        edge_in_python(work, tls) as in_python,
        edge_in_python_behind_nginx(work, tls) as proxied,
    ):
        runs = by_turns(
            {
                f"{name}_{kind}": partial(
                    lambda one, how: wrk(one, "/", ask(connection=how), scheme="https"), served, how
                )
                for name, served in zip(DEPLOYED, (in_nginx, in_python, proxied), strict=True)
                for kind, how in (("new", "close"), ("kept", "keep-alive"))
            }
        )
        return {name: middle(one) for name, one in runs.items()}


def measure(work: Path) -> dict[str, Any]:
    """Everything, in one go."""
    (work / "results").mkdir()
    found: dict[str, Any] = {"candidates": CANDIDATES, "workers": WORKERS}
    found |= built(work / "results")
    found |= lookups(work)
    found["tls"] = handshakes(work)
    found["cores_for_300000"] = cores(found["tls"])
    return found


def ratios(runs: Runs) -> dict[str, dict[str, float]]:
    """What the aims are about, round by round."""
    said = {}
    for edge in ("nginx", "python"):
        for kind in ("json", "page"):
            name, limit = f"{edge}_{kind}", f"limit_{kind}"
            said[f"{name}_to_limit"] = compared_with(runs, name, limit, "per_cpu_second")
            said[f"{name}_p99_to_limit"] = compared_with(runs, name, limit, "p99_ms")
        said[f"{edge}_to_flask"] = compared_with(
            runs, f"{edge}_json", "flask_json", "per_cpu_second"
        )
    return said


def cores(tls: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Processors for 300,000 hits a second: where each hit is a connection of its own, and where a
    connection asks four times (the form, a language, two candidates)."""
    found = {}
    for edge in DEPLOYED:
        new, kept = (tls[f"{edge}_{kind}"]["per_cpu_second"] for kind in ("new", "kept"))
        found[edge] = {"each_new": HITS / new, "four_hits": HITS / 4 / new + HITS * 3 / 4 / kept}
    return found


def main() -> None:
    """Measures, prints and keeps the result; says what is missing where something is."""
    logging.disable(logging.INFO)
    missing = [name for name in ("wrk", "openssl", "nginx") if shutil.which(name) is None]
    if missing or not LUA_MODULE.exists():
        print("Results edge: NOT MEASURED. As root: apt-get install wrk openssl nginx"
              " libnginx-mod-http-lua lua-cjson liblmdb0")  # fmt: skip
        return
    with tempfile.TemporaryDirectory(prefix="sajili-edge-") as folder:
        Path(folder).chmod(0o755)
        found = measure(Path(folder))
    print(told(found))
    keep("results_edge", found)


if __name__ == "__main__":
    main()
