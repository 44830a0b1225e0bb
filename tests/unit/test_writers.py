"""Files that spreadsheets open: what was written is read back, and nothing in it is alive."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from reports import xlsx_writer
from reports.csv_writer import csv_bytes, csv_pieces, harmless
from reports.tables import Cell, Column, Kind, Table
from reports.xlsx_writer import xlsx_bytes

MADE = datetime(2026, 11, 2, 4, 41, tzinfo=UTC)
DANGEROUS = (
    '=HYPERLINK("http://evil.example","click")',
    "=1+1",
    "+254700000000",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
)
COLUMNS = (
    Column("name", "Name"),
    Column("days", "Days", Kind.INT),
    Column("owed", "Owed (KSh)", Kind.KES),
    Column("day", "Day", Kind.DATE),
    Column("at", "Marked at", Kind.TIME),
    Column("share", "Present", Kind.PERCENT),
)
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("Njoki Mũthoni", 12, 8160, date(2026, 11, 2), datetime(2026, 11, 2, 4, 42, tzinfo=UTC), 0.873),
    ("Ng'ang'a, \"José\"", 0, None, date(2026, 11, 3), time(7, 5), 1.0),
)


def table(
    rows: object = ROWS, columns: tuple[Column, ...] = COLUMNS, title: str = "Claims"
) -> Table:
    return Table(
        title=title,
        columns=columns,
        rows=rows,  # type: ignore[arg-type]
        made_at=MADE,
        filters="Kisumu East, 2 November",
        credit="Schools: Ministry of Education, CC0",
    )


def names(*texts: str) -> Table:
    return table([(text,) for text in texts], (Column("name", "Name"),))


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def read_xlsx(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_csv_holds_plain_numbers_iso_days_and_nairobi_times() -> None:
    assert read_csv(csv_bytes(table())) == [
        ["Name", "Days", "Owed (KSh)", "Day", "Marked at", "Present"],
        ["Njoki Mũthoni", "12", "8160", "2026-11-02", "07:42", "0.873"],
        ["Ng'ang'a, \"José\"", "0", "", "2026-11-03", "07:05", "1.0"],
    ]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert read_csv(csv_bytes(names(text)))[1] == [f"'{text}"]


def test_csv_text_is_quoted_so_that_a_semicolon_opens_no_second_cell() -> None:
    assert csv_bytes(names("a;=1+1")) == b'"Name"\r\n"a;=1+1"\r\n'


def test_csv_label_that_looks_like_a_formula_gets_an_apostrophe() -> None:
    assert read_csv(csv_bytes(table([], (Column("x", "=1+1"),)))) == [["'=1+1"]]


def test_naive_csv_writer_would_have_written_the_formula() -> None:
    naive = pd.DataFrame({"Name": DANGEROUS[:1]}).to_csv(index=False).encode()
    assert read_csv(naive)[1] == [DANGEROUS[0]]
    assert read_csv(csv_bytes(names(DANGEROUS[0])))[1] != [DANGEROUS[0]]


def test_csv_negative_number_stays_a_number() -> None:
    assert csv_bytes(table([(-5,)], (Column("n", "N", Kind.INT),))) == b'"N"\r\n-5\r\n'


def test_csv_streams_without_reading_all_rows_first() -> None:
    taken = 0

    def rows() -> Iterator[tuple[str]]:
        nonlocal taken
        for n in range(5_000):
            taken += 1
            yield (f"row {n}",)

    pieces = csv_pieces(table(rows(), (Column("name", "Name"),)))
    next(pieces)
    next(pieces)
    assert taken == 500
    assert sum(piece.count(b"\r\n") for piece in pieces) == 4_500


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_csv_gives_back_every_text(texts: list[str]) -> None:
    read = read_csv(csv_bytes(names(*texts)))
    assert [row[0] for row in read[1:]] == [harmless(text) for text in texts]
    assert all(not row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in read[1:])


def test_xlsx_holds_real_numbers_days_and_times() -> None:
    book = read_xlsx(xlsx_bytes(table()))
    sheet = book["Claims"]
    assert [cell.value for cell in sheet[1]] == [column.label for column in COLUMNS]
    assert [cell.value for cell in sheet[2]] == [
        "Njoki Mũthoni",
        12,
        8160,
        datetime(2026, 11, 2),  # noqa: DTZ001
        time(7, 42),
        0.873,
    ]
    assert [cell.number_format for cell in sheet[2]] == [
        "@",
        "#,##0",
        "#,##0",
        "yyyy-mm-dd",
        "hh:mm",
        "0.0%",
    ]
    assert sheet["C3"].value is None
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", DANGEROUS)
def test_xlsx_text_is_never_a_formula(text: str) -> None:
    cell = read_xlsx(xlsx_bytes(names(text))).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("_x000D_", "\r") == text


def test_naive_xlsx_writer_would_have_written_a_live_formula() -> None:
    naive = io.BytesIO()
    pd.DataFrame({"Name": ["=1+1"]}).to_excel(naive, index=False)
    assert read_xlsx(naive.getvalue()).worksheets[0]["A2"].data_type == "f"


def test_xlsx_web_address_is_text_and_no_link() -> None:
    cell = read_xlsx(xlsx_bytes(names("http://evil.example"))).worksheets[0]["A2"]
    assert (cell.value, cell.hyperlink) == ("http://evil.example", None)


def test_xlsx_text_longer_than_a_cell_is_cut_and_not_lost() -> None:
    cell = read_xlsx(xlsx_bytes(names("x" * 40_000))).worksheets[0]["A2"]
    assert cell.value == "x" * 32_767


def test_xlsx_says_what_it_shows_and_whose_data_it_is() -> None:
    about = read_xlsx(xlsx_bytes(table()))["About"]
    assert [(row[0].value, row[1].value) for row in about.iter_rows()] == [
        ("Report", "Claims"),
        ("Shows", "Kisumu East, 2 November"),
        ("Made at", "2026-11-02 07:41, Nairobi time"),
        ("Source", "Schools: Ministry of Education, CC0"),
    ]


def test_xlsx_instant_outside_a_time_column_keeps_its_day() -> None:
    instant = datetime(2026, 11, 2, 21, 30, tzinfo=UTC)
    content = xlsx_bytes(table([(instant,)], (Column("at", "At", Kind.DATE),)))
    expected = datetime(2026, 11, 3, 0, 30)  # noqa: DTZ001
    assert read_xlsx(content).worksheets[0]["A2"].value == expected


@pytest.mark.parametrize(
    ("title", "sheet"),
    [
        ("Claims: Kisumu / Nakuru [2026]", "Claims  Kisumu   Nakuru  2026"),
        ("'quoted'", "quoted"),
        ("History", "Table"),
        ("", "Table"),
        ("x" * 40, "x" * 31),
    ],
)
def test_xlsx_sheet_gets_a_name_that_spreadsheets_accept(title: str, sheet: str) -> None:
    assert read_xlsx(xlsx_bytes(table(title=title))).sheetnames == [sheet, "About"]


def test_xlsx_bytes_are_the_same_for_the_same_table() -> None:
    assert xlsx_bytes(table()) == xlsx_bytes(table())


def test_xlsx_refuses_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_writer, "MOST_ROWS", 3)
    assert len(list(read_xlsx(xlsx_bytes(names(*"abc"))).worksheets[0].rows)) == 4
    with pytest.raises(RuleBroken) as refused:
        xlsx_bytes(names(*"abcd"))
    assert refused.value.code == "too-many-rows"


def test_row_of_another_length_than_the_columns_is_refused_by_both_writers() -> None:
    crooked = [("one", "two")]
    with pytest.raises(ValueError, match="zip"):
        csv_bytes(table(crooked, (Column("name", "Name"),)))
    with pytest.raises(ValueError, match="zip"):
        xlsx_bytes(table(crooked, (Column("name", "Name"),)))


def test_xlsx_leaves_no_file_behind_even_when_the_report_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    xlsx_bytes(table())
    with pytest.raises(ValueError, match="zip"):
        xlsx_bytes(table([("one", "two")], (Column("name", "Name"),)))
    assert list(tmp_path.iterdir()) == []
