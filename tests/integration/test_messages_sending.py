"""Sending: what certainly failed is tried again, what is in doubt once, what went out never."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.db.uow import unit_of_work
from app.messages.enums import MessageKind, MessageState
from app.messages.gateways import AfricasTalking, Outbox
from app.messages.models import Message, MessageBudget, QuietHours
from app.messages.proofs import INVARIANTS
from app.messages.services import Report, note_delivery, post, send_due, tend
from app.messages.services import sending as sending_module
from app.messages.texts import SmsText
from tests.factories import world
from tests.factories.telephones import Network, accepts, after, network, refuses

NUMBER = "254712000111"
CODE = SmsText(en="Your code is %(code)s.", sw="Nambari yako ni %(code)s.")
HOURS = dt.timedelta(hours=1)


@pytest.fixture
def machine() -> Iterator[Network]:
    with network() as found:
        yield found


def gateway_at(url: str, *, seconds: float = 0.3) -> AfricasTalking:
    return AfricasTalking(
        username="sajili", api_key="k" * 40, url=url, sender="SAJILI", answer_seconds=seconds
    )


def posted(session: Session, kind: MessageKind = MessageKind.CREDENTIALS, **given: Any) -> Message:
    with unit_of_work(session):
        values: dict[str, Any] = {"to": NUMBER, "text": CODE, "facts": {"code": "K7P2"}}
        return post(session, kind=kind, **values | given)


def due_now(session: Session, message: Message) -> None:
    session.execute(update(Message).where(Message.id == message.id).values(next_try_at=None))
    session.execute(
        update(Message)
        .where(Message.id == message.id, Message.state == MessageState.IN_DOUBT)
        .values(next_try_at=clock.real_now())
    )
    session.commit()


def tried(session: Session, machine: Network, message: Message) -> Message:
    """The message after one more try through the machine."""
    send_due(session, gateway_at(machine.url), message.id)
    session.refresh(message)
    return message


def test_gateway_is_asked_as_its_interface_says(session: Session, machine: Network) -> None:
    message = tried(session, machine, posted(session))
    [request] = machine.received
    assert request.path == "/version1/messaging"
    assert request.form == {
        "username": "sajili",
        "to": f"+{NUMBER}",
        "message": "Your code is K7P2.",
        "from": "SAJILI",
        "enqueue": "1",
    }
    assert (request.headers["apiKey"], request.headers["Accept"]) == ("k" * 40, "application/json")
    assert (message.state, message.gateway, message.gateway_id) == (
        "sent",
        "africastalking",
        "ATXid_1",
    )
    assert (message.cost_cents, message.attempts, message.doubts) == (80, 1, 0)
    assert message.sent_at is not None


def test_message_that_went_out_is_not_sent_again(session: Session, machine: Network) -> None:
    message = posted(session)
    for _ in range(3):
        tried(session, machine, message)
    assert len(machine.received) == 1


def test_slow_answer_is_still_an_answer(session: Session, machine: Network) -> None:
    machine.behaviour = after(0.2, accepts)
    assert tried(session, machine, posted(session)).state == "sent"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_error_answer_is_tried_again_with_back_off(
    session: Session, machine: Network, status: int
) -> None:
    machine.behaviour = lambda _: (status, {"errorMessage": "Internal error"})
    message = posted(session)
    waits = []
    for _ in range(4):
        tried(session, machine, message)
        assert (message.state, message.reason) == ("waiting", f"http:{status}")
        assert message.next_try_at is not None
        waits.append((message.next_try_at - clock.real_now()).total_seconds())
        due_now(session, message)
    for wait, longest in zip(waits, (15, 30, 60, 120), strict=True):
        assert longest / 2 - 2 < wait <= longest
    machine.behaviour = accepts
    assert tried(session, machine, message).state == "sent"
    assert (message.attempts, message.doubts, message.possible_duplicate) == (5, 0, False)


def test_too_early_is_not_sent(session: Session, machine: Network) -> None:
    machine.behaviour = lambda _: (500, {})
    message = tried(session, machine, posted(session))
    tried(session, machine, message)
    assert (len(machine.received), message.attempts) == (1, 1)


def test_refused_connection_is_certainly_not_sent(session: Session) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    message = posted(session)
    send_due(session, gateway_at(url), message.id)
    session.refresh(message)
    assert (message.state, message.doubts) == ("waiting", 0)
    assert message.reason == "connection:NewConnectionError"


def test_timeout_after_the_request_is_in_doubt_and_tried_once_more(
    session: Session, machine: Network
) -> None:
    machine.behaviour = after(0.6, accepts)
    message = tried(session, machine, posted(session))
    assert (message.state, message.doubts) == ("in_doubt", 1)
    assert message.reason == "no-answer:ReadTimeoutError"
    assert message.next_try_at is not None
    assert message.next_try_at > clock.real_now() + dt.timedelta(minutes=4)
    due_now(session, message)
    tried(session, machine, message)
    assert (message.state, message.doubts, message.possible_duplicate) == ("in_doubt", 2, True)
    assert message.next_try_at is None
    for _ in range(3):
        tend(session)
        tried(session, machine, message)
    assert len(machine.received) == 2


def test_further_try_that_is_accepted_is_marked_possible_duplicate(
    session: Session, machine: Network
) -> None:
    machine.behaviour = lambda _: (0, b"")
    message = tried(session, machine, posted(session))
    assert message.reason == "no-answer:ProtocolError"
    machine.behaviour = accepts
    due_now(session, message)
    tried(session, machine, message)
    assert (message.state, message.possible_duplicate, message.attempts) == ("sent", True, 2)


def test_further_try_that_was_certainly_not_sent_leaves_the_doubt_as_it_was(
    session: Session, machine: Network
) -> None:
    machine.behaviour = lambda _: (0, b"")
    message = tried(session, machine, posted(session))
    machine.behaviour = lambda _: (503, {})
    due_now(session, message)
    tried(session, machine, message)
    assert (message.state, message.doubts) == ("in_doubt", 1)
    assert message.next_try_at is not None


def test_third_doubt_is_refused_by_the_database(session: Session, machine: Network) -> None:
    machine.behaviour = lambda _: (0, b"")
    message = tried(session, machine, posted(session))
    with pytest.raises(IntegrityError, match="one_further_try"), session.begin_nested():
        session.execute(
            update(Message).where(Message.id == message.id).values(doubts=3, attempts=3)
        )


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        (403, "InvalidPhoneNumber", "failed"),
        (406, "UserInBlacklist", "failed"),
        (405, "InsufficientBalance", "waiting"),
        (501, "GatewayError", "waiting"),
    ],
)
def test_refused_recipient(
    session: Session, machine: Network, code: int, status: str, state: str
) -> None:
    machine.behaviour = refuses(code, status)
    message = tried(session, machine, posted(session))
    assert (message.state, message.reason) == (state, f"gateway:{code}:{status}")


def test_delivery_report_wipes_a_secret_and_keeps_what_is_known(
    session: Session, machine: Network
) -> None:
    message = tried(session, machine, posted(session))
    assert message.body is not None
    for _ in range(2):
        note_delivery(session, Report("ATXid_1", "Success", NUMBER))
    session.refresh(message)
    assert (message.state, message.body, message.cost_cents) == ("delivered", None, 80)
    note_delivery(session, Report("ATXid_1", "Failed", NUMBER, "late"))
    session.refresh(message)
    assert message.state == "delivered"


def test_failed_report_says_why(session: Session, machine: Network) -> None:
    message = tried(session, machine, posted(session))
    note_delivery(session, Report("ATXid_1", "Sent", NUMBER))
    session.refresh(message)
    assert message.state == "sent"
    note_delivery(session, Report("ATXid_1", "Failed", NUMBER, "AbsentSubscriber"))
    session.refresh(message)
    assert (message.state, message.reason) == ("failed", "network:AbsentSubscriber")


def test_report_before_the_answer_is_believed_once_the_answer_is_here(
    session: Session, machine: Network
) -> None:
    note_delivery(session, Report("ATXid_1", "Success", NUMBER))
    assert tried(session, machine, posted(session)).state == "delivered"


def test_report_of_an_unknown_id_clears_the_only_doubt_of_that_number(
    session: Session, machine: Network
) -> None:
    machine.behaviour = lambda _: (0, b"")
    message = tried(session, machine, posted(session))
    note_delivery(session, Report("ATXid_77", "Success", NUMBER))
    session.refresh(message)
    assert (message.state, message.gateway_id) == ("delivered", "ATXid_77")
    tried(session, machine, message)
    assert len(machine.received) == 1


def test_id_given_twice_by_the_gateway_stops_nothing(session: Session, machine: Network) -> None:
    machine.behaviour = lambda received: accepts(replace(received, number=1))
    made = [posted(session, to=f"25471200{n:04d}") for n in range(2)]
    assert [tried(session, machine, message).state for message in made] == ["sent", "sent"]
    assert [message.gateway_id for message in made] == ["ATXid_1", None]


def test_dead_worker_leaves_a_doubt_after_its_lease(session: Session, machine: Network) -> None:
    message = posted(session)
    claim = sending_module._claim(session, gateway_at(machine.url), message.id)
    assert claim is not None
    tend(session)
    session.refresh(message)
    assert message.state == "sending"
    session.execute(update(Message).values(lease_until=clock.real_now() - HOURS))
    tend(session)
    session.refresh(message)
    assert (message.state, message.reason, message.doubts) == ("in_doubt", "worker-died", 1)


def test_only_one_of_two_workers_claims(session: Session, machine: Network) -> None:
    message = posted(session)
    first = sending_module._claim(session, gateway_at(machine.url), message.id)
    second = sending_module._claim(session, gateway_at(machine.url), message.id)
    assert first is not None
    assert second is None


def test_gateway_is_not_called_inside_a_transaction(session: Session) -> None:
    message = posted(session)

    def inside() -> None:
        with unit_of_work(session):
            send_due(session, Outbox(), message.id)

    with pytest.raises(RuntimeError, match="inside a transaction"):
        inside()


def test_expired_message_is_not_sent_and_its_secret_is_gone(
    session: Session, machine: Network
) -> None:
    message = posted(session)
    session.execute(update(Message).values(expires_at=clock.real_now() - HOURS))
    session.commit()
    tried(session, machine, message)
    assert (message.state, message.body, machine.received) == ("expired", None, [])


def test_tending_expires_and_wipes(session: Session, machine: Network) -> None:
    waiting, sent, notice = (
        posted(session),
        tried(session, machine, posted(session)),
        posted(session, MessageKind.NOTICE),
    )
    session.execute(update(Message).values(expires_at=clock.real_now() - HOURS))
    tend(session)
    for message in (waiting, sent, notice):
        session.refresh(message)
    assert [m.state for m in (waiting, sent, notice)] == ["expired", "sent", "expired"]
    assert [m.body is None for m in (waiting, sent, notice)] == [True, True, False]


def test_lost_job_is_put_back_once(session: Session) -> None:
    message = posted(session)
    session.execute(text("DELETE FROM procrastinate_jobs"))
    jobs = text("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = :lock")
    tend(session)
    assert session.scalar(jobs, {"lock": f"message:{message.id}"}) == 0
    grow_old(session, message)
    for _ in range(2):
        tend(session)
    assert session.scalar(jobs, {"lock": f"message:{message.id}"}) == 1


def grow_old(session: Session, message: Message) -> None:
    """Puts the same message there as if it had been posted an hour ago."""
    values = {c.key: getattr(message, c.key) for c in Message.__table__.columns}
    session.execute(delete(Message).where(Message.id == message.id))
    session.expunge(message)
    session.add(Message(**values | {"created_at": clock.real_now() - HOURS}))
    session.flush()


def test_quiet_hours_hold_notices_and_never_credentials_or_offers(
    session: Session, machine: Network
) -> None:
    night = dt.datetime(2026, 11, 11, 22, 30, tzinfo=clock.NAIROBI)
    clock.configure(frozen=night)
    try:
        sent = {
            kind: tried(session, machine, posted(session, kind)).state
            for kind in (MessageKind.CREDENTIALS, MessageKind.OFFER, MessageKind.NOTICE)
        }
        notice = session.scalars(
            select(Message).where(Message.kind == "notice", Message.number == NUMBER)
        ).one()
        assert notice.next_try_at is not None
        hours = (notice.next_try_at - clock.real_now()).total_seconds() / 3600
    finally:
        world.freeze()
    assert sent == {"credentials": "sent", "offer": "sent", "notice": "waiting"}
    assert round(hours, 1) == 8.0


def test_message_that_came_due_at_night_waits_for_the_morning(
    session: Session, machine: Network
) -> None:
    notice = posted(session, MessageKind.NOTICE)
    assert notice.next_try_at is None
    clock.configure(frozen=dt.datetime(2026, 11, 12, 5, 30, tzinfo=clock.NAIROBI))
    try:
        tried(session, machine, notice)
    finally:
        world.freeze()
    assert (notice.state, machine.received) == ("waiting", [])
    assert notice.next_try_at is not None


def test_without_quiet_hours_a_notice_goes_at_night(session: Session, machine: Network) -> None:
    """Negative control: the rows of the quiet hours are the defence."""
    session.execute(delete(QuietHours))
    clock.configure(frozen=dt.datetime(2026, 11, 11, 22, 30, tzinfo=clock.NAIROBI))
    try:
        assert tried(session, machine, posted(session, MessageKind.NOTICE)).state == "sent"
    finally:
        world.freeze()


def everything_per_hour(session: Session, **limits: int) -> None:
    session.execute(delete(MessageBudget))
    session.add(
        MessageBudget(
            measure="everything",
            window_minutes=60,
            effective_from=dt.date(2026, 1, 1),
            **limits,
        )
    )
    session.commit()


@pytest.mark.parametrize("limits", [{"most_messages": 3}, {"most_kes": 3}])
def test_budget_of_everything_is_hard_when_it_is_sent(
    session: Session, machine: Network, limits: dict[str, int]
) -> None:
    """Three messages, or three shillings at 80 cents: three go out, however many are posted."""
    everything_per_hour(session, **limits)
    made = [posted(session, to=f"25471200{n:04d}") for n in range(6)]
    states = [tried(session, machine, message).state for message in made]
    assert states == ["sent"] * 3 + ["withheld"] * 3
    assert (made[-1].reason or "").startswith("budget:everything:")
    assert made[-1].body is None
    assert len(machine.received) == 3


def test_withheld_message_is_never_sent(session: Session, machine: Network) -> None:
    everything_per_hour(session, most_messages=0)
    message = tried(session, machine, posted(session))
    session.execute(delete(MessageBudget))
    session.commit()
    tend(session)
    tried(session, machine, message)
    assert (message.state, machine.received) == ("withheld", [])


def test_what_was_charged_counts_rather_than_what_was_estimated(
    session: Session, machine: Network
) -> None:
    machine.behaviour = lambda received: accepts(received, cost="KES 2.9000")
    everything_per_hour(session, most_kes=3)
    made = [posted(session, to=f"25471200{n:04d}") for n in range(2)]
    assert [tried(session, machine, m).state for m in made] == ["sent", "withheld"]


def test_outbox_keeps_the_text_and_says_it(session: Session) -> None:
    said: list[str] = []
    message = posted(session)
    send_due(session, Outbox(say=said.append), message.id)
    session.refresh(message)
    assert said == [f"SMS to {NUMBER} [credentials]: Your code is K7P2."]
    assert (message.state, message.cost_cents) == ("sent", 0)
    assert message.body is not None


def broken(session: Session) -> set[str]:
    return {name for name, query in INVARIANTS.items() if session.execute(text(query)).first()}


def test_invariants_hold_after_every_fate(session: Session, machine: Network) -> None:
    for behaviour in (accepts, lambda _: (500, {}), lambda _: (0, b""), refuses(403, "Wrong")):
        machine.behaviour = behaviour
        tried(session, machine, posted(session, MessageKind.OFFER))
    note_delivery(session, Report("ATXid_1", "Success", NUMBER))
    assert broken(session) == set()


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (
            "INSERT INTO sms_delivery (gateway_id, status) VALUES ('ATXid_stranger', 'Success')",
            "a report of an SMS that no row of the outbox sent",
        ),
        (
            "UPDATE message SET state = 'sent', attempts = 1 WHERE state = 'waiting'",
            "a message that went out without a try",
        ),
        (
            "UPDATE message SET state = 'withheld', attempts = 1 WHERE state = 'waiting'",
            "a withheld message that was tried",
        ),
        (
            "UPDATE message SET doubts = 2, attempts = 2 WHERE state = 'waiting'",
            "a further try that is not marked as a possible duplicate",
        ),
        (
            "UPDATE message SET state = 'delivered', attempts = 1, first_try_at = now(),"
            " sent_at = now() WHERE state = 'waiting'",
            "a one-time secret kept after its delivery",
        ),
        (
            "UPDATE message SET lease_until = now() WHERE state = 'waiting'",
            "a lease that nobody holds",
        ),
    ],
)
def test_broken_invariant_is_found(session: Session, harm: str, name: str) -> None:
    posted(session)
    session.execute(text(harm))
    assert broken(session) == {name}
