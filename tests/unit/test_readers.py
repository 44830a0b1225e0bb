"""Files as they come: every delimiter and encoding is read, every hostile file ends in a sentence."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from typing import Any

import pytest
import xlsxwriter

from app.errors import RuleBroken
from reports import readers
from reports.readers import limits
from reports.readers.delimited import decoded, delimiter_of
from tests.factories.lists import as_xlsx

NAMES = "Name,Place\nNg’ang’a Mwangi,Kisumu\n"


def rows(body: bytes) -> list[Any]:
    """The headings and every row, as the portal reads them."""
    kind = readers.kind_of(body)
    head = readers.head_of(body, kind)
    below = [row for block in readers.blocks_of(body, kind, after=head.row) for row in block]
    return [list(head.headings), *below]


def refusal(body: bytes) -> str:
    """The code with which a file is refused; every refusal has a whole sentence."""
    with pytest.raises(RuleBroken) as raised:
        rows(body)
    sentence = raised.value.spoken()
    assert sentence.endswith(".")
    assert "%(" not in sentence
    return raised.value.code


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_letters_are_read_in_every_usual_encoding(encoding: str) -> None:
    assert rows(NAMES.encode(encoding))[1] == (2, ["Ng’ang’a Mwangi", "Kisumu"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_out(delimiter: str) -> None:
    body = NAMES.replace(",", delimiter).encode()
    assert rows(body)[0] == ["Name", "Place"]


def test_delimiter_that_the_file_names_is_believed() -> None:
    assert rows(b"sep=;\nName;Place\nA, B;C\n") == [["Name", "Place"], (3, ["A, B", "C"])]


def test_commas_inside_quotation_marks_do_not_mislead() -> None:
    assert delimiter_of('"a,b,c,d";"x"\n"e,f,g,h";"y"\n') == ";"


def test_line_breaks_and_double_spaces_in_cells_become_one_space() -> None:
    assert rows(b'Name,Ward\n"Kola\r\nSouth  East",X\n')[1] == (2, ["Kola South East", "X"])


def test_rows_keep_the_numbers_a_spreadsheet_shows() -> None:
    body = b"List of officers\n\nName,Place\n\n,,\nA B,C\n"
    assert rows(body) == [["Name", "Place"], (6, ["A B", "C"])]


def test_apostrophe_that_our_own_files_put_before_a_sign_is_taken_off() -> None:
    assert rows(b"Name,Phone\nA B,'+254722000001\n")[1] == (2, ["A B", "+254722000001"])


def test_workbook_numbers_and_days_come_as_people_see_them() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["ID", "Share", "Born", "Yes"])
    sheet.write_row(1, 0, [31000001, 2.5])
    sheet.write_datetime(1, 2, __import__("datetime").datetime(1985, 3, 1), day)
    sheet.write_boolean(1, 3, True)
    book.close()
    assert rows(stream.getvalue())[1] == (2, ["31000001", "2.5", "1985-03-01", "TRUE"])


def test_formula_is_never_worked_out() -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Sum"])
    sheet.write(1, 0, "A B")
    sheet.write_formula(1, 1, '=WEBSERVICE("http://example.org/")', None, "as it was")
    book.close()
    assert rows(stream.getvalue())[1] == (2, ["A B", "as it was"])
    assert rows(b"Name,Sum\nA B,=1+1\n")[1] == (2, ["A B", "=1+1"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "file-empty"),
        (b"\r\n \n", "file-empty"),
        (b"Name,Place\n", "no-rows"),
        (b"Name,Place,name\nA,B,C\n", "heading-twice"),
        (b"Name,Place\nA\0B,C\n", "file-not-text"),
        (bytes(range(256)) * 40, "file-encoding"),
        (b"\xef\xbb\xbfName,Place\nA\xff,B\n", "file-encoding"),
        (b"Name,Place\nA\x81,B\n", "file-encoding"),
        (b"%PDF-1.7\n%\xe2\xe3", "file-not-a-table"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "file-not-a-table"),
        (b"<html><table><tr><td>A</td></tr></table></html>", "file-not-a-table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "file-old-format"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "workbook-locked",
        ),
        (b"PK\x03\x04 no archive at all", "workbook-broken"),
        (b"Name,Place\n" + b"x" * 5_000_000 + b",B\n", "line-too-long"),
        (b'Name,Place\n"' + b"x" * 900 * 40 + b'",B\n', "cell-too-long"),
        (b'Name,Place\n"never closed,B\n' + b"A,B\n" * 20_000, "cell-too-long"),
        (b"," * 2_000_000 + b"x\n" + b"A,B\n", "line-too-long"),
        (b"Name," + b"x," * 300 + b"y\nA,B\n", "too-many-columns"),
        (b"Name,Place\n" + b"x" * limits.MOST_BYTES, "file-too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_text_ends_in_a_sentence(body: bytes, code: str) -> None:
    assert refusal(body) == code


def workbook(sheet: bytes, **more: bytes) -> bytes:
    """A workbook around the XML of one sheet, packed as small as it goes."""
    parts = {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.'
        b'org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.'
        b'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="applica'
        b'tion/xml"/></Types>',
        "_rels/.rels": _RELATIONS % (b"officeDocument", b"xl/workbook.xml"),
        "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
        b'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        b'<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _RELATIONS % (b"worksheet", b"worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet,
    } | {name.replace("__", "/"): body for name, body in more.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, body in parts.items():
            packed.writestr(name, body)
    return stream.getvalue()


_RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/%s" Target="%s"/></Relationships>'
)
_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def cell(where: str, text: str = "x") -> bytes:
    return f'<c r="{where}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()


def sheet_of(*filled: str) -> bytes:
    rows = b"".join(
        b'<row r="%s">%s</row>' % ("".join(filter(str.isdigit, one)).encode(), cell(one))
        for one in filled
    )
    return _SHEET + b"<sheetData>" + rows + b"</sheetData></worksheet>"


def test_our_own_workbook_is_read() -> None:
    """Positive control: the hostile ones below are refused for what is hostile in them."""
    body = _SHEET + b'<sheetData><row r="1">' + cell("A1", "Name") + cell("B1", "Place")
    body += b'</row><row r="2">' + cell("A2") + cell("B2") + b"</row></sheetData></worksheet>"
    assert rows(workbook(body)) == [["Name", "Place"], (2, ["x", "x"])]


def test_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = workbook(_SHEET + b"<sheetData>" + b" " * 300_000_000 + b"</sheetData></worksheet>")
    assert len(bomb) < 1_000_000
    began = time.process_time()
    assert refusal(bomb) == "workbook-too-large"
    assert time.process_time() - began < 1


def test_zip_that_lies_about_its_size_is_refused() -> None:
    honest = workbook(_SHEET + b"<sheetData>" + b" " * 30_000_000 + b"</sheetData></worksheet>")
    size, lie = struct.pack("<I", 30_000_000 + len(_SHEET) + 35), struct.pack("<I", 900)
    assert honest.count(size) == 2
    assert refusal(honest.replace(size, lie)) in ("workbook-too-large", "workbook-broken")


def test_external_entities_are_refused() -> None:
    trap = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    assert refusal(workbook(trap + sheet_of("A1", "A2"))) == "workbook-entities"


def test_sheet_that_says_it_is_as_large_as_excel_goes_is_refused() -> None:
    huge = sheet_of("A1").replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    assert refusal(workbook(huge)) == "workbook-too-large"


def test_sheet_with_one_cell_in_the_last_corner_is_refused() -> None:
    assert refusal(workbook(sheet_of("A1", "XFD1048576"))) in (
        "file-too-heavy", "workbook-too-large", "workbook-broken",
    )  # fmt: skip


def test_wide_sheet_is_refused() -> None:
    wide = b"".join(cell(f"{column}1") for column in ("A", "B", "XFD"))
    body = _SHEET + b'<sheetData><row r="1">' + wide + b"</row></sheetData></worksheet>"
    assert refusal(workbook(body)) == "too-many-columns"


def test_merged_cells_below_the_headings_are_refused_and_titles_are_not() -> None:
    for merged, refused in (("A1:B1", False), ("A4:A5", True)):
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True})
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Officers of 2026")
        sheet.write_row(2, 0, ["Name", "Place"])
        sheet.write_row(3, 0, ["A B", "C"])
        sheet.write_row(4, 1, ["D"])
        sheet.merge_range(merged, "merged")
        book.close()
        if refused:
            assert refusal(stream.getvalue()) == "cells-merged"
        else:
            assert rows(stream.getvalue())[0] == ["Name", "Place"]


def test_cell_of_a_workbook_may_not_be_a_book() -> None:
    long = workbook(sheet_of("A1", "A2").replace(b"<t>x</t>", b"<t>" + b"y" * 5_000_000 + b"</t>"))
    assert refusal(long) in ("cell-too-long", "workbook-too-large")


def test_archive_of_something_else_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")
    assert refusal(stream.getvalue()) == "file-not-a-table"


def test_archive_with_thousands_of_parts_is_refused() -> None:
    parts = {f"xl__x{number}.xml": b"" for number in range(limits.MOST_PARTS)}
    assert refusal(workbook(sheet_of("A1"), **parts)) == "workbook-too-large"


def test_parser_that_dies_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is killed by its limits: here before it can read anything at all."""
    monkeypatch.setattr("reports.readers.reading.sys.executable", "/bin/false")
    assert refusal(as_xlsx(["Name", "Place"], [["A", "B"]])) == "file-too-heavy"


def test_reading_process_holds_itself_to_its_memory() -> None:
    import subprocess
    import sys

    script = (
        "from reports.readers import LIST; from reports.readers.child import limit_itself;"
        " limit_itself(LIST); bytearray(2 * 10**9)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert b"MemoryError" in ended.stderr


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"Name,Place\n" + b"A,B\n" * (limits.MOST_ROWS + 1)
    assert refusal(body) == "too-many-rows"


def test_decoding_never_guesses_beyond_windows() -> None:
    assert decoded("“Ng'ang'a”".encode("cp1252")) == "“Ng'ang'a”"
