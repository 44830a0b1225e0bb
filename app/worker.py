"""The worker of the queue: a process of its own that runs jobs one after another, some at once."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import procrastinate
from flask import Flask

from app import logs, tasks
from app.db.queue import queue_at
from app.extensions import db
from app.factory import build_app
from app.results import services as results
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope

if TYPE_CHECKING:
    from config import Settings

AT_ONCE = 4
HEAR_SECONDS = 4
STATEMENT_SECONDS = 900
COLLECT_AFTER = (20_000, 20, 20)
_STALLED_SECONDS = 60
_STOP_SECONDS = 10
_RETRY_WAIT_SECONDS = 5


def run(settings: Settings, doors: Sequence[Any]) -> None:
    """Works until told to stop; a job that is not done by then is run again by the next worker."""
    flask_app = configured(settings, doors)
    logs.write_to_stderr()
    queue = queue_of(flask_app, settings.database_url or "", known(doors))
    _set_apart_what_stays()
    asyncio.run(_work(queue, _listener(flask_app, settings)))


def _listener(flask_app: Flask, settings: Settings) -> Callable[[], int] | None:
    """Hears what the nodes of the edge on other machines answered; None without such nodes."""
    if not settings.edge_nodes:
        return None
    token = results.counts_token_from(settings.key("SIGNING_KEY"))

    def hear() -> int:
        with flask_app.app_context():
            try:
                with scoped_as(db.session, system_scope("task:results.hear")):
                    return results.hear_nodes(settings.edge_nodes, token)
            finally:
                db.session.remove()

    return hear


def _set_apart_what_stays() -> None:
    """The program itself is here for good: the collector need not look through it for every
    thousand rows that a job reads, nor come as often as if rows were leaking."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def configured(settings: Settings, doors: Sequence[Any]) -> Flask:
    """The application without pages, knowing all the same what the doors tell the house: for
    instance the portal's own address, which stands in messages."""
    flask_app = build_app(settings, statement_seconds=STATEMENT_SECONDS)
    for door in doors:
        if hasattr(door, "configure"):
            door.configure(flask_app, settings)
    return flask_app


def known(doors: Sequence[Any]) -> tasks.Tasks:
    """Every task of the house and of its doors."""
    found = tasks.Tasks()
    tasks.register_tasks(found)
    for door in doors:
        if hasattr(door, "register_tasks"):
            door.register_tasks(found)
    return found


def queue_of(flask_app: Flask, database_url: str, found: tasks.Tasks) -> procrastinate.App:
    """The queue with every task bound to the application."""
    queue = queue_at(database_url)
    for task in found.by_name.values():
        retry = procrastinate.RetryStrategy(
            max_attempts=task.retries, exponential_wait=_RETRY_WAIT_SECONDS
        )
        work = _bound(flask_app, task)
        registered = queue.task(name=task.name, retry=retry if task.retries else False)(work)
        if task.cron:
            queue.periodic(cron=task.cron)(registered)
    _rescue(queue)
    return queue


def _bound(flask_app: Flask, task: tasks.Task) -> Callable[..., None]:
    """The task's work in the application's context, under the scope of a job of this name."""

    @functools.wraps(task.work)
    def work(*_moment: int, **ids: Any) -> None:
        arguments = {} if task.cron else ids
        with flask_app.app_context():
            try:
                with scoped_as(db.session, system_scope(f"task:{task.name}")):
                    task.work(**arguments)
            finally:
                db.session.remove()

    return work


def _rescue(queue: procrastinate.App) -> None:
    """Every minute the jobs of workers that died are put back."""

    @queue.periodic(cron="* * * * *")
    @queue.task(name="queue.rescue", queueing_lock="queue.rescue", pass_context=False)
    async def rescue(timestamp: int) -> None:
        del timestamp
        await _put_back(queue)


async def _put_back(queue: procrastinate.App) -> None:
    stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS)
    for job in stalled:
        await queue.job_manager.retry_job(job)


async def _work(queue: procrastinate.App, hear: Callable[[], int] | None) -> None:
    async with queue.open_async():
        await _put_back(queue)
        listening = asyncio.create_task(_listen(hear) if hear else asyncio.sleep(0))
        try:
            await queue.run_worker_async(
                concurrency=AT_ONCE,
                delete_jobs="successful",
                shutdown_graceful_timeout=_STOP_SECONDS,
            )
        finally:
            listening.cancel()


async def _listen(hear: Callable[[], int]) -> None:
    """Hears the nodes every few seconds; a failure is logged, and the next time tried again."""
    while True:
        try:
            await asyncio.to_thread(hear)
        except Exception:
            logging.getLogger(__name__).warning(
                "the nodes of the edge were not heard", exc_info=True
            )
        await asyncio.sleep(HEAR_SECONDS)


def say(line: str) -> None:
    """Prints a line for whoever watches the launcher."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


logging.getLogger("procrastinate").setLevel(logging.WARNING)
