"""Whoever announces a form and does not send it holds nobody up: nginx before a Python node, with the
configuration that deploy/ has for it, hands a question on once it is here whole."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.results.control import write_control
from tests.results import worlds
from tests.results.nodes import Node, behind, has_nginx, is_held, running, stalled
from tests.results.worlds import fresh, put

HELD_SECONDS = 1.5
"""How long an asker waits in vain before a test believes that nobody answers."""
FORM = b"POST /results/ HTTP/1.1\r\nHost: edge\r\nContent-Length: 40\r\n"
STALLS = {
    "none of it": FORM + b"\r\n",
    "half of it": FORM + b"\r\nindex=42238006001",
    "none before it is asked for": FORM + b"Expect: 100-continue\r\n\r\n",
    "half in pieces": b"POST /results/ HTTP/1.1\r\nHost: edge\r\nTransfer-Encoding: chunked\r\n\r\n28\r\nindex=",
    "half for another address": FORM.replace(b"/results/", b"/alive") + b"\r\nindex=",
    "half for another act": FORM.replace(b"POST", b"PUT") + b"\r\nindex=",
    "half of a question's": FORM.replace(b"POST", b"GET") + b"\r\nindex=",
}  # fmt: skip
"""What is sent of a form, and nothing after it."""
HOLDING = ["none of it", "half of it", "none before it is asked for"]
"""With these a Python node's worker waits for the rest."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that is open, its node behind one balancer."""
    found = tmp_path_factory.mktemp("stalled") / "results"
    found.mkdir()
    worlds.make_store(found, worlds.FIRST)
    write_control(found, worlds.open_control(proxies=1))
    return found


@pytest.fixture(scope="module")
def python_node(folder: Path) -> Iterator[Node]:
    """One worker: whoever holds it holds the node."""
    with running("python", folder, workers=1) as node:
        yield node


@pytest.fixture(scope="module")
def front(python_node: Node, folder: Path) -> Iterator[Node]:
    """nginx before it, as it is deployed."""
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: a Python node behind it is not tested")
    with behind(python_node, folder) as node:
        yield node


@pytest.fixture
def usual(folder: Path) -> Iterator[Path]:
    """The folder, its control put back as it was once the test is done."""
    yield folder
    put(folder, proxies=1)


class Dribblers:
    """Send a byte of each form now and then, until the block ends."""

    def __init__(self, lines: list[socket.socket]) -> None:
        self._lines, self._ended = lines, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            for line in self._lines:
                line.send(b"4")
            self.sent += 1

    def __enter__(self) -> Dribblers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def ask_both_ways(node: Node, index: str = f"{worlds.SCHOOL}001") -> set[int]:
    """Asks by the right name, which is no miss, however often."""
    return {node.json(index, "achieng").status, node.page(index, "achieng").status}


@pytest.mark.parametrize("kind", STALLS)
def test_others_are_answered_while_forms_do_not_come(front: Node, kind: str) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(stalled(front.port, STALLS[kind])) for _ in range(20)]
        assert {status for _ in range(10) for status in ask_both_ways(front)} == {200}
        assert [is_held(line) for line in lines] == [True] * 20


def test_others_are_answered_while_forms_come_byte_by_byte(front: Node) -> None:
    start = FORM.replace(b"40", b"2000") + b"\r\nindex="
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(stalled(front.port, start)) for _ in range(20)]
        with Dribblers(lines) as dribblers:
            while dribblers.sent < 5:
                assert ask_both_ways(front) == {200}
        assert [is_held(line) for line in lines] == [True] * 20


@pytest.mark.parametrize("kind", HOLDING)
def test_without_nginx_one_such_form_holds_the_worker(python_node: Node, kind: str) -> None:
    """Negative control: the same askers wait for as long as the connection lasts."""
    heard: list[set[int]] = []
    asker = threading.Thread(target=lambda: heard.append(ask_both_ways(python_node)))
    with stalled(python_node.port, STALLS[kind]) as line:
        asker.start()
        asker.join(HELD_SECONDS)
        assert (heard, is_held(line)) == ([], True)
    asker.join(20)
    assert heard == [{200}]


@pytest.mark.parametrize("kind", sorted(STALLS.keys() - set(HOLDING)))
def test_what_cannot_be_a_form_is_not_waited_for(python_node: Node, kind: str) -> None:
    with stalled(python_node.port, STALLS[kind]):
        assert ask_both_ways(python_node) == {200}


def test_form_that_would_be_too_long_is_refused_before_it_comes(python_node: Node) -> None:
    with stalled(python_node.port, FORM.replace(b"40", b"2049") + b"\r\nindex=") as line:
        line.settimeout(20)
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_whole_forms_arrive_however_they_are_sent(front: Node) -> None:
    """In two packets, in pieces of HTTP's own, and by those who first ask whether they may."""
    index = fresh().encode()
    form = b"index=" + index + b"&name=achieng"
    head = FORM.replace(b"40", str(len(form)).encode()) + b"Accept: application/json\r\n"
    pieces = head[: head.index(b"Content-Length")] + b"Accept: application/json\r\n"
    pieces += b"Transfer-Encoding: chunked\r\n\r\n"
    for first, rest in (
        (head + b"\r\n" + form[:9], form[9:]),
        (head + b"Expect: 100-continue\r\n\r\n", form),
        (pieces, b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)),
    ):
        with stalled(front.port, first) as line:
            time.sleep(0.1)
            line.sendall(rest)
            line.settimeout(20)
            said = b""
            while index not in said and (more := line.recv(65536)):
                said += more
        assert b"HTTP/1.1 200 OK" in said
        assert index in said


def test_connection_on_which_nothing_comes_is_ended(python_node: Node, folder: Path) -> None:
    """By the directive that the shipped configuration sets to ten seconds, here to one."""
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: a Python node behind it is not tested")
    with (
        behind(python_node, folder, client_body_timeout="1s") as node,
        contextlib.ExitStack() as stack,
    ):
        for line in [stack.enter_context(stalled(node.port, STALLS[kind])) for kind in STALLS]:
            line.settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                while line.recv(4096):
                    pass
    assert ask_both_ways(python_node) == {200}


ASKERS = ("127.0.0.2", "127.0.0.3")


def statuses_by_address(front: Node, folder: Path, **control: int) -> list[list[int]]:
    """What two addresses hear, the first of which asks more often than is allowed."""
    put(folder, address_a_minute=5, **control)
    worlds.await_early_in_a_minute()
    path = f"/results/?index={fresh()}&name=achieng"
    one, other = (front.asked_from(address) for address in ASKERS)
    forged = {"X-Forwarded-For": "9.9.9.9"}
    return [
        [node.send(path=path, headers=more).status for _ in range(times)]
        for node, more, times in ((one, None, 8), (one, forged, 3), (other, None, 3))
    ]


def test_limit_of_an_address_counts_the_askers_own_and_no_forged_one(
    front: Node, usual: Path
) -> None:
    assert statuses_by_address(front, usual, proxies=1) == [
        [200] * 5 + [429] * 3, [429] * 3, [200] * 3,
    ]  # fmt: skip


def test_node_that_does_not_know_of_its_proxy_counts_all_as_one(front: Node, usual: Path) -> None:
    """Negative control: without `proxies` the second address is refused for what the first asked."""
    assert statuses_by_address(front, usual, proxies=0)[2] == [429] * 3
