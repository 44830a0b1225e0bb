"""Questions on kept connections, many at a time, as browsers and programs send them."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit

__all__ = ["Answer", "Asker", "Place", "by_address", "by_form"]

PATH = "/results/"
TRIES = 3
PATIENCE = 30.0
"""Seconds that an answer may take."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_RETRY = re.compile(rb"\r\nretry-after: *([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an edge is."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def of(cls, url: str) -> Place:
        """The place that an address names. Raises SystemExit for what is no address."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SystemExit(f"{url} is no address: write http://host:port")
        tls = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls)

    def connected(self) -> socket.socket:
        """A new connection."""
        line = socket.create_connection((self.host, self.port), timeout=PATIENCE)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            return ssl.create_default_context().wrap_socket(line, server_hostname=self.host)
        return line


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, everything before the body, the body."""

    status: int
    head: bytes
    body: bytes

    @property
    def retry_after(self) -> int | None:
        """Seconds after which asking again may help, where the answer says so."""
        found = _RETRY.search(self.head)
        return int(found[1]) if found else None


def by_address(
    index: str, name: str, *, accept: str = "application/json", language: str = "en"
) -> bytes:
    """A program's question."""
    return (
        f"GET {PATH}?index={quote_plus(index)}&name={quote_plus(name)} HTTP/1.1\r\nHost: edge\r\n"
        f"Accept: {accept}\r\nAccept-Language: {language}\r\n\r\n"
    ).encode()


def by_form(index: str, name: str, *, language: str = "en") -> bytes:
    """What the form of the page sends."""
    form = f"index={quote_plus(index)}&name={quote_plus(name)}"
    return (
        f"POST {PATH}?lang={language} HTTP/1.1\r\nHost: edge\r\nAccept: text/html\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}"
    ).encode()


class Asker:
    """Several connections to one place; use as a context manager."""

    def __init__(self, place: Place, connections: int) -> None:
        self._place = place
        self._lines: list[socket.socket | None] = [None] * connections
        self.made = [0] * connections
        """How many connections were opened in each place: question n of a batch is asked on n's."""

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        for at in range(len(self._lines)):
            self._let_go(at)

    @property
    def opened(self) -> int:
        """How many connections were opened."""
        return sum(self.made)

    def ask(self, questions: Sequence[bytes]) -> list[Answer | None]:
        """The answer to each question; None where none came, after several tries."""
        found: list[Answer | None] = []
        for start in range(0, len(questions), len(self._lines)):
            found += self._at_once(questions[start : start + len(self._lines)])
        return found

    def _at_once(self, questions: Sequence[bytes]) -> list[Answer | None]:
        """One question on each connection, then their answers."""
        sent = [self._send(at, question) for at, question in enumerate(questions)]
        found: list[Answer | None] = []
        for at, question in enumerate(questions):
            answer = self._heard(at) if sent[at] else None
            for _ in range(TRIES - 1):
                if answer is not None:
                    break
                answer = self._heard(at) if self._send(at, question) else None
            found.append(answer)
        return found

    def _send(self, at: int, question: bytes) -> bool:
        try:
            line = self._lines[at]
            if line is None:
                line = self._lines[at] = self._place.connected()
                self.made[at] += 1
            line.sendall(question)
        except OSError:
            self._let_go(at)
            return False
        return True

    def _heard(self, at: int) -> Answer | None:
        line = self._lines[at]
        try:
            answer = _read(line) if line else None
        except OSError:
            answer = None
        if answer is None or b"\r\nconnection: close" in answer.head.lower():
            self._let_go(at)
        return answer

    def _let_go(self, at: int) -> None:
        line, self._lines[at] = self._lines[at], None
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()


def _read(line: socket.socket) -> Answer | None:
    """One whole answer; None where the connection ends before it does, or it does not say its length."""
    got = line.recv(65_536)
    while (end := got.find(b"\r\n\r\n")) < 0:
        more = line.recv(65_536)
        if not more:
            return None
        got += more
    head, body = got[: end + 2], got[end + 4 :]
    length = _LENGTH.search(head)
    if length is None:
        return None
    while len(body) < int(length[1]):
        more = line.recv(65_536)
        if not more:
            return None
        body += more
    return Answer(int(head[9:12]), head, body)
