"""A school's statistics are of loaded grades; a query is settled once; the list prints every sign."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pypdfium2
import pytest

from app.errors import IllegalMove
from app.results.documents import Result, SubjectGrade
from app.results.enums import Grade
from app.school_results.computation import absent_numbers, analysed, spread_of
from app.school_results.enums import QueryAct, QueryState
from app.school_results.machine import LEADS_TO, state_after
from reports.pdf.result_list import ROWS_A_PAGE, ResultList, ResultRow, result_list_pdf


def result(number: int, mean: str, sex: str = "F", **subjects: str) -> Result:
    grades = [SubjectGrade(code[1:], code, Grade(g)) for code, g in subjects.items()]
    return Result(f"42238001{number:03d}", "N", sex, "42238001", "S", Grade(mean), grades)


def test_mean_is_of_points_and_letters_have_none() -> None:
    spread = spread_of(map(Grade, ("A", "A-", "E", "X", "W", "Y", "U", "P")))
    assert (spread.entries, spread.graded, spread.mean) == (8, 3, Decimal("8.000"))
    assert spread_of([Grade.ABSENT]).mean is None
    assert spread_of([]).most == 0


def test_mean_is_rounded_half_up_to_three_places() -> None:
    grades = [Grade.A] * 1 + [Grade.A_MINUS] * 15
    assert spread_of(grades).mean == Decimal("11.063")


def test_subjects_count_whoever_sat_them() -> None:
    found = analysed(
        [
            result(1, "A", s101="A", s102="B+"),
            result(2, "C", "M", s101="C-"),
            result(3, "X", "M", s101="X"),
            result(4, "W"),
        ]
    )
    english, kiswahili = found.subjects
    assert (english.code, english.spread.entries, english.spread.graded) == ("101", 3, 2)
    assert english.spread.mean == Decimal("8.500")
    assert (kiswahili.code, kiswahili.spread.mean) == ("102", Decimal("10.000"))
    assert (found.by_sex["F"].mean, found.by_sex["M"].mean) == (Decimal(12), Decimal(7 - 1))


def test_missing_numbers_are_those_up_to_the_registered() -> None:
    results = [result(1, "A"), result(3, "W"), result(7, "X")]
    assert absent_numbers(results, 5) == ["002", "004", "005"]
    assert absent_numbers(results, 0) == []


@pytest.mark.parametrize("act", LEADS_TO)
@pytest.mark.parametrize("state", QueryState)
def test_query_is_settled_once(state: QueryState, act: QueryAct) -> None:
    if state is QueryState.RAISED:
        assert state_after(state, act) == LEADS_TO[act]
    else:
        with pytest.raises(IllegalMove) as refusal:
            state_after(state, act)
        assert refusal.value.code == "query-settled"


def test_list_fills_pages_and_each_says_the_release() -> None:
    rows = [
        ResultRow(f"42238001{nth:03d}", "Achieng' Ng'ang'a", "F", "B- (MINUS)", "101 A-, 102 B+", 1)
        for nth in range(1, ROWS_A_PAGE + 2)
    ]
    at = dt.datetime(2027, 1, 11, 8, tzinfo=dt.UTC)
    listed = ResultList("KCSE 2026", "Maseno", "42238001", "KCSE 2026, release 1", "All.", rows, at)
    pages = [
        page.get_textpage().get_text_bounded()
        for page in pypdfium2.PdfDocument(result_list_pdf(listed))
    ]
    assert [page.count("42238001") - 1 for page in pages] == [ROWS_A_PAGE, 1]
    for page in pages:
        assert "KCSE 2026, release 1" in page
        assert "B- (MINUS)" in page
        assert "101 A-, 102 B+" in " ".join(page.split())
