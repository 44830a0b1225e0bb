"""One intent, tried again when the database could not serialise it with somebody else's."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from app.db.uow import unit_of_work

T = TypeVar("T")

AGAIN = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: nothing was stored, and the same work may succeed now."""

TRIES = 4
SHORTEST_WAIT = 0.02  # seconds


def in_one_transaction(
    session: Any, work: Callable[[], T], *, also: frozenset[str] = frozenset()
) -> T:
    """What `work` returns, done in a unit of work of its own, again up to three times.

    `also` names further codes of the database after which the same work may succeed. Inside
    another unit of work it joins that one, which alone can be tried again.
    """
    if session.info.get("unit_of_work"):
        return work()
    for tried in range(1, TRIES):
        try:
            return _once(session, work)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN | also:
                raise
            time.sleep(SHORTEST_WAIT * 2**tried * random.uniform(0.5, 1.5))
    return _once(session, work)


def _once(session: Any, work: Callable[[], T]) -> T:
    with unit_of_work(session):
        return work()
