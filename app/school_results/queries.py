"""Reads of a school's own results: where its release stands, every result as shown, what it asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.errors import NotFound
from app.exams.models import Series
from app.places.models import Centre
from app.results.documents import Release, Result
from app.results.enums import ReleaseState
from app.results.models import ResultCandidate, ResultCentre, ResultRelease
from app.results.queries import records_at, release_document
from app.school_results.computation import Analysis, analysed
from app.school_results.enums import QueryState
from app.school_results.models import ResultQuery, ResultQueryMove, ResultQueryPeriod
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, ScopeKind, system_scope
from app.words import N_

__all__ = [
    "LastYear",
    "School",
    "asked_about",
    "asked_by",
    "expected_at",
    "has_open_release",
    "last_year",
    "moves_of",
    "open_release",
    "own_centre",
    "queries_in",
    "query_in",
    "release_asked_about",
    "result_asked_about",
    "school_of",
    "waiting",
]

MOST = 200
SAME_SCHOOL = system_scope("last-year")
"""Last year's centre of a school is another row, which no centre reads: figures alone come of it."""


@dataclass(frozen=True, slots=True)
class School:
    """A school in one open release: every result as it is shown, in the order of index numbers.

    `registered` counts the candidates that the centre had when the release was loaded; `until` is
    the last day on which queries may be raised, None where no period is on record.
    """

    centre_id: int
    sub_county_id: int
    code: str
    name: str
    registered: int
    release_id: int
    release: Release
    opened_at: dt.datetime
    until: dt.date | None
    results: Sequence[Result]

    def result(self, index_number: str) -> Result:
        """One candidate's result. Raises NotFound for whoever is not of this school."""
        for one in self.results:
            if one.index_number == index_number:
                return one
        raise NotFound("not-found", N_("That record was not found."))


@dataclass(frozen=True, slots=True)
class LastYear:
    """The figures of the same school in the latest release of an earlier year."""

    series: str
    number: int
    candidates: int
    analysis: Analysis


def own_centre(session: Any, scope: Scope) -> Centre:
    """The centre of the login. Raises NotFound for anybody who is not a centre."""
    found: Centre | None = None
    if scope.kind is ScopeKind.CENTRE:
        statement = select(Centre).where(Centre.id.in_(sorted(scope.centre_ids)))
        found = session.scalars(restrict(statement, Centre, scope)).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def open_release(session: Any, centre: Centre) -> Row[Any] | None:
    """Id, number and moment of the release that everybody reads of the centre's series."""
    found: Row[Any] | None = session.execute(
        select(ResultRelease.id, ResultRelease.number, ResultRelease.released_at).where(
            ResultRelease.series_id == centre.series_id,
            ResultRelease.state == str(ReleaseState.RELEASED),
        )
    ).one_or_none()
    return found


def expected_at(session: Any, centre: Centre) -> dt.datetime | None:
    """The minute of a release that was approved and is not open yet; None where none is set."""
    found: dt.datetime | None = session.scalar(
        select(func.min(ResultRelease.release_at)).where(
            ResultRelease.series_id == centre.series_id,
            ResultRelease.state == str(ReleaseState.APPROVED),
        )
    )
    return found


def school_of(session: Any, scope: Scope) -> School | None:
    """The signed-in school in its open release; None while no release of its series is open."""
    centre = own_centre(session, scope)
    row = open_release(session, centre)
    if row is None:
        return None
    own = _centre_then(session, scope, row.id, centre.id)
    return School(
        centre_id=centre.id,
        sub_county_id=centre.sub_county_id,
        code=own.code if own else centre.code,
        name=own.name if own else centre.name,
        registered=own.registered if own else centre.candidates,
        release_id=row.id,
        release=release_document(session, row.id),
        opened_at=row.released_at,
        until=_until(session, row.released_at),
        results=records_at(session, scope, row.id, centre.id),
    )


def _centre_then(
    session: Any, scope: Scope, release_id: int, centre_id: int
) -> ResultCentre | None:
    """The centre as it stood when the release was loaded."""
    statement = select(ResultCentre).where(
        ResultCentre.release_id == release_id, ResultCentre.centre_id == centre_id
    )
    found: ResultCentre | None = session.scalars(
        restrict(statement, ResultCentre, scope)
    ).one_or_none()
    return found


def _until(session: Any, opened_at: dt.datetime) -> dt.date | None:
    """The last day of queries, by the period that held on the day of the release."""
    day = clock.nairobi(opened_at).date()
    days = session.scalar(
        select(ResultQueryPeriod.days).where(
            ResultQueryPeriod.effective_from <= day,
            or_(ResultQueryPeriod.effective_to.is_(None), ResultQueryPeriod.effective_to >= day),
        )
    )
    return None if days is None else day + dt.timedelta(days=days)


def has_open_release(session: Any, scope: Scope) -> bool:
    """Whether everybody reads a release of the login's own series by now."""
    statement = (
        select(ResultRelease.id)
        .join(Centre, Centre.series_id == ResultRelease.series_id)
        .where(
            Centre.id.in_(sorted(scope.centre_ids)),
            ResultRelease.state == str(ReleaseState.RELEASED),
        )
    )
    return session.scalar(restrict(statement.limit(1), Centre, scope)) is not None


def last_year(session: Any, school: School) -> LastYear | None:
    """The same school's figures in the latest earlier series with an open release.

    Codes are keyed by series, so that the row of the school links the two, never the code.
    """
    now, before, series = aliased(Centre), aliased(Centre), aliased(Series)
    statement = (
        select(before.id, ResultRelease.id, ResultRelease.number, series.name)
        .join(now, now.school_id == before.school_id)
        .join(series, series.id == before.series_id)
        .join(Series, Series.id == now.series_id)
        .join(ResultRelease, ResultRelease.series_id == series.id)
        .where(
            now.id == school.centre_id,
            series.examination_id == Series.examination_id,
            series.year < Series.year,
            ResultRelease.state == str(ReleaseState.RELEASED),
        )
        .order_by(series.year.desc(), before.id)
        .limit(1)
    )
    with scoped_as(session, SAME_SCHOOL):
        row = session.execute(statement).first()
        if row is None:
            return None
        centre_id, release_id, number, name = row
        results = records_at(session, SAME_SCHOOL, release_id, centre_id)
    return LastYear(name, number, len(results), analysed(results)) if results else None


def asked_by(session: Any, scope: Scope, centre_id: int) -> list[ResultQuery]:
    """Everything that the centre asked, in whatever release, the newest first."""
    statement = (
        select(ResultQuery)
        .where(ResultQuery.centre_id == centre_id)
        .order_by(ResultQuery.raised_at.desc(), ResultQuery.id.desc())
    )
    return list(session.scalars(restrict(statement, ResultQuery, scope)))


def asked_about(session: Any, scope: Scope, centre_id: int, index_number: str) -> list[ResultQuery]:
    """What the centre asked about one candidate, the newest first."""
    return [one for one in asked_by(session, scope, centre_id) if one.index_number == index_number]


def queries_in(session: Any, scope: Scope, *, settled: bool = False) -> list[Row[Any]]:
    """Queries (query, names, centre code and name, series, release number) that wait, the longest
    waiting first; or those that were settled, the latest first."""
    statement = _lines(settled=settled).limit(MOST)
    found: list[Row[Any]] = session.execute(restrict(statement, ResultQuery, scope)).all()
    return found


def query_in(session: Any, scope: Scope, query_id: int, *, lock: bool = False) -> ResultQuery:
    """One query. Raises NotFound outside the scope."""
    statement = select(ResultQuery).where(ResultQuery.id == query_id)
    statement = statement.execution_options(populate_existing=True)
    statement = restrict(statement, ResultQuery, scope)
    one: ResultQuery | None = session.scalars(
        statement.with_for_update(of=ResultQuery) if lock else statement
    ).one_or_none()
    if one is None:
        raise NotFound("not-found", N_("That record was not found."))
    return one


def result_asked_about(session: Any, scope: Scope, one: ResultQuery) -> Result:
    """The result that a query is about, as it is shown by now."""
    results = records_at(session, scope, one.release_id, one.centre_id)
    return next(each for each in results if each.index_number == one.index_number)


def release_asked_about(session: Any, one: ResultQuery) -> Release:
    """The release that a query is about."""
    return release_document(session, one.release_id)


def moves_of(session: Any, scope: Scope, query_id: int) -> list[ResultQueryMove]:
    """What was done to a query, the oldest first."""
    statement = (
        select(ResultQueryMove)
        .where(ResultQueryMove.query_id == query_id)
        .order_by(ResultQueryMove.id)
    )
    return list(session.scalars(restrict(statement, ResultQueryMove, scope)))


def waiting(session: Any, scope: Scope) -> int:
    """How many queries wait for an answer."""
    statement = (
        select(func.count())
        .select_from(ResultQuery)
        .where(ResultQuery.state == str(QueryState.RAISED))
    )
    return int(session.scalar(restrict(statement, ResultQuery, scope)) or 0)


def _lines(*, settled: bool) -> Any:
    order = (
        (ResultQuery.answered_at.desc(), ResultQuery.id.desc())
        if settled
        else (ResultQuery.raised_at, ResultQuery.id)
    )
    raised = ResultQuery.state == str(QueryState.RAISED)
    return (
        select(
            ResultQuery,
            ResultCandidate.names,
            ResultCentre.code,
            ResultCentre.name,
            Series.name.label("series"),
            ResultRelease.number,
        )
        .join(
            ResultCandidate,
            (ResultCandidate.release_id == ResultQuery.release_id)
            & (ResultCandidate.index_number == ResultQuery.index_number),
        )
        .join(
            ResultCentre,
            (ResultCentre.release_id == ResultQuery.release_id)
            & (ResultCentre.centre_id == ResultQuery.centre_id),
        )
        .join(ResultRelease, ResultRelease.id == ResultQuery.release_id)
        .join(Series, Series.id == ResultRelease.series_id)
        .where(~raised if settled else raised)
        .order_by(*order)
    )
