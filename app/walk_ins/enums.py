"""The stored words of walk-ins."""

from __future__ import annotations

from enum import StrEnum


class WalkInState(StrEnum):
    """Where an entry stands; only an accepted one has a deployment."""

    PROVISIONAL = "provisional"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NumberKind(StrEnum):
    """By which number the centre names the person."""

    NATIONAL_ID = "national_id"
    MOBILE = "mobile"
