"""Words of messages that are stored, and the sets of them that rules and screens share."""

from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about: decides its patience, its quiet hours and its budgets."""

    CREDENTIALS = "credentials"
    NUMBER_CHANGE = "number_change"
    PROFILE = "profile"
    IDENTITY = "identity"
    APPLICATION = "application"
    NOTICE = "notice"
    DEPLOYMENT = "deployment"
    OFFER = "offer"
    HELP = "help"
    RESULT = "result"


class MessageState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHHELD = "withheld"
    EXPIRED = "expired"


class Measure(StrEnum):
    """Whose messages a budget counts together."""

    NUMBER = "number"
    ADDRESS = "address"
    PREFIX = "prefix"
    EVERYTHING = "everything"


class InboundState(StrEnum):
    RECEIVED = "received"
    ANSWERED = "answered"
    FAILED = "failed"


SECRET_KINDS = frozenset({MessageKind.CREDENTIALS, MessageKind.NUMBER_CHANGE, MessageKind.RESULT})
"""Their bodies hold a one-time secret, or somebody's result: wiped once delivered or expired."""

NEVER_QUIET = SECRET_KINDS | {MessageKind.OFFER, MessageKind.HELP}
"""Somebody waits for these with the telephone in hand: they go at any hour."""

PENDING = frozenset({MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT})
"""States that may still change without anybody's doing."""

GONE = frozenset({MessageState.SENT, MessageState.DELIVERED})
"""The gateway has it: such a message is never sent again."""
