"""The script that hands the control to nodes on other machines: within seconds, whole, and again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.results.control import Control, read_control, write_control
from config import CHECKOUT

SCRIPT = CHECKOUT / "deploy" / "push_control.sh"
HERE = '#!/bin/sh\n[ -e "$GONE/$1" ] && exit 255\nshift\nexec sh -c "$1"\n'
"""In ssh's place: does on this machine what is asked of a host, unless that one is gone."""


@contextmanager
def pushing(tmp_path: Path, *nodes: str) -> Iterator[None]:
    shell = tmp_path / "shell"
    shell.write_text(HERE)
    shell.chmod(0o755)
    environment = os.environ | {
        "SSH": str(shell), "GONE": str(tmp_path / "gone"), "SECONDS_BETWEEN": "0.2",
    }  # fmt: skip
    command = [str(SCRIPT), str(tmp_path / "from"), *(f"{one}:{tmp_path / one}" for one in nodes)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def test_every_node_gets_each_control_and_a_lost_one_gets_the_last(tmp_path: Path) -> None:
    for name in ("from", "n1", "n2", "gone"):
        (tmp_path / name).mkdir()
    first = Control("s1", 1.0, "00" * 32)
    second = replace(first, notice={"en": "Mon 11 Jan, 14:05: Lines are open"})
    with pushing(tmp_path, "n1", "n2"):
        assert soon(lambda: read_control(tmp_path / "n1") is None)
        write_control(tmp_path / "from", first)
        assert soon(lambda: read_control(tmp_path / "n1") == first == read_control(tmp_path / "n2"))
        (tmp_path / "gone" / "n2").touch()
        write_control(tmp_path / "from", second)
        assert soon(lambda: read_control(tmp_path / "n1") == second)
        assert read_control(tmp_path / "n2") == first
        (tmp_path / "gone" / "n2").unlink()
        assert soon(lambda: read_control(tmp_path / "n2") == second)
    assert sorted(path.name for path in (tmp_path / "n1").iterdir()) == ["control.json"]
    assert (tmp_path / "n1" / "control.json").stat().st_mode & 0o077 == 0o040


def test_a_ledger_grows_on_every_node_and_is_sent_again_where_it_was_cut(tmp_path: Path) -> None:
    for name in ("from", "n1", "n2", "gone"):
        (tmp_path / name).mkdir()
    write_control(tmp_path / "from", Control("s1", 1.0))
    ledger, near, far = (tmp_path / one / "s1.ledger" for one in ("from", "n1", "n2"))
    key = tmp_path / "n1" / "ledger.pem"
    key.write_text("brought by hand")
    (tmp_path / "from" / "ledger.pem").write_text("the publisher's own")

    def grow(line: bytes) -> bytes:
        with ledger.open("ab") as file:
            file.write(line)
        return ledger.read_bytes()

    def held(path: Path) -> bytes:
        return path.read_bytes() if path.exists() else b""

    with pushing(tmp_path, "n1", "n2"):
        one = grow(b"one\n")
        assert soon(lambda: held(near) == one == held(far))
        inode = near.stat().st_ino
        (tmp_path / "gone" / "n2").touch()
        two = grow(b"two\n")
        assert soon(lambda: held(near) == two)
        assert (held(far), near.stat().st_ino) == (one, inode)
        near.write_bytes(b"on")
        (tmp_path / "gone" / "n2").unlink()
        assert soon(lambda: held(far) == two)
        three = grow(b"three\n")
        assert soon(lambda: held(near) == three == held(far))
        ledger.write_bytes(b"of a store that was built again\n")
        assert soon(lambda: held(near) == ledger.read_bytes() == held(far))
    assert key.read_text() == "brought by hand"
    assert not (tmp_path / "n2" / "ledger.pem").exists()
    assert near.stat().st_mode & 0o077 == 0o040
