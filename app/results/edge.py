"""The public edge: a raw WSGI callable over one prepared store, apart from Flask and the database.

Every answer is bytes that were prepared before; asking is: read the form, count, look up, open,
compare the name, join. Nothing that names a person is logged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import random
from typing import Any, NamedTuple

import lmdb

from app.networks import network_of
from app.results import told
from app.results.control import Control, read_control
from app.results.counters import SEEN_BYTES, Addresses, Misses
from app.results.documents import SEPARATOR, Opened, names_end, opened
from app.results.folding import MARK, folded, is_registered
from app.results.forms import (
    LONGEST_FORM,
    LONGEST_TYPED,
    PLAIN,
    digits_of,
    fields_of,
    language_of,
)
from app.results.held import Held, take_up
from app.results.pages import ANSWERS, NOTHING_HERE, headers
from app.results.sealing import TamperedError
from app.results.store import DECOY, INDEX_DIGITS

__all__ = ["PATH", "Edge", "Question", "beside", "meta_of"]

PATH = "/results/"
METHODS = frozenset({"GET", "HEAD", "POST"})
LOOK_SECONDS = 0.25
MISSES, MISSES_BY_PHONE = "misses", "misses-by-phone"
HERE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
HTML = "text/html; charset=utf-8"
REASONS = {
    200: "200 OK", 302: "302 Found", 404: "404 Not Found", 405: "405 Method Not Allowed",
    413: "413 Content Too Large", 422: "422 Unprocessable Content",
    429: "429 Too Many Requests", 503: "503 Service Unavailable",
}  # fmt: skip
RETRY = {"limited": (3600, 0), "crowded": (60, 30), "early": (60, 30), "busy": (60, 60)}
"""Seconds after which asking again may help, and by how many of them askers are spread."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Any, Any], Iterable[bytes]]


class Question(NamedTuple):
    """What somebody asks: typed as it came, None where nothing was asked yet."""

    typed_index: str | None
    name: str | None
    language: str
    as_json: bool
    address: str


class Edge:
    """The callable that a server asks. `folder` holds the control, the stores and the counters.

    `shed` is the share of questions (0 to 1) that get the page of a busy hour; whoever serves
    raises it when askers wait too long. `on_alive` answers whoever asks whether the edge lives.
    `proxies` stand before this very door, where the control knows of none.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], float] = time.time, proxies: int = 0
    ) -> None:
        self._folder, self._now, self._proxies = folder, now, proxies
        self._looked = float("-inf")
        self._held: Held | None = None
        self._misses: Misses | None = None
        self._by_phone: Misses | None = None
        self._addresses = Addresses(most=0)
        self.shed = 0.0
        self.on_alive: Callable[[Mapping[str, Any]], bytes] = lambda _environ: b"alive"

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if environ["PATH_INFO"] != PATH or method not in METHODS:
            return self._elsewhere(environ, start)
        now = self._now()
        held = self._held if 0 <= now - self._looked < LOOK_SECONDS else self._open(now)
        if held is None:
            return _plain(503, NOTHING_HERE, start, retry=60, kind=HTML)
        sent = _sent(environ, method)
        if sent is None:
            return _plain(413, b"This form is too long.", start)
        record, index_number, name = None, sent[6:17], sent[23:]
        if (
            sent[:6] + sent[17:23] == PLAIN
            and index_number.isdigit()
            and name.isalpha()
            and len(name) <= LONGEST_TYPED
            and method != "HEAD"
        ):
            record = self._at_once(held, now, index_number, name, self._address(environ, held))
        if record is None:
            return self._ask(environ, start, held, sent)
        held.shown += 1
        if _wants_json(environ):
            start("200 OK", held.json_headers)
            at = record.index(SEPARATOR, record.index(SEPARATOR) + 1) + 1
            return [record[at : record.index(SEPARATOR, at)]]
        start("200 OK", held.page_headers)
        return [held.page_of(record.split(SEPARATOR), _language(environ))]

    def _at_once(
        self, held: Held, now: float, index_number: bytes, name: bytes, address: str
    ) -> bytes | None:
        """The record that a plain question asks for; None to ask the long way, which alone refuses
        and counts misses."""
        seal, control, asked = held.seal, held.control, self._addresses.asked
        if seal is None or self.shed or now < control.opens_at:
            return None
        before = asked.get(address, 0)
        is_crowded = before >= control.address_a_minute and address
        if is_crowded or self._is_seen(index_number):
            return None
        whose, sealed = index_number, held.reader.sealed(index_number)
        if sealed is None:
            whose, sealed = held.reader.nearest(index_number)
        try:
            record = seal.open(whose, sealed)
        except TamperedError:
            return None
        is_named = record.find(MARK + name.lower() + MARK, 0, names_end(record)) >= 0
        if not is_named or whose != index_number or whose == DECOY:
            if whose == index_number:
                held.reader.nearest(index_number)  # what a number that nobody has cost more
            return None
        asked[address] = before + 1
        return record

    def _ask(
        self, environ: Mapping[str, Any], start: StartResponse, held: Held, sent: bytes
    ) -> list[bytes]:
        """Any question, the long way."""
        as_json = _wants_json(environ)
        typed = fields_of(sent)
        index, name = typed.get(b"index"), typed.get(b"name")
        address = self._address(environ, held)
        asked = Question(index, name, _language(environ), as_json, address)
        is_shed = self.shed > 0 and random() < self.shed
        found = "busy" if is_shed else self._answer(held, asked, self._misses)
        said = found if isinstance(found, str) else "shown"
        if isinstance(found, list):
            body = found[2] if as_json else held.page_of(found, asked.language)
        elif as_json and said in ANSWERS:
            body = held.json(said)
        else:
            body = held.said(said, asked.language, index, name)
        if environ["REQUEST_METHOD"] == "HEAD":
            start = _with_length(start, len(body))
            body = b""
        return self._said(said, body, held, start, page=not as_json or said == "form")

    def _address(self, environ: Mapping[str, Any], held: Held) -> str:
        """Who asks: behind balancers, what the outermost of ours saw. Nobody in particular for who
        asks from this machine itself and for no other, such as the proof: no address is limited."""
        proxies = held.control.proxies or self._proxies
        if proxies:
            said = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
            seen = [one for part in said if (one := part.strip())]
            if len(seen) >= proxies:
                return _counted(seen[-proxies])
        address: str = environ.get("REMOTE_ADDR") or "-"
        is_here = address in HERE and "HTTP_X_FORWARDED_FOR" not in environ
        return "" if is_here else _counted(address)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """What this worker answered of the open release: the store's name to answers and how many."""
        held = self._held
        if held is None:
            return {}
        shown = held.shown + held.counts.get("shown", 0)
        return {held.control.store: {**held.counts, "shown": shown}}

    def look(self, index: str, name: str) -> Opened | None:
        """The record for other channels (SMS, USSD), by the very rules of the page, with misses of
        their own; None for every answer that shows nobody."""
        held = self._open(self._now())
        if held is None:
            return None
        if self._by_phone is None:
            self._by_phone = Misses(self._folder / MISSES_BY_PHONE, now=self._now)
        self._by_phone.most = held.control.phone_misses
        asked = Question(index, name, "en", as_json=True, address="")
        found = self._answer(held, asked, self._by_phone)
        return opened(SEPARATOR.join(found)) if isinstance(found, list) else None

    def forget_old(self) -> int:
        """Drops counted misses that no longer matter; returns of how many index numbers."""
        return sum(one.forget_old() for one in (self._misses, self._by_phone) if one)

    def _answer(self, held: Held, asked: Question, misses: Misses | None) -> list[bytes] | str:
        """The parts of the record where the name is registered; otherwise the name of the answer."""
        if held.seal is None or self._now() < held.control.opens_at:
            return "early"
        if asked.typed_index is None and asked.name is None:
            return "form"
        digits = digits_of(asked.typed_index or "")
        if len(digits) != INDEX_DIGITS or not (digits.isascii() and digits.isdigit()):
            return "malformed"
        if not asked.name or not folded(asked.name[:LONGEST_TYPED]):
            return "nameless"
        if asked.address and self._addresses.is_limited(asked.address):
            return "crowded"
        return _found(held, misses, digits.encode(), asked.name)

    def _is_seen(self, index_number: bytes) -> bool:
        """Whether the index number may have been missed within the last hour."""
        return self._misses is None or bool(self._misses.seen[int(index_number) % SEEN_BYTES])

    def _open(self, now: float) -> Held | None:
        """The open release; the control and the store are looked at a few times a second."""
        self._looked = now
        self._addresses.turn(now)
        control = read_control(self._folder)
        if control is None:
            self._held = None
        elif self._held is None or control != self._held.control:
            self._held = self._taken_up(control)
        else:
            self._held.reader.refresh()
        return self._held

    def _taken_up(self, control: Control) -> Held | None:
        """The release of a control; None where its store has not arrived."""
        if self._misses is None:
            self._misses = Misses(self._folder / MISSES, now=self._now)
        self._misses.most, self._addresses.most = control.page_misses, control.address_a_minute
        try:
            return take_up(self._folder, control, self._held)
        except (lmdb.Error, KeyError):
            return None

    def _said(
        self, name: str, body: bytes, held: Held, start: StartResponse, *, page: bool
    ) -> list[bytes]:
        held.counts[name] = held.counts.get(name, 0) + 1
        said = held.page_headers if page else held.json_headers
        if name in RETRY:
            least, spread = RETRY[name]
            said = [*said, ("Retry-After", str(least + int(random() * spread)))]
        start(REASONS[ANSWERS[name][0] if name in ANSWERS else 200], said)
        return [body]

    def _elsewhere(self, environ: Mapping[str, Any], start: StartResponse) -> list[bytes]:
        path = environ["PATH_INFO"]
        if path == PATH:
            return _plain(405, b"GET or POST", start)
        if path in {"/", "/results"}:
            start(REASONS[302], [("Location", PATH), ("Content-Length", "0")])
            return []
        if path == "/alive":
            is_ready = self._open(self._now()) is not None
            return _plain(200 if is_ready else 503, self.on_alive(environ), start)
        if path == told.PATH:
            held = self._open(self._now())
            if held and told.is_asked_by_us(environ.get("HTTP_AUTHORIZATION", ""), held.control):
                return _plain(200, told.as_json(self._folder), start)
        return _plain(404, b"The results are at /results/", start)


def _counted(address: str) -> str:
    """What is counted for an address; the commonest kind is its own."""
    return network_of(address) if ":" in address else address


def _with_length(start: StartResponse, length: int) -> StartResponse:
    """For HEAD: headers with the length that the answer would have."""
    return lambda status, said: start(status, [*said, ("Content-Length", str(length))])


def _plain(
    status: int,
    said: bytes,
    start: StartResponse,
    *,
    retry: int | None = None,
    kind: str = "text/plain",
) -> list[bytes]:
    found = [("Content-Type", kind), ("Cache-Control", "no-store")]
    if retry:
        found.append(("Retry-After", str(retry)))
    start(REASONS[status], found)
    return [said]


def _found(held: Held, misses: Misses | None, index_number: bytes, name: str) -> list[bytes] | str:
    """The parts of the index number's own record where the name is registered in it.

    An index number that nobody has costs what a known one costs: a record is opened, a name
    compared, a miss counted."""
    if held.seal is None:
        return "early"
    if misses is not None and misses.is_limited(index_number):
        return "limited"
    whose, sealed = held.reader.nearest(index_number)
    try:
        record = held.seal.open(whose, sealed)
    except TamperedError:
        return "busy"
    if is_registered(name, record[: names_end(record)]) and whose == index_number != DECOY:
        return record.split(SEPARATOR)
    return "missed" if misses is None or misses.count(index_number) else "limited"


def _sent(environ: Mapping[str, Any], method: str) -> bytes | None:
    """The query or form as it came; None where it is too long to be a question."""
    if method != "POST":
        query: str = environ["QUERY_STRING"]
        return query.encode() if len(query) <= LONGEST_FORM else None
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LONGEST_FORM:
        return None
    form: bytes = environ["wsgi.input"].read(int(length))
    return form


def _wants_json(environ: Mapping[str, Any]) -> bool:
    return "application/json" in environ.get("HTTP_ACCEPT", "")


def _language(environ: Mapping[str, Any]) -> str:
    return language_of(environ["QUERY_STRING"], environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def beside(portal: Application, edge: Edge) -> Application:
    """One callable for both: results are answered by the edge, before the portal hears of them."""

    def asked(environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        is_results = environ["PATH_INFO"] in {"/results", PATH}
        return edge(environ, start) if is_results else portal(environ, start)

    return asked


def meta_of(shells: Mapping[str, bytes], answers: Mapping[str, bytes]) -> dict[str, bytes]:
    """Shells, answers and their headers by the names under which the edge finds them in a store:
    a page keeps the policy that allows its own style."""
    said = {name: json.dumps(headers(page=name == "page")).encode() for name in ("page", "json")}
    return {
        **shells,
        **{f"json/{name}": body for name, body in answers.items()},
        **{f"headers/{name}": body for name, body in said.items()},
    }
