"""Cells of lists: the forms' own formats, every other column's rule, mapping, moves, outlines."""

from __future__ import annotations

from itertools import product
from typing import Any

import phonenumbers
import pytest

from app.errors import IllegalMove, RuleBroken
from app.imports import outlines, rules
from app.imports.columns import COLUMNS
from app.imports.enums import Act, Kind, State
from app.imports.machine import BUSY, MOVES, OPEN, acts_in, moved
from app.imports.mapping import Choices, guess, headings_hash, needed
from app.imports.rules import Place, Places
from app.people import formats

EAST = Place(1, "Kisumu East", "238", "Kisumu", "42", "Kisumu East")
WEST = Place(2, "Kisumu West", "239", "Kisumu", "42", "Kisumu West")
CENTRAL = Place(3, "Central", "001", "Kisumu", "42")
OTHER_CENTRAL = Place(4, "Central", "002", "Nakuru", "32")
EVERYWHERE = (EAST, WEST, CENTRAL, OTHER_CENTRAL)


def code_of(check: Any, text: str) -> str:
    with pytest.raises(RuleBroken) as refusal:
        check(text)
    return refusal.value.code


@pytest.mark.parametrize("name", ["full_name", "mobile", "national_id", "kra_pin", "tsc_number"])
def test_officers_cells_are_checked_by_the_forms_own_formats(name: str) -> None:
    check = next(column.check for column in COLUMNS[Kind.OFFICERS] if column.name == name)
    form = {"full_name": formats.person_name}.get(name) or getattr(formats, name)
    assert check is form


def test_quick_way_of_usual_numbers_agrees_with_the_numbering_plan() -> None:
    for head, rest in product(range(100, 1000), ("000000", "123456", "999999")):
        number = phonenumbers.parse(f"+254{head}{rest}")
        valid = phonenumbers.is_valid_number(number) and str(head)[0] in "17"
        try:
            found = formats.mobile(f"0{head}{rest}")
        except RuleBroken:
            found = ""
        assert found == (f"254{head}{rest}" if valid else ""), head


@pytest.mark.parametrize(
    ("text", "stored"), [("F", "female"), ("male", "male"), ("Ke", "female"), ("M.", "male")]
)
def test_gender_words(text: str, stored: str) -> None:
    assert rules.gender(text) == stored


@pytest.mark.parametrize(
    ("text", "year"), [("1985", 1985), ("01/02/1985", 1985), ("1985-02-01", 1985)]
)
def test_year_of_birth_also_from_the_whole_date(text: str, year: int) -> None:
    assert rules.year_of_birth(text) == year


@pytest.mark.parametrize("text", ["85", "1900", "2026", "born", "1985.0x"])
def test_year_of_birth_refused(text: str) -> None:
    assert code_of(rules.year_of_birth, text) == "year-of-birth"


@pytest.mark.parametrize(
    ("text", "code"),
    [("42238001", "42238001"), ("1234567", "01234567"), ("422 38-001", "42238001")],
)
def test_centre_code_gets_back_the_zero_that_a_spreadsheet_dropped(text: str, code: str) -> None:
    assert rules.centre_code(text) == code


@pytest.mark.parametrize("text", ["123456", "123456789", "4223800A", ""])
def test_centre_code_refused(text: str) -> None:
    assert code_of(rules.centre_code, text) == "centre-code"


@pytest.mark.parametrize(("text", "number"), [("1,204", 1204), ("0", 0), ("45", 45)])
def test_whole_numbers(text: str, number: int) -> None:
    assert rules.whole(0, 9_999)(text) == number


@pytest.mark.parametrize("text", ["-1", "4.5", "1e3", "10000", "9" * 400, "forty"])
def test_whole_numbers_refused(text: str) -> None:
    assert code_of(rules.whole(0, 9_999), text) == "whole-number"


@pytest.mark.parametrize("text", ["nan", "inf", "200", "x", "36,1"])
def test_degrees_outside_kenya_refused(text: str) -> None:
    assert code_of(rules.degrees(33, 43), text) == "degrees"


def test_place_names_lose_stray_marks_and_need_letters() -> None:
    assert rules.place_name("“Ng’ura” Secondary.") == "“Ng'ura” Secondary"
    assert code_of(rules.place_name, "...") == "place-name"


@pytest.mark.parametrize(
    ("sub_county", "county", "place"),
    [
        ("Kisumu East", "", EAST),
        ("KISUMU-EAST Sub-County", "", EAST),
        ("239", "", WEST),
        ("Central", "Nakuru County", OTHER_CENTRAL),
        ("Central", "42", CENTRAL),
    ],
)
def test_sub_counties_by_every_spelling(sub_county: str, county: str, place: Place) -> None:
    assert Places(EVERYWHERE).named(sub_county, county) == place


@pytest.mark.parametrize(
    ("sub_county", "county", "code"),
    [("Atlantis", "", "place-unknown"), ("Central", "", "place-twice"), ("", "", "missing")],
)
def test_sub_counties_that_cannot_be_told(sub_county: str, county: str, code: str) -> None:
    places = Places(EVERYWHERE)
    for _again in range(2):
        assert code_of(lambda text: places.named(text, county), sub_county) == code


def test_directors_rows_lie_in_the_own_sub_county() -> None:
    places = Places(EVERYWHERE, EAST)
    assert places.named("", "") == EAST
    assert code_of(lambda text: places.named(text, ""), "Kisumu West") == "not-yours"


def test_headings_are_guessed_by_own_words_first() -> None:
    assert guess(Kind.OFFICERS, ["School", "Names", "Phone No.", "Name"]) == {
        "full_name": 1, "mobile": 2, "workstation": 0,
    }  # fmt: skip
    assert guess(Kind.CANDIDATES, ["Centre No", "Candidature"]) == {"code": 0, "candidates": 1}


def test_headings_are_known_again_whatever_their_case_and_with_the_corrected_column() -> None:
    plain = headings_hash(Kind.OFFICERS, ["Name", "Phone"])
    assert headings_hash(Kind.OFFICERS, ["NAME", "phone", "What is wrong"]) == plain
    assert headings_hash(Kind.CENTRES, ["Name", "Phone"]) != plain


def test_list_without_codes_needs_the_ministrys_code_instead() -> None:
    made = needed(Kind.CENTRES, Choices(make_codes=True), own=False)
    assert set(made) == {"name", "sub_county", "moe_code", "level"}
    assert set(needed(Kind.CENTRES, Choices(), own=True)) == {"code", "name"}


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_every_move_is_in_the_table_or_refused(state: State, act: Act) -> None:
    if (state, act) in MOVES:
        assert moved(state, act) == MOVES[state, act]
        assert act in acts_in(state)
    else:
        with pytest.raises(IllegalMove):
            moved(state, act)


def test_stored_and_discarded_are_the_end() -> None:
    assert acts_in(State.STORED) == acts_in(State.DISCARDED) == frozenset()
    assert BUSY < OPEN


def test_point_is_found_in_its_sub_county_or_elsewhere() -> None:
    assert outlines.elsewhere("Kisumu East", 34.80, -0.10) in (None, "Kisumu Central")
    assert outlines.elsewhere("Kisumu East", 36.07, -0.30) is not None
    assert outlines.elsewhere("Kisumu East", 33.1, -4.9) == ""
    assert outlines.elsewhere("No such name", 36.07, -0.30) is None
