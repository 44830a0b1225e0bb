"""The 07:20 redeployment on a telephone of 360 pixels: three clicks, two registers, two letters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.browsers import Server, served, too_wide
from tests.e2e.test_officer_path import sign_in
from tests.factories import world
from tests.factories.world_redeploy import one_on_duty, open_place

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2026-11-11T07:20:00+03:00"
PHONE = {"width": 360, "height": 740}
DIRECTOR = "tsc.kisumu-east"
WHY = "Two of their invigilators did not come."


@dataclass(frozen=True)
class Person:
    """Whom the test redeploys."""

    id: int
    name: str
    mobile: str


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: Any) -> Iterator[tuple[Server, Person]]:
    """The launcher on the test world, in which Nyamasaria lacks an invigilator."""
    folder = tmp_path_factory.mktemp("redeploy")
    with clone_database("redeploy") as urls:
        engine = create_engine(urls.owner)
        with Session(engine) as session:
            found = one_on_duty(session, "invigilator")
            who = Person(found.id, found.officer.full_name, found.officer.mobile)
            open_place(session, "invigilator")
        engine.dispose()
        with served(urls, folder, NOW=NOW) as server:
            yield server, who


@pytest.fixture
def phones(browser: Any) -> Iterator[Any]:
    """A telephone for each person who signs in."""
    opened = []

    def phone() -> Any:
        context = browser.new_context(viewport=PHONE)
        opened.append(context)
        return context.new_page()

    yield phone
    for context in opened:
        context.close()


def words_of(page: Any) -> str:
    assert too_wide(page) <= 1
    if folder := os.environ.get("SCREENSHOTS"):
        name = page.url.split("://")[1].split("/", 1)[1].split("?")[0].strip("/").replace("/", "-")
        page.screenshot(path=f"{folder}/{name or 'home'}-360.png", full_page=True)
    return str(page.inner_text("main"))


def register_of(page: Any, portal: Server, code: str) -> str:
    sign_in(page, portal, f"KCSE{code}", world.PASSWORD)
    page.goto(f"{portal.url}/register/")
    return words_of(page)


def test_three_clicks_move_somebody_to_another_centre_today(
    phones: Any, portal: tuple[Server, Person]
) -> None:
    server, who = portal
    here, there = phones(), phones()
    assert who.name in register_of(here, server, world.CENTRE)
    assert who.name not in register_of(there, server, world.SECOND_CENTRE)

    page = phones()
    sign_in(page, server, DIRECTOR, world.PASSWORD)
    page.goto(f"{server.url}/deployments/show/{who.id}")
    page.click("main a:has-text('Redeploy')")
    assert "Invigilator, 1 of 5 places free" in words_of(page)
    page.click("a:has-text('Choose')")
    page.wait_for_load_state()
    said = words_of(page)
    assert "duty at Kisumu Day Secondary ends on Tue 10 Nov." in said
    assert "Nyamasaria Secondary from Wed 11 Nov to Thu 19 Nov, 9 days." in said
    page.fill("#reason", WHY)
    page.click("main button.primary")
    page.wait_for_load_state()
    assert f"{who.name} is at Nyamasaria Secondary from Wed 11 Nov." in page.inner_text("body")

    for phone, sentence in (
        (here, f"{who.name}, invigilator, leaves for Nyamasaria Secondary."),
        (there, f"{who.name}, invigilator, comes from Kisumu Day Secondary."),
    ):
        phone.goto(f"{server.url}/register/")
        assert sentence in words_of(phone)
    rows = "li.row .row-name"
    assert who.name not in here.locator(rows).all_inner_texts()
    assert who.name in there.locator(rows).all_inner_texts()


def test_officer_reads_two_letters_one_of_them_replaced(
    phones: Any, portal: tuple[Server, Person]
) -> None:
    server, who = portal
    page = phones()
    sign_in(page, server, who.mobile, world.PASSWORD)
    page.goto(f"{server.url}/me/deployments/")
    said = words_of(page)
    assert "Nyamasaria Secondary" in said
    assert "This letter was replaced." in said
    assert WHY in said
    addresses = page.locator("a:has-text('View')").evaluate_all("all => all.map(a => a.href)")
    assert len(addresses) == 2
    for address in addresses:
        assert page.request.get(address).headers["content-type"] == "application/pdf"


WIDE = {"width": 1280, "height": 900}
LISTS = ("deployments", "letters", "registers", "applications", "ratio-rules", "officers")


def test_lists_are_no_wider_than_their_cards_on_a_desk(
    browser: Any, portal: tuple[Server, Person]
) -> None:
    """What a row offers stands in its last column: nobody finds it beyond the edge of the screen."""
    server, _who = portal
    page = browser.new_context(viewport=WIDE).new_page()
    sign_in(page, server, "admin", world.PASSWORD)
    over = {name: beyond(page, server, name) for name in LISTS}
    page.context.close()
    assert over == dict.fromkeys(LISTS, 0)


def beyond(page: Any, server: Server, name: str) -> int:
    """How many pixels of a list's table lie beyond its card."""
    page.goto(f"{server.url}/{name}/list/")
    table = page.locator("table.rows-open").first
    return max(0, int(table.evaluate("e => e.offsetWidth - e.parentElement.clientWidth")) - 1)
