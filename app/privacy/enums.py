"""Words of privacy that are stored."""

from __future__ import annotations

from enum import StrEnum


class RequestKind(StrEnum):
    """What an officer asks about their own data."""

    CORRECTION = "correction"
    ERASURE = "erasure"
    OBJECTION = "objection"


class RequestState(StrEnum):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class How(StrEnum):
    """What happens to a row whose period is over."""

    DELETED = "deleted"
    WIPED = "wiped"
    ANONYMISED = "anonymised"
