"""One intent, one transaction: the only place that commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unit_of_work(session: Any) -> Iterator[Any]:
    """Commits what the block did, or rolls all of it back; inside another one it joins it.

    Whatever raises leaves nothing behind in the session, so a later commit cannot store a
    refused change.
    """
    if session.info.get("unit_of_work"):
        yield session
        return
    session.info["unit_of_work"] = True
    session.info["after_commit"] = []
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        session.expire_all()
        raise
    finally:
        session.info["unit_of_work"] = False
    for act in session.info.pop("after_commit", []):
        act()


def after_commit(session: Any, act: Callable[[], None]) -> None:
    """Runs `act` once the unit of work is durable; never when it rolls back."""
    session.info["after_commit"].append(act)
