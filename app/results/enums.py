"""Words of results that are stored."""

from enum import StrEnum


class Grade(StrEnum):
    """A grade as it is loaded, or the letter that stands in a grade's place."""

    A = "A"
    A_MINUS = "A-"
    B_PLUS = "B+"
    B = "B"
    B_MINUS = "B-"
    C_PLUS = "C+"
    C = "C"
    C_MINUS = "C-"
    D_PLUS = "D+"
    D = "D"
    D_MINUS = "D-"
    E = "E"
    ABSENT = "X"
    CANCELLED = "Y"
    UNMET = "U"
    PENDED = "P"
    WITHHELD = "W"


LETTERS = frozenset({Grade.ABSENT, Grade.CANCELLED, Grade.UNMET, Grade.PENDED, Grade.WITHHELD})
"""Stand where a grade would: counted apart, without points."""

HIDDEN = frozenset({Grade.CANCELLED, Grade.PENDED, Grade.WITHHELD})
"""A mean of these shows no subject and no earlier grade, at any door."""


class ReleaseState(StrEnum):
    LOADED = "loaded"
    CHECKED = "checked"
    APPROVED = "approved"
    RELEASED = "released"
    SUPERSEDED = "superseded"


class SlipState(StrEnum):
    """What a result on paper, or in a text, is worth now."""

    VALID = "valid"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """By which a release is also answered, where its approver switched that on."""

    SMS = "sms"
    USSD = "ussd"


class Kind(StrEnum):
    """What a person who asks may be shown: one prepared page each."""

    RESULT = "result"
    ABSENT = "absent"
    CANCELLED = "cancelled"
    UNMET = "unmet"
    PENDED = "pended"
    WITHHELD = "withheld"
