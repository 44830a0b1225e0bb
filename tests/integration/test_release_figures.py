"""Figures of a release: counted once, closed until it is out, the same as counting candidates."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.exams.models import Series
from app.extensions import db
from app.results import frames, services
from app.results.machine import Change
from app.results.models import ResultCandidate, ResultOutlier, ResultTally
from app.results.queries import figures
from app.results.queries.figures import Part, part_from
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import NATIONAL, RESULTS, Scope
from tests.databases import Urls
from tests.factories import results as made
from tests.factories.results import EVERYTHING, row, rows
from tests.factories.world_results import FAR, HERE, THERE, index_number

MANY = [row(number, mean_grade="C+") for number in range(1, 13)]
"""Twelve of one centre with the same mean grade."""


def part_of(session: Any, scope: Scope, release: Any, **words: str) -> Part:
    code = f"{release.series.code}.{release.number}"
    part = part_from(session, scope, {"release": code} | words)
    assert part is not None
    return part


def test_tallies_are_what_counting_candidates_gives(session: Session) -> None:
    release = made.loaded(*rows(9), row(7, mean_grade="X", g101="X"))
    made.changed(release.id, index_number(THERE, 1), Change.WITHHOLD)
    with scoped_as(session, EVERYTHING):
        services.count_release(release.id)
        candidates = session.scalars(select(ResultCandidate).filter_by(release_id=release.id)).all()
        tallies = session.scalars(select(ResultTally).filter_by(release_id=release.id)).all()
        found = {(t.county_code, t.subject, t.sex, t.grade): t.number for t in tallies}
    wanted: Counter[tuple[str, str, str, str]] = Counter()
    for one in candidates:
        county = one.index_number[:2]
        wanted[county, "", one.sex, one.held or one.mean_grade] += 1
        kept_back = "W" if one.held == "W" else None
        for code, grade in one.subjects.items():
            wanted[county, code, one.sex, kept_back or grade] += 1
    assert found == dict(wanted)
    assert ("42", "", "M", "W") in found


@pytest.mark.parametrize("letter", ["W", "Y", "P"])
def test_no_grade_of_whoever_is_kept_back_is_counted_in_a_subject(
    session: Session, letter: str
) -> None:
    release = made.loaded(*rows(3), row(7, centre=FAR, mean_grade=letter, g101="D-"))
    with scoped_as(session, EVERYTHING):
        services.count_release(release.id)
        tallies = session.scalars(select(ResultTally).filter_by(release_id=release.id)).all()
        english = Counter({t.grade: t.number for t in tallies if t.subject == "101"})
    told = {one["code"]: one for one in made.the_release(release.id).counts["subjects"]}
    assert (english["D-"], english[letter]) == (0, 1)
    assert (told["101"]["entries"], told["101"]["grades"].get("D-", 0)) == (4, 0)


def test_frames_add_up_by_grade_county_and_subject(session: Session) -> None:
    release = made.loaded(*rows(6), row(7, centre=FAR, mean_grade="Y"))
    with scoped_as(session, RESULTS):
        part = part_of(session, RESULTS, release)
        grades = frames.by_grade(session, RESULTS, part).set_index("grade")
        counties = frames.by_county(session, RESULTS, part).set_index("code")
        subjects = frames.by_subject(session, RESULTS, part).set_index("code")
        irregular = frames.irregular_by_county(session, RESULTS, part).set_index("code")
        here = part_of(session, RESULTS, release, county="32", sex="M")
        of_county = frames.by_grade(session, RESULTS, here).set_index("grade")
    assert grades["number"]["B-"] == 6
    assert grades["number"]["Y"] == 1
    assert grades["share"]["B-"] == 1.0
    assert list(counties.index) == ["42", "32"]
    assert list(counties["name"]) == ["Kisumu", "Nakuru"]
    assert list(counties["entries"]) == [4, 3]
    assert list(counties["high_share"]) == [1.0, 1.0]
    assert list(counties["mean_points"]) == [8.0, 8.0]
    assert list(counties["without_grade"]) == [0, 1]
    assert counties["registered"]["32"] == made.registered(FAR)
    assert (subjects["entries"]["101"], subjects["A-"]["101"]) == (7, 6)
    assert subjects["mean_points"]["101"] == 11.0
    assert subjects["female"]["101"] + subjects["male"]["101"] == 7
    assert list(irregular.index) == ["32", "42"]
    assert list(irregular["Y"]) == [1, 0]
    men = sum(1 for one in (*rows(6), row(7)) if one[0][:2] == "32" and one[2] == "M")
    assert int(of_county["number"].sum()) == men + 1


def test_subject_shows_its_own_grades(session: Session) -> None:
    release = made.loaded(*rows(6))
    with scoped_as(session, RESULTS):
        part = part_of(session, RESULTS, release, subject="101")
        grades = frames.by_grade(session, RESULTS, part).set_index("grade")
        counties = frames.by_county(session, RESULTS, part)
    assert grades["number"]["A-"] == 6
    assert set(counties["mean_points"]) == {11.0}


def test_centre_with_one_grade_for_all_or_many_withheld_stands_out(session: Session) -> None:
    withheld = [row(number, centre=THERE, mean_grade="W") for number in range(1, 6)]
    usual = [row(number, centre=FAR, mean_grade="BC"[number % 2]) for number in range(1, 13)]
    release = made.loaded(*MANY, row(13, mean_grade="X"), *withheld, row(9, centre=THERE), *usual)
    with scoped_as(session, RESULTS):
        part = part_of(session, RESULTS, release)
        found = frames.outlier_centres(session, RESULTS, part)
    said = [
        (one.code, one.kind, one.grade, one.number, one.candidates) for one in found.itertuples()
    ]
    assert said == [(THERE, "many", "W", 5, 6), (HERE, "all_equal", "C+", 12, 13)]


def test_outliers_are_the_results_roles_alone_even_afterwards(
    session: Session, tmp_path: Path
) -> None:
    release = made.released(made.loaded(*MANY), tmp_path)
    for scope, number in ((NATIONAL, 0), (RESULTS, 1)):
        with scoped_as(session, scope):
            part = part_of(session, scope, release)
            assert len(frames.outlier_centres(session, scope, part)) == number


def test_figures_are_closed_until_the_release_is_out(session: Session, tmp_path: Path) -> None:
    release = made.loaded(*rows(4))
    with scoped_as(session, RESULTS):
        part = part_of(session, RESULTS, release)
    with scoped_as(session, NATIONAL):
        assert figures.releases_shown(session, NATIONAL) == []
        assert part_from(session, NATIONAL, {}) is None
        with pytest.raises(NotFound):
            part_of(session, NATIONAL, release)
        for make in (frames.by_grade, frames.by_county, frames.by_subject):
            with pytest.raises(NotFound):
                make(session, NATIONAL, part)
        assert session.execute(text("SELECT count(*) FROM result_tally")).scalar() == 0
    made.released(release, tmp_path)
    with scoped_as(session, NATIONAL):
        grades = frames.by_grade(session, NATIONAL, part_of(session, NATIONAL, release))
        assert int(grades["number"].sum()) == 4
        assert session.execute(text("SELECT count(*) FROM result_tally")).scalar()


def test_without_the_walls_figures_would_be_read(app: Any, database_urls: Urls) -> None:
    """Negative control: the owner, whom no policy holds, reads those of the world's release."""
    engine = create_engine(database_urls.owner)
    with Session(engine) as bare:
        assert bare.execute(text("SELECT count(*) FROM result_tally")).scalar()
        assert bare.scalars(select(ResultOutlier)).all()
    engine.dispose()


@pytest.mark.parametrize(
    "words", [{"county": "99"}, {"sex": "X"}, {"subject": "abc"}, {"release": "KCSE-2025.99"}]
)
def test_part_that_is_not_there_is_not_found(session: Session, words: dict[str, str]) -> None:
    made.loaded(*rows(3))
    with scoped_as(session, RESULTS), pytest.raises(NotFound):
        part_from(session, RESULTS, words)


def test_year_before_is_the_loaded_one_or_the_published_one(
    session: Session, tmp_path: Path
) -> None:
    release = made.released(made.loaded(*rows(6)), tmp_path)
    with scoped_as(session, RESULTS):
        part = part_of(session, RESULTS, release)
        before = frames.year_before(session, RESULTS, part)
        of_county = frames.year_before(
            session, RESULTS, part_of(session, RESULTS, release, county="42")
        )
        women = frames.year_before(session, RESULTS, part_of(session, RESULTS, release, sex="F"))
    assert before is not None
    assert (before.name, before.candidates, before.high) == ("KCSE 2024", 962_512, 246_391)
    assert before.said_on is not None
    assert before.said_on.isoformat() == "2025-01-09"
    assert before.grades is not None
    numbers = before.grades.set_index("grade")["number"]
    assert (numbers["A"], int(numbers.sum()), numbers.isna()["X"]) == (1693, 958_928, True)
    assert of_county is None
    assert women is not None
    assert (women.candidates, women.grades is not None) == (None, True)


def test_of_2023_only_the_sums_are_known(session: Session, tmp_path: Path) -> None:
    release = made.loaded(*rows(3))
    with scoped_as(session, EVERYTHING):
        series = session.get_one(Series, release.series_id)
        series.year = 2024
        session.flush()
        before = frames.year_before(session, RESULTS, part_of(session, RESULTS, release))
    assert before is not None
    assert (before.candidates, before.high, before.grades) == (899_453, 201_133, None)


def test_released_year_before_stands_beside(session: Session, tmp_path: Path) -> None:
    first = made.released(made.loaded(*rows(6)), tmp_path)
    with scoped_as(session, EVERYTHING):
        own = session.get_one(Series, first.series_id)
        session.get_one(Series, first.series_id)
        later = session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()
        shown = figures.releases_shown(session, EVERYTHING)[0]
        part = Part(
            figures.Shown(shown.id, 1, "released", later.name, later.code, later.year,
                          later.examination_id)
        )  # fmt: skip
        before = frames.year_before(session, EVERYTHING, part)
    assert before is not None
    assert (before.name, before.candidates, before.said_on) == (own.name, 6, None)


def test_release_counted_before_figures_were_kept_is_counted_anew(
    session: Session, tmp_path: Path
) -> None:
    release = made.loaded(*rows(3))
    with scoped_as(session, EVERYTHING):
        session.execute(text("DELETE FROM result_tally WHERE release_id = :id"), {"id": release.id})
        services.say(tmp_path, counts_token="")
        asked = text(
            "SELECT args->>'release_id' FROM procrastinate_jobs WHERE task_name = 'results.count'"
        )
        assert str(release.id) in list(db.session.scalars(asked))
        enter_scope(session, EVERYTHING)
