"""What the administrator does with messages, with its event: a failed one is sent again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotFound
from app.extensions import db
from app.messages.enums import MessageState
from app.messages.models import Message
from app.messages.services import send_again
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_


def resend_messages(_scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Puts failed messages back into the outbox, whole or not at all; budgets hold as before.

    Raises IllegalMove for one in any other state, or whose text is wiped.
    """
    require(actor, "messages", "resend")
    with unit_of_work(db.session) as session:
        for message_id in sorted(ids):
            message = session.scalars(
                select(Message).where(Message.id == message_id).with_for_update()
            ).one_or_none()
            if message is None:
                raise NotFound("not-found", N_("That record was not found."))
            if message.state != MessageState.FAILED or message.body is None:
                raise IllegalMove(
                    "not-failed",
                    N_("Only a message that failed, and whose text is still kept, is sent again."),
                )
            before = message.reason
            send_again(session, message)
            subject = Subject("message", message.id)
            record(
                session,
                actor,
                "message.sent_again",
                subject,
                before={"state": "failed", "reason": before},
                after={"state": str(message.state)},
                reason=reason,
            )
