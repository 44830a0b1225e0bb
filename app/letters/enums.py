"""Words of letters that are stored."""

from enum import StrEnum


class LetterState(StrEnum):
    VALID = "valid"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class LetterAct(StrEnum):
    """What happened to a letter, a line of its history each."""

    ISSUED = "issued"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class FileState(StrEnum):
    """How far a file of many letters has come."""

    WAITING = "waiting"
    DRAWING = "drawing"
    READY = "ready"
    WIPED = "wiped"


LANGUAGES = ("en", "sw")
"""The languages that every letter exists in; its templates stand in this order."""
