"""Papers read back as text: what a director signs is what the values said."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest

from app.attendance.enums import MarkStatus, RegisterState
from reports.pdf.paper import BOLD, ELLIPSIS, PLAIN, Room, clean, fitted, paged, width_mm, wrapped
from reports.pdf.password_slips import password_slips_pdf
from reports.pdf.register_sheet import mark_words, register_sheet_pdf
from reports.pdf.season_matrix import season_matrix_pdf
from reports.pdf.values import (
    CentreHead,
    PasswordSlip,
    RegisterRow,
    RegisterSheet,
    SeasonDay,
    SeasonRow,
    SeasonSheet,
    SlipSheet,
)

P, L, A = MarkStatus.PRESENT, MarkStatus.LATE, MarkStatus.ABSENT
A4_POINTS = (595, 841)
HEAD = CentreHead("KCSE 2026", "Kisumu Day Secondary School", "42701104", "Kisumu East", "Kisumu")
NOW = datetime(2026, 11, 2, 11, 5, tzinfo=UTC)
ROWS = (
    RegisterRow("Caroline Achieng", "Centre manager", "412345", P, marked_own_row=True),
    RegisterRow("Peter Ng'ang'a", "Supervisor", "412352", L, 25, "Matatu broke down"),
    RegisterRow("Grace Mũthoni", "Invigilator", "412359", A),
    RegisterRow("José Kĩmani", "Security"),
)
SHEET = RegisterSheet(
    head=HEAD,
    day=date(2026, 11, 2),
    day_kind="Written papers",
    rows=ROWS,
    state=RegisterState.SUBMITTED,
    version=3,
    printed_at=NOW,
    sessions="08:00 and 14:00",
    candidates=1227,
    submitted_at=datetime(2026, 11, 2, 4, 42, tzinfo=UTC),
    marked_by="Caroline Achieng",
    digest="7f3a 19c2",
)


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def lines_of(content: bytes) -> list[str]:
    return [line.strip() for page in pages_of(content) for line in page.splitlines()]


def roster(count: int) -> RegisterSheet:
    rows = tuple(RegisterRow(f"Officer {n:03}", "Invigilator") for n in range(count))
    return replace(SHEET, rows=rows)


def missing(expected: set[str], lines: list[str]) -> set[str]:
    return expected - set(lines)


def test_register_sheet_says_where_when_and_in_which_state() -> None:
    expected = {
        "KENYA NATIONAL EXAMINATIONS COUNCIL",
        "Daily attendance register",
        "Sajili ya mahudhurio ya siku",
        "KCSE 2026",
        "Monday 2 November 2026",
        "Kisumu Day Secondary School",
        "42701104",
        "Kisumu East",
        "Written papers",
        "1,227",
        "SUBMITTED",
        "Version 3 · submitted 2 Nov 2026, 07:42 by Caroline Achieng · not yet confirmed",
        "Printed 2 Nov 2026, 14:05 · state submitted, version 3 · digest 7f3a 19c2",
        "Page 1 of 1",
    }
    assert missing(expected, lines_of(register_sheet_pdf(SHEET))) == set()


def test_register_sheet_prints_names_as_they_are_spelt() -> None:
    expected = {"Peter Ng'ang'a", "Grace Mũthoni", "José Kĩmani"}
    assert missing(expected, lines_of(register_sheet_pdf(SHEET))) == set()


def test_register_sheet_has_a_box_for_each_signer_and_counts_the_marks() -> None:
    lines = lines_of(register_sheet_pdf(SHEET))
    expected = {
        "Officer's signature",
        "Centre manager",
        "Sub-County Director of Education",
        "On the roster 4 · Present 1 · Late 1 · Absent 1 · Not marked 1",
    }
    assert missing(expected, lines) == set()
    assert lines.count("Official stamp") == 2
    assert lines.count("Signature · Sahihi") == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [(ROWS[0], "P"), (ROWS[1], "L 25 min"), (ROWS[2], "Ab"), (ROWS[3], "")],
)
def test_mark_is_printed_in_the_letters_of_the_register(row: RegisterRow, words: str) -> None:
    assert mark_words(row) == words


def test_marker_of_own_row_is_shown_to_the_one_who_confirms() -> None:
    assert "Marked own row." in lines_of(register_sheet_pdf(SHEET))


def test_confirmed_register_names_who_confirmed() -> None:
    confirmed = replace(
        SHEET,
        state=RegisterState.CONFIRMED,
        confirmed_at=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        confirmed_by="SCDE Kisumu East",
    )
    said = "Version 3 · submitted 2 Nov 2026, 07:42 by Caroline Achieng · confirmed 2 Nov 2026, 12:00 by SCDE Kisumu East"
    assert said in lines_of(register_sheet_pdf(confirmed))


def test_reopened_register_no_longer_claims_its_confirmation() -> None:
    reopened = replace(
        SHEET, state=RegisterState.OPEN, confirmed_at=NOW, confirmed_by="SCDE Kisumu East"
    )
    text = " ".join(lines_of(register_sheet_pdf(reopened)))
    assert "SCDE Kisumu East" not in text
    assert "not yet confirmed" in text


def test_register_not_opened_prints_empty_to_be_filled_by_hand() -> None:
    rows = tuple(replace(row, mark=None, marked_own_row=False) for row in ROWS)
    blank = replace(SHEET, state=None, version=0, submitted_at=None, rows=rows)
    lines = lines_of(register_sheet_pdf(blank))
    assert missing({"NOT OPENED", "Nothing marked yet"}, lines) == set()
    assert "On the roster 4 · Present 0 · Late 0 · Absent 0 · Not marked 4" in lines


@pytest.mark.parametrize(
    ("officers", "pages"), [(0, 1), (1, 1), (18, 1), (19, 2), (45, 2), (46, 3), (120, 5)]
)
def test_register_sheet_holds_every_officer_once_whatever_the_roster(
    officers: int, pages: int
) -> None:
    texts = pages_of(register_sheet_pdf(roster(officers)))
    assert len(texts) == pages
    found = [line for text in texts for line in text.splitlines() if line.startswith("Officer 0")]
    found += [line for text in texts for line in text.splitlines() if line.startswith("Officer 1")]
    assert found == [f"Officer {n:03}" for n in range(officers)]
    assert [f"Page {n} of {pages}" in text for n, text in enumerate(texts, 1)] == [True] * pages
    assert ["Official stamp" in text for text in texts] == [False] * (pages - 1) + [True]


def test_markup_in_a_name_is_printed_and_not_obeyed() -> None:
    rows = (RegisterRow("<b>Bold</b> & <img src='file:///etc/passwd'/>", "%s {0} \\n"),)
    lines = lines_of(register_sheet_pdf(replace(SHEET, rows=rows)))
    assert "%s {0} \\n" in lines
    assert any(line.startswith("<b>Bold</b> & <img") for line in lines)


def test_paper_is_a4_upright_and_lying() -> None:
    for content, expected in (
        (register_sheet_pdf(SHEET), A4_POINTS),
        (season_matrix_pdf(season(5, 2)), tuple(reversed(A4_POINTS))),
        (password_slips_pdf(slips(1)), A4_POINTS),
    ):
        box = pypdf.PdfReader(io.BytesIO(content)).pages[0].mediabox
        assert (int(box.width), int(box.height)) == expected


def test_fonts_travel_with_the_paper() -> None:
    page = pypdf.PdfReader(io.BytesIO(register_sheet_pdf(SHEET))).pages[0]
    for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
        described = font.get_object().get("/FontDescriptor")
        base_14_of_the_writer = font.get_object()["/BaseFont"] == "/Helvetica"
        assert base_14_of_the_writer or "/FontFile2" in described


def season(days: int, officers: int) -> SeasonSheet:
    start = date(2026, 10, 23)
    calendar = tuple(
        SeasonDay(start + timedelta(days=n), n > 0, RegisterState.CONFIRMED if n < 2 else None)
        for n in range(days)
    )
    marks = tuple([P, L, A, None, P][n % 5] for n in range(days))
    rows = tuple(SeasonRow(f"Officer {n:03}", "Invigilator", marks) for n in range(officers))
    return SeasonSheet(HEAD, calendar, rows, NOW)


def test_season_matrix_totals_each_officer() -> None:
    lines = lines_of(season_matrix_pdf(season(5, 1)))
    at = lines.index("Officer 000")
    assert lines[at : at + 10] == [
        "Officer 000", "Invigilator", "P", "L", "Ab", "P", "2", "1", "1", "3",
    ]  # fmt: skip


def test_season_matrix_shows_the_state_of_each_day() -> None:
    lines = lines_of(season_matrix_pdf(season(5, 1)))
    at = lines.index("Register of the day")
    assert lines[at + 1 : at + 6] == ["C", "C", "–", "–", "–"]


@pytest.mark.parametrize(
    ("days", "officers", "pages"), [(1, 0, 1), (21, 9, 1), (21, 13, 2), (26, 5, 1), (54, 5, 3)]
)
def test_season_matrix_continues_over_pages_and_is_signed_on_the_last(
    days: int, officers: int, pages: int
) -> None:
    texts = pages_of(season_matrix_pdf(season(days, officers)))
    assert len(texts) == pages
    assert ["Official stamp" in text for text in texts] == [False] * (pages - 1) + [True]


def slips(count: int) -> SlipSheet:
    return SlipSheet(
        examination="KCSE 2026",
        slips=tuple(
            PasswordSlip(
                "St. Mary's Ng'iya Girls", f"427011{n:02}", "Kisumu East", f"KCSE427011{n:02}",
                f"KT7M-Q2XN-{n:04}",
            )
            for n in range(count)
        ),
        address="sajili.example",
        issued_by="TSC Sub-County Director, Kisumu East",
        issued_at=NOW,
        desk="0700 000 000",
    )  # fmt: skip


def test_slip_says_who_how_and_warns_in_both_languages() -> None:
    expected = {
        "St. Mary's Ng'iya Girls",
        "Centre code 42701100 · Kisumu East sub-county",
        "KCSE42701100",
        "KT7M-Q2XN-0000",
        "1. Open sajili.example and type the user",
        "1. Fungua sajili.example, andika jina la",
        "Works once. Tell nobody; no office will ever ask you for it.",
        "Hutumika mara moja. Usimwambie yeyote; hakuna ofisi itakayokuuliza.",
        "Help · Msaada: 0700 000 000",
        "Issued 2 Nov 2026, 14:05 by TSC Sub-County Director, Kisumu East",
    }
    assert missing(expected, lines_of(password_slips_pdf(slips(1)))) == set()


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (8, 1), (9, 2), (17, 3)])
def test_eight_slips_stand_on_a_page_and_each_password_once(count: int, pages: int) -> None:
    texts = pages_of(password_slips_pdf(slips(count)))
    assert len(texts) == pages
    for n in range(count):
        assert sum(text.count(f"KT7M-Q2XN-{n:04}") for text in texts) == 1
        assert f"KT7M-Q2XN-{n:04}" in texts[n // 8]


def test_no_slips_is_a_mistake_and_no_empty_paper() -> None:
    with pytest.raises(ValueError, match="no slips"):
        password_slips_pdf(slips(0))


def test_same_values_give_the_same_bytes() -> None:
    assert register_sheet_pdf(SHEET) == register_sheet_pdf(SHEET)
    assert season_matrix_pdf(season(21, 13)) == season_matrix_pdf(season(21, 13))
    assert password_slips_pdf(slips(9)) == password_slips_pdf(slips(9))


def test_other_values_give_other_bytes() -> None:
    assert register_sheet_pdf(SHEET) != register_sheet_pdf(replace(SHEET, version=4))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Ng'ang'a\r\nPeter", "Ng'ang'a Peter"),
        ("two\u202eowt", "two owt"),
        ("  wide \t space ", "wide space"),
        ("Jose\u0301", "José"),
        ("nul\x00", "nul"),
    ],
)
def test_text_is_one_line_of_printable_letters(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_long_text_is_cut_to_its_box_with_an_ellipsis() -> None:
    cut = fitted("Abdullahi Mohamed Abdirahman Hassan", BOLD, 9, 30)
    assert cut.endswith(ELLIPSIS)
    assert width_mm(cut, BOLD, 9) <= 30
    assert fitted("Short", BOLD, 9, 30) == "Short"


def test_wrapped_text_breaks_at_spaces_and_keeps_every_word_that_fits() -> None:
    assert wrapped("one two three", PLAIN, 9, 60, most=2) == ["one two three"]
    assert wrapped("one two three", PLAIN, 9, 14, most=3) == ["one two", "three"]
    assert wrapped("", PLAIN, 9, 14, most=3) == []
    assert wrapped("101\u00a0A-, 102\u00a0B+", PLAIN, 9, 17, most=3) == ["101 A-,", "102 B+"]


def test_pages_never_end_in_a_closing_block_without_rows() -> None:
    room = Room(rows=10, rows_and_close=4)
    for count in range(60):
        pages = paged(list(range(count)), room, room)
        assert [row for page in pages for row in page] == list(range(count))
        assert all(len(page) <= 10 for page in pages[:-1])
        assert len(pages[-1]) <= 4
        assert count == 0 or len(pages[-1]) >= 1
