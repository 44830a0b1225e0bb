"""The queue: a job exists exactly when its cause is committed, and is run also after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import tasks, worker
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.server import plain
from config import CHECKOUT, load_settings
from tests.databases import Urls

WAITING = "SELECT task_name, args FROM procrastinate_jobs ORDER BY id"


@pytest.fixture
def office(own_database: Urls) -> Iterator[Session]:
    engine = create_engine(own_database.app)
    with Session(engine) as session:
        yield session
    engine.dispose()


def waiting(urls: Urls) -> list[Any]:
    with psycopg.connect(plain(urls.owner)) as owner:
        return owner.execute(WAITING).fetchall()


def test_job_of_a_refused_act_never_exists(office: Session, own_database: Urls) -> None:
    def refused() -> None:
        with unit_of_work(office):
            defer(office, "test.write", number=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused()
    assert waiting(own_database) == []


def test_job_exists_when_its_cause_is_committed(office: Session, own_database: Urls) -> None:
    with unit_of_work(office):
        defer(office, "test.write", number=7)
        assert waiting(own_database) == []
    assert waiting(own_database) == [("test.write", {"number": 7})]


def test_same_job_waits_once(office: Session, own_database: Urls) -> None:
    for _ in range(3):
        with unit_of_work(office):
            defer(office, "test.write", once="write", number=1)
            defer(office, "test.write", once="write", number=1)
    assert len(waiting(own_database)) == 1


@contextmanager
def written(urls: Urls) -> Iterator[psycopg.Connection]:
    """A table that the task below fills, read as the owner."""
    with psycopg.connect(plain(urls.owner), autocommit=True) as owner:
        owner.execute("CREATE TABLE written (number int)")
        yield owner


def numbers(owner: psycopg.Connection) -> list[int]:
    return [row[0] for row in owner.execute("SELECT number FROM written ORDER BY number")]


def await_numbers(owner: psycopg.Connection, expected: list[int]) -> None:
    deadline = time.monotonic() + 60
    while numbers(owner) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert numbers(owner) == expected


SCRIPT = """
import sys, time
from pathlib import Path
from app import worker
from app.extensions import db
from sqlalchemy import text
from config import load_settings

class Door:
    @staticmethod
    def register_tasks(queue):
        @queue.task("test.write", retries=3)
        def write(number):
            first = Path(sys.argv[1]) / str(number)
            again = first.exists()
            first.touch()
            if number == 2 and not again:
                raise RuntimeError("the first try fails")
            if number == 3 and not again:
                time.sleep(600)
            db.session.execute(text("INSERT INTO written VALUES (:n)"), {"n": number})
            db.session.commit()

worker._STALLED_SECONDS = 1
worker._RETRY_WAIT_SECONDS = 1
worker.run(load_settings(), doors=[Door])
"""


def start_worker(urls: Urls, folder: Path) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "test", "DATABASE_URL": urls.app}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        cwd=CHECKOUT,
        env=environment | {"DATA_DIR": str(folder), "PYTHONPATH": str(CHECKOUT)},
        text=True,
    )


def test_worker_runs_jobs_and_tries_again_what_failed(
    office: Session, own_database: Urls, tmp_path: Path
) -> None:
    with written(own_database) as owner:
        process = start_worker(own_database, tmp_path)
        try:
            with unit_of_work(office):
                defer(office, "test.write", number=1)
                defer(office, "test.write", number=2)
            await_numbers(owner, [1, 2])
        finally:
            process.terminate()
            assert process.wait(30) == 0


def test_job_of_a_killed_worker_is_run_by_the_next(
    office: Session, own_database: Urls, tmp_path: Path
) -> None:
    with written(own_database) as owner:
        with unit_of_work(office):
            defer(office, "test.write", number=3)
        first = start_worker(own_database, tmp_path)
        deadline = time.monotonic() + 60
        while not (tmp_path / "3").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert numbers(owner) == []
        time.sleep(2)
        second = start_worker(own_database, tmp_path)
        try:
            await_numbers(owner, [3])
        finally:
            second.terminate()
            second.wait(30)


def test_without_the_rescue_the_job_of_a_killed_worker_stays(
    office: Session, own_database: Urls
) -> None:
    """Negative control: a worker alone fetches only what waits, not what was being done."""
    with unit_of_work(office):
        defer(office, "test.write", number=3)
    with psycopg.connect(plain(own_database.owner), autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_jobs SET status = 'doing'")

    async def fetch() -> object:
        queue = worker.queue_at(own_database.app)
        async with queue.open_async():
            number = await queue.job_manager.register_worker()
            return await queue.job_manager.fetch_job(queues=None, worker_id=number)

    with ThreadPoolExecutor(1) as apart:  # the browser's tests keep a loop in this thread
        assert apart.submit(lambda: asyncio.run(fetch())).result() is None


def test_every_task_of_the_portal_has_a_name_of_its_own() -> None:
    import views

    found = worker.known([views])
    assert len(found.by_name) == len(set(found.by_name))
    twice = tasks.Tasks()
    twice.task("one")(lambda: None)
    with pytest.raises(ValueError, match="two tasks are named one"):
        twice.task("one")(lambda: None)


def test_settings_say_how_many_workers() -> None:
    environment = {"APP_ENV": "test", "QUEUE_WORKERS": "3"}
    assert load_settings(environment).queue_workers == 3


def test_queue_is_the_application_roles_to_use_but_not_to_own(office: Session) -> None:
    owned = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'procrastinate%%' AND tableowner = current_user"
    assert office.execute(text(owned.replace("%%", "%"))).scalar() == 0


ADDRESS = """
import views
from app import worker
from app.access import reach
from config import load_settings
worker.configured(load_settings(), [views])
print(reach.facts()["address"])
"""


def test_messages_of_the_worker_carry_the_portals_own_address(
    own_database: Urls, tmp_path: Path
) -> None:
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "test", "DATABASE_URL": own_database.app}
    done = subprocess.run(
        [sys.executable, "-c", ADDRESS],
        cwd=CHECKOUT,
        env=environment | {"DATA_DIR": str(tmp_path), "PORT": "9191", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "http://127.0.0.1:9191"
