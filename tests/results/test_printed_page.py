"""The public page on paper: one sheet with the grades, the check code and where it is checked."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.results.control import Control, write_control
from app.results.documents import record_of
from app.results.edge import Edge, meta_of
from app.results.pages import Contacts, answers_of, shells_of
from app.results.store import Writer
from tests.browsers import CHROMIUM_FLAGS, chromium
from tests.results.worlds import FIRST, KEY, SEAL, result

INDEX, CODE, CHECK_AT = "42238006001", "ABCD-EFGH-JKLM", "portal.example/verify/"


def page_of(folder: Path, language: str, contacts: Contacts) -> str:
    """The page of a candidate, as the edge answers it."""
    one = replace(result(INDEX), check_code=CODE)
    with Writer(folder / "s1", SEAL) as writer:
        writer.add(INDEX.encode(), 1, record_of(one, FIRST))
        writer.say(meta_of(shells_of(FIRST, contacts), answers_of(FIRST)), {"number": 1})
    write_control(folder, Control("s1", time.time() - 60, KEY.hex()))
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/results/",
        "QUERY_STRING": f"index={INDEX}&name=Achieng&lang={language}",
        "REMOTE_ADDR": "192.0.2.7",
    }
    return b"".join(Edge(folder)(environ, lambda *_: None)).decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Check code"), ("sw", "Nambari ya uhakiki")]
)
def test_page_carries_the_code_and_stays_light(tmp_path: Path, language: str, words: str) -> None:
    page = page_of(tmp_path, language, Contacts(("0800 721 572",), CHECK_AT))
    assert f"{words} <b>{CODE}</b>" in page
    assert CHECK_AT in page
    assert len(page.encode()) < 20_000


def test_page_names_no_place_where_none_is_known(tmp_path: Path) -> None:
    page = page_of(tmp_path, "en", Contacts())
    assert CODE in page
    assert "checks it at" not in page


def test_page_prints_on_one_sheet_without_what_is_for_screens(tmp_path: Path) -> None:
    path = chromium()
    if path is None:
        if os.environ.get("E2E") == "required":
            pytest.fail("E2E=required, and there is no Chromium")
        pytest.skip("NO CHROMIUM FOUND: the printed page was not looked at")
    html, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    html.write_text(page_of(tmp_path, "en", Contacts(("0800 721 572",), CHECK_AT)))
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    printing = ["--headless=new", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    subprocess.run(
        [path, *CHROMIUM_FLAGS, *root, *printing, profile, html.as_uri()],
        check=True, capture_output=True, timeout=90,
    )  # fmt: skip
    [sheet] = PdfReader(pdf).pages
    assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]
    text = " ".join(sheet.extract_text().split())
    for words in ("B- (MINUS)", "A- (MINUS)", "B+ (PLUS)", "C- (MINUS)", INDEX, CODE, CHECK_AT):
        assert words in text
    assert [words for words in ("Another result", "Kiswahili English") if words in text] == []
