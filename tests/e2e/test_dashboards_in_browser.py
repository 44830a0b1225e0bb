"""The dashboards in a real browser: nobody else asked, every drill shareable, an ended session noticed."""

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
SERIES = "series=KCSE-2026"
PATIENCE = 20_000  # milliseconds
POINT_INSIDE = """() => {
  const region = document.querySelector("#map .choroplethlayer path");
  const box = region.getBoundingClientRect(), back = region.getScreenCTM().inverse();
  for (let right = 0.1; right < 1; right += 0.05)
    for (let down = 0.1; down < 1; down += 0.05) {
      const at = new DOMPoint(box.left + right * box.width, box.top + down * box.height);
      if (region.isPointInFill(at.matrixTransform(back))) return [at.x, at.y];
    }
  return null;
}"""
"""A point of the screen inside the map's first region."""


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, its office clock stopped on the world's morning."""
    with (
        clone_database("dashboards") as urls,
        served(urls, tmp_path_factory.mktemp("dashboards"), NOW=NOW) as server,
    ):
        yield server


@pytest.fixture
def seen(page: Page) -> list[str]:
    """What the browser complains of."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


def sign_in(page: Page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/login/")
    page.get_by_label(re.compile("User name")).fill(username)
    page.get_by_label("Password", exact=True).fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def open_page(page: Page, server: Server, name: str, words: str = SERIES) -> None:
    page.goto(f"{server.url}/dashboards/{name}/?{words}")
    expect(page.locator("#page .ranked tbody tr").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#map .js-plotly-plot .geo path").first).to_be_attached(timeout=PATIENCE)


@pytest.mark.parametrize("name", ["coverage", "attendance", "claims"])
@pytest.mark.parametrize("username", ["monitor", "scde.kisumu-east"])
def test_page_draws_without_asking_anybody_else(
    page: Page, portal: Server, seen: list[str], name: str, username: str
) -> None:
    sign_in(page, portal, username)
    open_page(page, portal, name)
    expect(page.locator("#trend .js-plotly-plot .trace").first).to_be_attached()
    assert page.locator(".figures > .figure").count() == 4
    assert page.foreign == []  # type: ignore[attr-defined]
    assert seen == []


def test_drill_from_the_country_to_the_register_and_back(page: Page, portal: Server) -> None:
    sign_in(page, portal, "monitor")
    open_page(page, portal, "attendance")
    page.locator(".split .ranked").get_by_role("link", name="Kisumu", exact=True).click()
    page.wait_for_url(re.compile("county=42"))
    page.locator(".split .ranked").get_by_role("link", name="Kisumu East").click()
    page.wait_for_url(re.compile("sub-county=kisumu-east"))
    expect(page.locator(".crumbs")).to_contain_text("Kisumu East")
    shared = page.url
    page.locator(".split .ranked").get_by_role("link", name="Kisumu Day Secondary").click()
    page.wait_for_url(re.compile(f"/register/{world.CENTRE}/2026-11-11"))
    page.go_back()
    expect(page.locator(".crumbs")).to_contain_text("Kisumu East")
    page.goto(shared)
    expect(page.locator(".split .ranked").first).to_contain_text("Kisumu Day Secondary")


def test_filter_writes_the_address_and_the_way_back_undoes_it(page: Page, portal: Server) -> None:
    sign_in(page, portal, "monitor")
    open_page(page, portal, "coverage")
    page.get_by_label("Role").select_option("invigilator")
    page.wait_for_url(re.compile("role=invigilator"))
    expect(page.locator(".figure b").first).to_have_text("16")
    page.go_back()
    expect(page.locator(".figure b").first).to_have_text("40")
    expect(page.get_by_label("Role")).to_have_value("")


def test_region_of_the_map_drills_too(page: Page, portal: Server) -> None:
    sign_in(page, portal, "monitor")
    open_page(page, portal, "coverage", f"{SERIES}&county=42")
    page.wait_for_function("document.querySelector('#map .js-plotly-plot').dataset.linked")
    page.locator("#map").scroll_into_view_if_needed()
    x, y = page.evaluate(POINT_INSIDE)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(400)
    page.mouse.click(x, y)
    page.wait_for_url(re.compile("sub-county=kisumu-"))


def test_ended_session_leads_to_the_sign_in(page: Page, portal: Server) -> None:
    sign_in(page, portal, "monitor")
    open_page(page, portal, "coverage")
    page.context.clear_cookies(name="sajili")
    page.get_by_label("Role").select_option("supervisor")
    page.wait_for_url(re.compile("/login/"))


def test_phone_shows_the_strip_in_two_rows_and_nothing_sideways(page: Page, portal: Server) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    sign_in(page, portal, "scde.kisumu-east")
    for name in ("coverage", "attendance", "claims"):
        open_page(page, portal, name)
        tops = {
            round((figure.bounding_box() or {"y": 0})["y"])
            for figure in page.locator(".figures > .figure").all()
        }
        assert len(tops) == 2
        assert too_wide(page) <= 1
