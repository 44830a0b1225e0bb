"""The results dashboard and a notice in a real browser: wide and on a phone, nobody else asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Server, served, too_wide
from tests.factories import world

pytestmark = pytest.mark.e2e

NOW = "2026-11-11T07:20:00+03:00"
PATIENCE = 20_000  # milliseconds


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, its office clock stopped on the world's morning."""
    with (
        clone_database("figures") as urls,
        served(urls, tmp_path_factory.mktemp("figures"), NOW=NOW) as server,
    ):
        yield server


def sign_in(page: Page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/login/")
    page.get_by_label(re.compile("User name")).fill(username)
    page.get_by_label("Password", exact=True).fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.mark.parametrize("width", [1280, 360])
def test_release_is_drawn_and_drilled_without_asking_anybody_else(
    page: Page, portal: Server, width: int
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, portal, "results.officer")
    page.goto(f"{portal.url}/dashboards/results/")
    expect(page.locator("#page .ranked tbody tr").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#map .js-plotly-plot .geo path").first).to_be_attached(timeout=PATIENCE)
    expect(page.locator("#trend .js-plotly-plot .trace").first).to_be_attached()
    assert page.locator(".figures > .figure").count() == 4
    expect(page.locator(".figure b").first).to_have_text("6", timeout=PATIENCE)
    before = page.locator(".live-words").inner_text()
    expect(page.locator(".live-words")).not_to_have_text(before, timeout=PATIENCE)
    assert too_wide(page) <= 1
    page.locator(".split .ranked").first.get_by_role("link", name="Nakuru", exact=True).click()
    page.wait_for_url(re.compile("county=32"))
    expect(page.locator(".figure b").first).to_have_text("1", timeout=PATIENCE)
    page.get_by_label("Sex").select_option("F")
    page.wait_for_url(re.compile("sex=F"))
    page.go_back()
    page.go_back()
    expect(page.locator(".figure b").first).to_have_text("6", timeout=PATIENCE)
    assert page.foreign == []  # type: ignore[attr-defined]
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 360])
def test_notice_is_written_seen_put_up_and_taken_away(
    page: Page, portal: Server, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, portal, "results.approver")
    page.goto(f"{portal.url}/edge-notices/")
    page.get_by_role("link", name="Write a notice").click()
    page.get_by_role("button", name="See how it will stand").click()
    expect(page.get_by_label("Notice in Kiswahili")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Notice in English").fill(f"Lines are open {width}")
    page.get_by_label("Notice in Kiswahili").fill("Simu zi wazi")
    page.get_by_label(re.compile("Until")).fill("2026-11-11T20:00")
    page.get_by_label("Why, for the record").fill("Many call.")
    page.get_by_role("button", name="See how it will stand").click()
    expect(page.get_by_text(f"Wed 11 Nov, 07:20: Lines are open {width}")).to_be_visible()
    assert too_wide(page) <= 1
    page.get_by_role("button", name="Put the notice up").click()
    page.wait_for_url(re.compile("/edge-notices/$"))
    row = page.get_by_role("row", name=re.compile(f"Lines are open {width}"))
    expect(row).to_contain_text("On the pages")
    row.get_by_role("link").click()
    page.get_by_label("Why it is taken away").fill("Closed.")
    page.get_by_role("button", name="Take the notice away").click()
    page.wait_for_url(re.compile("/edge-notices/$"))
    expect(page.get_by_role("row", name=re.compile(f"Lines are open {width}"))).to_contain_text(
        "Taken away"
    )
    assert page.foreign == []  # type: ignore[attr-defined]
