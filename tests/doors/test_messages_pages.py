"""The administrator's pages of messages: read locally, masked in production, resent with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.db.uow import unit_of_work
from app.extensions import db
from app.messages.enums import MessageKind
from app.messages.gateways import Outbox
from app.messages.models import Message, MessageBudget
from app.messages.services import post, send_due
from app.messages.texts import SmsText
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, Actor
from tests.factories.addresses import text_of

NUMBER = "254712000333"
OFFICE = Actor(1, "office", "Office", frozenset())
CODE = SmsText(en="Your one-time password is %(code)s.", sw="Nywila yako ni %(code)s.")


def posted(session: Session, **given: Any) -> Message:
    with unit_of_work(session):
        values: dict[str, Any] = {"to": NUMBER, "kind": MessageKind.CREDENTIALS}
        return post(session, text=CODE, facts={"code": "K7P2-XX"}, **values | given)


@pytest.fixture
def production(app: Flask) -> Any:
    app.config["OUTBOX_READABLE"] = False
    yield app
    app.config["OUTBOX_READABLE"] = True


def test_local_outbox_is_readable(session: Session, client_of: Any) -> None:
    message = posted(session)
    send_due(session, Outbox(), message.id)
    admin = client_of("admin")
    for address in ("/messages/outbox/", "/messages/list/", f"/messages/show/{message.id}"):
        page = text_of(admin.get(address))
        assert "K7P2-XX" in page
        assert "0712\u00a0000\u00a0333" in page
        assert "Sent" in page


def test_production_shows_neither_text_nor_whole_number(
    session: Session, client_of: Any, production: Any
) -> None:
    message = posted(session, intent=f"help:{NUMBER}")
    admin = client_of("admin")
    for address in ("/messages/outbox/", f"/messages/show/{message.id}"):
        page = text_of(admin.get(address))
        assert "25471•••••33" in page
        for word in ("K7P2", "0712\u00a0000\u00a0333", "000 333", NUMBER):
            assert word not in page


def test_strip_and_chips(session: Session, client_of: Any) -> None:
    for number in range(7):
        posted(session, to=f"25471200033{number % 1}")
    page = text_of(client_of("admin").get("/messages/outbox/"))
    assert "Nothing leaves this portal: messages are read here." in page
    assert "Beyond the budget of one number" in page
    assert "of KSh 20,000" in page
    only = text_of(client_of("admin").get("/messages/outbox/?_flt_0_state=in_doubt"))
    assert "The gateway did not answer" in only
    assert "K7P2-XX" not in only


@pytest.mark.parametrize(
    "who", ["monitor", "tsc.kisumu-east", "scde.kisumu-east", "payments.clerk", "KCSE42238001"]
)
@pytest.mark.parametrize(
    "address",
    ["/messages/outbox/", "/messages/list/", "/message-budgets/list/", "/quiet-hours/list/"],
)
def test_only_the_administrator_reads_messages(client_of: Any, who: str, address: str) -> None:
    answer = client_of(who).get(address)
    assert answer.status_code in (302, 403)
    assert "K7P2" not in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "found"),
    [(NUMBER, True), ("0712 000 333", True), ("25471200033", False), ("333", False), ("%", False)],
)
def test_search_finds_a_whole_number_and_no_part_of_one(
    session: Session, client_of: Any, typed: str, found: bool
) -> None:
    posted(session)
    answer = client_of("admin").get("/messages/outbox/", query_string={"_flt_0_quick": typed})
    assert ("K7P2-XX" in text_of(answer)) is found


def event_of(session: Session, action: str) -> Event:
    with scoped_as(session, NATIONAL):
        return session.scalars(select(Event).where(Event.action == action)).one()


def failed(session: Session) -> Message:
    message = posted(session)
    message.state, message.reason, message.attempts = "failed", "gateway:403:InvalidPhone", 1
    session.commit()
    return message


def resend(client: Any, message: Message, **form: str) -> Any:
    data = {"action": "resend", "rowid": str(message.id)} | form
    return client.post("/messages/action_post", data=data)


def test_failed_message_is_sent_again_after_a_reason(session: Session, client_of: Any) -> None:
    message, admin = failed(session), client_of("admin")
    asked = resend(admin, message)
    assert "Why is it sent again?" in text_of(asked)
    session.refresh(message)
    assert message.state == "failed"
    assert resend(admin, message, confirmed="yes", reason="The SIM works now").status_code == 303
    session.refresh(message)
    assert (message.state, message.reason, message.attempts) == ("waiting", None, 1)
    event = event_of(session, "message.sent_again")
    assert (event.entity, event.entity_id, event.reason) == (
        "message",
        str(message.id),
        "The SIM works now",
    )
    send_due(session, Outbox(), message.id)
    session.refresh(message)
    assert (message.state, message.attempts) == ("sent", 2)


@pytest.mark.parametrize("state", ["waiting", "withheld", "sent", "in_doubt", "delivered"])
def test_nothing_but_a_failed_message_is_sent_again(
    session: Session, client_of: Any, state: str
) -> None:
    message = posted(session)
    message.state, message.attempts = state, 1
    session.commit()
    resend(client_of("admin"), message, confirmed="yes", reason="Again")
    session.refresh(message)
    assert message.state == state


def test_message_whose_text_is_wiped_is_not_sent_again(session: Session, client_of: Any) -> None:
    message = failed(session)
    message.body = None
    session.commit()
    resend(client_of("admin"), message, confirmed="yes", reason="Again")
    session.refresh(message)
    assert message.state == "failed"


def test_director_may_not_send_again(session: Session, client_of: Any) -> None:
    message = failed(session)
    answer = resend(client_of("tsc.kisumu-east"), message, confirmed="yes", reason="Again")
    assert answer.status_code in (302, 403)
    session.refresh(message)
    assert message.state == "failed"


def test_budget_is_changed_by_the_administrator_with_an_event(
    session: Session, client_of: Any
) -> None:
    admin = client_of("admin")
    budget = session.scalars(select(MessageBudget).where(MessageBudget.measure == "prefix")).one()
    data = {
        "measure": "prefix",
        "kind": "credentials",
        "window_minutes": "60",
        "most_messages": "2",
        "effective_from": "2026-01-01",
    }
    assert admin.post(f"/message-budgets/edit/{budget.id}", data=data).status_code == 303
    session.refresh(budget)
    assert budget.most_messages == 2
    assert event_of(session, "message_budget.changed").entity_id == str(budget.id)
    states = [posted(session, to=f"25471200{n:04d}").state for n in range(3)]
    assert states == ["waiting", "waiting", "withheld"]


def test_budget_that_limits_nothing_is_refused_in_words(session: Session, client_of: Any) -> None:
    admin = client_of("admin")
    data = {
        "measure": "everything",
        "window_minutes": "60",
        "effective_from": "2026-01-01",
    }
    page = admin.post("/message-budgets/add", data=data)
    assert page.status_code in (200, 422)
    assert "Say how many messages, or how much money." in text_of(page)


@pytest.mark.parametrize(
    ("address", "actor", "counted"),
    [
        ("/login/", None, True),
        ("/me/profile/", replace(OFFICE, officer_id=7), True),
        ("/centre-logins/action_post", OFFICE, False),
        ("/hooks/sms/inbound/x", None, False),
    ],
)
def test_strangers_and_officers_are_counted_by_address_and_nobody_else(
    app: Flask, address: str, actor: Actor | None, counted: bool
) -> None:
    from views.messages import note_caller

    caller = {"REMOTE_ADDR": "196.201.214.200"}
    with app.test_request_context(address, method="POST", environ_base=caller):
        g.actor = actor
        note_caller()
        assert ("caller" in db.session.info) is counted
        db.session.remove()


def test_metrics_tell_how_old_the_outbox_is(session: Session, client: Any) -> None:
    posted(session)
    said = client.get("/metrics").text
    assert 'sajili_messages{state="waiting"} 1.0' in said
    assert "sajili_messages_oldest_waiting_seconds" in said
    assert NUMBER not in said
