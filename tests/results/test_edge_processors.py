"""Workers of the edge and the processors of the machine they run on."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pytest

from app.results.control import write_control
from tests.results import worlds
from tests.results.nodes import running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processors are chosen on Linux")
OURS = sorted(os.sched_getaffinity(0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "results"
    found.mkdir()
    worlds.make_store(found, worlds.FIRST)
    write_control(found, worlds.open_control())
    return found


def processors_of(port: int) -> list[str]:
    """What each worker behind a port may run on: whoever started it may run anywhere."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes()
            status = (process / "status").read_text()
            parent = int((re.findall(r"PPid:\s+(\d+)", status) or ["0"])[0])
            if f"--port={port}".encode() in said and parent != os.getpid():
                found += re.findall(r"Cpus_allowed_list:\s+(\S+)", status)
        except OSError:
            continue
    return sorted(found)


def test_as_many_workers_as_processors_keep_to_one_each(folder: Path) -> None:
    with running("python", folder, workers=len(OURS)) as node:
        time.sleep(2)
        assert processors_of(node.port) == sorted(str(one) for one in OURS)


@pytest.mark.skipif(len(OURS) < 2, reason="one processor")
def test_fewer_workers_than_processors_keep_to_none(folder: Path) -> None:
    with running("python", folder, workers=1) as node:
        time.sleep(2)
        assert [one for one in processors_of(node.port) if one in {str(cpu) for cpu in OURS}] == []
