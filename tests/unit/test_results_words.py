"""Grades keep their signs and names are compared as people write them."""

from __future__ import annotations

import pytest

from app.results.enums import LETTERS, Grade
from app.results.folding import folded, is_registered, stored_names, tokens_of
from app.results.grades import POINTS, read_grade, words_of

NAMES = "Achieng' Ng\u2019ang\u2019a  WANJIK\u0168-Mu\u00f1oz"


@pytest.mark.parametrize(
    ("grade", "words"),
    [
        ("A", "A (PLAIN)"), ("A-", "A- (MINUS)"), ("B+", "B+ (PLUS)"), ("B", "B (PLAIN)"),
        ("B-", "B- (MINUS)"), ("C+", "C+ (PLUS)"), ("C-", "C- (MINUS)"), ("D+", "D+ (PLUS)"),
        ("D-", "D- (MINUS)"), ("E", "E (PLAIN)"), ("X", "X (ABSENT)"), ("Y", "Y (CANCELLED)"),
        ("U", "U (REQUIREMENTS NOT MET)"), ("P", "P (PENDED)"), ("W", "W (WITHHELD)"),
    ],
)  # fmt: skip
def test_a_grade_is_said_in_letters_and_words(grade: str, words: str) -> None:
    assert words_of(Grade(grade)) == words


def test_points_fall_from_twelve_to_one() -> None:
    assert list(POINTS.values()) == list(range(12, 0, -1))
    assert list(POINTS) == [one for one in Grade if one not in LETTERS]


@pytest.mark.parametrize("typed", ["B-", " b- ", "B\u2212", "B\u2013", "b\u2010", "B\u2011"])
def test_a_minus_is_a_minus_however_it_was_set(typed: str) -> None:
    assert read_grade(typed) is Grade.B_MINUS


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "B--", "B+-", "B\u2014", "E-", "A+", "F", "12", "B minus", "8", "BB"]
)
def test_what_is_no_grade_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        read_grade(typed)


def test_every_grade_reads_back_as_itself() -> None:
    assert [read_grade(one.value) for one in Grade] == list(Grade)


def test_names_fold_to_whole_words() -> None:
    assert tokens_of(NAMES) == ("achieng", "nganga", "wanjikumunoz")
    assert tokens_of("OTIENO Otieno otieno") == ("otieno",)
    assert folded("\u0130brahim \u00d8st ~ \u4e2d") == "ibrahim ost"


@pytest.mark.parametrize(
    "typed",
    [
        "ACHIENG", "achieng'", " Ng'ang'a ", "nganga", "NG\u2018ANG\u2018A", "Wanjiku-Munoz",
        "Wanjiku Munoz", "Achieng nganga", "Ng`ang`a achieng",
    ],
)  # fmt: skip
def test_any_registered_name_opens(typed: str) -> None:
    assert is_registered(typed, stored_names(tokens_of(NAMES)))


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "ach", "achien", "chieng", "wanjiku", "achieng otieno", "|", "a|b", "nganga1", "'"],
)
def test_parts_others_and_guessed_lists_do_not_open(typed: str) -> None:
    assert not is_registered(typed, stored_names(tokens_of(NAMES)))


def test_an_initial_opens_nothing_beside_a_name() -> None:
    assert not is_registered("J", stored_names(tokens_of("J Kamau")))
    assert is_registered("O", stored_names(tokens_of("O")))
