"""Several workers, real commits, real kills: nothing is sent twice for one intent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app import clock, factory, worker
from app.db.uow import unit_of_work
from app.extensions import db
from app.messages import queries
from app.messages.enums import MessageKind
from app.messages.gateways import AfricasTalking, Gateway, Outbox
from app.messages.models import Message, MessageBudget
from app.messages.services import post, send_due, tend
from app.messages.texts import SmsText
from tests.databases import Urls, test_settings
from tests.factories.races import patient
from tests.factories.telephones import Network, accepts, after, network

CODE = SmsText(en="Your code is %(code)s.", sw="Nambari yako ni %(code)s.")


@pytest.fixture
def machine() -> Iterator[Network]:
    with network() as found:
        yield found


def gateway_at(url: str) -> Gateway:
    return AfricasTalking(username="sajili", api_key="k" * 40, url=url, answer_seconds=3)


def in_house(office: Flask, work: Callable[[], Any]) -> Any:
    with office.app_context():
        try:
            return work()
        finally:
            db.session.remove()


def posted(office: Flask, number: str = "254712000111", **given: Any) -> int:
    def work() -> int:
        with unit_of_work(db.session) as session:
            values: dict[str, Any] = {"kind": MessageKind.OFFER, "facts": {"code": "K7P2"}}
            return post(session, to=number, text=CODE, **values | given).id

    found: int = in_house(office, work)
    return found


def at_once(*works: Callable[[], Any]) -> list[Any]:
    begin, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        begin.wait(timeout=10)
        results[place] = work()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def state_of(office: Flask, message_id: int) -> tuple[str, int, int]:
    def work() -> tuple[str, int, int]:
        message = db.session.get(Message, message_id)
        return message.state, message.attempts, message.doubts

    found: tuple[str, int, int] = in_house(office, work)
    return found


def test_one_intent_posted_by_many_at_once_is_one_row(office: Flask) -> None:
    ids = at_once(*[lambda: posted(office, intent="offer:7") for _ in range(8)])
    assert len(set(ids)) == 1
    count = select(func.count()).select_from(Message).where(Message.intent == "offer:7")
    assert in_house(office, lambda: db.session.scalar(count)) == 1
    jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = :lock")
    lock = {"lock": f"message:{ids[0]}"}
    assert in_house(office, lambda: db.session.scalar(jobs, lock)) == 1


def test_one_message_sent_by_many_at_once_is_one_request(office: Flask, machine: Network) -> None:
    machine.behaviour = after(0.2, accepts)
    message_id, gateway = posted(office), gateway_at(machine.url)
    work = lambda: in_house(office, lambda: send_due(db.session, gateway, message_id))  # noqa: E731
    at_once(*[work for _ in range(6)])
    assert len(machine.received) == 1
    assert state_of(office, message_id) == ("sent", 1, 0)


def hourly_budget(office: Flask, most_messages: int) -> None:
    def work() -> None:
        with unit_of_work(db.session) as session:
            session.execute(
                update(MessageBudget)
                .where(MessageBudget.measure == "everything", MessageBudget.window_minutes == 60)
                .values(most_messages=most_messages)
            )

    in_house(office, work)


def sent_of_twelve(office: Flask, machine: Network) -> int:
    """How many of twelve messages go out when six workers send them at once."""
    gateway = gateway_at(machine.url)
    ids = [posted(office, f"25471200{n:04d}") for n in range(12)]

    def work(chosen: list[int]) -> None:
        for message_id in chosen:
            in_house(office, lambda: send_due(db.session, gateway, message_id))  # noqa: B023

    at_once(*[lambda chosen=ids[n::6]: work(chosen) for n in range(6)])  # type: ignore[misc]
    return len(machine.received)


def test_budget_holds_to_the_message_under_a_race(office: Flask, machine: Network) -> None:
    hourly_budget(office, 5)
    assert sent_of_twelve(office, machine) == 5


def test_without_the_lock_of_sending_the_budget_may_be_passed(
    office: Flask, machine: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: counting one by one is the defence; without it all count at once."""
    count = queries.beyond_when_sent

    def slowly(*given: Any) -> Any:
        found = count(*given)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(queries, "beyond_when_sent", slowly)
    hourly_budget(office, 1)
    with monkeypatch.context() as without:
        without.setattr("app.messages.services.sending._ONE_BY_ONE", text("SELECT 1"))
        assert sent_of_twelve(office, machine) > 1


def test_while_the_gateway_thinks_the_row_is_committed_and_free(
    office: Flask, machine: Network, own_database: Urls
) -> None:
    url = own_database.owner.replace("postgresql+psycopg://", "postgresql://")
    seen: list[Any] = []

    message_id = posted(office)
    free = f"SELECT state FROM message WHERE id = {message_id} FOR UPDATE SKIP LOCKED"

    def look(received: Any) -> Any:
        with psycopg.connect(url) as other:
            seen.append(other.execute(free).fetchone())
        return accepts(received)

    machine.behaviour = look
    in_house(office, lambda: send_due(db.session, gateway_at(machine.url), message_id))
    assert seen == [("sending",)]


def _send_and_hang(urls: Urls, folder: Path, url: str, message_id: int) -> None:
    flask_app = patient(factory.build_app(test_settings(urls, folder)))
    with flask_app.app_context():
        send_due(db.session, gateway_at(url), message_id)


def test_killed_worker_leaves_a_doubt_that_is_tried_once_more(
    office: Flask, machine: Network, own_database: Urls, tmp_path: Path
) -> None:
    """The worker is killed while the gateway has the request: it was taken, nobody wrote it down."""
    machine.behaviour = after(5, accepts)
    message_id = posted(office)
    context = multiprocessing.get_context("spawn")
    sender = context.Process(
        target=_send_and_hang, args=(own_database, tmp_path, machine.url, message_id)
    )
    sender.start()
    deadline = time.monotonic() + 30
    while not machine.received and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sender.pid is not None
    os.kill(sender.pid, signal.SIGKILL)
    sender.join(timeout=10)
    assert state_of(office, message_id) == ("sending", 1, 0)
    machine.behaviour = accepts
    for _ in range(3):
        again_by_all(office, machine, message_id)
    assert state_of(office, message_id) == ("sent", 2, 1)
    assert len(machine.received) == 2


def again_by_all(office: Flask, machine: Network, message_id: int) -> None:
    """Time passes: the lease and the waits are over, tending and the job run."""

    def work() -> None:
        with unit_of_work(db.session) as session:
            session.execute(
                update(Message)
                .where(Message.id == message_id, Message.lease_until.is_not(None))
                .values(lease_until=clock.real_now())
            )
        tend(db.session)
        with unit_of_work(db.session) as session:
            session.execute(
                update(Message)
                .where(Message.id == message_id, Message.next_try_at.is_not(None))
                .values(next_try_at=clock.real_now())
            )
        send_due(db.session, gateway_at(machine.url), message_id)

    in_house(office, work)


def test_worker_of_the_queue_knows_the_tasks(office: Flask) -> None:
    said: list[str] = []
    office.extensions["sms_gateway"] = Outbox(say=said.append)
    message_id = posted(office)
    found = worker.known([])
    in_house(office, lambda: found.by_name["messages.send"].work(message_id=message_id))
    in_house(office, found.by_name["messages.tend"].work)
    assert state_of(office, message_id) == ("sent", 1, 0)
    assert said == ["SMS to 254712000111 [offer]: Your code is K7P2."]
