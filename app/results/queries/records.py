"""The results of a release as the documents that are published, in the order of index numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import clock
from app.db.vault import vault_of
from app.exams.models import Series
from app.results import documents
from app.results.check_codes import Named, codes_from, spaced
from app.results.enums import HIDDEN, Grade
from app.results.models import (
    ResultCandidate,
    ResultCentre,
    ResultRelease,
    ResultSubject,
    ResultVersion,
)
from app.scoping.restrict import restrict
from app.scoping.scope import Scope

__all__ = ["records", "records_at", "records_of", "release_document"]

AT_ONCE = 2_000
_COLUMNS = (
    "index_number", "names", "sex", "centre_id", "mean_grade", "held", "subjects", "version",
)  # fmt: skip


def release_document(session: Any, release_id: int) -> documents.Release:
    """What every answer of the release carries; its minute is the one that the approver set."""
    row = session.execute(
        select(ResultRelease.number, Series.name, Series.year, ResultRelease.release_at)
        .join(Series, Series.id == ResultRelease.series_id)
        .where(ResultRelease.id == release_id)
    ).one()
    at = clock.nairobi(row.release_at).isoformat(timespec="minutes") if row.release_at else ""
    return documents.Release(row.number, row.name, row.year, at)


def records(session: Any, release_id: int) -> Iterator[documents.Result]:
    """Every result of a release as it stands, read some thousands at a time by a server's cursor."""
    maker = _Maker(session, release_id)
    statement = _statement(release_id).execution_options(yield_per=AT_ONCE)
    for row in session.execute(statement):
        yield maker.result(row)


def records_of(
    session: Any, release_id: int, index_numbers: Sequence[str]
) -> list[documents.Result]:
    """The results of these index numbers as they stand."""
    maker = _Maker(session, release_id)
    table = ResultCandidate.__table__
    statement = _statement(release_id).where(table.c.index_number.in_(index_numbers))
    return [maker.result(row) for row in session.execute(statement)]


def records_at(
    session: Any, scope: Scope, release_id: int, centre_id: int
) -> list[documents.Result]:
    """The results of one centre's candidates as they are shown, for whoever may read them.

    What is kept back holds no subject here, whatever was loaded.
    """
    maker = _Maker(session, release_id, (scope, centre_id))
    statement = (
        select(*(getattr(ResultCandidate, name) for name in _COLUMNS))
        .where(ResultCandidate.release_id == release_id, ResultCandidate.centre_id == centre_id)
        .order_by(ResultCandidate.index_number)
    )
    rows = session.execute(restrict(statement, ResultCandidate, scope))
    results = (maker.result(row) for row in rows)
    return [replace(one, subjects=documents.shown_subjects(one)) for one in results]


def _statement(release_id: int) -> Any:
    table = ResultCandidate.__table__
    return (
        select(*(table.c[name] for name in _COLUMNS))
        .where(table.c.release_id == release_id)
        .order_by(table.c.index_number)
    )


class _Maker:
    """Makes documents of rows: centres, subjects and earlier versions are read once.

    `at` is a scope and the one centre of which everything is.
    """

    def __init__(self, session: Any, release_id: int, at: tuple[Scope, int] | None = None) -> None:
        series_id = session.scalar(
            select(ResultRelease.series_id).where(ResultRelease.id == release_id)
        )
        self._centres: dict[int, tuple[str, str]] = {
            row[0]: (row[1], row[2]) for row in session.execute(_named(release_id, at))
        }
        names = session.execute(
            select(ResultSubject.code, ResultSubject.name).where(
                ResultSubject.series_id == series_id
            )
        )
        self._grades = {
            (code, str(grade)): documents.SubjectGrade(code, name, grade)
            for code, name in names
            for grade in Grade
        }
        self._earlier = _earlier(session, release_id, at)
        self._release_id, self._codes = release_id, codes_from(vault_of(session))

    def result(self, row: Any) -> documents.Result:
        index, names, sex, centre_id, mean, held, subjects, version = row
        shown = Grade(held or mean)
        code, school = self._centres[centre_id]
        return documents.Result(
            index_number=index,
            names=names,
            sex=sex,
            school_code=code,
            school=school,
            mean_grade=shown,
            subjects=() if held else self._subjects(subjects),
            version=version,
            earlier=() if shown in HIDDEN else self._earlier.get(index, ()),
            check_code=spaced(self._codes.code(Named(self._release_id, index, version))),
        )

    def _subjects(self, subjects: Mapping[str, str]) -> list[documents.SubjectGrade]:
        known = self._grades
        return [known[code, subjects[code]] for code in sorted(subjects)]


def _named(release_id: int, at: tuple[Scope, int] | None) -> Any:
    statement = select(ResultCentre.centre_id, ResultCentre.code, ResultCentre.name).where(
        ResultCentre.release_id == release_id
    )
    if at is None:
        return statement
    scope, centre_id = at
    return restrict(statement.where(ResultCentre.centre_id == centre_id), ResultCentre, scope)


def _earlier(
    session: Any, release_id: int, at: tuple[Scope, int] | None
) -> dict[str, list[documents.Version]]:
    """The versions that had been released and were replaced since, the oldest first."""
    found: dict[str, list[documents.Version]] = defaultdict(list)
    statement = (
        select(
            ResultVersion.index_number,
            ResultVersion.version,
            ResultVersion.before,
            ResultVersion.changed_at,
            ResultVersion.reason,
        )
        .where(ResultVersion.release_id == release_id, ResultVersion.public)
        .order_by(ResultVersion.index_number, ResultVersion.version)
    )
    if at is not None:
        scope, centre_id = at
        own = select(ResultCandidate.index_number).where(
            ResultCandidate.release_id == release_id, ResultCandidate.centre_id == centre_id
        )
        statement = restrict(
            statement.where(ResultVersion.index_number.in_(own)), ResultVersion, scope
        )
    rows = session.execute(statement)
    for index, version, before, changed_at, reason in rows:
        mean = Grade(before["held"] or before["mean_grade"])
        moment = clock.nairobi(changed_at).isoformat(timespec="seconds")
        found[index].append(documents.Version(version - 1, mean, moment, reason))
    return dict(found)
