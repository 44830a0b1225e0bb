"""Writing and verifying events. A chain is a centre's, or the nation's for what has no centre."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text

from app import clock
from app.audit.models import Event
from app.scoping.scope import Actor

GENESIS = bytes(32)

LOCK_HEAD = text(
    "INSERT INTO chain_head (chain, position, hash) VALUES (:chain, 0, :genesis)"
    " ON CONFLICT (chain) DO UPDATE SET position = chain_head.position"
    " RETURNING position, hash"
)
MOVE_HEAD = text("UPDATE chain_head SET position = :position, hash = :hash WHERE chain = :chain")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, and whose it is, so that the scope decides who may read it."""

    entity: str
    entity_id: Any
    sub_county_id: int | None = None
    centre_id: int | None = None
    officer_id: int | None = None

    @property
    def chain(self) -> str:
        return f"centre:{self.centre_id}" if self.centre_id else "national"


def record(
    session: Any,
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    before: Any = None,
    after: Any = None,
    reason: str | None = None,
) -> None:
    """Appends one event to its chain in the session's open transaction."""
    one = {"subject": subject, "before": before, "after": after, "reason": reason}
    record_all(session, actor, action, [one])


def record_all(session: Any, actor: Actor, action: str, said: Sequence[Mapping[str, Any]]) -> None:
    """Appends an event of one action for each entry (subject, before, after, reason), in their
    order within each chain; chains are locked in the order of their names."""
    rows, heads = [], []
    for chain, entries in _by_chain(said).items():
        head = session.execute(LOCK_HEAD, {"chain": chain, "genesis": GENESIS}).one()
        position, previous = head.position, bytes(head.hash)
        for entry in entries:
            position += 1
            row = _event(actor, action, position, entry)
            digest = chained_hash(previous, row)
            rows.append({**row, "previous_hash": previous, "hash": digest})
            previous = digest
        heads.append({"chain": chain, "position": position, "hash": previous})
    if rows:
        # By table, not by class: a statement without the columns that are empty would tell one
        # act from another where both must look the same.
        session.execute(insert(Event.__table__), rows)
        session.execute(MOVE_HEAD, heads)


def _by_chain(said: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in sorted(said, key=lambda one: str(one["subject"].chain)):
        found.setdefault(entry["subject"].chain, []).append(entry)
    return found


def _event(actor: Actor, action: str, position: int, said: Mapping[str, Any]) -> dict[str, Any]:
    subject: Subject = said["subject"]
    return {
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor_name": actor.name[:128],
        "session_id": actor.session_id,
        "request_id": actor.request_id,
        "action": action,
        "entity": subject.entity,
        "entity_id": str(subject.entity_id),
        "sub_county_id": subject.sub_county_id,
        "centre_id": subject.centre_id,
        "officer_id": subject.officer_id,
        "reason": said.get("reason"),
        "before": said.get("before"),
        "after": said.get("after"),
        "chain": subject.chain,
        "position": position,
    }


def chained_hash(previous: bytes, row: dict[str, Any]) -> bytes:
    """SHA-256 of the previous hash and the row in canonical JSON (sorted keys, UTC instants)."""
    at: dt.datetime = row["at"]
    plain = {**row, "at": at.astimezone(dt.UTC).isoformat()}
    body = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + body.encode()).digest()


def broken_links(session: Any, chain: str) -> list[int]:
    """Positions of a chain whose hash does not follow from the row and the link before; none is sound."""
    previous, expected, broken = GENESIS, 1, []
    names = [c.name for c in Event.__table__.columns]
    table = Event.__table__
    for found in session.execute(
        select(table).where(table.c.chain == chain).order_by(table.c.position)
    ):
        row = dict(zip(names, found, strict=True))
        stored = bytes(row.pop("hash"))
        linked = bytes(row.pop("previous_hash")) == previous and row["position"] == expected
        row.pop("id")
        if not linked or chained_hash(previous, row) != stored:
            broken.append(int(row["position"]))
        previous, expected = stored, expected + 1
    return broken
