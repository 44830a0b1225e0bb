"""Reading a release file: columns told apart, grades with their signs, columns that were shifted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import RuleBroken
from app.results.columns import LEFT_OUT, guess, plan_of, refuse_impossible
from app.results.rules import RowReader
from app.results.shifts import column_faults, share_faults
from app.words import untranslated

SUBJECTS = {
    "101": "English",
    "102": "Kiswahili",
    "504": "Kenya Sign Language",
    "565": "Business Studies",
}
HEADINGS = ("index_number", "names", "sex", "mean_grade", "101", "102", "504", "565")
MAPPING = list(HEADINGS)
CENTRES = {"42238101": (7, 3)}


def read(*rows: list[str], mapping: list[str] = MAPPING) -> tuple[list[Any], RowReader]:
    reader = RowReader(plan_of(mapping, SUBJECTS), HEADINGS, CENTRES)
    block = list(enumerate(rows, 2))
    return list(reader.staged([block], lambda _done: None)), reader


def row(index: str = "42238101001", **changes: str) -> list[str]:
    own = {"index": index, "names": "Achieng Ng'ang'a", "sex": "F", "mean": "B+"} | changes
    return [*list(own.values())[:4], *(changes.get(f"g{c}", g) for c, g in
            (("101", "A-"), ("102", "B+"), ("504", ""), ("565", "C-")))]  # fmt: skip


def codes(reader: RowReader) -> list[tuple[int | None, str]]:
    return [(fault.at, fault.code) for fault in reader.found.faults if not fault.warning]


@pytest.mark.parametrize("grade", ["A-", "B+", "C-", "A", "E", "D+", "D-", "X", "Y", "U", "P", "W"])
def test_grade_is_stored_with_its_very_sign(grade: str) -> None:
    staged, _ = read(row(mean=grade, g101=grade))
    assert (staged[0].mean_grade, json.loads(staged[0].subjects)["101"]) == (grade, grade)


def test_typeset_minus_is_the_minus() -> None:
    staged, _ = read(row(mean="B\u2212", g101="C\u2013"))
    assert (staged[0].mean_grade, json.loads(staged[0].subjects)["101"]) == ("B-", "C-")


@pytest.mark.parametrize("typed", ["F", "B +", "A+", "E-", "B--", "12", "B plus", "—", "AB", "0"])
def test_what_is_no_grade_is_refused_in_its_cell(typed: str) -> None:
    staged, reader = read(row(g102=typed))
    assert (staged, codes(reader)) == ([], [(5, "grade")])


def test_empty_mean_is_refused() -> None:
    assert codes(read(row(mean=""))[1]) == [(3, "mean-grade")]


@pytest.mark.parametrize(
    "index", ["4223810100", "42238101O01", "", "422381010011", "４２２３８１０１００１"]
)
def test_index_number_has_eleven_digits(index: str) -> None:
    assert codes(read(row(index))[1]) == [(0, "index-digits")]


def test_unknown_centre_is_refused() -> None:
    assert codes(read(row("42238999001"))[1]) == [(0, "centre-unknown")]


def test_second_row_of_an_index_number_names_the_first() -> None:
    staged, reader = read(row(), row())
    assert len(staged) == 1
    assert [(f.row, f.code, f.facts) for f in reader.found.faults if not f.warning] == [
        (3, "index-twice", {"row": 2})
    ]


@pytest.mark.parametrize("names", ["", "B+", "A", "12345678901", "=cmd", "Otieno|Were"])
def test_names_are_somebodys(names: str) -> None:
    assert codes(read(row(names=names))[1]) == [(1, "names")]


def test_headings_in_the_middle_are_found() -> None:
    assert codes(read(row(), list(HEADINGS))[1]) == [(0, "headings-again")]


def test_row_with_more_cells_than_headings_is_refused() -> None:
    assert codes(read([*row(), "C"])[1]) == [(None, "row-too-long")]


def test_row_shifted_by_one_cell_is_refused() -> None:
    shifted = [row()[0], "", *row()[1:-1]]
    assert {code for _, code in codes(read(shifted)[1])} == {"names", "sex", "mean-grade"}


def test_mean_beyond_every_subject_is_worth_a_look() -> None:
    _, reader = read(row(mean="E"))
    assert "mean-outside" in {fault.code for fault in reader.found.faults if fault.warning}


def test_column_whose_cells_do_not_look_like_its_heading_is_named() -> None:
    swapped = ["names", "index_number", *MAPPING[2:]]
    rows = [row(f"42238101{n:03d}") for n in range(1, 41)]
    _, reader = read(*rows, mapping=swapped)
    plan = plan_of(swapped, SUBJECTS)
    found = column_faults(plan, HEADINGS, reader.found, 1)
    assert [(fault.at, fault.code) for fault in found] == [(0, "column-unfit"), (1, "column-unfit")]


def far(filled: dict[int, int], expected: dict[str, float]) -> list[tuple[int | None, str]]:
    found = share_faults(
        plan_of(MAPPING, SUBJECTS), filled, 1000, names=SUBJECTS, expected=expected, row=1
    )
    assert all(fault.warning and untranslated(fault.message) for fault in found)
    return [(fault.at, fault.code) for fault in found]


EXPECTED = {"101": 1.0, "102": 0.997, "504": 0.003, "565": 0.33}


def test_kiswahili_shown_as_sign_language_is_seen() -> None:
    shifted = {4: 1000, 5: 3, 6: 997, 7: 330}
    assert far(shifted, EXPECTED) == [(5, "columns-exchanged"), (6, "columns-exchanged")]


def test_columns_as_expected_raise_nothing() -> None:
    assert far({4: 1000, 5: 996, 6: 4, 7: 350}, EXPECTED) == []


def test_column_without_candidates_is_seen() -> None:
    assert far({4: 1000, 5: 996, 6: 4, 7: 0}, EXPECTED) == [(7, "column-empty")]


@pytest.mark.parametrize(
    ("heading", "said"),
    [("101", "101"), ("102 Kiswahili", "102"), ("ENG (101)", "101"), ("Business Studies", "565"),
     ("Index No.", "index_number"), ("Candidate Name", "names"), ("Mean Grade", "mean_grade"),
     ("GENDER", "sex"), ("Klingon", ""), ("999", "")],
)  # fmt: skip
def test_heading_is_told(heading: str, said: str) -> None:
    assert guess([heading], SUBJECTS) == [said]


@pytest.mark.parametrize(
    ("mapping", "wrong"),
    [
        ([*MAPPING[:7], ""], {"column-unknown"}),
        ([*MAPPING[:7], "102"], {"column-twice"}),
        (["-", *MAPPING[1:]], {"column-missing"}),
        ([*MAPPING[:4], "-", "-", "-", "-"], {"column-missing"}),
    ],
)
def test_impossible_columns_are_refused(mapping: list[str], wrong: set[str]) -> None:
    with pytest.raises(RuleBroken) as refusal:
        refuse_impossible(mapping, HEADINGS, SUBJECTS)
    assert {problem.code for problem in refusal.value.problems} == wrong


def test_column_may_be_left_out_by_choice() -> None:
    refuse_impossible([*MAPPING[:7], LEFT_OUT], HEADINGS, SUBJECTS)
