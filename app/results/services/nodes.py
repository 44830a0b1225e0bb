"""Asks the nodes of the edge on other machines what they answered, a few times a minute.

A node answers whoever bears the token of its control, and says nothing that names anybody. What it
says is read as strictly as a stranger's; a node that is silent keeps what it told last, with when.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import urllib3
from sqlalchemy.dialects.postgresql import insert
from urllib3.exceptions import HTTPError

from app import clock
from app.db.uow import unit_of_work
from app.extensions import db
from app.results.models import EdgeNode
from app.results.told import PATH, Told, said

__all__ = ["Ask", "ask_node", "hear_nodes"]

CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0
AT_ONCE = 32
LARGEST_ANSWER = 64 * 1024
Ask = Callable[[str, str], Told | None]
"""(address, token) -> what the node there says; None where it says nothing that can be read."""


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    times = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    trusted = ssl.create_default_context()
    return urllib3.PoolManager(maxsize=2, ssl_context=trusted, retries=False, timeout=times)


def ask_node(address: str, token: str) -> Told | None:
    """What the node at an address says; never follows it elsewhere."""
    try:
        answer = _pool().request(
            "GET", f"{address}{PATH}", headers={"Authorization": f"Bearer {token}"},
            redirect=False, preload_content=False,
        )  # fmt: skip
        try:
            body = answer.read(LARGEST_ANSWER)
        finally:
            answer.close()
        return said(body) if answer.status == 200 else None
    except (HTTPError, OSError, ValueError):
        return None


def hear_nodes(nodes: Sequence[str], token: str, *, ask: Ask = ask_node) -> int:
    """Asks all nodes at once and keeps what they told; how many were heard."""
    if not nodes:
        return 0
    with ThreadPoolExecutor(min(len(nodes), AT_ONCE)) as threads:
        told = list(threads.map(lambda address: ask(address, token), nodes))
    now = clock.real_now()
    with unit_of_work(db.session) as session:
        for address, one in zip(nodes, told, strict=True):
            _keep(session, address, one, now)
    return sum(one is not None for one in told)


def _keep(session: Any, address: str, told: Told | None, now: dt.datetime) -> None:
    heard = {} if told is None else {"heard_at": now, "told": asdict(told)}
    values = {"asked_at": now, **heard}
    statement = insert(EdgeNode).values(address=address, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[EdgeNode.address], set_=values))
