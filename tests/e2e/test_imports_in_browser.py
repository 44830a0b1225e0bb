"""A director brings a list with mistakes on a phone, with the real worker, and stores what is good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Server, served, too_wide
from tests.factories import world
from tests.factories.lists import OFFICER_HEADINGS, as_csv, officer

pytestmark = pytest.mark.e2e

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher with one worker of the queue."""
    folder = tmp_path_factory.mktemp("imports")
    with (
        clone_database("imports") as urls,
        served(urls, folder, NOW="2026-11-11T07:20:00+03:00", QUEUE_WORKERS="1") as server,
    ):
        yield server


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/login/")
    page.get_by_label(re.compile("User name")).fill("tsc.kisumu-east")
    page.get_by_label("Password", exact=True).fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def a_list(folder: Path) -> Path:
    path = folder / "officers.csv"
    rows = [officer(n) for n in range(1, 40)]
    rows[4] = officer(5, mobile="071", national_id="12")
    rows[9] = officer(10, sub_county="Kisumu West")
    path.write_bytes(as_csv(OFFICER_HEADINGS, rows))
    return path


def bring(page: Page, server: Server, path: Path) -> None:
    page.goto(f"{server.url}/imports/add")
    page.get_by_label("The list is of").select_option("officers")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Bring the file").click()


def no_sideways_scroll(page: Page) -> None:
    assert too_wide(page) <= 1


def test_list_is_brought_checked_and_stored_on_a_phone(
    page: Page, portal: Server, tmp_path: Path
) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, portal)
    bring(page, portal, a_list(tmp_path))
    expect(page.get_by_role("button", name="Check every row")).to_be_visible(timeout=20_000)
    no_sideways_scroll(page)
    page.screenshot(path=tmp_path / "map.png", full_page=True)
    page.get_by_role("button", name="Check every row").click()
    store = page.get_by_role("button", name="Store the 37 good rows")
    expect(store).to_be_visible(timeout=20_000)
    no_sideways_scroll(page)
    expect(page.locator("#row-6 .marked")).to_have_count(2)
    expect(page.locator("#row-11 .marked")).to_contain_text("Kisumu East only")
    page.screenshot(path=tmp_path / "checked.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=tmp_path / "checked-wide.png", full_page=True)
    store.click()
    expect(page.get_by_text("37 rows were stored.")).to_be_visible(timeout=20_000)
    page.screenshot(path=tmp_path / "stored.png", full_page=True)


def test_list_is_followed_without_javascript(
    browser: Browser, portal: Server, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, portal)
    bring(page, portal, a_list(tmp_path))
    expect(page.get_by_role("button", name="Check every row")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Check every row").click()
    expect(page.get_by_text("rows were checked")).to_be_visible(timeout=20_000)
    context.close()
