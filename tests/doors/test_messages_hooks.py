"""The gateway's hooks: only for who knows the secret, once for each id, never a 5xx."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.logs import JsonLines
from app.messages import inbound as inbound_module
from app.messages.enums import MessageKind
from app.messages.gateways import Fate, Receipt
from app.messages.inbound import InboundText, keyword
from app.messages.models import Message, SmsDelivery, SmsInbound
from app.messages.services import post, send_due, tend
from app.messages.services.incoming import INBOUND_BODY
from app.messages.texts import SmsText

SENDER = "254712000222"
PONG = SmsText(en="Pong.", sw="Pong.")


@pytest.fixture
def secret(app: Flask) -> str:
    return str(app.config["SMS_HOOK_SECRET"])


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[InboundText]:
    """A keyword PING of its own, which answers and says what it was given."""
    given: list[InboundText] = []
    monkeypatch.setattr(inbound_module, "_ANSWERS", {})

    @keyword("PING")
    def pong(session: Any, came: InboundText) -> None:
        given.append(came)
        if came.text.endswith("badly"):
            raise RuntimeError("a fault in another room")
        post(session, to=came.number, text=PONG, kind=MessageKind.HELP)

    return given


def form(**changes: Any) -> dict[str, Any]:
    given = {
        "from": f"+{SENDER}",
        "to": "22262",
        "text": "Ping please",
        "date": "2026-11-11 07:20:00",
        "id": "ATPid_1",
        "linkId": "SampleLinkId123",
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def messages_to(session: Session, number: str = SENDER) -> list[Message]:
    found = select(Message).where(Message.number == number).order_by(Message.id)
    return list(session.scalars(found))


def test_text_is_stored_sealed_and_answered_once(
    session: Session, client: FlaskClient, secret: str, answers: list[InboundText]
) -> None:
    for _ in range(3):
        assert client.post(f"/hooks/sms/inbound/{secret}", data=form()).status_code == 200
    stored = session.scalars(select(SmsInbound).where(SmsInbound.gateway_id == "ATPid_1")).one()
    assert (stored.number, stored.short_code, stored.keyword) == (SENDER, "22262", "PING")
    assert (stored.state, stored.tries) == ("answered", 0)
    assert b"Ping" not in stored.body
    assert vault_of(session).unseal(stored.body, context=INBOUND_BODY) == "Ping please"
    assert answers == [InboundText(stored.id, SENDER, "Ping please")]
    assert len(messages_to(session)) == 1


@pytest.mark.parametrize("door", ["inbound", "delivery"])
@pytest.mark.parametrize("wrong", ["x", "é", "", "../inbound", "a" * 3000])
def test_without_the_secret_there_is_nothing_here(
    session: Session, client: FlaskClient, door: str, wrong: str
) -> None:
    answer = client.post(f"/hooks/sms/{door}/{wrong}", data=form())
    assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(SmsInbound)) == 0


def test_part_of_the_secret_is_not_enough(client: FlaskClient, secret: str) -> None:
    for wrong in (secret[:-1], secret + "x", secret.swapcase()):
        assert client.post(f"/hooks/sms/inbound/{wrong}", data=form()).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {},
        form(id=None),
        form(id=""),
        form(id="x" * 101),
        form(id="a'; DROP TABLE message; --"),
        {**form(), "from": "not a number"},
        {**form(), "from": ""},
        form(to=None),
        form(text=None),
        form(text="x" * 2001),
        form(text="a\0b"),
        {f"field{n}": "x" for n in range(60)},
    ],
)
def test_malformed_text_is_refused_in_4xx(
    session: Session, client: FlaskClient, secret: str, given: dict[str, str]
) -> None:
    answer = client.post(f"/hooks/sms/inbound/{secret}", data=given)
    assert answer.status_code == 400
    assert session.scalar(select(func.count()).select_from(SmsInbound)) == 0


@pytest.mark.parametrize("door", ["inbound", "delivery"])
def test_other_bodies_are_refused_in_4xx(client: FlaskClient, secret: str, door: str) -> None:
    address = f"/hooks/sms/{door}/{secret}"
    assert client.post(address, json=form()).status_code in (400, 415)
    assert client.post(address, data=b"\xff\xfe%%%=%", content_type="text/plain").status_code == 400
    assert client.post(address, data={"text": "x" * 20_000}).status_code == 413
    kind = "application/x-www-form-urlencoded"
    assert client.post(address, data=b"%ff%fe=%00", content_type=kind).status_code == 400
    assert client.get(address).status_code in (404, 405)


def test_only_the_hooks_go_without_a_form_token(app: Flask) -> None:
    exempt = {name for name in app.extensions["csrf"]._exempt_views if ".hooks." in name}
    others = {
        name
        for name in app.extensions["csrf"]._exempt_views
        if ".hooks." not in name and not name.startswith("flask_appbuilder")
    }
    hooks = ("inbound", "delivery", "ussd")
    assert exempt == {f"views.messages.hooks.{name}" for name in hooks}
    assert others <= {"views.access.api"}


def test_unknown_word_is_helped_once_a_day(
    session: Session, client: FlaskClient, secret: str, answers: list[InboundText]
) -> None:
    for number in range(3):
        client.post(f"/hooks/sms/inbound/{secret}", data=form(id=f"ATPid_{number}", text="Habari?"))
    assert [m.kind for m in messages_to(session)] == ["help"]
    assert answers == []


def test_sender_whom_we_would_not_write_to_gets_no_answer(
    session: Session, client: FlaskClient, secret: str, answers: list[InboundText]
) -> None:
    foreign = {**form(), "from": "+255712000222"}
    assert client.post(f"/hooks/sms/inbound/{secret}", data=foreign).status_code == 200
    assert answers == []
    assert messages_to(session, "255712000222") == []


def test_answer_that_fails_is_tried_again_and_given_up(
    session: Session, client: FlaskClient, secret: str, answers: list[InboundText]
) -> None:
    address = f"/hooks/sms/inbound/{secret}"
    assert client.post(address, data=form(text="ping badly")).status_code == 200
    for _ in range(4):
        session.execute(text("UPDATE sms_inbound SET received_at = now() - interval '1 hour'"))
        tend(session)
    session.expire_all()
    stored = session.scalars(select(SmsInbound)).one()
    assert (stored.state, stored.tries, len(answers)) == ("failed", 3, 3)
    assert messages_to(session) == []


class Accepting:
    """A gateway that takes everything under one id."""

    name = "africastalking"

    def send(self, to: str, text: str, *, kind: str) -> Receipt:
        return Receipt(Fate.ACCEPTED, "ATXid_9", 80)


def sent(session: Session) -> Message:
    with unit_of_work(session):
        message = post(session, to=SENDER, text=PONG, kind=MessageKind.CREDENTIALS)
    send_due(session, Accepting(), message.id)
    return message


def report(**changes: str) -> dict[str, str]:
    given = {
        "id": "ATXid_9",
        "status": "Success",
        "phoneNumber": f"+{SENDER}",
        "networkCode": "63902",
        "retryCount": "0",
    }
    return given | changes


def test_delivery_report_moves_its_message_once(
    session: Session, client: FlaskClient, secret: str
) -> None:
    message = sent(session)
    for _ in range(2):
        assert client.post(f"/hooks/sms/delivery/{secret}", data=report()).status_code == 200
    session.refresh(message)
    assert (message.state, message.body) == ("delivered", None)
    assert session.scalar(select(func.count()).select_from(SmsDelivery)) == 1
    assert session.scalars(select(SmsDelivery)).one().message_id == message.id


def test_failure_is_told_with_the_networks_word(
    session: Session, client: FlaskClient, secret: str
) -> None:
    message = sent(session)
    data = report(status="Failed", failureReason="UserInBlackList<script>")
    assert client.post(f"/hooks/sms/delivery/{secret}", data=data).status_code == 200
    session.refresh(message)
    assert (message.state, message.reason) == ("failed", "network:UserInBlackListscript")


@pytest.mark.parametrize("wrong", [{"id": ""}, {"status": ""}, {"status": "x" * 31}, {"id": "a b"}])
def test_malformed_report_is_refused_in_4xx(
    client: FlaskClient, secret: str, wrong: dict[str, str]
) -> None:
    assert client.post(f"/hooks/sms/delivery/{secret}", data=report(**wrong)).status_code == 400


def test_report_about_nothing_of_ours_is_kept_as_evidence(
    session: Session, client: FlaskClient, secret: str
) -> None:
    data = report(id="ATXid_unknown")
    assert client.post(f"/hooks/sms/delivery/{secret}", data=data).status_code == 200
    assert session.scalars(select(SmsDelivery)).one().message_id is None


def test_log_holds_neither_the_secret_nor_numbers_nor_texts(
    session: Session,
    client: FlaskClient,
    secret: str,
    answers: list[InboundText],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    client.post(f"/hooks/sms/inbound/{secret}", data=form(text="ping sesame badly"))
    client.post(f"/hooks/sms/inbound/{secret}", data=form(id="2", text="ping sesame"))
    sent(session)
    client.post(f"/hooks/sms/delivery/{secret}", data=report())
    client.post(f"/hooks/sms/inbound/{secret[:-1]}", data=form())
    lines = [JsonLines().format(record) for record in caplog.records]
    said = "\n".join(line for line in lines if '"log": "sajili' in line)
    assert "inbound-not-answered" in said
    assert said.count("/hooks/sms/inbound/<secret>") >= 3
    for word in (secret[:-1], SENDER, "sesame", "Pong"):
        assert word not in said
