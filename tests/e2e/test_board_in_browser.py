"""The replacement at 07:20: somebody is absent, the board shows it by itself, one click asks three,
a stand-in says yes on a telephone, and the board and the register of the centre know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Server, served, too_wide
from tests.e2e.test_main_job import PHONE, rows, sign_in
from tests.factories import world

pytestmark = pytest.mark.e2e
NOW = "2026-11-11T07:20:00+03:00"
REFRESHED = 20_000
"""Milliseconds in which a change must have come by itself: the board asks every ten seconds."""


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, with its worker, at 07:20 of the world's morning."""
    folder = tmp_path_factory.mktemp("board")
    with (
        clone_database("board") as urls,
        served(urls, folder, NOW=NOW, QUEUE_WORKERS="1") as server,
    ):
        yield server


class Clicks:
    """A director's page whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.made = page, 0

    def on(self, role: Any, name: Any, within: Any = None) -> None:
        (within or self.page).get_by_role(role, name=name).first.click()
        self.made += 1


def opened(browser: Any, server: Server, username: str, size: dict[str, int], **more: Any) -> Page:
    page = browser.new_context(viewport=size, **more).new_page()
    sign_in(page, server, username)
    return page


WIDE = {"width": 1280, "height": 900}


def test_a_no_show_at_twenty_past_seven(browser: Any, portal: Server, tmp_path: Path) -> None:
    director = Clicks(opened(browser, portal, "tsc.kisumu-east", WIDE))
    board = director.page
    director.on("link", "Board")
    here = board.locator(".centre", has_text="Kisumu Day Secondary")
    expect(here.locator(".pill")).to_have_text("Not opened")

    centre = opened(browser, portal, f"KCSE{world.CENTRE}", PHONE)
    centre.goto(f"{portal.url}/register/")
    if centre.get_by_role("button", name=re.compile("Open today")).count():
        centre.get_by_role("button", name=re.compile("Open today")).click()
    expect(rows(centre)).to_have_count(9)
    rows(centre).nth(3).get_by_text("Absent", exact=True).click()
    centre.get_by_role("button", name=re.compile(r"^Submit 8 present")).click()
    expect(centre.get_by_text(re.compile("Saved at 07:2"))).to_be_visible()

    place = here.locator(".place")
    expect(place).to_contain_text("did not come", timeout=REFRESHED)
    expect(place.locator(".stand-ins li").first).to_contain_text("km from work, ")
    director.on("button", re.compile("^Offer to"), within=place)
    expect(board.get_by_text(re.compile("asked by SMS"))).to_be_visible()
    expect(here.locator(".asked")).to_contain_text("asked 07:20")
    assert director.made <= 3

    mobile, said = texted(browser, portal)
    assert "stand in as invigilator at Kisumu Day Secondary, Wed 11 Nov" in said
    phone = opened(browser, portal, mobile, PHONE, java_script_enabled=False)
    phone.goto(f"{portal.url}/me/offers/")
    assert too_wide(phone) <= 1
    phone.get_by_role("button", name="Yes, I am going").click()
    expect(phone.get_by_text("The place is yours. Go there now.")).to_be_visible()
    expect(phone.get_by_text(re.compile("Kisumu Day Secondary")).first).to_be_visible()

    expect(here).to_have_count(0, timeout=REFRESHED)
    centre.reload()
    expect(rows(centre)).to_have_count(10)
    assert director.made <= 3


def texted(browser: Any, portal: Server) -> tuple[str, str]:
    """The number and words of an offer, as the administrator reads them in the outbox."""
    page = opened(browser, portal, "admin", WIDE)
    page.goto(f"{portal.url}/messages/outbox/")
    words = page.inner_text("main")
    found = re.findall(r"(0712\s\d{3}\s\d{3})\s+(Sajili: can you stand in[^\n]+)", words)
    assert found, words
    number, said = found[0]
    return "254" + re.sub(r"\s", "", number)[1:], said


def test_the_board_says_when_the_connection_is_lost(browser: Any, portal: Server) -> None:
    page = opened(browser, portal, "tsc.kisumu-west", WIDE)
    page.goto(f"{portal.url}/board/")
    expect(page.locator("[data-as-of]")).to_have_text("07:20")
    page.context.set_offline(True)
    expect(page.locator("[data-lost]")).to_be_visible(timeout=REFRESHED)
    page.context.set_offline(False)
    expect(page.locator("[data-lost]")).to_be_hidden(timeout=REFRESHED)


def test_a_refresh_keeps_what_is_chosen_and_where_the_reader_is(
    browser: Any, portal: Server
) -> None:
    page = opened(browser, portal, "tsc.kisumu-west", WIDE)
    centre = opened(browser, portal, f"KCSE{world.NEXT_DOOR}", PHONE)
    centre.goto(f"{portal.url}/register/")
    if centre.get_by_role("button", name=re.compile("Open today")).count():
        centre.get_by_role("button", name=re.compile("Open today")).click()
    rows(centre).nth(2).get_by_text("Absent", exact=True).click()
    centre.get_by_role("button", name=re.compile(r"^Submit 8 present")).click()
    expect(centre.get_by_text(re.compile("Saved at 07:2"))).to_be_visible()

    page.goto(f"{portal.url}/board/")
    place = page.locator(".centre .place").first
    place.locator("input[value=end]").check()
    place.locator("input[value=end]").focus()
    page.evaluate("document.querySelector('[data-live]').dataset.was = '1'")
    with page.expect_response(lambda one: "/board/now/" in one.url and one.status == 200):
        pass
    expect(place.locator("input[value=end]")).to_be_checked()
    assert page.evaluate("document.activeElement.id").endswith("-end")
    with page.expect_response(lambda one: "/board/now/" in one.url and one.status == 304):
        pass


@pytest.mark.parametrize(
    ("name", "size", "query"),
    [
        ("desk", WIDE, ""),
        ("phone", PHONE, ""),
        ("wall", {"width": 1920, "height": 1080}, "?wall=1"),
    ],
)
def test_the_board_is_readable(
    browser: Any, portal: Server, tmp_path: Path, *, name: str, size: dict[str, int], query: str
) -> None:
    page = opened(browser, portal, "tsc.kisumu-west", size)
    page.goto(f"{portal.url}/board/{query}")
    expect(page.locator(".centre").first).to_be_visible()
    assert too_wide(page) <= 1
    page.screenshot(path=str(tmp_path / f"board-{name}.png"), full_page=True)
