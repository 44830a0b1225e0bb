"""A school reads its own results from the minute on, behind three walls; what is kept back is not told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.extensions import db
from app.places.models import Centre
from app.results.enums import Grade
from app.results.machine import Change
from app.results.models import ResultCandidate, ResultRelease, ResultVersion
from app.results.queries import records_at
from app.school_results import queries
from app.scoping import guard
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, Scope, centre_scope, officer_scope
from tests.factories import results as made
from tests.factories import school_results as school
from tests.factories.world import CENTRE, NEXT_DOOR


def centre_id(session: Session, code: str) -> int:
    with scoped_as(session, NATIONAL):
        return session.scalars(select(Centre.id).where(Centre.code == code)).one()


def owners_seen(session: Session, scope: Scope) -> set[str]:
    """Whose candidates come out, by the plain SQL that only PostgreSQL stands before."""
    with scoped_as(session, scope):
        found = session.execute(text("SELECT DISTINCT left(index_number, 8) FROM result_candidate"))
        return set(found.scalars())


def orm_owners_seen(session: Session, scope: Scope) -> set[str]:
    with scoped_as(session, scope):
        return {one[:8] for one in session.scalars(select(ResultCandidate.index_number))}


@pytest.fixture
def own(session: Session) -> Scope:
    return centre_scope([centre_id(session, CENTRE)])


def test_school_reads_its_own_candidates_once_released(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    school.opened(tmp_path)
    assert owners_seen(session, own) == {CENTRE}
    assert orm_owners_seen(session, own) == {CENTRE}
    assert owners_seen(session, centre_scope([centre_id(session, NEXT_DOOR)])) == {NEXT_DOOR}


@pytest.mark.parametrize("state", ["checked", "approved", "superseded"])
def test_school_reads_nothing_of_a_release_that_is_not_open(
    session: Session, own: Scope, tmp_path: Path, state: str
) -> None:
    release = school.loaded()
    if state == "approved":
        made.released(release, tmp_path, minutes=1)
    elif state == "superseded":
        made.released(release, tmp_path)
        later = made.released(school.loaded(), tmp_path)
        with scoped_as(session, own):
            assert set(session.scalars(select(ResultCandidate.release_id))) == {later.id}
        made.released(made.loaded(made.row(centre=NEXT_DOOR), series=school.SERIES), tmp_path)
    assert made.the_release(release.id).state == state
    assert (owners_seen(session, own), orm_owners_seen(session, own)) == (set(), set())
    with scoped_as(session, own):
        assert records_at(session, own, release.id, centre_id(session, CENTRE)) == []


def test_manager_of_the_centre_is_no_school(session: Session, tmp_path: Path) -> None:
    """The same centre in an officer's scope: whoever manages it on the day reads no result."""
    school.opened(tmp_path)
    scope = officer_scope(1, [centre_id(session, CENTRE)])
    assert (owners_seen(session, scope), orm_owners_seen(session, scope)) == (set(), set())


def test_explicit_filter_holds_where_both_other_walls_are_off(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    """Read as a job, which the guard and PostgreSQL let through: the statement's own filter holds."""
    release = school.opened(tmp_path)
    there = centre_id(session, NEXT_DOOR)
    with scoped_as(session, made.EVERYTHING):
        assert records_at(session, own, release.id, there) == []
        assert len(records_at(session, made.EVERYTHING, release.id, there)) == 3


def test_row_level_security_holds_where_guard_and_filter_are_off(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    release = school.opened(tmp_path)
    there = centre_id(session, NEXT_DOOR)
    guard.remove_guard(db.session)
    try:
        with scoped_as(session, own):
            assert set(session.scalars(select(ResultCandidate.index_number))) == {
                school.index(number) for number in school.NAMES
            }
            assert records_at(session, made.EVERYTHING, release.id, there) == []
    finally:
        guard.install_guard(db.session)
        session.info.pop("scope_options", None)


def test_guard_holds_where_row_level_security_and_filter_are_off(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    release = school.opened(tmp_path)
    there = centre_id(session, NEXT_DOOR)
    with scoped_as(session, own), policies_off(session):
        found = session.execute(text("SELECT left(index_number, 8) FROM result_candidate"))
        assert set(found.scalars()) >= {CENTRE, NEXT_DOOR}, "negative control"
        assert {one[:8] for one in session.scalars(select(ResultCandidate.index_number))} == {
            CENTRE
        }
        assert records_at(session, made.EVERYTHING, release.id, there) == []


def test_all_three_walls_off_would_leak(session: Session, own: Scope, tmp_path: Path) -> None:
    """Negative control: what the walls keep apart does come out without them."""
    release = school.opened(tmp_path)
    there = centre_id(session, NEXT_DOOR)
    guard.remove_guard(db.session)
    try:
        with scoped_as(session, own), policies_off(session):
            assert len(records_at(session, made.EVERYTHING, release.id, there)) == 3
    finally:
        guard.install_guard(db.session)
        session.info.pop("scope_options", None)


@contextmanager
def policies_off(session: Session) -> Iterator[None]:
    """PostgreSQL is told of a job, whatever the session itself works under."""
    before = session.execute(text("SELECT current_setting('app.scope_kind')")).scalar()
    told = text("SELECT set_config('app.scope_kind', :kind, true)")
    session.execute(told, {"kind": "system"})
    yield
    session.execute(told, {"kind": before})


@pytest.mark.parametrize("number", school.KEPT_BACK)
def test_what_is_kept_back_has_no_grade_for_its_school(
    session: Session, own: Scope, tmp_path: Path, number: int
) -> None:
    school.opened(tmp_path)
    with scoped_as(session, own):
        found = queries.school_of(session, own)
    assert found is not None
    one = found.result(school.index(number))
    assert (one.names, one.mean_grade) == (school.NAMES[number], Grade(school.MEANS[number]))
    assert (list(one.subjects), list(one.earlier)) == ([], [])


def test_versions_of_what_is_kept_back_are_closed_by_every_wall(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    """A version says what the result was: it is open where the result is shown, and nowhere else."""
    release = school.opened(tmp_path)
    made.changed(release.id, school.index(1), Change.AMEND, amended=amended(1, "B+"))
    made.changed(release.id, school.index(2), Change.WITHHOLD)
    counted = text("SELECT index_number FROM result_version ORDER BY 1")
    with scoped_as(session, own):
        assert session.scalars(select(ResultVersion.index_number)).all() == [school.index(1)]
        assert session.execute(counted).scalars().all() == [school.index(1)]
        with policies_off(session):
            assert session.scalars(select(ResultVersion.index_number)).all() == [school.index(1)]
            both = [school.index(1), school.index(2)]
            assert set(session.execute(counted).scalars()) >= set(both), "negative control"
        found = queries.school_of(session, own)
    assert found is not None
    [earlier] = found.result(school.index(1)).earlier
    assert (earlier.number, earlier.mean_grade) == (1, Grade.A_MINUS)
    assert list(found.result(school.index(2)).earlier) == []


@pytest.mark.parametrize("wall", ["guard", "database"])
def test_versions_close_with_their_release(
    session: Session, own: Scope, tmp_path: Path, wall: str
) -> None:
    """A version of a superseded release is closed, by either wall alone, beside one that is open."""
    first = school.opened(tmp_path)
    made.changed(first.id, school.index(1), Change.AMEND, amended=amended(1, "B+"))
    second = made.released(school.loaded(), tmp_path)
    made.changed(second.id, school.index(2), Change.AMEND, amended=amended(2, "B"))
    with scoped_as(session, own):
        if wall == "database":
            found = session.execute(text("SELECT release_id FROM result_version")).scalars().all()
        else:
            with policies_off(session):
                found = session.scalars(select(ResultVersion.release_id)).all()
    assert list(found) == [second.id]


def amended(number: int, mean: str) -> Any:
    return made.amended(school.rows()[number - 1], mean_grade=mean)


def test_school_cannot_write_a_result(session: Session, own: Scope, tmp_path: Path) -> None:
    release = school.opened(tmp_path)
    with scoped_as(session, own):
        one = session.scalars(
            select(ResultCandidate).where(ResultCandidate.index_number == school.index(1))
        ).one()
        one.mean_grade = "A"
        with pytest.raises(NotFound):
            session.flush()
        session.expire_all()
        changed = session.execute(
            text("UPDATE result_candidate SET mean_grade = 'A', version = version + 1")
        )
    assert changed.rowcount == 0
    assert release.state == "released"


def test_last_year_is_found_through_the_school_and_not_through_the_code(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    school.opened(tmp_path)
    with scoped_as(session, own):
        found = queries.school_of(session, own)
        assert found is not None
        assert queries.last_year(session, found) is None
    school.opened_last_year(tmp_path)
    with scoped_as(session, own):
        before = queries.last_year(session, found)
        assert session.scalar(select(func.count()).select_from(ResultCandidate)) == len(
            school.NAMES
        )
    assert before is not None
    assert (before.series, before.candidates) == ("KCSE 2025", 3)
    assert str(before.analysis.all.mean) == "7.500"
    assert guard.current_scope(session) != own


def test_expected_minute_is_told_and_nothing_else(
    session: Session, own: Scope, tmp_path: Path
) -> None:
    release: ResultRelease = school.loaded()
    with scoped_as(session, own):
        centre = queries.own_centre(session, own)
        assert queries.expected_at(session, centre) is None
    waits = made.released(release, tmp_path, minutes=5)
    with scoped_as(session, own):
        centre = queries.own_centre(session, own)
        assert queries.expected_at(session, centre) == waits.release_at
        assert queries.school_of(session, own) is None
