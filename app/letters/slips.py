"""Result slips and check codes at the public check: what was signed, beside what stands now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.letters.check import ForgedError, Keys, Slip, read_slip
from app.letters.rules import code_typed, initials_of
from app.results import documents
from app.results.check_codes import CheckCodes, Named
from app.results.enums import Grade, SlipState
from app.results.grades import words_of
from app.results.queries import Standing, release_named, standing

__all__ = ["CheckedGrade", "CheckedSlip", "checked_slip", "slip_of"]


@dataclass(frozen=True, slots=True)
class CheckedGrade:
    """A grade that the paper must show, in letters and words; `same` as it was released."""

    subject: str
    words: str
    same: bool


@dataclass(frozen=True, slots=True)
class CheckedSlip:
    """What a stranger is told of a result on paper; grades only while it is valid.

    The grades are those that were signed, so that a paper which shows others is seen to be forged;
    a check code signs none, and then they are those that were released.
    """

    state: SlipState
    index_number: str
    initials: str
    series: str
    release: int
    version: int
    grades: tuple[CheckedGrade, ...]

    @property
    def same(self) -> bool:
        """Whether every grade that was signed is the one that was released."""
        return all(one.same for one in self.grades)


def slip_of(result: documents.Result, release: documents.Release) -> Slip:
    """What the token of a result's slip says."""
    shown = documents.shown_subjects(result)
    return Slip(
        index_number=result.index_number,
        release=release.number,
        version=result.version,
        initials=initials_of(result.names),
        series=release.series,
        mean_grade=str(result.mean_grade),
        subjects=tuple((one.code, str(one.grade)) for one in shown),
    )


def checked_slip(session: Any, typed: str, *, keys: Keys, codes: CheckCodes) -> CheckedSlip | None:
    """What the slip of this token, or the page of this check code, is worth now; None where one of
    our keys signed no such token, and where nobody was ever shown such a result."""
    code = code_typed(typed)
    if code is not None:
        named = codes.read(code)
        found = standing(session, named) if named else None
        return _told(found, initials_of(found.names), _released(found)) if found else None
    try:
        slip = read_slip(typed, keys)
    except ForgedError:
        return None
    release_id = release_named(session, slip.series, slip.release)
    if release_id is None:
        return None
    found = standing(session, Named(release_id, slip.index_number, slip.version))
    return _told(found, slip.initials, (slip.mean_grade, dict(slip.subjects))) if found else None


def _released(found: Standing) -> tuple[str, dict[str, str]]:
    return str(found.mean), dict(found.grades)


def _told(found: Standing, initials: str, signed: tuple[str, dict[str, str]]) -> CheckedSlip:
    mean, subjects = signed
    grades: list[CheckedGrade] = []
    if found.state is SlipState.VALID:
        grades = [CheckedGrade("", words_of(Grade(mean)), mean == found.mean)]
        grades += [
            CheckedGrade(f"{code} {found.subjects.get(code, '')}".strip(), words_of(Grade(grade)),
                         found.grades.get(code) == grade)
            for code, grade in subjects.items()
        ]  # fmt: skip
        grades += [
            CheckedGrade(f"{code} {found.subjects.get(code, '')}".strip(), "", same=False)
            for code in found.grades.keys() - subjects.keys()
        ]
    return CheckedSlip(
        state=found.state,
        index_number=found.index_number,
        initials=initials,
        series=found.series,
        release=found.release,
        version=found.version,
        grades=tuple(grades),
    )
