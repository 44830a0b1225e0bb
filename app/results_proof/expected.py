"""What a release file says of each candidate, and how it must be said: a table, nothing computed."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HIDDEN", "LETTERS", "WORDS", "Expected", "expected_rows", "subject_names"]

WORDS: Mapping[str, str] = {
    "A": "A (PLAIN)", "A-": "A- (MINUS)",
    "B+": "B+ (PLUS)", "B": "B (PLAIN)", "B-": "B- (MINUS)",
    "C+": "C+ (PLUS)", "C": "C (PLAIN)", "C-": "C- (MINUS)",
    "D+": "D+ (PLUS)", "D": "D (PLAIN)", "D-": "D- (MINUS)",
    "E": "E (PLAIN)",
    "X": "X (ABSENT)", "Y": "Y (CANCELLED)", "U": "U (REQUIREMENTS NOT MET)",
    "P": "P (PENDED)", "W": "W (WITHHELD)",
}  # fmt: skip
"""Every letter and its words, written out so that no rule can be wrong here and there alike."""

LETTERS: Mapping[str, str] = {
    "X": "absent", "Y": "cancelled", "U": "unmet", "P": "pended", "W": "withheld",
}  # fmt: skip
"""What an answer's status is where a letter stands in the mean grade's place."""

HIDDEN = frozenset("PWY")
"""A mean of these shows no subject."""

FIELDS = ("index_number", "names", "sex", "mean_grade")
_CODE = re.compile(r"[0-9]{3}")
_SUBJECTS = Path(__file__).resolve().parents[1] / "results" / "data" / "kcse_subjects.csv"


@dataclass(frozen=True, slots=True)
class Expected:
    """A row of the file: its line (1 is the headings), and subjects as code -> letter."""

    line: int
    index_number: str
    names: str
    mean_grade: str
    subjects: Mapping[str, str]

    @property
    def status(self) -> str:
        """The status that an answer must have."""
        return LETTERS.get(self.mean_grade, "result")

    @property
    def shown(self) -> Mapping[str, str]:
        """The subjects that may be shown."""
        return {} if self.mean_grade in HIDDEN else self.subjects


def expected_rows(
    path: Path, *, part: int = 0, parts: int = 1, block: int = 500
) -> Iterator[Expected]:
    """The rows of a CSV file in its order; of several readers each gets every n-th block of rows.

    Raises SystemExit for a file without the columns of a release.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        headings = next(rows, [])
        own, taught = _columns(path, headings)
        for number, cells in enumerate(rows):
            if number // block % parts == part and cells:
                index, names, mean = (cells[at].strip() for at in own)
                subjects = {code: cells[at].strip() for at, code in taught if cells[at].strip()}
                yield Expected(number + 2, index, " ".join(names.split()), mean, subjects)


def _columns(path: Path, headings: list[str]) -> tuple[list[int], list[tuple[int, str]]]:
    plain = [one.strip() for one in headings]
    missing = [name for name in FIELDS if name not in plain]
    further = [name for name in plain if name not in FIELDS and not _CODE.fullmatch(name)]
    if missing or further:
        raise SystemExit(
            f"{path} has not the columns of a release ({', '.join(FIELDS)}, then a code for each"
            f" subject): {', '.join([*missing, *further])[:200]}"
        )
    own = [plain.index(name) for name in FIELDS if name != "sex"]
    return own, [(at, name) for at, name in enumerate(plain) if _CODE.fullmatch(name)]


def subject_names(path: Path = _SUBJECTS) -> dict[str, str]:
    """The council's name of each subject, by its code."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["subject"] for row in csv.DictReader(stream)}
