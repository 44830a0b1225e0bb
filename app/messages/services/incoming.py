"""Messages that came in: stored once for each id of the gateway, answered by their keyword.

Answered in the hook's own request, so that a password is on its way within the second and nothing
more can be late; what could not be answered then is tried again by the worker.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.messages.enums import InboundState, MessageKind
from app.messages.inbound import InboundText, answer_for, keyword_in
from app.messages.models import SmsInbound
from app.messages.rules import is_kenyan_mobile
from app.messages.services.outbox import post
from app.messages.texts import HELP

INBOUND_BODY = "sms_inbound.body"
MOST_TRIES = 3
log = logging.getLogger("sajili.messages")


@dataclass(frozen=True, slots=True)
class Incoming:
    """The form of the hook, checked for length."""

    gateway_id: str
    number: str
    short_code: str
    text: str
    link_id: str | None = None


def receive(session: Any, incoming: Incoming) -> int | None:
    """Stores what came in and returns its id; None where it is stored already."""
    with unit_of_work(session):
        found: int | None = session.scalar(
            insert(SmsInbound)
            .values(
                gateway_id=incoming.gateway_id,
                number=incoming.number.removeprefix("+"),
                short_code=incoming.short_code,
                link_id=incoming.link_id,
                body=vault_of(session).seal(incoming.text, context=INBOUND_BODY),
                keyword=keyword_in(incoming.text),
            )
            .on_conflict_do_nothing(index_elements=["gateway_id"])
            .returning(SmsInbound.id)
        )
    return found


def answer_inbound(session: Any, inbound_id: int) -> None:
    """Answers what came in, once. An answer that fails leaves it for the worker, three times."""
    try:
        with unit_of_work(session):
            inbound = _locked(session, inbound_id)
            if inbound is not None:
                _answer(session, inbound)
                inbound.state = InboundState.ANSWERED
                inbound.answered_at = clock.real_now()
    except Exception:
        log.warning("inbound-not-answered", exc_info=True, extra={"facts": {"id": inbound_id}})
        _count_failure(session, inbound_id)


def _locked(session: Any, inbound_id: int) -> SmsInbound | None:
    found: SmsInbound | None = session.scalars(
        select(SmsInbound)
        .where(SmsInbound.id == inbound_id, SmsInbound.state == InboundState.RECEIVED)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    return found


def _answer(session: Any, inbound: SmsInbound) -> None:
    """A number that we would not write to gets no answer; an unknown word gets help once a day."""
    if not is_kenyan_mobile(inbound.number):
        return
    answer = answer_for(inbound.keyword) if inbound.keyword else None
    if answer is None:
        post(
            session,
            to=inbound.number,
            text=HELP,
            kind=MessageKind.HELP,
            facts={"short_code": inbound.short_code},
            intent=f"help:{inbound.number}:{clock.day_of(clock.real_now())}",
        )
        return
    words = vault_of(session).unseal(inbound.body, context=INBOUND_BODY)
    answer(session, InboundText(inbound.id, inbound.number, words))


def _count_failure(session: Any, inbound_id: int) -> None:
    with unit_of_work(session):
        inbound = _locked(session, inbound_id)
        if inbound is not None:
            inbound.tries += 1
            if inbound.tries >= MOST_TRIES:
                inbound.state = InboundState.FAILED
