"""The public edge: a raw WSGI callable over one prepared store, apart from Flask and the database.

Every answer is bytes that were prepared before; asking is: read the form, count, look up, open,
compare the name, join. Nothing that names a person is logged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from app.results.control import Control, read_control
from app.results.counters import Addresses, Misses
from app.results.documents import SEPARATOR, Opened, opened
from app.results.folding import is_registered
from app.results.pages import ANSWERS, GAPS, headers
from app.results.sealing import Seal
from app.results.store import DECOY, INDEX_DIGITS, Reader

__all__ = ["Edge", "Question", "beside", "meta_of"]

LOOK_SECONDS = 0.25
LONGEST_FORM = 2048
LONGEST_TYPED = 120
MISSES = "misses"
REASONS = {
    200: "200 OK", 302: "302 Found", 404: "404 Not Found", 405: "405 Method Not Allowed",
    413: "413 Content Too Large", 422: "422 Unprocessable Content",
    429: "429 Too Many Requests", 503: "503 Service Unavailable",
}  # fmt: skip
RETRY = {"limited": "3600", "early": "60", "busy": "30"}
"""Seconds after which asking again may help."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Any, Any], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks: typed as it came, None where nothing was asked yet."""

    index: str | None
    name: str | None
    language: str
    as_json: bool
    address: str


@dataclass(slots=True)
class _Open:
    """A release as this worker holds it: the reader, the seal once there is a key, the pages cut."""

    control: Control
    reader: Reader
    seal: Seal | None
    shells: Mapping[str, Sequence[bytes]]
    answers: Mapping[str, bytes]


@dataclass(slots=True)
class Counts:
    """What this worker answered, by name of the answer; "shown" is a result."""

    answers: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """One more."""
        self.answers[name] = self.answers.get(name, 0) + 1


class Edge:
    """The callable that a server asks. `folder` holds the control, the stores and the counters."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self._folder, self._now = folder, now
        self._looked = float("-inf")
        self._open: _Open | None = None
        self._misses: Misses | None = None
        self._addresses: Addresses | None = None
        self._page_headers = list(headers(page=True).items())
        self._json_headers = list(headers(page=False).items())
        self.counts = Counts()

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path != "/results/":
            return self._elsewhere(path, start)
        if method not in {"GET", "HEAD", "POST"}:
            return self._plain(405, b"GET or POST", start)
        release = self._release()
        if release is None:
            return self._plain(503, b"No results are prepared here.", start, retry="60")
        question = self._question(environ, release.control)
        if question is None:
            return self._plain(413, b"This form is too long.", start)
        name, body = self._answer(release, question)
        return self._said(name, body, question, start, head=method == "HEAD")

    def look(self, index: str, name: str) -> Opened | None:
        """The record for other channels (SMS, USSD), by the very rules of the page; None for every
        answer that shows nobody."""
        release = self._release()
        if release is None or release.seal is None or self._now() < release.control.opens_at:
            return None
        found = self._found(release, _digits(index), name)
        return found if isinstance(found, Opened) else None

    def _answer(self, release: _Open, asked: Question) -> tuple[str, bytes]:
        """The name of the answer and its bytes."""
        digits = _digits(asked.index or "")
        refused = self._refusal(release, asked, digits)
        found = refused or self._found(release, digits, asked.name or "")
        if isinstance(found, str):
            return self._unshown(release, found, asked)
        if asked.as_json:
            return "shown", found.json
        shell = release.shells[f"{found.kind}:{asked.language}"]
        return "shown", _joined(shell, (self._notice(release, asked.language), *found.pieces))

    def _refusal(self, release: _Open, asked: Question, digits: str) -> str | None:
        """The name of the answer to what cannot be looked up."""
        if release.seal is None or self._now() < release.control.opens_at:
            return "early"
        if asked.index is None and asked.name is None:
            return "form"
        if len(digits) != INDEX_DIGITS or not (digits.isascii() and digits.isdigit()):
            return "malformed"
        if not (asked.name or "").strip():
            return "nameless"
        crowded = self._addresses is not None and self._addresses.is_limited(asked.address)
        return "limited" if crowded else None

    def _found(self, release: _Open, digits: str, name: str) -> Opened | str:
        """The record where the name is registered; otherwise the name of the answer.

        An index number that nobody has costs what a known one costs: a record is opened, a name
        compared, a miss counted.
        """
        index_number = digits.encode()
        misses = self._misses
        if misses is not None and misses.is_limited(index_number):
            return "limited"
        sealed = release.reader.sealed(index_number) if index_number != DECOY else None
        held = index_number if sealed is not None else DECOY
        if sealed is None:
            sealed = release.reader.sealed(DECOY)
        if release.seal is None or sealed is None:
            return "missed"
        record = opened(release.seal.open(held, sealed))
        if is_registered(name, record.names):
            return record
        if misses is not None:
            misses.count(index_number)
        return "missed"

    def _unshown(self, release: _Open, name: str, asked: Question) -> tuple[str, bytes]:
        if asked.as_json and name in release.answers:
            return name, release.answers[name]
        gaps: list[bytes] = []
        for gap in GAPS[name]:
            if gap == "notice":
                gaps.append(self._notice(release, asked.language))
            else:
                typed = asked.index if gap == "typed_index" else asked.name
                gaps.append(escape((typed or "")[:LONGEST_TYPED]).encode())
        return name, _joined(release.shells[f"{name}:{asked.language}"], gaps)

    @staticmethod
    def _notice(release: _Open, language: str) -> bytes:
        said = release.control.notice.get(language, "")
        return f"<div class='say note'>{escape(said)}</div>".encode() if said else b""

    def _question(self, environ: Mapping[str, Any], control: Control) -> Question | None:
        asked = parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=8)
        typed = asked
        if environ["REQUEST_METHOD"] == "POST":
            try:
                length = int(environ.get("CONTENT_LENGTH") or 0)
            except ValueError:
                length = LONGEST_FORM + 1
            if length > LONGEST_FORM:
                return None
            body = environ["wsgi.input"].read(length)
            typed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return Question(
            index=typed.get("index", [None])[0],
            name=typed.get("name", [None])[0],
            language=_language(asked, environ.get("HTTP_ACCEPT_LANGUAGE", "")),
            as_json="application/json" in environ.get("HTTP_ACCEPT", ""),
            address=_address(environ, control.proxies),
        )

    def _release(self) -> _Open | None:
        """The open release; the control is looked at a few times a second."""
        now = self._now()
        if now - self._looked < LOOK_SECONDS:
            return self._open
        self._looked = now
        control = read_control(self._folder)
        if control is None:
            self._open = None
        elif self._open is None or control != self._open.control:
            self._open = self._taken_up(control)
        return self._open

    def _taken_up(self, control: Control) -> _Open:
        """The release of a control; its store stays open when only key, notice or limits changed."""
        held = self._open
        misses, addresses = control.misses_an_hour, control.address_a_minute
        self._misses = self._misses or Misses(self._folder / MISSES, most=misses, now=self._now)
        self._addresses = Addresses(most=addresses, now=self._now)
        seal = Seal(bytes.fromhex(control.key)) if control.key else None
        if held is not None and held.control.store == control.store:
            return _Open(control, held.reader, seal, held.shells, held.answers)
        reader = Reader(self._folder / control.store)
        meta = reader.meta()
        pages = {name: value.split(SEPARATOR) for name, value in meta.items() if ":" in name}
        answers = {name: meta[f"json/{name}"] for name in ANSWERS}
        return _Open(control, reader, seal, pages, answers)

    def _said(
        self, name: str, body: bytes, asked: Question, start: StartResponse, *, head: bool
    ) -> Iterable[bytes]:
        self.counts.add(name)
        status = ANSWERS[name][0] if name in ANSWERS else 200
        held = self._json_headers if asked.as_json and name != "form" else self._page_headers
        said = [*held, ("Content-Length", str(len(body)))]
        if name in RETRY:
            said.append(("Retry-After", RETRY[name]))
        start(REASONS[status], said)
        return () if head else (body,)

    def _elsewhere(self, path: str, start: StartResponse) -> Iterable[bytes]:
        if path in {"/", "/results"}:
            start(REASONS[302], [("Location", "/results/"), ("Content-Length", "0")])
            return ()
        return self._plain(404, b"The results are at /results/", start)

    @staticmethod
    def _plain(
        status: int, said: bytes, start: StartResponse, *, retry: str | None = None
    ) -> Iterable[bytes]:
        found = [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))]
        if retry:
            found.append(("Retry-After", retry))
        start(REASONS[status], [*found, ("Cache-Control", "no-store")])
        return (said,)


def _joined(shell: Sequence[bytes], gaps: Sequence[bytes]) -> bytes:
    """The shell with its gaps filled, in their order."""
    pieces = [b""] * (2 * len(shell) - 1)
    pieces[::2] = shell
    pieces[1::2] = gaps
    return b"".join(pieces)


def _digits(typed: str) -> str:
    """An index number as people type it: spaces, slashes and dashes between the digits forgiven."""
    return "".join(one for one in typed[:LONGEST_TYPED] if one not in " \t-/.\u00a0")


def _language(asked: Mapping[str, list[str]], accepted: str) -> str:
    wanted = asked.get("lang", [accepted])[0].strip().lower()
    return "sw" if wanted.startswith("sw") else "en"


def _address(environ: Mapping[str, Any], proxies: int) -> str:
    """Who asks: behind balancers, what the outermost of ours saw."""
    if proxies:
        seen = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(seen) >= proxies:
            return str(seen[-proxies].strip())
    return str(environ.get("REMOTE_ADDR", ""))


def beside(portal: Application, edge: Edge) -> Application:
    """One callable for both: results are answered by the edge, before the portal hears of them."""

    def asked(environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        is_results = environ["PATH_INFO"] in {"/results", "/results/"}
        return edge(environ, start) if is_results else portal(environ, start)

    return asked


def meta_of(shells: Mapping[str, bytes], answers: Mapping[str, bytes]) -> dict[str, bytes]:
    """Shells and answers by the names under which the edge finds them in a store."""
    return {**shells, **{f"json/{name}": body for name, body in answers.items()}}
