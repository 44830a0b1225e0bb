"""The stored answers of requests, so that a repetition changes nothing and hears the same."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.attendance.models import RequestReceipt
from app.errors import RuleBroken
from app.extensions import db
from app.scoping.scope import Actor
from app.words import N_

RECEIPTS: Any = RequestReceipt.__table__


def claim(actor: Actor, request_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any] | None:
    """The stored answer when this request was already done, else None: it is now ours to do.

    The claim belongs to the open transaction: a refusal takes it back. A twin that arrives
    meanwhile waits for the end of that transaction. Raises RuleBroken when the same id was used
    for something else.
    """
    digest = _digest(body)
    values = {"user_id": actor.user_id, "request_id": request_id, "body_hash": digest}
    mine = db.session.execute(
        insert(RECEIPTS)
        .values(**values, status=0, answer={})
        .on_conflict_do_nothing()
        .returning(RECEIPTS.c.request_id)
    ).first()
    if mine is not None:
        return None
    known = db.session.execute(
        select(RECEIPTS.c.body_hash, RECEIPTS.c.answer).where(
            RECEIPTS.c.user_id == actor.user_id, RECEIPTS.c.request_id == request_id
        )
    ).one()
    if bytes(known.body_hash) != digest:
        raise RuleBroken(
            "request-id-reused",
            N_("This request was already used for something else. Send it under a new number."),
            field="request_id",
        )
    answer: dict[str, Any] = known.answer
    return answer


def store(actor: Actor, request_id: uuid.UUID, answer: dict[str, Any]) -> None:
    """Keeps the answer of a claimed request, in the transaction of the work itself."""
    db.session.execute(
        update(RECEIPTS)
        .where(RECEIPTS.c.user_id == actor.user_id, RECEIPTS.c.request_id == request_id)
        .values(status=200, answer=answer)
    )


def _digest(body: dict[str, Any]) -> bytes:
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).digest()
