"""A principal on a phone and at a desk: the whole school, its files, a query asked and answered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import python_calamine
from flask import Flask
from sqlalchemy import create_engine

from app.extensions import db
from tests.browsers import Server, served, too_wide
from tests.factories import school_results as school
from tests.factories import world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2026-11-11T07:20:00+03:00"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
WORDS = "Her English paper was strong all year."
ANSWER = "Read again by two examiners: the grade stands."


@pytest.fixture(scope="module")
def portal(app: Flask, clone_database: Any, tmp_path_factory: Any) -> Iterator[Server]:
    """The launcher on the test world, this year's release open and last year's beside it."""
    folder = tmp_path_factory.mktemp("schools")
    with clone_database("schools") as urls:
        open_releases(app, urls.app, folder / "stores")
        with served(urls, folder, NOW=NOW) as server:
            yield server


def open_releases(app: Flask, url: str, stores: Path) -> None:
    """Loads and opens the releases by the services themselves, committed for real."""
    engines = db._app_engines[app]
    before, engines[None] = engines[None], create_engine(url)
    try:
        with app.app_context():
            school.opened_last_year(stores)
            school.opened(stores)
            db.session.commit()
            db.session.remove()
    finally:
        engines[None].dispose()
        engines[None] = before


def sign_in(page: Any, portal: Server, account: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{portal.url}/login/")
    page.fill("#username", account)
    page.fill("#password", world.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def fits(page: Any) -> bool:
    """Whether nothing is wider than the screen."""
    return too_wide(page) == 0


def taken(page: Any, label: str) -> bytes:
    """The file that a link gives."""
    with page.expect_download() as found:
        page.click(f"text={label}")
    return Path(found.value.path()).read_bytes()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_principal_finds_the_school_takes_its_files_and_asks(
    page: Any, portal: Server, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)
    sign_in(page, portal, school.LOGIN)
    page.click("text=Open the results of your school")
    page.wait_for_selector(".pupils")
    assert "4 of 80 candidates have results" in page.inner_text(".sentence")
    assert fits(page)
    book = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(taken(page, "Download all results (Excel)"))
    )
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[1:4]] == ["A-", "B+", "C-"]
    slips = pypdfium2.PdfDocument(taken(page, "Slips, four to a page"))
    assert len(slips) == 2
    assert len(pypdfium2.PdfDocument(taken(page, "List (PDF, A4)"))) == 1

    page.goto(f"{portal.url}/school-results/analysis")
    assert "9.000" in page.inner_text("main")
    assert "KCSE 2025" in page.inner_text("main")
    assert fits(page)

    number = "002" if size is PHONE else "004"
    page.goto(f"{portal.url}/school-results/")
    page.fill("#q", school.NAMES[int(number)])
    page.keyboard.press("Enter")
    page.wait_for_selector(f"text={school.NAMES[int(number)]}")
    page.click(".pupils a:has-text('Raise a query')")
    page.wait_for_selector("#words")
    assert fits(page)
    page.select_option("#subject", "101")
    page.fill("#words", WORDS)
    page.click("text=Send the query")
    page.wait_for_selector("text=Waits for an answer")

    sign_in(page, portal, "results.officer")
    page.goto(f"{portal.url}/result-queries/")
    assert fits(page)
    page.click(f"tr:has-text('{school.index(int(number))}') a")
    page.fill("#words", ANSWER)
    assert fits(page)
    page.click("button[value=answer]")
    page.wait_for_selector(".note.success")

    sign_in(page, portal, school.LOGIN)
    page.goto(f"{portal.url}/school-results/{number}")
    assert ANSWER in page.inner_text("#queries")
    assert page.foreign == []
