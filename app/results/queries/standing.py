"""Whether a result that somebody holds on paper, or in a text, still stands.

Asked by strangers who name one result: nothing is told of a release before its minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.exams.models import Series
from app.results.check_codes import Named
from app.results.enums import HIDDEN, Grade, ReleaseState, SlipState
from app.results.models import ResultCandidate, ResultRelease, ResultSubject

__all__ = ["Standing", "release_named", "standing"]

_OUT = (str(ReleaseState.RELEASED), str(ReleaseState.SUPERSEDED))


@dataclass(frozen=True, slots=True)
class Standing:
    """A result that was released, and what became of it.

    `mean` and `grades` (by subject code) are those of this very version, and empty where it does
    not stand any more.
    """

    state: SlipState
    index_number: str
    names: str
    series: str
    release: int
    version: int
    mean: Grade | None
    grades: Mapping[str, str]
    subjects: Mapping[str, str]


def release_named(session: Any, series: str, number: int) -> int | None:
    """The id of the release that a paper names; None where there is not exactly one."""
    found = session.scalars(
        select(ResultRelease.id)
        .join(Series, Series.id == ResultRelease.series_id)
        .where(Series.name == series, ResultRelease.number == number)
        .limit(2)
    ).all()
    return int(found[0]) if len(found) == 1 else None


def standing(session: Any, named: Named) -> Standing | None:
    """What a named version of a result is worth now; None where nobody was ever shown it."""
    release = session.execute(
        select(ResultRelease.id, ResultRelease.number, ResultRelease.series_id, Series.name)
        .join(Series, Series.id == ResultRelease.series_id)
        .where(
            ResultRelease.id == named.release_id,
            ResultRelease.state.in_(_OUT),
            ResultRelease.release_at <= clock.now(),
        )
    ).one_or_none()
    one = release and _candidate(session, release.id, named.index_number)
    if one is None or not 0 < named.version <= one.version:
        return None
    state = _state(session, named, one, release.series_id)
    valid = state is SlipState.VALID
    return Standing(
        state=state,
        index_number=one.index_number,
        names=one.names,
        series=release.name,
        release=release.number,
        version=named.version,
        mean=Grade(one.mean_grade) if valid else None,
        grades=dict(sorted(one.subjects.items())) if valid else {},
        subjects=_names(session, release.series_id) if valid else {},
    )


def _state(session: Any, named: Named, one: ResultCandidate, series_id: int) -> SlipState:
    """The candidate's result in the release that is open now decides, whatever the paper says."""
    open_id = session.scalar(
        select(ResultRelease.id).where(
            ResultRelease.series_id == series_id,
            ResultRelease.state == str(ReleaseState.RELEASED),
        )
    )
    now = one if open_id == one.release_id else None
    if now is None and open_id is not None:
        now = _candidate(session, open_id, one.index_number)
    if now is None or Grade(now.held or now.mean_grade) in HIDDEN:
        return SlipState.WITHDRAWN
    is_same = now.release_id == one.release_id and now.version == named.version
    return SlipState.VALID if is_same else SlipState.REPLACED


def _candidate(session: Any, release_id: int, index_number: str) -> ResultCandidate | None:
    found: ResultCandidate | None = session.get(
        ResultCandidate, (release_id, index_number), populate_existing=True
    )
    return found


def _names(session: Any, series_id: int) -> dict[str, str]:
    rows = session.execute(
        select(ResultSubject.code, ResultSubject.name).where(ResultSubject.series_id == series_id)
    )
    return dict(rows.tuples().all())
