"""The stored words of the daily register."""

from __future__ import annotations

from enum import StrEnum


class RegisterState(StrEnum):
    """Where the register of one centre's day stands; no row at all means *not opened*."""

    OPEN = "open"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    LOCKED = "locked"


class MarkStatus(StrEnum):
    """What the register says of one officer on one day."""

    PRESENT = "present"
    LATE = "late"
    ABSENT = "absent"


class Act(StrEnum):
    """What may be done to a register."""

    OPEN = "open"
    SAVE = "save"
    SUBMIT = "submit"
    CONFIRM = "confirm"
    RETURN = "return"
    REOPEN = "reopen"
    LOCK = "lock"
    TAKE_IN = "take_in"


class Window(StrEnum):
    """Where an instant lies against the marking hours of an exam day."""

    BEFORE = "before"
    OPEN = "open"
    LATE = "late"
    CLOSED = "closed"


WORKED = frozenset({MarkStatus.PRESENT, MarkStatus.LATE})
"""The marks that say an officer worked the day."""

SETTLED = frozenset({RegisterState.CONFIRMED, RegisterState.LOCKED})
"""The register states in which the SCDE has confirmed the day: the second fact of a paid mark."""

WITH_CENTRE = frozenset({None, RegisterState.OPEN, RegisterState.RETURNED})
"""The register states in which the next act is the centre's."""
