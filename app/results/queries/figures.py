"""Which part of which release figures are asked for, who may see them, and the tallies of it.

Before a release is out its figures are the two results roles' alone; nobody else learns that there
is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select

from app.errors import NotFound
from app.exams.models import Series
from app.places.models import County
from app.results.enums import ReleaseState
from app.results.models import (
    ResultCentre,
    ResultOutlier,
    ResultRelease,
    ResultSubject,
    ResultTally,
)
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

__all__ = [
    "OUT",
    "Part",
    "Shown",
    "are_open",
    "counties_of",
    "no_release",
    "outliers",
    "part_before",
    "part_from",
    "registered_by_county",
    "releases_shown",
    "subjects_of",
    "tallied",
    "version_of",
]

OUT = frozenset({str(ReleaseState.RELEASED), str(ReleaseState.SUPERSEDED)})
SEXES = ("F", "M")
_LONGEST_WORD = 40
_COLUMNS = {
    "county": ResultTally.county_code,
    "subject": ResultTally.subject,
    "sex": ResultTally.sex,
    "grade": ResultTally.grade,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A release whose figures the asker may see; `code` stands for it in addresses."""

    id: int
    number: int
    state: str
    series: str
    series_code: str
    year: int
    examination_id: int

    @property
    def code(self) -> str:
        return f"{self.series_code}.{self.number}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a release: one county or all (""), one sex or both, one subject or the mean grade."""

    release: Shown
    county: str = ""
    sex: str = ""
    subject: str = ""

    @property
    def address(self) -> dict[str, str]:
        """The words that lead back to this part."""
        words = {
            "release": self.release.code,
            "county": self.county,
            "sex": self.sex,
            "subject": self.subject,
        }
        return {name: word for name, word in words.items() if word}


def are_open(scope: Scope, state: str) -> bool:
    """Whether the figures of a release in this state may be seen in this scope."""
    return scope.reads_results or (scope.is_everything and state in OUT)


def releases_shown(session: Any, scope: Scope) -> list[Shown]:
    """The releases whose figures may be seen: those out first, of the latest year, then the others."""
    found = [
        Shown(*row)
        for row in session.execute(
            _releases().order_by(Series.year.desc(), ResultRelease.id.desc())
        )
    ]
    seen = [one for one in found if are_open(scope, one.state)]
    return sorted(seen, key=lambda one: one.state != ReleaseState.RELEASED)


def part_from(session: Any, scope: Scope, words: Mapping[str, str]) -> Part | None:
    """The part that an address's words name; None where no release may be seen.

    Raises NotFound for a release, county, subject or sex that is not there, or not to be seen.
    """
    shown = releases_shown(session, scope)
    code = words.get("release", "")
    if not shown and not code:
        return None
    release = next((one for one in shown if code in ("", one.code)), None)
    sex = words.get("sex", "")
    if release is None or sex not in ("", *SEXES):
        raise _not_found()
    return Part(
        release,
        _known(words.get("county", ""), counties_of(session)),
        sex,
        _known(words.get("subject", ""), subjects_of(session, release)),
    )


def part_before(session: Any, scope: Scope, part: Part) -> Part | None:
    """The same part of the year before, where its results are out and may be seen."""
    statement = _releases().where(
        Series.examination_id == part.release.examination_id,
        Series.year == part.release.year - 1,
        ResultRelease.state == str(ReleaseState.RELEASED),
    )
    row = session.execute(statement).first()
    if row is None or not are_open(scope, row.state):
        return None
    return replace(part, release=Shown(*row))


def tallied(session: Any, scope: Scope, part: Part, *by: str) -> Sequence[Any]:
    """How many by the named columns (county, subject, sex, grade), the number last; `by` subject
    leaves the mean grade out, everything else is of the part's subject, or of the mean grade."""
    if not are_open(scope, part.release.state):
        raise _not_found()
    columns = [_COLUMNS[name] for name in by]
    statement = (
        select(*columns, func.sum(ResultTally.number).label("number"))
        .where(ResultTally.release_id == part.release.id)
        .group_by(*columns)
        .order_by(*columns)
    )
    wanted = ResultTally.subject == part.subject
    statement = statement.where(ResultTally.subject != "" if "subject" in by else wanted)
    if part.county:
        statement = statement.where(ResultTally.county_code == part.county)
    if part.sex:
        statement = statement.where(ResultTally.sex == part.sex)
    return list(session.execute(statement))


def outliers(session: Any, scope: Scope, part: Part) -> Sequence[Any]:
    """The centres that stand out, the most candidates first; nothing for all but the results roles."""
    statement = (
        select(
            ResultCentre.code,
            ResultCentre.name,
            ResultCentre.county_code,
            ResultOutlier.kind,
            ResultOutlier.grade,
            ResultOutlier.number,
            ResultOutlier.candidates,
        )
        .select_from(ResultOutlier)
        .join(
            ResultCentre,
            (ResultCentre.release_id == ResultOutlier.release_id)
            & (ResultCentre.centre_id == ResultOutlier.centre_id),
        )
        .where(ResultOutlier.release_id == part.release.id)
        .order_by(ResultOutlier.kind.desc(), ResultOutlier.number.desc(), ResultCentre.code)
    )
    if part.county:
        statement = statement.where(ResultCentre.county_code == part.county)
    return list(session.execute(restrict(statement, ResultOutlier, scope)))


def registered_by_county(session: Any, scope: Scope, part: Part) -> dict[str, int]:
    """How many each county had registered when the release was loaded."""
    counts = _counts(session, scope, part)
    return {one["code"]: one["registered"] for one in counts.get("counties", ())}


def counties_of(session: Any) -> dict[str, str]:
    """Names of the counties by code."""
    return dict(session.execute(select(County.code, County.name).order_by(County.name)).all())


def subjects_of(session: Any, release: Shown) -> dict[str, str]:
    """Names of the subjects of the release's series by code."""
    statement = (
        select(ResultSubject.code, ResultSubject.name)
        .join(ResultRelease, ResultRelease.series_id == ResultSubject.series_id)
        .where(ResultRelease.id == release.id)
        .order_by(ResultSubject.code)
    )
    return dict(session.execute(statement).all())


def version_of(session: Any, part: Part) -> str:
    """A text that changes when the release was counted anew or moved on."""
    counted = ResultRelease.counts["counted_at"].astext
    row = session.execute(
        select(ResultRelease.state, counted).where(ResultRelease.id == part.release.id)
    ).one()
    return f"{part.release.code}/{row[0]}/{row[1]}"


def no_release() -> NotFound:
    """Nothing is out yet."""
    return NotFound("no-release", N_("No release has figures to show yet."))


def _releases() -> Select[Any]:
    return (
        select(
            ResultRelease.id,
            ResultRelease.number,
            ResultRelease.state,
            Series.name,
            Series.code,
            Series.year,
            Series.examination_id,
        )
        .join(Series, Series.id == ResultRelease.series_id)
        .where(ResultRelease.counts.is_not(None))
    )


def _counts(session: Any, scope: Scope, part: Part) -> dict[str, Any]:
    if not are_open(scope, part.release.state):
        raise _not_found()
    found: dict[str, Any] | None = session.scalar(
        select(ResultRelease.counts).where(ResultRelease.id == part.release.id)
    )
    return found or {}


def _known(code: str, names: Mapping[str, str]) -> str:
    if code and (len(code) > _LONGEST_WORD or code not in names):
        raise _not_found()
    return code


def _not_found() -> NotFound:
    return NotFound("not-found", N_("That record was not found."))
