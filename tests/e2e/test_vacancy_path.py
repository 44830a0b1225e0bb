"""From a vacancy to an accepted offer on a 360 px phone, the SMS of each turn read from the outbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from tests.browsers import Server, served, too_wide
from tests.e2e.test_main_job import PHONE, sign_in, sign_out

pytestmark = pytest.mark.e2e

NOW = "2026-11-11T07:20:00+03:00"
BARRED_AT = """
    UPDATE vacancy SET needs_braille = true WHERE state = 'open' AND duty_station = 'Kisumu West'
"""


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own; one vacancy there asks for a reader of braille."""
    with clone_database("vacancies") as urls:
        owner = create_engine(urls.owner)
        with owner.begin() as connection:
            connection.execute(text(BARRED_AT))
        owner.dispose()
        with served(urls, tmp_path_factory.mktemp("vacancies"), NOW=NOW) as server:
            yield server


def one(server: Server, statement: str) -> Any:
    engine = create_engine(server.urls.owner)
    with engine.connect() as connection:
        found = connection.execute(text(statement)).scalar_one()
    engine.dispose()
    return found


def outbox(page: Page, server: Server, number: str) -> str:
    """What the administrator reads of the messages to a number."""
    sign_in(page, server, "admin")
    page.goto(f"{server.url}/messages/outbox/")
    said = page.locator("main").inner_text()
    sign_out(page)
    assert number[-3:] in said.replace(" ", "")
    return said


def fits(page: Page) -> None:
    assert too_wide(page) <= 1


def test_path_from_the_search_to_the_accepted_offer(
    page: Page, portal: Server, tmp_path: Path
) -> None:
    page.set_viewport_size(PHONE)
    mobile = one(
        portal,
        "SELECT mobile FROM officer WHERE workstation = 'Kisumu East Boys' ORDER BY id LIMIT 1",
    )
    sign_in(page, portal, mobile)
    expect(page.get_by_role("heading", name="Duties near you")).to_be_visible()
    fits(page)

    page.goto(f"{portal.url}/me/vacancies/")
    expect(page.get_by_text("3 open vacancies")).to_be_visible()
    fits(page)
    barred = page.locator("article", has_text="Kisumu West")
    expect(barred).to_contain_text("the post needs somebody who reads braille")
    fit = page.locator("article", has_text="Kisumu East").first
    expect(fit).to_contain_text("You may apply")
    barred.get_by_role("link", name="Invigilator").click()
    expect(page.get_by_role("link", name="Apply", exact=True)).to_have_count(0)
    fits(page)

    page.goto(f"{portal.url}/me/vacancies/?station=Kisumu+East")
    page.locator("article").get_by_role("link", name="Invigilator").click()
    expect(page.get_by_role("link", name="Apply", exact=True)).to_be_visible()
    detail = page.url
    for step, button, said in (
        ("Apply", "Apply", "You have applied"),
        ("Withdraw", "Withdraw", "Your application is withdrawn"),
        ("Apply", "Apply", "You have applied"),
    ):
        page.get_by_role("link", name=step, exact=True).click()
        fits(page)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text(re.compile(said))).to_be_visible()
    fits(page)
    sign_out(page)

    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/shortlists/{detail.rstrip('/').rpartition('/')[2]}")
    fits(page)
    page.get_by_role("button", name="Shortlist the first").click()
    expect(page.get_by_text("Shortlisted").first).to_be_visible()
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_text("Selected").first).to_be_visible()
    sign_out(page)

    sign_in(page, portal, mobile)
    page.goto(f"{portal.url}/me/applications/")
    fits(page)
    page.get_by_role("link", name="Answer the offer").click()
    page.get_by_role("link", name="Accept this duty").click()
    page.get_by_role("button", name="Accept this duty").click()
    expect(page.get_by_text("You have accepted.")).to_be_visible()
    sign_out(page)

    said = outbox(page, portal, mobile)
    for turn in (
        "you applied as",
        "is withdrawn",
        "on the shortlist",
        "are offered",
        "you accepted",
    ):
        assert turn in said, turn
