"""Three nodes of the public edge on one machine behind a balancer; one of them is killed under load.

`python deploy/edge_three_nodes.py` builds a small store, copies it to three folders as it would be
pushed to three machines, starts two edges in Python and one in nginx (`--kinds`), and before them
nginx that routes by index number and asks the next node where one is gone. Askers then ask for
every candidate, each answer is compared with the record, and one node is killed with SIGKILL half
way. It ends with what was wrong or lost, which must be nothing. Needs nginx with Lua.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from app.results.control import Control, write_control  # noqa: E402
from app.results.documents import Release, Result, SubjectGrade  # noqa: E402
from app.results.enums import Grade  # noqa: E402
from app.results.pages import Contacts  # noqa: E402
from app.results.publishing import build  # noqa: E402

LUA = CHECKOUT / "deploy" / "edge-nginx"
KEY = bytes(range(32))
RELEASE = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
GRADES = [one for one in Grade if one.value not in set("XYUPW")]
ASKERS = 8


def grade_of(number: int) -> Grade:
    """The mean grade that a candidate must be shown, and no other."""
    return GRADES[number * 7919 % len(GRADES)]


def index_of(number: int) -> str:
    """The index number of a running number."""
    return f"{10_000_000_000 + number}"


def candidates(number: int) -> Iterator[Result]:
    """Candidates who do not exist."""
    for place in range(number):
        index = index_of(place)
        english = SubjectGrade("101", "English", grade_of(place))
        yield Result(
            index, "ACHIENG OTIENO", "F", index[:8], "A SCHOOL", grade_of(place), [english]
        )


def pushed(work: Path, number: int, nodes: int) -> list[Path]:
    """The store in a folder for each node, behind their one balancer."""
    store = build(work / "made", RELEASE, candidates(number), key=KEY, contacts=Contacts())
    folders = [work / f"node{place + 1}" / "results" for place in range(nodes)]
    for folder in folders:
        shutil.copytree(store, folder / store.name)
        loose = 10**9  # one machine asks for all
        is_open = Control(
            store.name, time.time() - 60, KEY.hex(), address_a_minute=loose, proxies=1
        )
        write_control(folder, is_open)
    return folders


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def node(kind: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A node of a kind, in a process group of its own, so that all of it can be killed at once."""
    environment = os.environ | {"EDGE_FOLDER": str(folder)}
    if kind == "nginx":
        http = f'lua_package_path "{LUA}/?.lua;;"; include {LUA}/http.conf;'
        server = f"listen 127.0.0.1:{port}; include {LUA}/server.conf;"
        command = ["nginx", "-c", str(nginx_conf(folder.parent, http, server))]
    else:
        command = [sys.executable, "-m", "app.results.serve", f"--folder={folder}"]
        command += [f"--port={port}", "--workers=1", "--busy-ms=60000"]
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )


def nginx_conf(folder: Path, http: str, server: str) -> Path:
    """A whole configuration of nginx in a folder."""
    path = folder / "nginx.conf"
    path.write_text(
        f"{'user root;' if os.getuid() == 0 else ''} daemon off; worker_processes 1;"
        f"pid {folder}/nginx.pid; error_log {folder}/nginx.log crit; env EDGE_FOLDER;"
        "include /etc/nginx/modules-enabled/*.conf; events { worker_connections 4096; }"
        f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;"
        f"access_log off; {http} server {{ {server} }} }}"
    )
    return path


def balancer(work: Path, port: int, ports: list[int]) -> subprocess.Popen[bytes]:
    """nginx with deploy/edge-nginx/balancer.conf before the nodes."""
    folder = work / "balancer"
    folder.mkdir()
    nodes = "".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=5s;" for one in ports)
    (folder / "nodes.conf").write_text(nodes)
    shared = (LUA / "balancer.conf").read_text().replace("edge-nodes.conf", f"{folder}/nodes.conf")
    (folder / "balancer.conf").write_text(shared)
    http = f"include {folder}/balancer.conf;"
    server = f"listen 127.0.0.1:{port}; include {LUA}/balancer-server.conf;"
    return subprocess.Popen(["nginx", "-c", str(nginx_conf(folder, http, server))])


def await_alive(port: int) -> None:
    """Returns when a node says that it is ready."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            with contextlib.closing(line):
                line.request("GET", "/alive")
                if line.getresponse().status == 200:
                    return
        time.sleep(0.1)
    raise SystemExit(f"Nobody answers on port {port}.")


class Checker:
    """Asks through the balancer and compares every answer with what it must be."""

    def __init__(self, port: int, number: int) -> None:
        self._port, self._number = port, number
        self.ended = threading.Event()
        self.heard: Counter[str] = Counter()

    def ask_on(self) -> None:
        """Asks without a pause until told to end, by form and by address in turn."""
        dice = random.Random()
        while not self.ended.is_set():
            number = dice.randrange(self._number)
            try:
                said = self._ask(number, by_form=dice.random() < 0.5)
            except (OSError, http.client.HTTPException, ValueError) as error:
                said = f"lost: {type(error).__name__}"
            self.heard[said] += 1

    def _ask(self, number: int, *, by_form: bool) -> str:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        asked = urlencode({"index": index_of(number), "name": "achieng"})
        accept = {"Accept": "application/json"}
        try:
            if by_form:
                line.request("POST", "/results/", asked, accept)
            else:
                line.request("GET", f"/results/?{asked}", headers=accept)
            answer = line.getresponse()
            body = answer.read()
        finally:
            line.close()
        if answer.status != 200:
            return f"lost: status {answer.status}"
        found = json.loads(body)
        is_right = found["index_number"] == index_of(number)
        is_right = is_right and found["mean_grade"] == grade_of(number).value
        return "right" if is_right else "wrong"


@contextlib.contextmanager
def running(work: Path, kinds: list[str], folders: list[Path]) -> Iterator[tuple[int, list[int]]]:
    """Nodes of these kinds behind a balancer: its port, and theirs."""
    with started(work, kinds, folders) as (front, ports, _nodes):
        yield front, ports


@contextlib.contextmanager
def started(
    work: Path, kinds: list[str], folders: list[Path]
) -> Iterator[tuple[int, list[int], list[subprocess.Popen[bytes]]]]:
    """The same, with the nodes' processes."""
    ports = [free_port() for _ in kinds]
    nodes = [node(*one) for one in zip(kinds, folders, ports, strict=True)]
    front = free_port()
    before = balancer(work, front, ports)
    try:
        for port in (*ports, front):
            await_alive(port)
        yield front, ports, nodes
    finally:
        for one in nodes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGTERM)
        before.terminate()
        for one in (*nodes, before):
            one.wait()


def rehearse(work: Path, kinds: list[str], number: int, seconds: float) -> Counter[str]:
    """What askers heard while the first node was killed half way."""
    with started(work, kinds, pushed(work, number, len(kinds))) as (front, _ports, nodes):
        checker = Checker(front, number)
        askers = [threading.Thread(target=checker.ask_on) for _ in range(ASKERS)]
        for asker in askers:
            asker.start()
        time.sleep(seconds / 2)
        print(f"{checker.heard.total():,} answers; node 1 ({kinds[0]}) is killed", flush=True)
        os.killpg(nodes[0].pid, signal.SIGKILL)
        time.sleep(seconds / 2)
        checker.ended.set()
        for asker in askers:
            asker.join()
        return checker.heard


def main() -> None:
    """Rehearses and says what was heard; ends with 1 where anything was wrong or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=["python", "nginx", "python"])
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sajili-nodes-") as folder:
        Path(folder).chmod(0o755)
        heard = rehearse(Path(folder), options.kinds, options.candidates, options.seconds)
    print(f"{heard.total():,} answers: {dict(heard)}")
    sys.exit(0 if set(heard) == {"right"} else 1)


if __name__ == "__main__":
    main()
