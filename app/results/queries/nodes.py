"""What the nodes of the edge told last: this machine's from its folder, the others' as heard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from app import clock
from app.results.models import EdgeNode
from app.results.told import FRESH_SECONDS, Told, said, told_by
from app.scoping.scope import Scope

__all__ = ["HERE", "Heard", "nodes_heard"]

HERE = ""
"""The name of the node on this machine."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A node's name, what it told last (None: it was never heard), and whether that is of now."""

    node: str
    told: Told | None
    is_heard: bool


def nodes_heard(session: Any, scope: Scope, *, folder: Path, nodes: Sequence[str]) -> list[Heard]:
    """The node of this machine and those of the settings, in their order; none for a part of the
    country. A node is of now while it told something within the last ten seconds."""
    if not scope.is_everything:
        return []
    now = clock.real_now().timestamp()
    rows = session.execute(
        select(EdgeNode.address, EdgeNode.heard_at, EdgeNode.told).where(
            EdgeNode.address.in_(nodes)
        )
    )
    known = {address: (heard_at, told) for address, heard_at, told in rows}
    here = told_by(folder)
    found = [Heard(HERE, here, here is not None and now - here.at < FRESH_SECONDS)]
    for address in nodes:
        heard_at, told = known.get(address, (None, None))
        is_heard = heard_at is not None and now - heard_at.timestamp() < FRESH_SECONDS
        one = said(json.dumps(told).encode()) if told else None
        found.append(Heard(_name(address), one, is_heard))
    return found


def _name(address: str) -> str:
    return urlsplit(address).netloc
