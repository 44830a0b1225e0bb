"""A school's statistics of a release: means of points, the spread, by sex and by subject.

Grades are never computed: a mean here is of the points of grades that were loaded, and belongs to
the school, not to a candidate. A letter in a grade's place is counted and has no points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.results.documents import Result
from app.results.enums import LETTERS, Grade
from app.results.grades import POINTS

__all__ = ["Analysis", "Spread", "SubjectSpread", "absent_numbers", "analysed", "spread_of"]

GRADED = tuple(grade for grade in Grade if grade not in LETTERS)
_EXACT = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Spread:
    """How often each grade stands; `mean` is of their points, 1 to 12, None without a grade."""

    counts: Mapping[Grade, int]

    @property
    def entries(self) -> int:
        return sum(self.counts.values())

    @property
    def graded(self) -> int:
        return sum(self.counts.get(grade, 0) for grade in GRADED)

    @property
    def mean(self) -> Decimal | None:
        if not self.graded:
            return None
        points = sum(POINTS[grade] * self.counts.get(grade, 0) for grade in GRADED)
        return (Decimal(points) / self.graded).quantize(_EXACT, ROUND_HALF_UP)

    @property
    def most(self) -> int:
        """How often the commonest grade stands, letters aside."""
        return max((self.counts.get(grade, 0) for grade in GRADED), default=0)


@dataclass(frozen=True, slots=True)
class SubjectSpread:
    """One subject: whoever sat it, with the grades that may be shown."""

    code: str
    name: str
    spread: Spread


@dataclass(frozen=True, slots=True)
class Analysis:
    """Mean grades of all, of each sex, and every subject in the order of the codes."""

    all: Spread
    by_sex: Mapping[str, Spread]
    subjects: Sequence[SubjectSpread]


def spread_of(grades: Iterable[Grade]) -> Spread:
    """The spread of these grades."""
    return Spread(Counter(grades))


def analysed(results: Sequence[Result]) -> Analysis:
    """The statistics of results as they are shown: what is kept back counts by its letter alone."""
    names: dict[str, str] = {}
    by_subject: dict[str, Counter[Grade]] = {}
    for one in results:
        for subject in one.subjects:
            names[subject.code] = subject.name
            by_subject.setdefault(subject.code, Counter())[subject.grade] += 1
    return Analysis(
        all=spread_of(one.mean_grade for one in results),
        by_sex={
            sex: spread_of(one.mean_grade for one in results if one.sex == sex) for sex in "FM"
        },
        subjects=[
            SubjectSpread(code, names[code], Spread(by_subject[code])) for code in sorted(names)
        ],
    )


def absent_numbers(results: Sequence[Result], registered: int) -> list[str]:
    """The candidate's numbers, three digits each, up to the registered ones that have no result."""
    known = {one.index_number[8:] for one in results}
    return [number for nth in range(1, registered + 1) if (number := f"{nth:03d}") not in known]
