"""Reads of messages: what is spent, what a message may still cost, how the outbox stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app import clock
from app.messages.enums import PENDING, Measure, MessageState
from app.messages.models import Message, MessageBudget, MessagePrice, QuietHours
from app.messages.rules import end_of_quiet

COUNTED_BEFORE = {
    Measure.NUMBER: Message.number,
    Measure.PREFIX: Message.prefix,
    Measure.ADDRESS: Message.caller,
}


@dataclass(frozen=True, slots=True)
class Beyond:
    """A budget that a message would pass; `by` messages beyond it, counting this one."""

    budget: MessageBudget
    by: int

    @property
    def reason(self) -> str:
        """The code stored with what is withheld."""
        return f"budget:{self.budget.measure}:{self.budget.id}"


def budgets_for(session: Any, kind: str) -> list[MessageBudget]:
    """Today's budgets that count this kind of message, narrow ones first."""
    today = clock.day_of(clock.real_now())
    return list(
        session.scalars(
            select(MessageBudget)
            .where(
                MessageBudget.effective_from <= today,
                or_(MessageBudget.effective_to.is_(None), MessageBudget.effective_to >= today),
                or_(MessageBudget.kind.is_(None), MessageBudget.kind == kind),
            )
            .order_by(MessageBudget.measure != Measure.NUMBER, MessageBudget.id)
        )
    )


def beyond_when_posted(
    session: Any, message: Message, budgets: list[MessageBudget]
) -> Beyond | None:
    """The first budget of a number, address or prefix that the posted messages already fill.

    `message` may not be stored yet. The budget of everything is counted when it is sent, where
    one row after another is looked at.
    """
    narrow = [b for b in budgets if b.measure != Measure.EVERYTHING and not b.wait_minutes]
    return _first_beyond(session, message, narrow, when_sent=False)


def beyond_when_sent(session: Any, message: Message, budgets: list[MessageBudget]) -> Beyond | None:
    """The first budget that the messages tried so far already fill. The caller holds the lock of
    sending, so that two workers never count at the same moment."""
    hard = [b for b in budgets if not b.wait_minutes]
    return _first_beyond(session, message, hard, when_sent=True)


def wait_when_posted(session: Any, message: Message, budgets: list[MessageBudget]) -> Beyond | None:
    """The budget that makes the message wait, of several the one it is furthest beyond."""
    found = [
        beyond
        for budget in budgets
        if budget.wait_minutes
        and (beyond := _beyond(session, message, budget, when_sent=False)) is not None
    ]
    return max(found, key=lambda beyond: beyond.by, default=None)


def _first_beyond(
    session: Any, message: Message, budgets: list[MessageBudget], *, when_sent: bool
) -> Beyond | None:
    for budget in budgets:
        found = _beyond(session, message, budget, when_sent=when_sent)
        if found is not None:
            return found
    return None


def _beyond(
    session: Any, message: Message, budget: MessageBudget, *, when_sent: bool
) -> Beyond | None:
    measure = Measure(budget.measure)
    conditions: list[ColumnElement[bool]] = []
    if measure is not Measure.EVERYTHING:
        column: Any = COUNTED_BEFORE[measure]
        value = getattr(message, column.key)
        if value is None:
            return None
        conditions.append(column == value)
    if budget.kind is not None:
        conditions.append(Message.kind == budget.kind)
    since = clock.real_now() - dt.timedelta(minutes=budget.window_minutes)
    count, cents = _spent(
        session, conditions, since=since, apart_from=message.id, when_sent=when_sent
    )
    if budget.most_messages is not None and count >= budget.most_messages:
        return Beyond(budget, count - budget.most_messages + 1)
    cost = message.estimated_cents
    if budget.most_kes is not None and cents + cost > budget.most_kes * 100:
        return Beyond(budget, 1)
    return None


def _spent(
    session: Any,
    conditions: list[ColumnElement[bool]],
    *,
    since: dt.datetime,
    apart_from: int | None,
    when_sent: bool,
) -> tuple[int, int]:
    """How many messages, and Kenya cents, since a moment: those posted, or those ever tried."""
    cost = func.coalesce(Message.cost_cents, Message.estimated_cents)
    statement = select(func.count(), func.coalesce(func.sum(cost), 0)).where(*conditions)
    if when_sent:
        statement = statement.where(Message.first_try_at > since)
    else:
        never = (MessageState.WITHHELD, MessageState.EXPIRED)
        statement = statement.where(Message.created_at > since, Message.state.not_in(never))
    if apart_from is not None:
        statement = statement.where(Message.id != apart_from)
    count, cents = session.execute(statement).one()
    return count, int(cents)


def price_per_segment_cents(session: Any) -> int:
    """What one segment is estimated to cost today, in Kenya cents."""
    today = clock.day_of(clock.real_now())
    found = session.scalar(
        select(MessagePrice.cents_per_segment)
        .where(MessagePrice.effective_from <= today)
        .order_by(MessagePrice.effective_from.desc())
        .limit(1)
    )
    return int(found or 0)


def quiet_for(session: Any) -> dt.timedelta | None:
    """How long telephones are still left alone, by office time; None when they are not."""
    here = clock.nairobi(clock.now())
    rows = session.scalars(
        select(QuietHours).where(
            QuietHours.effective_from <= here.date(),
            or_(QuietHours.effective_to.is_(None), QuietHours.effective_to >= here.date()),
        )
    )
    ends = [end_of_quiet(here, row.starts_at, row.ends_at) for row in rows]
    return max((end - here for end in ends if end is not None), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the outbox stands now; money in Kenya cents, limits in whole shillings."""

    waiting: int
    oldest_waiting_seconds: int | None
    sending: int
    in_doubt: int
    failed_today: int
    withheld_today: int
    spent_hour_cents: int
    spent_day_cents: int
    most_hour_kes: int | None
    most_day_kes: int | None


def standing(session: Any) -> Standing:
    """The outbox in one look. What waits for its hour or its next try counts as waiting, and is
    old only from the moment it was due."""
    now = clock.real_now()
    day = now - dt.timedelta(days=1)
    by_state = dict(
        session.execute(
            select(Message.state, func.count()).where(Message.state.in_(PENDING)).group_by("state")
        ).all()
    )
    due = func.coalesce(Message.next_try_at, Message.created_at)
    oldest = session.scalar(
        select(func.min(due)).where(Message.state == MessageState.WAITING, due <= now)
    )
    ended = dict(
        session.execute(
            select(Message.state, func.count())
            .where(
                Message.created_at > day,
                Message.state.in_((MessageState.FAILED, MessageState.WITHHELD)),
            )
            .group_by("state")
        ).all()
    )
    hour = now - dt.timedelta(hours=1)
    return Standing(
        waiting=by_state.get(MessageState.WAITING, 0),
        oldest_waiting_seconds=None if oldest is None else round((now - oldest).total_seconds()),
        sending=by_state.get(MessageState.SENDING, 0),
        in_doubt=by_state.get(MessageState.IN_DOUBT, 0),
        failed_today=ended.get(MessageState.FAILED, 0),
        withheld_today=ended.get(MessageState.WITHHELD, 0),
        spent_hour_cents=_spent(session, [], since=hour, apart_from=None, when_sent=True)[1],
        spent_day_cents=_spent(session, [], since=day, apart_from=None, when_sent=True)[1],
        most_hour_kes=_most_kes(session, 60),
        most_day_kes=_most_kes(session, 1440),
    )


def _most_kes(session: Any, minutes: int) -> int | None:
    """Today's budget of everything for a window, the smallest where several hold."""
    today = clock.day_of(clock.real_now())
    found: int | None = session.scalar(
        select(func.min(MessageBudget.most_kes)).where(
            MessageBudget.measure == Measure.EVERYTHING,
            MessageBudget.kind.is_(None),
            MessageBudget.window_minutes == minutes,
            MessageBudget.effective_from <= today,
            or_(MessageBudget.effective_to.is_(None), MessageBudget.effective_to >= today),
        )
    )
    return found
