"""Writes of messages: posting, sending, what comes in."""

from app.messages.services.outbox import calls_from, defer_sending, post

__all__ = ["calls_from", "defer_sending", "post"]
