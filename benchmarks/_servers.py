"""Servers as a benchmark starts them, with the processor and memory that all their processes take."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import CHECKOUT

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A server to measure: its processes are the one that was started and all below it."""

    process: subprocess.Popen[bytes]
    port: int
    beside: Callable[[], list[int]] = list

    def cpu_seconds(self) -> float:
        """Seconds of processor that all its processes have had."""
        return sum(_ticks(pid) for pid in self._pids()) / TICKS

    def memory_mb(self) -> dict[str, float]:
        """Memory of all its processes: `own`, which goes back when they end; `pss`, with their part
        of what several share, such as pages of the store; `rss`, where what is shared counts anew
        for each."""
        kinds = {"own": r"Private_\w+", "pss": "Pss", "rss": "Rss"}
        said = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self._pids()]
        return {
            kind: sum(
                int(kb) for one in said for kb in re.findall(rf"^{named}:\s+(\d+)", one, re.M)
            )
            / 1000
            for kind, named in kinds.items()
        }

    def _pids(self) -> list[int]:
        return [*below(self.process.pid), *self.beside()]


def below(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in below(int(child)))]


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def started(command: Sequence[str], port: int, **given: Any) -> Iterator[Served]:
    """A server that listens, ended with the block."""
    process = subprocess.Popen(command, cwd=CHECKOUT, **given)
    try:
        _await(port)
        yield Served(process, port)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(port: int) -> None:
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise SystemExit(f"Nothing listens on port {port}.")
