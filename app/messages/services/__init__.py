"""Writes of messages: posting, sending, what comes in."""

from app.messages.services.bulk import Addressed, post_all
from app.messages.services.deliveries import Report, note_delivery
from app.messages.services.incoming import Incoming, answer_inbound, receive
from app.messages.services.outbox import calls_from, defer_sending, post
from app.messages.services.sending import send_again, send_due
from app.messages.services.tending import tend

__all__ = [
    "Addressed",
    "Incoming",
    "Report",
    "answer_inbound",
    "calls_from",
    "defer_sending",
    "note_delivery",
    "post",
    "post_all",
    "receive",
    "send_again",
    "send_due",
    "tend",
]
