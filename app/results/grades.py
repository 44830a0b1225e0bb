"""Grades in letters and words: read strictly, never computed, signs never lost."""

from __future__ import annotations

from collections.abc import Mapping

from app.results.enums import LETTERS, Grade, Kind

__all__ = ["KINDS", "POINTS", "kind_of", "read_grade", "words_of"]

POINTS: Mapping[Grade, int] = {
    grade: 12 - place for place, grade in enumerate(one for one in Grade if one not in LETTERS)
}
"""A is 12 and E is 1; the letters that stand in a grade's place have none."""

SIGNS = {"+": "PLUS", "-": "MINUS", "": "PLAIN"}
LETTER_WORDS = {
    Grade.ABSENT: "ABSENT",
    Grade.CANCELLED: "CANCELLED",
    Grade.UNMET: "REQUIREMENTS NOT MET",
    Grade.PENDED: "PENDED",
    Grade.WITHHELD: "WITHHELD",
}
KINDS: Mapping[Grade, Kind] = {
    Grade.ABSENT: Kind.ABSENT,
    Grade.CANCELLED: Kind.CANCELLED,
    Grade.UNMET: Kind.UNMET,
    Grade.PENDED: Kind.PENDED,
    Grade.WITHHELD: Kind.WITHHELD,
}
_DASHES = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\ufe63": "-"})
"""Signs that spreadsheets put in the place of a minus. A long dash is none of them: it means
"nothing here", and is refused."""


def read_grade(text: str) -> Grade:
    """The grade of a cell: spaces around it, small letters and typeset minus signs are forgiven.

    Raises ValueError for anything else, an empty cell among it.
    """
    return Grade(text.strip().upper().translate(_DASHES))


def words_of(grade: Grade) -> str:
    """The grade in letters and words: "B- (MINUS)", "C+ (PLUS)", "B (PLAIN)", "W (WITHHELD)"."""
    if grade in LETTER_WORDS:
        return f"{grade} ({LETTER_WORDS[grade]})"
    return f"{grade} ({SIGNS[grade[1:]]})"


def kind_of(mean: Grade) -> Kind:
    """Which page stands behind a mean grade."""
    return KINDS.get(mean, Kind.RESULT)
