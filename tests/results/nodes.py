"""Real nodes of the public edge on real sockets, in Python and in nginx, over a folder of stores."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from config import CHECKOUT

LUA = CHECKOUT / "deploy" / "edge-nginx"
LUA_MODULE = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
START_SECONDS = 30
SAME = (
    "content-type", "cache-control", "x-content-type-options", "content-security-policy",
    "content-length", "location",
)  # fmt: skip
"""Headers in which two nodes may not differ."""


@dataclass(frozen=True)
class Answer:
    """What a node said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def seen(self) -> tuple[int, dict[str, str], bytes]:
        """Everything that an asker could tell two answers apart by, but for dates."""
        return self.status, {name: self.headers.get(name, "") for name in SAME}, self.body


@dataclass(frozen=True)
class Node:
    """A running edge."""

    kind: str
    port: int
    log: Path
    asker: str = ""

    def asked_from(self, address: str) -> Node:
        """The same node, asked from another address of this machine (127.0.0.0/8)."""
        return replace(self, asker=address)

    def send(
        self,
        method: str = "GET",
        path: str = "/results/",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One question on a connection of its own."""
        source = (self.asker, 0) if self.asker else None
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=source)
        try:
            line.request(method, path, body, dict(headers or {}))
            got = line.getresponse()
            said = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, said, got.read())
        finally:
            line.close()

    def json(self, index: str, name: str) -> Answer:
        """A program's question."""
        asked = urlencode({"index": index, "name": name})
        return self.send("GET", f"/results/?{asked}", headers={"Accept": "application/json"})

    def page(self, index: str, name: str, language: str = "en") -> Answer:
        """What the form of the page sends."""
        form = urlencode({"index": index, "name": name}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", f"/results/?lang={language}", form, kind)


def has_nginx() -> bool:
    """Whether nginx with Lua is installed; where E2E=required it must be."""
    found = shutil.which("nginx") is not None and LUA_MODULE.exists()
    if not found and os.environ.get("E2E") == "required":
        pytest.fail("E2E=required, and there is no nginx with Lua")
    return found


@contextlib.contextmanager
def running(
    kind: str,
    folder: Path,
    *,
    busy: bool = False,
    workers: int = 2,
    options: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> Iterator[Node]:
    """A node of a kind over a folder; `busy` makes it find itself too busy at once. `options` are
    more of Python's, `more` is more of nginx's environment."""
    port = free_port()
    log = folder.parent / f"{kind}-{port}.log"
    environment = dict(os.environ)
    if kind == "nginx":
        http = f'lua_package_path "{LUA}/?.lua;;"; include {LUA}/http.conf;'
        server = f"listen 127.0.0.1:{port} reuseport; include {LUA}/server.conf;"
        conf = nginx_conf(
            folder.parent, port, log, f"{http} server {{ {server} }}", workers=workers
        )
        command = ["nginx", "-e", str(log), "-c", str(conf)]
        environment |= {"EDGE_FOLDER": str(folder), "EDGE_BUSY_MS": "0" if busy else "60000"}
        environment |= {"EDGE_PORT": str(port), **(more or {})}
    else:
        command = [sys.executable, "-m", "app.results.serve", f"--folder={folder}"]
        command += [f"--port={port}", f"--workers={workers}", f"--busy-ms={0 if busy else 60_000}"]
        command += options
    with listening(command, port, log, environment):
        yield Node(kind, port, log)


@contextlib.contextmanager
def behind(node: Node, folder: Path, **settings: str) -> Iterator[Node]:
    """nginx before a node, with what deploy/ has for a balancer; `settings` are other values of its
    directives."""
    port = free_port()
    log, nodes = folder.parent / f"balancer-{port}.log", folder.parent / f"nodes-{port}.conf"
    nodes.write_text(f"server 127.0.0.1:{node.port} max_fails=1 fail_timeout=5s;")
    http = (LUA / "balancer.conf").read_text().replace("edge-nodes.conf", str(nodes))
    server = changed((LUA / "balancer-server.conf").read_text(), **settings)
    http = f"{http} server {{ listen 127.0.0.1:{port}; {server} }}"
    conf = nginx_conf(folder.parent, port, log, http)
    with listening(["nginx", "-e", str(log), "-c", str(conf)], port, log, dict(os.environ)):
        yield Node("balancer", port, log)


@contextlib.contextmanager
def stalled(port: int, sent: bytes) -> Iterator[socket.socket]:
    """A connection on which this was sent and nothing else."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(sent)
        yield line


def is_held(line: socket.socket) -> bool:
    """Whether the server still waits on this connection: no answer came, and no end."""
    line.setblocking(False)
    try:
        said = line.recv(4096)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    return said == b"HTTP/1.1 100 Continue\r\n\r\n" and is_held(line)


def changed(configuration: str, **settings: str) -> str:
    """A configuration with other values of directives that it has."""
    for name, value in settings.items():
        configuration, number = re.subn(rf"(?m)^( *{name}) [^;]+;", rf"\1 {value};", configuration)
        assert number > 0, name
    return configuration


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def listening(
    command: list[str], port: int, log: Path, environment: dict[str, str]
) -> Iterator[None]:
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=out, stderr=out)
    try:
        _await(port, log, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _await(port: int, log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the node did not start: {log.read_text()}")


def nginx_conf(folder: Path, port: int, log: Path, http: str, *, workers: int = 1) -> Path:
    """A whole configuration around files that deploy/ has for every server."""
    path = folder / f"nginx-{port}.conf"
    user = "user root;" if os.getuid() == 0 else ""
    temp = "".join(
        f"{kind}_temp_path {folder}/temp-{port}-{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"{user} daemon off; worker_processes {workers}; pid {folder}/{port}.pid;"
        f"error_log {log} error; env EDGE_FOLDER; env EDGE_BUSY_MS; env EDGE_PORT;"
        "include /etc/nginx/modules-enabled/*.conf; events { worker_connections 4096; }"
        f"http {{ {temp} {http} }}"
    )
    return path
