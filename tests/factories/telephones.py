"""A machine that speaks Africa's Talking's messaging over HTTP on this computer, well or badly."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, Any]
Behaviour = Callable[["Received"], Answer]


@dataclass(frozen=True)
class Received:
    """One request as it came: its form, its headers, its path, and its number from 1."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]
    number: int


def accepts(received: Received, *, cost: str = "KES 0.8000", code: int = 101) -> Answer:
    """What the real one answers when it takes a message."""
    recipient = {
        "statusCode": code,
        "number": received.form["to"],
        "status": "Success",
        "cost": cost,
        "messageId": f"ATXid_{received.number}",
    }
    said = f"Sent to 1/1 Total Cost: {cost}"
    return 201, {"SMSMessageData": {"Message": said, "Recipients": [recipient]}}


def refuses(code: int, status: str) -> Behaviour:
    """What the real one answers for a recipient that it does not take."""

    def answer(received: Received) -> Answer:
        recipient = {
            "statusCode": code,
            "number": received.form["to"],
            "status": status,
            "cost": "0",
            "messageId": "None",
        }
        return 201, {"SMSMessageData": {"Message": "Sent to 0/1", "Recipients": [recipient]}}

    return answer


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    """The same answer, late."""

    def answer(received: Received) -> Answer:
        time.sleep(seconds)
        return behaviour(received)

    return answer


@dataclass
class Network:
    """The machine: where it listens, how it behaves, and every request it has read."""

    url: str = ""
    behaviour: Behaviour = accepts
    received: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Every number and text that was read, whatever was answered."""
        return [(one.form["to"], one.form["message"]) for one in self.received]


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """The machine, listening until the block ends."""
    machine = Network()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(machine))
    server.daemon_threads = True
    machine.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield machine
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _handler(machine: Network) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
            with machine.lock:
                number = len(machine.received) + 1
                received = Received(self.path, form, dict(self.headers), number)
                machine.received.append(received)
            status, body = machine.behaviour(received)
            if status == 0:
                self.close_connection = True
                return
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    return Handler
