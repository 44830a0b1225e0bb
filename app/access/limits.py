"""Limits on sign-in: failures of an account, of an address and of everybody, before any hashing.

Counted in PostgreSQL, so that all workers share them, in five-minute windows that slide. A
successful sign-in gives its try back: a hall of centres behind one address is not locked out by
its own successes. Nothing is ever locked for good. Keys are hashes: what a hurried person types
into the wrong field is not kept.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app import clock
from app.db.uow import unit_of_work
from app.errors import TooMany
from app.networks import network_of
from app.words import N_

WINDOW = timedelta(minutes=5)
KEPT = timedelta(hours=1)
LIMITS = {
    "account": 10,
    "address": 60,  # centres of one town share an address
    "everybody": 3000,
    "entries": 120,  # of one account, successes too: what hashing one account may cost
    "asks of a number": 5,  # to register, for a code, for a new password
    "asks of an address": 300,  # thousands of telephones share an operator's address
    "asks": 12_000,
    "checks": 60,  # of papers that do not exist, by one address; checks that find one are free
}

_COUNT = text(
    "INSERT INTO sign_in_counter AS c (key, window_start, tries)"
    " SELECT k, :window, 1 FROM unnest(CAST(:keys AS text[])) AS k ORDER BY k"
    " ON CONFLICT (key, window_start) DO UPDATE SET tries = c.tries + 1"
    " RETURNING key, tries"
)
_BEFORE = text(
    "SELECT key, tries FROM sign_in_counter WHERE key = ANY (:keys) AND window_start = :window"
)
_CHECKS = text(
    "SELECT window_start, tries FROM sign_in_counter"
    " WHERE key = :key AND window_start IN (:window, :last)"
)
_GIVE_BACK = text(
    "UPDATE sign_in_counter SET tries = tries - 1"
    " WHERE key = ANY (:keys) AND window_start = :window AND tries > 0"
)
_FORGET = text("DELETE FROM sign_in_counter WHERE window_start < :before")


@dataclass(frozen=True, slots=True)
class Try:
    """One counted attempt: its keys by limit, and the window it was counted in."""

    keys: dict[str, str]
    window: datetime


def account_key(username: str) -> str:
    """The key of an account in the counters and in the mark of a device known to it."""
    return hashlib.sha256(username.casefold().encode()).hexdigest()[:32]


def count_try(session: Any, username: str, address: str | None, *, known: bool = False) -> Try:
    """Counts an attempt in a transaction of its own; raises TooMany where a limit is passed.

    A device that this account has used before is counted apart, so that a stranger who guesses
    at an account cannot keep its owner out.
    """
    now = clock.real_now()
    account = account_key(username) + (":known" if known else "")
    keys = {
        "account": f"account:{account}",
        "address": f"address:{_network(address)}",
        "entries": f"entries:{account}",
        "everybody": "everybody",
    }
    attempt = Try(keys, _window_of(now))
    with unit_of_work(session):
        waits = _waits(session, attempt, now)
        if waits:
            _uncount(session, attempt, list(keys))
    _refuse(waits)
    return attempt


def count_ask(session: Any, mobile: str, address: str | None) -> None:
    """Counts a wish that costs hashing or a message, known number or not; raises TooMany.

    Counted apart from sign-ins, so that nobody is kept out by what strangers ask for.
    """
    now = clock.real_now()
    keys = {
        "asks of a number": f"ask:{account_key(mobile)}",
        "asks of an address": f"asks:{_network(address)}",
        "asks": "asks",
    }
    attempt = Try(keys, _window_of(now))
    with unit_of_work(session):
        waits = _waits(session, attempt, now)
        if waits:
            _uncount(session, attempt, list(keys))
    _refuse(waits)


def demand_checks_left(session: Any, address: str | None) -> None:
    """Counts nothing; raises TooMany where one more code that names no paper would be too many."""
    now = clock.real_now()
    window = _window_of(now)
    asked = {"key": _checks_key(address), "window": window, "last": window - WINDOW}
    found = dict(session.execute(_CHECKS, asked).all())
    passed = (now - window) / WINDOW
    wait = wait_for(
        LIMITS["checks"], found.get(window, 0) + 1, found.get(window - WINDOW, 0), passed
    )
    _refuse([wait] if wait else [])


def count_check(session: Any, address: str | None) -> None:
    """Counts a code that names no paper; raises TooMany for an address that guesses."""
    now = clock.real_now()
    attempt = Try({"checks": _checks_key(address)}, _window_of(now))
    with unit_of_work(session):
        waits = _waits(session, attempt, now)
        if waits:
            _uncount(session, attempt, ["checks"])
    _refuse(waits)


def _checks_key(address: str | None) -> str:
    return f"checks:{_network(address)}"


def _refuse(waits: list[int]) -> None:
    if waits:
        raise TooMany(
            "too-many-tries",
            N_("Too many attempts. Wait %(minutes)s minutes, then try again."),
            facts={"retry_after": max(waits), "minutes": math.ceil(max(waits) / 60)},
        )


def give_back(session: Any, attempt: Try) -> None:
    """Takes a successful attempt out of the counts of failures, in the open transaction."""
    _uncount(session, attempt, ["account", "address", "everybody"])


def _uncount(session: Any, attempt: Try, names: list[str]) -> None:
    keys = [attempt.keys[name] for name in names]
    session.execute(_GIVE_BACK, {"keys": keys, "window": attempt.window})


def _waits(session: Any, attempt: Try, now: datetime) -> list[int]:
    """Seconds to wait for each limit that this attempt passes."""
    keys = list(attempt.keys.values())
    session.execute(text("SET LOCAL synchronous_commit = off"))
    counted = dict(session.execute(_COUNT, {"keys": keys, "window": attempt.window}).all())
    last = attempt.window - WINDOW
    before = dict(session.execute(_BEFORE, {"keys": keys, "window": last}).all())
    if counted.get("everybody") == 1 or counted.get("asks") == 1:
        session.execute(_FORGET, {"before": now - KEPT})
    passed = (now - attempt.window) / WINDOW
    waits = (
        wait_for(LIMITS[name], counted[key], before.get(key, 0), passed)
        for name, key in attempt.keys.items()
    )
    return [wait for wait in waits if wait]


def wait_for(limit: int, counted: int, before: int, passed: float) -> int:
    """Whole seconds until one more try fits under the limit; 0 when this one fits.

    `counted` includes this try, `before` are the tries of the window before, `passed` is the
    share of this window gone by: the window before counts for the share that is left.
    """
    if counted + before * (1 - passed) <= limit:
        return 0
    whole = WINDOW.total_seconds()
    if counted <= limit:
        share = 1 - (limit - counted) / before - passed
    else:
        share = (1 - passed) + max(0.0, 1 - (limit - 1) / (counted - 1))
    return max(1, math.ceil(round(share * whole, 3)))


def _window_of(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _network(address: str | None) -> str:
    """The address as one key: an IPv6 customer has a whole /64."""
    return hashlib.sha256(network_of(address or "").encode()).hexdigest()[:32]
