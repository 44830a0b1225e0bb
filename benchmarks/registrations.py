"""Registering by telephone: how many a second, against hashing alone and the bare statement, and
whether the time of the answer tells a registered number from a new one.

`python -m benchmarks.registrations` makes an empty database of its own on the bundled server of
DATA_DIR, drops it afterwards, prints a table and writes `var/bench/registrations.json`.
"""

from __future__ import annotations

import logging
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context
from random import Random
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import clock, roles_sync
from app.access import limits, passwords
from app.access.services import Device
from app.db import roles, schema
from app.extensions import db
from app.factory import build_app
from app.procedures import officer_accounts as accounts
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from app.server import bundled
from benchmarks import keep
from config import Settings, load_settings

PROCESSES = min(4, os.cpu_count() or 1)
EACH = 150
WARMING = 5
COMPARED = 200
NAME = "bench_registrations"


@contextmanager
def own_database(settings: Settings) -> Iterator[Settings]:
    """Settings of a new database with tables and roles and nobody in it, dropped afterwards."""
    with bundled(settings) as cluster, cluster.connect("postgres") as admin:
        drop = f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"
        admin.execute(drop)
        roles.create_database(admin, NAME)
        owner = cluster.url(roles.OWNER, NAME)
        try:
            with cluster.connect(NAME, roles.OWNER) as connection:
                roles.grant_to_application(connection, roles.APPLICATION)
            schema.upgrade(owner)
            engine = create_engine(owner)
            with Session(engine) as session, session.begin():
                roles_sync.sync_roles(session)
            engine.dispose()
            urls = {"database_url": cluster.url(roles.APPLICATION, NAME)}
            yield settings.model_copy(update=urls | {"database_owner_url": None})
        finally:
            admin.execute(drop)


def mobile(number: int) -> str:
    """The number of a running number, spread so that no prefix has many."""
    return f"2547{number * 7919 % 10**8:08}"


def device(number: int) -> Device:
    """A telephone with an address of its own."""
    return Device("Bench", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")


def timed(act: Callable[[int], Any], first: int) -> list[float]:
    """Seconds of each of `EACH` acts after some that warm the caches."""
    taken = []
    for number in range(first, first + WARMING + EACH):
        began = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - began)
    return taken[WARMING:]


def by_service(number: int) -> None:
    """A number registered as the page does it: hash, officer, account, event, message."""
    accounts.register_number(db.session, mobile(number), device=device(number))
    db.session.remove()


def by_hash(_number: int) -> None:
    """The hash of one password, nothing else."""
    passwords.hashed("mango ndizi embe")


def by_statement(number: int) -> None:
    """The rows of one number by their bare statement, in a transaction."""
    values = {"hash": "x", "made": clock.real_now().replace(tzinfo=None), "locale": None}
    with scoped_as(db.session, system_scope("bench")):
        values |= {"mobile": mobile(number), "ends": None}
        db.session.execute(accounts._REGISTER, values)
        db.session.commit()
    db.session.remove()


ACTS: dict[str, tuple[Callable[[int], None], int]] = {
    "service": (by_service, 0),
    "hash": (by_hash, 1_000_000),
    "statement": (by_statement, 2_000_000),
}


def worker(settings: Settings, name: str, part: int) -> list[float]:
    """One process's share of an act."""
    logging.disable(logging.INFO)
    act, base = ACTS[name]
    with build_app(settings).app_context():
        found = timed(act, base + part * (EACH + WARMING))
        db.engine.dispose()
    return found


def together(settings: Settings, name: str) -> dict[str, float]:
    """An act done by several processes at once: how many a second, and the slow ones."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(worker, [settings] * PROCESSES, [name] * PROCESSES, range(PROCESSES)))
    taken = [one for part in parts for one in part]
    return {
        "per_second": sum(len(part) / sum(part) for part in parts),
        "p50_ms": statistics.median(taken) * 1000,
        "p95_ms": statistics.quantiles(taken, n=20)[-1] * 1000,
    }


def auc(known: Sequence[float], new: Sequence[float]) -> float:
    """The chance that an answer for a known number took longer than one for a new number: 0.5
    where time tells nothing, 1 or 0 where it tells everything."""
    more = sum((a > b) + (a == b) / 2 for a in known for b in new)
    return more / (len(known) * len(new))


def chance(one: int, other: int) -> float:
    """How far from 0.5 the AUC of two equal heaps lies at most, 95 times in 100."""
    return 1.96 * math.sqrt((one + other + 1) / (12 * one * other))


def page_times(client: FlaskClient, numbers: Sequence[tuple[str, str]]) -> dict[str, list[float]]:
    """Seconds of the page for each number, by kind, in a mixed order."""
    taken: dict[str, list[float]] = {}
    for position, (kind, number) in enumerate(numbers):
        address = {"REMOTE_ADDR": device(position).address}
        fields = {"mobile": number, "again": number}
        began = time.perf_counter()
        with unhashed() if kind == "careless" else nullcontext():
            answer = client.post("/account/create/", data=fields, environ_overrides=address)
        taken.setdefault(kind, []).append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
    return taken


@contextmanager
def unhashed() -> Iterator[None]:
    """The control: a page that hashes nothing for a number it knows."""
    hashed = passwords.hashed
    passwords.hashed = lambda _password: passwords.UNUSABLE
    try:
        yield
    finally:
        passwords.hashed = hashed


def enumeration(settings: Settings) -> dict[str, float]:
    """What the times of the page tell about numbers, and those of a page that does not care."""
    import dashboards
    import views

    flask_app = build_app(settings, doors=[views, dashboards])
    flask_app.config["WTF_CSRF_ENABLED"] = False
    numbers = [
        (kind, mobile(base + number))
        for kind, base in (("known", 5_000_000), ("new", 6_000_000), ("careless", 7_000_000))
        for number in range(COMPARED)
    ]
    with flask_app.app_context():
        for position, (kind, number) in enumerate(numbers):
            if kind != "new":
                accounts.register_number(db.session, number, device=device(position))
                db.session.remove()
    Random(7).shuffle(numbers)
    taken = page_times(flask_app.test_client(), numbers)
    honest = [*taken["known"], *taken["new"]]
    return {
        "auc": auc(taken["known"], taken["new"]),
        "by_chance_up_to": chance(COMPARED, COMPARED),
        "auc_of_a_page_that_hashes_only_for_new_numbers": auc(taken["careless"], taken["new"]),
        "page_p50_ms": statistics.median(honest) * 1000,
        "page_p95_ms": statistics.quantiles(honest, n=20)[-1] * 1000,
    }


def measure(settings: Settings) -> dict[str, Any]:
    """Rates and slow ones of service, hash and statement, and what the page's time tells."""
    found: dict[str, Any] = {name: together(settings, name) for name in ACTS}
    rate = found["service"]["per_second"]
    return {
        "processes": PROCESSES,
        "registrations": PROCESSES * EACH,
        **found,
        "service_to_hash": rate / found["hash"]["per_second"],
        "service_to_statement": rate / found["statement"]["per_second"],
        "hours_for_250000": 250_000 / rate / 3600,
        "enumeration": enumeration(settings),
    }


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [f"Registrations by telephone, {found['processes']} processes"]
    for name, words in (
        ("service", "registered (hash, rows, event, message)"),
        ("hash", "password hashed, nothing else"),
        ("statement", "rows by their bare statement"),
    ):
        one = found[name]
        lines.append(
            f"  {words:42} {one['per_second']:7.1f}/s"
            f"   p50 {one['p50_ms']:6.1f} ms   p95 {one['p95_ms']:6.1f} ms"
        )
    said = found["enumeration"]
    lines += [
        f"  of the rate of hashing alone {found['service_to_hash']:.2f}, of the bare statement"
        f" {found['service_to_statement']:.2f}; 250,000 in {found['hours_for_250000']:.1f} hours",
        f"  the page's time tells a registered number with an AUC of {said['auc']:.3f}"
        f" (0.5 ± {said['by_chance_up_to']:.3f} is chance);"
        " a page that hashes only for new ones would tell it with"
        f" {said['auc_of_a_page_that_hashes_only_for_new_numbers']:.3f}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result; limits of asking do not stand in the way."""
    logging.disable(logging.INFO)
    limits.LIMITS["asks"] = 10**9
    with own_database(load_settings()) as settings:
        found = measure(settings)
    print(told(found))
    keep("registrations", found)


if __name__ == "__main__":
    main()
