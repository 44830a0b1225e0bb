"""Words of places that are stored."""

from enum import StrEnum


class CentreKind(StrEnum):
    """A school where candidates sit, or a store (container) from which papers are collected."""

    SCHOOL = "school"
    STORE = "store"


class Office(StrEnum):
    """Whose telephone numbers a contact row holds."""

    KNEC = "knec"
    TSC = "tsc"
    SCDE = "scde"
