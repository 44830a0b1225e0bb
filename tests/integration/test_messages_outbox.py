"""Posting a message: one row for one intent, sealed, in the transaction of its cause."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.messages.enums import MessageKind, MessageState
from app.messages.models import Message, MessageBudget
from app.messages.services import calls_from, post
from app.messages.services.outbox import BODY
from app.messages.texts import SmsText

NUMBER = "254712000111"
GREETING = SmsText(en="Hello %(name)s.", sw="Habari %(name)s.")


def posted(session: Session, **changes: Any) -> Message:
    given: dict[str, Any] = {"to": NUMBER, "text": GREETING, "facts": {"name": "Achieng"}}
    with unit_of_work(session):
        return post(session, **given | {"kind": MessageKind.CREDENTIALS} | changes)


def jobs_of(session: Session, message: Message) -> int:
    found = session.scalar(
        text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'messages.send'"
            " AND (args->>'message_id')::int = :id"
        ),
        {"id": message.id},
    )
    return int(found or 0)


def test_message_is_sealed_and_deferred(session: Session) -> None:
    message = posted(session, locale="sw", intent="greeting:1")
    assert (message.state, message.segments, message.estimated_cents) == ("waiting", 1, 80)
    assert message.body is not None
    assert b"Achieng" not in message.body
    assert vault_of(session).unseal(message.body, context=BODY) == "Habari Achieng."
    assert jobs_of(session, message) == 1


def test_refused_cause_leaves_no_message_and_no_job(session: Session) -> None:
    jobs = text("SELECT count(*) FROM procrastinate_jobs")
    before = session.scalar(jobs)

    def refused() -> None:
        with unit_of_work(session):
            post(session, to=NUMBER, text=GREETING, facts={"name": "x"}, kind=MessageKind.PROFILE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused()
    assert session.scalars(select(Message).where(Message.number == NUMBER)).all() == []
    assert session.scalar(jobs) == before


def test_same_intent_is_posted_once(session: Session) -> None:
    first = posted(session, intent="greeting:1")
    second = posted(session, intent="greeting:1", facts={"name": "Brian"})
    assert second.id == first.id
    assert jobs_of(session, first) == 1


@pytest.mark.parametrize("number", ["255712000111", "254202000111", "0712000111", "2547120001112"])
def test_foreign_number_is_withheld(session: Session, number: str) -> None:
    message = posted(session, to=number)
    assert (message.state, message.reason) == ("withheld", "not-a-kenyan-mobile")
    assert jobs_of(session, message) == 0


def test_number_beyond_its_budget_is_withheld_and_says_why(session: Session) -> None:
    made = [posted(session) for _ in range(7)]
    assert [m.state for m in made] == ["waiting"] * 6 + ["withheld"]
    reason = made[-1].reason or ""
    assert reason.startswith("budget:number:")
    assert [jobs_of(session, m) for m in made] == [1] * 6 + [0]


def test_without_budgets_a_number_is_pumped(session: Session) -> None:
    """Negative control: the rows of the budgets are the defence."""
    session.execute(delete(MessageBudget))
    assert {posted(session).state for _ in range(30)} == {"waiting"}


def test_fourth_message_within_the_hour_waits_and_the_fifth_longer(session: Session) -> None:
    waits = [
        round((m.next_try_at - m.created_at).total_seconds() / 60) if m.next_try_at else 0
        for m in [posted(session) for _ in range(6)]
    ]
    assert waits == [0, 0, 0, 1, 2, 4]


def test_address_is_counted_by_a_keyed_hash(session: Session) -> None:
    session.execute(
        update(MessageBudget).where(MessageBudget.measure == "address").values(most_messages=3)
    )
    calls_from(session, "196.201.214.200")
    made = [posted(session, to=f"2547120{n:05d}") for n in range(4)]
    assert [m.state for m in made] == ["waiting"] * 3 + ["withheld"]
    assert made[0].caller is not None
    assert b"196.201" not in made[0].caller
    calls_from(session, "196.201.214.201")
    assert posted(session, to="254712000900").state == MessageState.WAITING
    calls_from(session, None)


def test_neighbours_of_one_prefix_are_counted_together(session: Session) -> None:
    session.execute(
        update(MessageBudget).where(MessageBudget.measure == "prefix").values(most_messages=3)
    )
    made = [posted(session, to=f"25471200{n:04d}") for n in range(4)]
    assert [m.state for m in made] == ["waiting"] * 3 + ["withheld"]
    assert posted(session, to="254712010000").state == MessageState.WAITING


def test_message_that_went_out_is_never_sent_again_even_by_sql(session: Session) -> None:
    message = posted(session)
    mine = {"id": message.id}
    session.execute(text("UPDATE message SET attempts = 1, state = 'sent' WHERE id = :id"), mine)
    with pytest.raises(IntegrityError, match="went out"), session.begin_nested():
        session.execute(text("UPDATE message SET state = 'waiting' WHERE id = :id"), mine)
    with pytest.raises(IntegrityError, match="what a message was stays"), session.begin_nested():
        session.execute(text("UPDATE message SET number = '254712000999' WHERE id = :id"), mine)
