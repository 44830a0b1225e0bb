"""Reads of messages: what is spent, what a message may still cost, how the outbox stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, func, or_, select, text

from app import clock
from app.messages.enums import PENDING, Measure, MessageState
from app.messages.models import Message, MessageBudget, MessageSpending, QuietHours
from app.messages.rules import LONGEST_PATIENCE, end_of_quiet

BUCKET = dt.timedelta(minutes=5)
_HOLDS = """
    b.effective_from <= :today AND (b.effective_to IS NULL OR b.effective_to >= :today)
    AND (b.kind IS NULL OR b.kind = :kind)"""
_COUNTED = """
    SELECT coalesce(m.cost_cents, m.estimated_cents) AS cents FROM message m
    WHERE b.measure = '{measure}' AND m.{column} = :{column} AND m.{since}
      AND m.state NOT IN ('withheld', 'expired') AND m.id <> :id
      AND (b.kind IS NULL OR m.kind = b.kind){whose}"""
_OF_STRANGERS = " AND (CAST(:caller AS bytea) IS NOT NULL OR m.caller IS NULL)"
"""What somebody asked for on a page is not counted against what the number itself texted for: else
anybody who fills a page could keep a telephone's holder out for a day."""
_POSTED = "created_at > :now - b.window_minutes * interval '1 minute'"
_TRIED = "created_at > :oldest AND m.first_try_at > :now - b.window_minutes * interval '1 minute'"
_MEASURES = (
    ("number", "number", _OF_STRANGERS),
    ("prefix", "prefix", _OF_STRANGERS),
    ("address", "caller", ""),
)
_NARROW = """
    SELECT b.id, b.measure, b.wait_minutes, b.most_messages, b.most_kes, s.messages, s.cents
    FROM message_budget b CROSS JOIN LATERAL (
      SELECT count(*) AS messages, coalesce(sum(c.cents), 0) AS cents FROM ({counted}) c) s
    WHERE b.measure <> 'everything' AND {holds}"""
"""Each budget of a number, prefix or address, with what counts in it. Of the three branches a
budget runs the one of its measure, by an index that holds only what is counted, so that a flood of
withheld messages costs nothing."""
_EVERYTHING = """
    SELECT b.id, b.measure, b.wait_minutes, b.most_messages, b.most_kes, s.messages, s.cents
    FROM message_budget b CROSS JOIN LATERAL (
      SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(cents), 0) AS cents
      FROM message_spending p
      WHERE p.started_at > :now - b.window_minutes * interval '1 minute' - interval '5 minutes'
        AND (b.kind IS NULL OR p.kind = b.kind)) s
    WHERE b.measure = 'everything' AND {holds}"""
"""Each budget of everything, with what was spent; five minutes too many rather than too few."""


def _narrow(since: str) -> str:
    branches = (
        _COUNTED.format(measure=measure, column=column, since=since, whose=whose)
        for measure, column, whose in _MEASURES
    )
    return _NARROW.format(counted=" UNION ALL ".join(branches), holds=_HOLDS)


_WHEN_POSTED = text(_narrow(_POSTED) + " ORDER BY b.measure <> 'number', b.id")
_WHEN_SENT = text(
    f"{_narrow(_TRIED)} AND b.wait_minutes IS NULL UNION ALL {_EVERYTHING.format(holds=_HOLDS)}"
)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A budget that a message would pass, by how many messages, counting this one."""

    budget_id: int
    measure: str
    by: int
    wait_minutes: int | None

    @property
    def reason(self) -> str:
        """The code stored with what is withheld."""
        return f"budget:{self.measure}:{self.budget_id}"


def budgets_for(session: Any, kind: str) -> list[MessageBudget]:
    """Today's budgets that count this kind of message."""
    today = clock.day_of(clock.real_now())
    return list(
        session.scalars(
            select(MessageBudget)
            .where(
                MessageBudget.effective_from <= today,
                or_(MessageBudget.effective_to.is_(None), MessageBudget.effective_to >= today),
                or_(MessageBudget.kind.is_(None), MessageBudget.kind == kind),
            )
            .order_by(MessageBudget.id)
        )
    )


def posted_by(
    session: Any, budget: MessageBudget, column: str, values: Collection[Any], *, of_a_page: bool
) -> Sequence[Row[Any]]:
    """(value, messages, cents) that a budget's window holds of each number, prefix or address.

    `of_a_page` as in the statements above: what a page asked for counts against a page alone.
    """
    holder = getattr(Message, column)
    cents = func.coalesce(Message.cost_cents, Message.estimated_cents)
    since = clock.real_now() - dt.timedelta(minutes=budget.window_minutes)
    statement = select(holder, func.count(), func.sum(cents)).where(
        holder.in_(list(values)),
        Message.created_at > since,
        Message.state != MessageState.WITHHELD,
        Message.state != MessageState.EXPIRED,
    )
    if budget.kind is not None:
        statement = statement.where(Message.kind == budget.kind)
    if column != "caller" and not of_a_page:
        statement = statement.where(Message.caller.is_(None))
    found: Sequence[Row[Any]] = session.execute(statement.group_by(holder)).all()
    return found


def beyond_when_posted(session: Any, message: Message) -> list[Beyond]:
    """Every budget of a number, address or prefix that the messages posted so far fill.

    `message` need not be stored yet. What everything costs is counted when it is sent, where one
    message after another is looked at.
    """
    return _beyond(session, _WHEN_POSTED, message)


def beyond_when_sent(session: Any, message: Message) -> list[Beyond]:
    """Every budget that the messages tried so far fill. The caller holds the lock of sending, so
    that two workers never count at the same moment."""
    return _beyond(session, _WHEN_SENT, message)


def _beyond(session: Any, statement: TextClause, message: Message) -> list[Beyond]:
    now = clock.real_now()
    rows = session.connection().execute(
        statement,
        {
            "now": now,
            "today": clock.day_of(now),
            "oldest": now - LONGEST_PATIENCE - dt.timedelta(days=31),
            "kind": message.kind,
            "number": message.number,
            "prefix": message.prefix,
            "caller": message.caller,
            "id": message.id or 0,
        },
    )
    found = []
    for row in rows:
        by = 0 if row.most_messages is None else row.messages - row.most_messages + 1
        if row.most_kes is not None and row.cents + message.estimated_cents > row.most_kes * 100:
            by = max(by, 1)
        if by > 0:
            found.append(Beyond(row.id, row.measure, int(by), row.wait_minutes))
    return found


def messages_left(session: Any, kind: str, cents_each: int, *, shortest_minutes: int) -> int | None:
    """How many further messages of this kind and price all budgets of everything still hold whose
    windows are at least this long; None where there is no such budget."""
    left: list[int] = []
    for budget in budgets_for(session, kind):
        if budget.measure != Measure.EVERYTHING or budget.window_minutes < shortest_minutes:
            continue
        count, cents = _posted(session, budget)
        if budget.most_messages is not None:
            left.append(budget.most_messages - count)
        if budget.most_kes is not None and cents_each:
            left.append((budget.most_kes * 100 - cents) // cents_each)
    return max(0, min(left)) if left else None


def _posted(session: Any, budget: MessageBudget) -> tuple[int, int]:
    """Messages and Kenya cents that a budget's window holds already, those that wait included."""
    cost = func.coalesce(Message.cost_cents, Message.estimated_cents)
    since = clock.real_now() - dt.timedelta(minutes=budget.window_minutes)
    never = (MessageState.WITHHELD, MessageState.EXPIRED)
    statement = select(func.count(), func.coalesce(func.sum(cost), 0)).where(
        Message.created_at > since, Message.state.not_in(never)
    )
    if budget.kind is not None:
        statement = statement.where(Message.kind == budget.kind)
    count, cents = session.execute(statement).one()
    return int(count), int(cents)


_PRICE = text(
    "SELECT cents_per_segment FROM message_price WHERE effective_from <= :today"
    " ORDER BY effective_from DESC LIMIT 1"
)


def price_per_segment_cents(session: Any) -> int:
    """What one segment is estimated to cost today, in Kenya cents."""
    today = clock.day_of(clock.real_now())
    return int(session.connection().execute(_PRICE, {"today": today}).scalar() or 0)


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
        spent_hour_cents=_spent_cents(session, hour),
        spent_day_cents=_spent_cents(session, day),
        most_hour_kes=_most_kes(session, 60),
        most_day_kes=_most_kes(session, 1440),
    )


def _spent_cents(session: Any, since: dt.datetime) -> int:
    spent = func.coalesce(func.sum(MessageSpending.cents), 0)
    statement = select(spent).where(MessageSpending.started_at > since - BUCKET)
    return int(session.scalar(statement))


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
