"""A node on another machine follows the ledger: corrections and withdrawals through its own answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.results import follow as following
from app.results import publishing
from app.results.enums import Grade
from app.results.follow import Follower
from app.results.ledger import KEY_FILE, ledger_of, put_key, read_key
from app.results.pages import Contacts
from app.results.store import position_of
from config import CHECKOUT
from tests.results import worlds
from tests.results.nodes import Node, has_nginx, running
from tests.results.test_push_control import pushing

SLOW_DAY = 30.0
"""Seconds that a correction may take on a machine where other tests run beside."""
FIRST, SECOND = f"{worlds.SCHOOL}001", f"{worlds.SCHOOL}002"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
STORE = publishing.store_name(worlds.FIRST)


@dataclass(frozen=True)
class Two:
    """The publisher's folder, and a node's with a copy of the store, pushed before."""

    work: Path

    @property
    def made(self) -> Path:
        return self.work / "from"

    @property
    def node(self) -> Path:
        return self.work / "n1"

    @property
    def key(self) -> Path:
        """The public key, brought by hand to where nobody pushes."""
        return self.work / "etc" / KEY_FILE

    def correct(self, index_number: str, mean: Grade, version: int = 2) -> None:
        newer = replace(worlds.result(index_number, mean), version=version)
        publishing.correct_results(
            self.made, worlds.FIRST, [newer],
            key=worlds.KEY, signer=SIGNER, at="2027-01-12T09:00:00+03:00",
        )  # fmt: skip

    def push(self) -> Path:
        """Once, by hand; the node's ledger."""
        found = ledger_of(self.node / STORE)
        shutil.copy(ledger_of(self.made / STORE), found)
        return found

    def look_once(self, key: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [*_follow(self.node, key or self.key), "--once"]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


@pytest.fixture
def two(tmp_path: Path) -> Two:
    found = Two(tmp_path)
    for name in ("from", "n1", "gone", "etc"):
        (tmp_path / name).mkdir()
    publishing.build(
        found.made, worlds.FIRST, [worlds.result(one) for one in (FIRST, SECOND)],
        key=worlds.KEY, contacts=Contacts(("0800 721 572",)),
    )  # fmt: skip
    shutil.copytree(found.made / STORE, found.node / STORE)
    publishing.unlock(found.made, worlds.FIRST, opens_at=time.time() - 60, key=worlds.KEY)
    shutil.copy(found.made / "control.json", found.node)
    put_key(found.key.parent, SIGNER.public_key())
    return found


def _follow(folder: Path, key: Path) -> list[str]:
    return [sys.executable, "-m", "app.results.follow", f"--folder={folder}", f"--key={key}"]


@contextmanager
def follower(two: Two) -> Iterator[subprocess.Popen[str]]:
    """The service of a node, as its own process."""
    process = subprocess.Popen(
        _follow(two.node, two.key), cwd=CHECKOUT, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(20) == 0
        if process.stderr is not None:
            process.stderr.close()


@contextmanager
def serving(kind: str, two: Two, *, follows: bool = True) -> Iterator[Node]:
    """A node of a kind that follows its ledgers, or does not."""
    if kind == "nginx" and not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: following is not tested with it")
    if kind == "nginx" and follows:
        with running(kind, two.node) as node, follower(two):
            yield node
    else:
        options = [f"--ledger-key={two.key}"] if follows else []
        with running(kind, two.node, options=options) as node:
            yield node


def mean(node: Node, index_number: str) -> str:
    answer = node.json(index_number, "achieng")
    return str(json.loads(answer.body).get("mean_grade", answer.status))


def soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + SLOW_DAY
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.2)
    return is_so()


@pytest.mark.parametrize("kind", ["python", "nginx"])
def test_a_correction_and_a_withdrawal_reach_a_node_on_another_machine(two: Two, kind: str) -> None:
    with serving(kind, two) as node, pushing(two.work, "n1"):
        assert [mean(node, one) for one in (FIRST, SECOND)] == ["B-", "B-"]
        two.correct(FIRST, Grade.A)
        assert soon(lambda: mean(node, FIRST) == "A")
        two.correct(SECOND, Grade.WITHHELD)
        assert soon(lambda: mean(node, SECOND) == "W")
        assert mean(node, FIRST) == "A"
        assert b"WITHHELD" in node.page(SECOND, "achieng").body.upper()
    assert not (two.node / KEY_FILE).exists()


@pytest.mark.parametrize("kind", ["python", "nginx"])
def test_where_nobody_follows_the_old_answer_stays(two: Two, kind: str) -> None:
    with serving(kind, two, follows=False) as node:
        two.correct(FIRST, Grade.A)
        two.push()
        time.sleep(3)
        assert mean(node, FIRST) == "B-"
        assert two.look_once().returncode == 0
        assert soon(lambda: mean(node, FIRST) == "A")


@pytest.mark.parametrize("fault", ["forged", "left out", "other key"])
def test_a_touched_ledger_is_said_aloud_and_the_answer_stays(two: Two, fault: str) -> None:
    two.correct(FIRST, Grade.A)
    two.correct(SECOND, Grade.A)
    ledger = two.push()
    right = ledger.read_bytes()
    first, second = right.splitlines()
    key = two.key
    if fault == "forged":
        ledger.write_bytes(first + b"\nB" + second[1:] + b"\n")
    elif fault == "left out":
        ledger.write_bytes(second + b"\n")
    else:
        key = two.work / KEY_FILE
        put_key(two.work, Ed25519PrivateKey.generate().public_key())
    with serving("python", two, follows=False) as node:
        done = two.look_once(key)
        assert (done.returncode, done.stderr.count("is not followed")) == (1, 1)
        assert str(ledger) in done.stderr
        time.sleep(worlds.SEEN_SECONDS)
        assert [mean(node, one) for one in (FIRST, SECOND)] == ["B-", "B-"]
        ledger.write_bytes(right)
        assert two.look_once().returncode == 0
        assert soon(lambda: mean(node, FIRST) == "A" == mean(node, SECOND))


def test_what_stays_wrong_is_said_once_a_minute_and_followed_once_it_is_right(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.correct(FIRST, Grade.A)
    ledger = two.push()
    right = ledger.read_bytes()
    ledger.write_bytes(b"A" + right[1:])
    said: list[str] = []
    one = Follower(two.node, read_key(two.key), said.append)
    assert [one.look() for _ in range(3)] == [False] * 3
    assert len(said) == 1
    monkeypatch.setattr(following, "SAY_AGAIN_SECONDS", 0.0)
    assert not one.look()
    assert len(said) == 2
    ledger.write_bytes(right)
    assert one.look()
    assert one.look()
    assert len(said) == 2


def test_a_touched_ledger_stops_no_other(two: Two) -> None:
    two.correct(FIRST, Grade.A)
    right = two.push().read_bytes()
    beforehand = two.node / "later"
    shutil.copytree(two.node / STORE, beforehand)
    ledger_of(beforehand).write_bytes(right)
    ledger_of(two.node / STORE).write_bytes(b"A" + right[1:])
    said: list[str] = []
    assert not Follower(two.node, read_key(two.key), said.append).look()
    assert [str(two.node / STORE) in one for one in said] == [True]
    assert position_of(beforehand)["offset"] == len(right)
    assert position_of(two.node / STORE) == {}


def test_only_whole_stores_are_touched_and_one_built_again_is_followed_anew(two: Two) -> None:
    two.correct(FIRST, Grade.A)
    two.correct(FIRST, Grade.A_MINUS, 3)
    two.push()
    beforehand = two.node / "later"
    shutil.copytree(two.node / STORE, beforehand)
    (beforehand / "which").unlink()
    shutil.copy(ledger_of(two.node / STORE), ledger_of(beforehand))
    before = (beforehand / "data.mdb").read_bytes()
    one = Follower(two.node, read_key(two.key))
    assert one.look()
    assert (beforehand / "data.mdb").read_bytes() == before
    (beforehand / "which").write_text("whole now")
    assert one.look()
    assert (beforehand / "data.mdb").read_bytes() != before
    ledger_of(two.made / STORE).unlink()
    two.correct(SECOND, Grade.A, 4)
    two.push()
    assert one.look()
    with serving("python", two, follows=False) as node:
        assert [mean(node, one) for one in (FIRST, SECOND)] == ["A-", "A"]


def test_followers_beside_each_other_and_the_publisher_lose_nothing(two: Two) -> None:
    """Two of them and the publisher in one folder, which is what `make edge` does beside a portal."""
    shared = replace(two, work=two.work / "shared")
    shared.work.mkdir()
    (shared.work / "from").symlink_to(two.made)
    (shared.work / "n1").symlink_to(two.made)
    (shared.work / "etc").symlink_to(two.key.parent)
    with serving("python", shared) as node, follower(shared), follower(shared) as third:
        for version in range(2, 40):
            two.correct(FIRST, Grade.A if version % 2 else Grade.B, version)
            two.correct(SECOND, Grade.C if version % 2 else Grade.D, version)
        assert soon(lambda: (mean(node, FIRST), mean(node, SECOND)) == ("A", "C"))
        time.sleep(2)
        assert (mean(node, FIRST), mean(node, SECOND)) == ("A", "C")
        third.terminate()
        assert third.stderr is not None
        assert third.stderr.read() == ""


def test_the_edge_starts_its_follower_again_and_takes_it_along(two: Two) -> None:
    with serving("python", two) as node:
        assert soon(lambda: _followers(two) != [])
        (killed,) = _followers(two)
        os.kill(killed, signal.SIGKILL)
        assert soon(lambda: _followers(two) not in ([], [killed]))
        two.correct(FIRST, Grade.A)
        two.push()
        assert soon(lambda: mean(node, FIRST) == "A")
    assert soon(lambda: _followers(two) == [])


def _followers(two: Two) -> list[int]:
    """The processes below an edge over this node's folder that multiprocessing started."""
    parents, found = set(), {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "cmdline").read_bytes()
            stat = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if f"--folder={two.node}".encode() in said:
            parents.add(int(path.name))
        if b"spawn_main" in said and stat[0] != "Z":
            found[int(path.name)] = int(stat[1])
    return [one for one, parent in found.items() if parent in parents]


def test_without_a_public_key_neither_starts(two: Two) -> None:
    missing = two.work / "nowhere.pem"
    done = two.look_once(missing)
    assert (done.returncode, "no public key" in done.stderr) == (1, True)
    two.key.write_text("no key")
    command = [sys.executable, "-m", "app.results.serve", f"--folder={two.node}"]
    served = subprocess.run(
        [*command, f"--ledger-key={two.key}"], cwd=CHECKOUT, capture_output=True, text=True,
        check=False, timeout=SLOW_DAY,
    )  # fmt: skip
    assert (served.returncode, "--ledger-key" in served.stderr) == (2, True)
