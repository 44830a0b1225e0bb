"""Posting many messages of one cause with a handful of statements, by the same rules as one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.db.queue import DEFAULT, URGENT, NewJob, defer_all
from app.db.vault import vault_of
from app.messages import queries
from app.messages.enums import NEVER_QUIET, Measure, MessageKind, MessageState
from app.messages.models import Message, MessageBudget
from app.messages.rules import (
    is_kenyan_mobile,
    patience,
    prefix_of,
    segments_of,
    wait_for_budget,
)
from app.messages.services.outbox import BODY, SEND
from app.messages.texts import SmsText

COLUMNS = {Measure.NUMBER: "number", Measure.PREFIX: "prefix", Measure.ADDRESS: "caller"}


@dataclass(frozen=True, slots=True)
class Addressed:
    """One person's message: the number, what fills the gaps of the text, the language."""

    to: str
    facts: Mapping[str, object] = field(default_factory=dict)
    locale: str | None = None
    intent: str | None = None


def post_all(
    session: Any, addressed: Sequence[Addressed], *, text: SmsText, kind: MessageKind
) -> int:
    """Puts the messages into the outbox, in the caller's unit of work, and defers their sending;
    returns how many are new. What `post` says of intents and budgets holds for each of them."""
    if not addressed:
        return 0
    rows = [_row(session, one, text, kind) for one in addressed]
    price = queries.price_per_segment_cents(session)
    for row in rows:
        row["estimated_cents"] = row["segments"] * price
    _consider(session, rows, kind)
    session.flush()
    stored = session.execute(
        insert(Message)
        .on_conflict_do_nothing(index_elements=["intent"])
        .returning(Message.id, Message.state, Message.next_try_at),
        rows,
    ).all()
    jobs = [
        NewJob(f"message:{one.id}", {"message_id": one.id}, one.next_try_at)
        for one in stored
        if one.state == MessageState.WAITING
    ]
    defer_all(session, SEND, jobs, priority=URGENT if kind in NEVER_QUIET else DEFAULT)
    return len(stored)


def _row(session: Any, one: Addressed, text: SmsText, kind: MessageKind) -> dict[str, Any]:
    body, now = text.spoken(one.facts, one.locale), clock.real_now()
    return {
        "number": one.to,
        "prefix": prefix_of(one.to)[:11],
        "kind": str(kind),
        "intent": one.intent,
        "locale": (one.locale or "en")[:5],
        "segments": segments_of(body),
        "body": vault_of(session).seal(body, context=BODY),
        "caller": session.info.get("caller"),
        "created_at": now,
        "expires_at": now + patience(kind),
        "state": str(MessageState.WAITING),
        "reason": None,
        "next_try_at": None,
    }


def _consider(session: Any, rows: Sequence[dict[str, Any]], kind: MessageKind) -> None:
    """Decides of each row whether it waits for the worker at once, waits longer, or is withheld."""
    narrow = [
        one for one in queries.budgets_for(session, kind) if one.measure != Measure.EVERYTHING
    ]
    narrow.sort(key=lambda one: (one.measure != Measure.NUMBER, one.id))
    filled = {one.id: _filled(session, one, rows) for one in narrow}
    quiet = None if kind in NEVER_QUIET else queries.quiet_for(session)
    for row in rows:
        if not is_kenyan_mobile(row["number"]):
            row["number"] = row["number"][:15]
            _withhold(row, "not-a-kenyan-mobile")
            continue
        waits = _waits(row, narrow, filled)
        if row["state"] == MessageState.WAITING:
            waits += [quiet] if quiet is not None else []
            row["next_try_at"] = clock.real_now() + max(waits) if waits else None


def _withhold(row: dict[str, Any], reason: str) -> None:
    row["state"], row["reason"] = str(MessageState.WITHHELD), reason


def _waits(
    row: dict[str, Any],
    budgets: Sequence[MessageBudget],
    filled: Mapping[int, tuple[Counter[Any], Counter[Any]]],
) -> list[dt.timedelta]:
    """How long the budgets make the row wait; beyond a hard one it is withheld."""
    waits = []
    for budget in budgets:
        value = row[COLUMNS[Measure(budget.measure)]]
        messages, cents = filled[budget.id]
        by = 0 if budget.most_messages is None else messages[value] - budget.most_messages + 1
        if budget.most_kes is not None:
            by = max(by, int(cents[value] + row["estimated_cents"] > budget.most_kes * 100))
        if value is None or by <= 0:
            continue
        if budget.wait_minutes is None:
            _withhold(row, f"budget:{budget.measure}:{budget.id}")
            return []
        waits.append(wait_for_budget(by, budget.wait_minutes))
    for budget in budgets:
        messages, cents = filled[budget.id]
        value = row[COLUMNS[Measure(budget.measure)]]
        messages[value] += 1
        cents[value] += row["estimated_cents"]
    return waits


def _filled(
    session: Any, budget: MessageBudget, rows: Sequence[dict[str, Any]]
) -> tuple[Counter[Any], Counter[Any]]:
    """How many messages, and how many cents, the budget's window holds of each value in the rows."""
    column = COLUMNS[Measure(budget.measure)]
    values = {row[column] for row in rows} - {None}
    of_a_page = session.info.get("caller") is not None
    found = queries.posted_by(session, budget, column, values, of_a_page=of_a_page)
    return (
        Counter({value: count for value, count, _cents in found}),
        Counter({value: cents for value, _count, cents in found}),
    )
