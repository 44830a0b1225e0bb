"""Rows of a release file as they are staged: every cell checked, nothing guessed, nothing computed."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.results.columns import Plan
from app.results.enums import LETTERS
from app.results.grades import POINTS, read_grade
from app.words import N_

__all__ = ["Fault", "Found", "RowReader", "Staged", "names_fit", "row_hash", "subjects_json"]

Row = tuple[int, list[str]]
Tell = Callable[[int], None]

KEPT_OF_A_KIND = 500
"""Faults of one kind in one column that are kept one by one; all of them are counted."""
FEWEST_SUBJECTS, MOST_SUBJECTS = 7, 9
LONGEST_NAMES = 160
SEXES: Mapping[str, str] = {"F": "F", "M": "M", "FEMALE": "F", "MALE": "M"}

_INDEX = re.compile(r"[0-9]{11}")
_UNFIT = re.compile(r"[0-9\x00-\x1f\x7f\\<>=@|~^{}\[\]_]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2}")
_POINTS = {str(grade): points for grade, points in POINTS.items()}
_LETTERS = frozenset(map(str, LETTERS))

_DIGITS = N_("Write the 11 digits of the index number; a spreadsheet may have dropped a leading 0.")
_CENTRE = N_("There is no centre %(code)s in this series.")
_TWICE = N_("Row %(row)s has this index number too.")
_NAMES = N_("Write the candidate's registered names in letters.")
_SEX = N_("Write F or M.")
_MEAN = N_("Write a grade from A to E with its sign, or X, Y, U, P or W.")
_GRADE = N_("“%(typed)s” is no grade. Write A to E with its sign, or X, Y, U, P or W.")
_HEADINGS = N_("The headings stand here again: two lists were put together.")
_LONG = N_("The row has more cells than there are headings: it may be shifted.")
_SUBJECTS = N_("The row has grades in %(number)s subjects, where 7 to 9 are usual.")
_OUTSIDE = N_("The mean grade is above or below every subject: a cell may be shifted.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell (`at`: its column from 0), or only worth a look (`warning`)."""

    row: int
    at: int | None
    code: str
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """A row without faults, ready to be stored; `subjects` is JSON, code -> grade."""

    line: int
    index_number: str
    names: str
    sex: str
    centre_id: int
    sub_county_id: int
    mean_grade: str
    subjects: str
    row_hash: bytes


@dataclass
class Found:
    """What reading found: rows, rejected ones, faults (the first of each kind) and their numbers.

    `filled` counts the cells with something in them by column, `unfit` those that could not be
    read, `per_centre` the candidates by the id of their centre.
    """

    rows: int = 0
    rejected: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    number_of: Counter[tuple[int | None, str]] = field(default_factory=Counter)
    filled: Counter[int] = field(default_factory=Counter)
    unfit: Counter[int] = field(default_factory=Counter)
    per_centre: Counter[int] = field(default_factory=Counter)
    means: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        """Notes a fault; of each kind in a column only the first ones are kept."""
        key = (fault.at, fault.code)
        self.number_of[key] += 1
        if self.number_of[key] <= KEPT_OF_A_KIND:
            self.faults.append(fault)
        if not fault.warning:
            self.rejected.add(fault.row)


class RowReader:
    """Reads rows one after another; `centres` gives id and sub-county by the centre's code."""

    def __init__(
        self, plan: Plan, headings: Sequence[str], centres: Mapping[str, tuple[int, int]]
    ) -> None:
        self._plan, self._centres, self.found = plan, centres, Found()
        self._heading = headings[plan.index].casefold()
        self._parts: list[tuple[int, str, dict[str, tuple[str, int]]]] = [
            (at, code, {}) for at, code in plan.subjects
        ]
        self._means: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def staged(self, blocks: Iterable[Sequence[Row]], tell: Tell) -> Iterator[Staged]:
        """The rows that are right; what is wrong with the others is in `found` afterwards."""
        for block in blocks:
            for number, cells in block:
                self.found.rows += 1
                row = self._row(number, cells)
                if row is not None:
                    yield row
            tell(self.found.rows)

    def _row(self, number: int, cells: list[str]) -> Staged | None:
        plan, found = self._plan, self.found
        if len(cells) > plan.width:
            found.add(Fault(number, None, "row-too-long", _LONG))
            return None
        if len(cells) < plan.width:
            cells = cells + [""] * (plan.width - len(cells))
        if cells[plan.index].casefold() == self._heading:
            found.add(Fault(number, plan.index, "headings-again", _HEADINGS))
            return None
        index, place = self._index(number, cells[plan.index])
        names = self._names(number, cells[plan.names])
        sex = SEXES.get(cells[plan.sex].upper())
        if sex is None:
            self._unfit(number, plan.sex, "sex", _SEX)
        mean = self._mean(number, cells[plan.mean])
        subjects = self._subjects(number, cells)
        if not (index and place and names and sex and mean and subjects is not None):
            return None
        self._look_at_whole(number, mean, subjects[1])
        found.per_centre[place[0]] += 1
        found.means[mean, sex] += 1
        said = "{" + ",".join(subjects[0]) + "}"
        digest = row_hash(index, names, sex, mean, said)
        return Staged(number, index, names, sex, *place, mean, said, digest)

    def _index(self, number: int, text: str) -> tuple[str, tuple[int, int] | None]:
        at = self._plan.index
        if not _INDEX.fullmatch(text):
            self._unfit(number, at, "index-digits", _DIGITS)
            return "", None
        place = self._centres.get(text[:8])
        if place is None:
            self.found.add(Fault(number, at, "centre-unknown", _CENTRE, {"code": text[:8]}))
        first = self._seen.setdefault(text, number)
        if first != number:
            self.found.add(Fault(number, at, "index-twice", _TWICE, {"row": first}))
            return "", None
        return text, place

    def _names(self, number: int, text: str) -> str:
        if not names_fit(text):
            self._unfit(number, self._plan.names, "names", _NAMES)
            return ""
        return text

    def _mean(self, number: int, text: str) -> str:
        known = self._means.get(text)
        if known is None:
            try:
                known = self._means[text] = str(read_grade(text))
            except ValueError:
                self._unfit(number, self._plan.mean, "mean-grade", _MEAN)
                return ""
        return known

    def _subjects(self, number: int, cells: list[str]) -> tuple[list[str], list[int]] | None:
        """The subjects as pieces of JSON, and the points of their grades; None if one is unfit."""
        pieces: list[str] = []
        points: list[int] = []
        fit, filled = True, self.found.filled
        for at, code, known in self._parts:
            text = cells[at]
            if not text:
                continue
            filled[at] += 1
            part = known.get(text)
            if part is None:
                try:
                    grade = str(read_grade(text))
                except ValueError:
                    self._unfit(number, at, "grade", _GRADE, {"typed": text[:20]})
                    fit = False
                    continue
                part = known[text] = (f'"{code}":"{grade}"', _POINTS.get(grade, 0))
            pieces.append(part[0])
            points.append(part[1])
        return (pieces, points) if fit else None

    def _look_at_whole(self, number: int, mean: str, points: list[int]) -> None:
        if mean in _LETTERS:
            return
        if not FEWEST_SUBJECTS <= len(points) <= MOST_SUBJECTS:
            said = {"number": len(points)}
            self.found.add(Fault(number, None, "subject-count", _SUBJECTS, said, warning=True))
        sat = [one for one in points if one]
        if sat and not min(sat) <= _POINTS[mean] <= max(sat):
            at = self._plan.mean
            self.found.add(Fault(number, at, "mean-outside", _OUTSIDE, warning=True))

    def _unfit(
        self,
        number: int,
        at: int,
        code: str,
        message: str,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.found.unfit[at] += 1
        self.found.add(Fault(number, at, code, message, facts or {}))


def names_fit(text: str) -> bool:
    """Whether this may be somebody's names: letters, a word of at least two, no digit."""
    return len(text) <= LONGEST_NAMES and not _UNFIT.search(text) and bool(_WORD.search(text))


def row_hash(index: str, names: str, sex: str, mean: str, subjects: str) -> bytes:
    """16 bytes of what a row says, equal for equal rows."""
    said = f"{index}\x1f{names}\x1f{sex}\x1f{mean}\x1f{subjects}"
    return hashlib.blake2b(said.encode(), digest_size=16).digest()


def subjects_json(subjects: Mapping[str, Any]) -> str:
    """Subjects and grades as they are hashed: codes in order, no spaces."""
    return json.dumps(dict(sorted(subjects.items())), separators=(",", ":"))
