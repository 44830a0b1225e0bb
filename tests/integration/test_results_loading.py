"""A release file on its way: dry run, load, the comparison cell by cell, and what it counts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.errors import IllegalMove, NotAllowed, RuleBroken
from app.extensions import db
from app.results import queries, services
from app.results.models import ResultCandidate, ResultRelease
from app.results.rules import row_hash
from app.results.services.proving import compared
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories.lists import as_csv, as_xlsx
from tests.factories.registers import acting_as
from tests.factories.results import EVERYTHING, GRADES, HEADINGS, row, rows
from tests.factories.world_results import HERE, index_number

VERSION = (
    "INSERT INTO result_version (release_id, index_number, version, sub_county_id, act, before,"
    " after, reason, public, actor_name, changed_at) SELECT release_id, index_number, 2,"
    " sub_county_id, 'amend', '{}', '{}', 'planted', false, 'x', now() FROM result_candidate"
    " WHERE release_id = :release AND index_number = :index"
)


def candidates(release_id: int) -> dict[str, ResultCandidate]:
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        found = db.session.scalars(select(ResultCandidate).filter_by(release_id=release_id)).all()
        return {one.index_number: one for one in found}


def how_many(table: Any) -> int:
    with scoped_as(db.session, EVERYTHING):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_dry_run_stores_nothing(session: Session) -> None:
    before = how_many(ResultCandidate), how_many(ResultRelease)
    file = made.checked(made.brought(as_csv(HEADINGS, rows(6))))
    assert (file.report["rows"], file.report["rejected"]) == (6, 0)
    assert (how_many(ResultCandidate), how_many(ResultRelease)) == before


@pytest.mark.parametrize("as_file", [as_csv, as_xlsx])
def test_signs_survive_from_the_file_to_the_database(session: Session, as_file: Any) -> None:
    release_id = made.stored(
        made.checked(made.brought(as_file(HEADINGS, [row(1, mean_grade="C+")]))).id
    ).release_id
    assert release_id is not None
    one = candidates(release_id)[index_number(HERE, 1)]
    assert one.mean_grade == "C+"
    assert [one.subjects[code] for code in made.CODES] == list(GRADES)


def test_every_error_stands_in_its_cell(session: Session) -> None:
    given = [
        row(1),
        row(1),
        row(2, centre="42238999"),
        row(3, g102="B+-"),
        row(4, mean_grade="F"),
        row(5, sex="Girl"),
        row(6, names="B+"),
    ]
    file = made.checked(made.brought(as_csv(HEADINGS, given)))
    assert made.faults(file.id) == [
        (3, 0, "index-twice"),
        (4, 0, "centre-unknown"),
        (5, 5, "grade"),
        (6, 3, "mean-grade"),
        (7, 2, "sex"),
        (8, 1, "names"),
    ]
    assert file.report["rejected"] == 6


def test_file_with_an_error_is_not_loaded_at_all(session: Session) -> None:
    file = made.checked(made.brought(as_csv(HEADINGS, [row(1), row(2, mean_grade="F")])))
    who = made.officer()
    with scoped_as(session, who.scope), pytest.raises(RuleBroken) as refusal:
        services.ask_to_store(who.scope, who.actor, file.id, run=file.run, looked=True)
    assert refusal.value.code == "file-unfit"


def test_unknown_subject_column_is_refused(session: Session) -> None:
    headings = (*HEADINGS[:-1], "Klingon")
    file_id = made.brought(as_csv(headings, rows(3)))
    with pytest.raises(RuleBroken) as refusal:
        made.checked(file_id)
    assert [problem.field for problem in refusal.value.problems] == ["column-10"]


def test_exchanged_columns_need_a_second_look(session: Session) -> None:
    """Kiswahili as Sign Language: the grades are grades, and still it is seen."""
    headings = ["504" if name == "102" else name for name in HEADINGS]
    file = made.checked(made.brought(as_csv(headings, rows(300))))
    said = {fault["code"] for fault in file.report["faults"]}
    assert "columns-exchanged" in said
    who = made.officer()
    with scoped_as(session, who.scope), pytest.raises(RuleBroken) as refusal:
        services.ask_to_store(who.scope, who.actor, file.id, run=file.run)
    assert refusal.value.code == "not-looked"


def test_file_checked_again_since_is_not_loaded(session: Session) -> None:
    file = made.checked(made.brought(as_csv(HEADINGS, rows(3))))
    who = made.officer()
    with scoped_as(session, who.scope), pytest.raises(IllegalMove):
        services.ask_to_store(who.scope, who.actor, file.id, run=file.run - 1, looked=True)


def test_the_same_file_twice_is_one(session: Session) -> None:
    body = as_csv(HEADINGS, rows(3))
    first = made.brought(body)
    who = made.officer()
    series_id = made.the_file(first).series_id
    upload = services.Upload(series_id, "again.csv", "csv", body)
    with scoped_as(session, who.scope):
        one, is_new = services.add_file(
            who.scope, who.actor, vault=made.tools().vault, upload=upload
        )
    assert (one.id, is_new) == (first, False)


def test_job_of_an_earlier_run_does_nothing(session: Session) -> None:
    file = made.checked(made.brought(as_csv(HEADINGS, rows(3))))
    with scoped_as(session, EVERYTHING):
        services.check_file(made.tools(), services.Job(file.id, file.run - 1))
        services.store_file(made.tools(), services.Job(file.id, file.run))
    assert made.the_file(file.id).state == "checked"


@pytest.mark.parametrize("username", ["results.approver", "admin", "monitor", "tsc.kisumu-east"])
def test_only_the_officer_loads(session: Session, username: str) -> None:
    who = acting_as(username)
    upload = services.Upload(1, "results.csv", "csv", b"x,y\n1,2\n")
    with pytest.raises(NotAllowed):
        services.add_file(who.scope, who.actor, vault=made.tools().vault, upload=upload)


def test_release_is_proven_and_counted(session: Session) -> None:
    given = [*rows(6), row(9, mean_grade="X"), row(10, mean_grade="Y")]
    release = made.loaded(*given)
    assert release.state == "checked"
    assert (release.proof["rows"], release.proof["cells"], release.proof["differences"]) == (
        8,
        88,
        0,
    )
    counts = release.counts
    assert (counts["candidates"], counts["registered"]) == (8, 9)
    assert counts["letters"] == {"X": 1, "Y": 1, "U": 0, "P": 0, "W": 0}
    assert counts["grades"]["B-"] == {"F": 3, "M": 3}
    assert [(one["name"], one["candidates"], one["registered"]) for one in counts["counties"]] == [
        ("Nakuru", 2, 3),
        ("Kisumu", 6, 6),
    ]
    english = next(one for one in counts["subjects"] if one["code"] == "101")
    assert (english["entries"], english["grades"]) == (8, {"A-": 7, "Y": 1})


@pytest.mark.parametrize(
    ("plant", "heading"),
    [
        ("subjects = jsonb_set(subjects, '{102}', '\"B-\"')", "102"),
        ("subjects = subjects - '565'", "565"),
        ("mean_grade = 'B'", "mean_grade"),
        ("sex = CASE sex WHEN 'F' THEN 'M' ELSE 'F' END", "sex"),
        ("names = names || 'x'", "names"),
    ],
)
def test_comparison_finds_a_planted_change(session: Session, plant: str, heading: str) -> None:
    """Negative control: one stored cell is not what the file says; a lost plus among them."""
    release_id = made.stored(made.checked(made.brought(as_csv(HEADINGS, rows(5)))).id).release_id
    assert release_id is not None
    with scoped_as(session, EVERYTHING):
        which = {"release": release_id, "index": index_number(HERE, 2)}
        session.execute(text(VERSION), which)
        session.execute(
            text(
                f"UPDATE result_candidate SET version = 2, {plant}"
                " WHERE release_id = :release AND index_number = :index"
            ),
            which,
        )
    release = made.proven(release_id)
    assert release.state == "loaded"
    assert release.proof["differences"] == 1
    assert release.proof["named"] == [{"row": 5, "heading": heading}]
    who = made.approver()
    with scoped_as(session, who.scope), pytest.raises(IllegalMove):
        services.approve(who.scope, who.actor, release_id)


def test_comparison_finds_a_missing_and_a_further_row() -> None:
    headings = ["index_number", "names", "sex", "mean_grade", "101"]
    cells = ["42238101001", "Achieng Otieno", "F", "A-", "B+"]
    stored = (*cells[:4], {"101": "B+"})
    digest = row_hash(*cells[:4], '{"101":"B+"}')
    found = compared(
        iter([(2, cells), (3, cells)]),
        iter([(2, *stored, digest), (4, *stored, digest)]),
        mapping=headings,
        headings=headings,
    )
    assert [one["row"] for one in found.named] == [3, 4]
    assert (found.rows, found.cells, found.differences) == (2, 5, 2)


def test_next_file_of_the_series_is_the_next_release(session: Session) -> None:
    first, second = made.loaded(*rows(3)), made.loaded(*rows(4))
    assert (first.number, second.number) == (2, 3)
    assert first.series_id == second.series_id


def test_generated_results_follow_2024() -> None:
    from collections import Counter

    from app.demo import results as demo

    found = Counter(mean for mean, _ in demo.means(demo.CANDIDATES))
    letters = {mean: found.pop(mean) for mean in "XYUPW"}
    assert (sum(found.values()), letters["Y"], sum(letters.values())) == (958_928, 840, 3_584)
    assert (found["A"], found["C+"], found["E"]) == (1_693, 99_338, 48_333)
    sexes = Counter(sex for mean, sex in demo.means(demo.CANDIDATES) if mean == "A")
    assert sexes == {"M": 1_137, "F": 556}


def test_generated_file_is_the_same_each_time() -> None:
    import io

    from app.demo import results as demo

    made_twice = []
    for _ in range(2):
        stream = io.StringIO()
        for _done in demo.write_results(stream, [(HERE, 40), ("32275101", 20)], 90):
            pass
        made_twice.append(stream.getvalue())
    assert made_twice[0] == made_twice[1]
    assert made_twice[0].count("\n") == 91


def test_generated_file_loads_without_a_fault(session: Session) -> None:
    import io

    from app.demo import results as demo

    stream = io.StringIO()
    for _done in demo.write_results(stream, [(HERE, 300), ("32275101", 300)], 900):
        pass
    file = made.checked(made.brought(stream.getvalue().encode()))
    assert (file.report["rows"], file.report["rejected"]) == (900, 0)
    codes = {fault["code"] for fault in file.report["faults"]}
    assert codes <= {"share-far", "column-empty"}


def test_old_files_are_wiped_and_a_proof_needs_its_file(session: Session) -> None:
    with scoped_as(session, EVERYTHING):
        file_id = made.brought(as_csv(HEADINGS, rows(3)))
        session.execute(
            text("UPDATE result_file SET added_at = added_at - interval '8 days' WHERE id = :id"),
            {"id": file_id},
        )
        assert services.wipe_old() == 1
    file = made.the_file(file_id)
    assert (file.state, file.first_rows) == ("discarded", None)


def test_records_stream_in_the_order_of_index_numbers(session: Session) -> None:
    release = made.loaded(*rows(6))
    with scoped_as(session, EVERYTHING):
        found = list(queries.records(session, release.id))
    assert [one.index_number for one in found] == sorted(one[0] for one in rows(6))
    first = next(one for one in found if one.index_number == index_number(HERE, 1))
    assert [(one.code, str(one.grade)) for one in first.subjects] == list(
        zip(made.CODES, GRADES, strict=True)
    )
    assert (first.school_code, first.school, first.version) == (HERE, "Kisumu East Old Boys", 1)
