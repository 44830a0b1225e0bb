"""Writes about people: officers kept by an office, profiles kept by themselves, one person once."""

from app.people.services.officers import (
    DIRECTORS_COLUMNS,
    KRA_PIN,
    NATIONAL_ID,
    OFFICERS,
    add_officer,
    edit_officer,
    sealed,
)

__all__ = [
    "DIRECTORS_COLUMNS",
    "KRA_PIN",
    "NATIONAL_ID",
    "OFFICERS",
    "add_officer",
    "edit_officer",
    "sealed",
]
