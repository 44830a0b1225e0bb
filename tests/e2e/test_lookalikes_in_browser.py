"""Look-alikes on a phone, without scripts and with the keyboard alone: reviewed, proposed, made one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from tests.browsers import Server, served
from tests.e2e.test_main_job import PHONE, sign_in, sign_out

pytestmark = pytest.mark.e2e

TWO = text("""
    WITH made AS (
      INSERT INTO officer (full_name, mobile, sub_county_id, year_of_birth, workstation, state)
      SELECT v.name, v.mobile, s.id, v.year, 'Kasagam Secondary School', 'submitted'
      FROM sub_county s, (VALUES ('Zainabu Wafula Nekesa', '254799000800', 1990),
        ('Nekesa Zainabu W.', '254799000801', 1991)) AS v (name, mobile, year)
      WHERE s.slug = 'kisumu-east' RETURNING id, sub_county_id)
    INSERT INTO lookalike (officer_id, other_id, sub_county_id, other_sub_county_id, score, reasons)
    SELECT min(id), max(id), min(sub_county_id), min(sub_county_id), 88,
      '["next_year", "same_workplace", "similar_name"]' FROM made
""")


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, with two records of one person."""
    with clone_database("lookalikes") as urls:
        engine = create_engine(urls.owner)
        with engine.begin() as owner:
            owner.execute(TWO)
        engine.dispose()
        now = "2026-11-11T07:20:00+03:00"
        with served(urls, tmp_path_factory.mktemp("lookalikes"), NOW=now) as server:
            yield server


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone's page that runs no script."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_two_records_become_one_on_a_phone_without_scripts(
    plain: Page, portal: Server, tmp_path: Path
) -> None:
    page = plain
    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/lookalikes/list/")
    page.screenshot(path=tmp_path / "list.png", full_page=True)
    _fits(page)
    page.get_by_role("link", name="Zainabu Wafula Nekesa").click()
    expect(page.get_by_role("heading", name="Are these one person?")).to_be_visible()
    page.screenshot(path=tmp_path / "pair.png", full_page=True)
    _fits(page)
    page.get_by_role("radio", name="Record 1: Zainabu").focus()
    page.keyboard.press("Space")
    page.get_by_label("How do you know?").first.fill("Same face, same papers")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("cannot be undone")).to_be_visible()
    page.screenshot(path=tmp_path / "confirm.png", full_page=True)
    page.get_by_role("button", name="Propose that they are one").press("Enter")
    expect(page.get_by_text("Proposed. An administrator at headquarters decides.")).to_be_visible()
    sign_out(page)
    sign_in(page, portal, "admin")
    page.goto(f"{portal.url}/lookalikes/list/?state=proposed")
    page.get_by_role("link", name="Zainabu Wafula Nekesa").click()
    page.get_by_role("button", name="Go on to approve").press("Enter")
    page.get_by_role("button", name="Make them one").press("Enter")
    expect(page.get_by_text("Done. The two records are one.")).to_be_visible()
    page.screenshot(path=tmp_path / "done.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()
    page.screenshot(path=tmp_path / "wide.png", full_page=True)
    _fits(page)


def _fits(page: Page) -> None:
    """Nothing is wider than the screen: asked of the layout, since no script may run."""
    size = page.viewport_size or PHONE
    boxes = [box.bounding_box() for box in page.locator("main *:visible").all()]
    assert max(box["x"] + box["width"] for box in boxes if box) <= size["width"] + 1
