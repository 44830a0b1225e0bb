"""Fixtures: a real Chromium against the real launcher on a free port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config import CHECKOUT
from tests.databases import Urls

CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000
"""Milliseconds for which a page may take to say what a test expects: a busy machine is slow, not wrong."""
_START_SECONDS = 90
_STOP_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running portal and the database behind it."""

    url: str
    urls: Urls
    process: subprocess.Popen[str]
    log: Path


def chromium() -> str | None:
    """The browser to drive: `CHROMIUM`, or one that is installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def too_wide(page: Any) -> int:
    """Pixels by which a page that has wholly come is wider than its window; 0 where it fits."""
    shown = page.wait_for_function(
        "() => document.readyState === 'complete'"
        " && {wide: document.documentElement.scrollWidth, window: window.innerWidth}"
    ).json_value()
    return max(0, int(shown["wide"] - shown["window"]))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window; where none is found the test is skipped, or with
    E2E=required fails."""
    path = chromium()
    if path is None:
        sentence = "NO CHROMIUM FOUND: browser tests need one (CHROMIUM=/path names it)"
        if os.environ.get("E2E") == "required":
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh visitor's page; `page.foreign` lists every address off this machine it asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.foreign = []
    context.on("request", lambda asked: _note_foreign(opened.foreign, asked.url))
    yield opened
    context.close()


def _note_foreign(seen: list[str], url: str) -> None:
    if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:")):
        seen.append(url)


@pytest.fixture(scope="session")
def live_server(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`python run.py` with the small demo season, on a database and a port of its own."""
    from app import demo

    with clone_database("live") as urls:
        demo.load(urls.owner, "small")
        with served(urls, tmp_path_factory.mktemp("live")) as server:
            yield server


@contextlib.contextmanager
def served(urls: Urls, data_dir: Path, **environment: str) -> Iterator[Server]:
    """The real launcher in a process of its own, stopped in order at the end."""
    port = free_port()
    given = {
        "APP_ENV": "test",
        "DATABASE_URL": urls.app,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "WORKERS": "2",
        "QUEUE_WORKERS": "0",
    }
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    log = data_dir / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(CHECKOUT / "run.py")],
            cwd=CHECKOUT,
            env=plain | given | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", urls, process, log)
        _await(server)
        yield server
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{server.url}/health/live", timeout=5).close()
            return
        time.sleep(0.1)
    pytest.fail(f"the launcher did not serve:\n{server.log.read_text()[-4000:]}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("the launcher did not stop when asked")
