"""An officer at 360 px accepts a duty, declines another, and is answered on what they say is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from tests.browsers import Server, served
from tests.e2e.test_main_job import PHONE, sign_in, sign_out
from tests.e2e.test_vacancy_path import fits, one, outbox
from tests.factories import world

pytestmark = pytest.mark.e2e

NOW = "2026-11-11T07:20:00+03:00"
SPARE = """
    SELECT mobile FROM officer o WHERE workstation = 'Kisumu East Boys'
      AND NOT EXISTS (SELECT 1 FROM deployment d WHERE d.officer_id = o.id) ORDER BY id LIMIT 1
"""
MORE_POSTS = "UPDATE post SET required = required + 1 WHERE role_id IN (SELECT id FROM staff_role)"
PROPOSED = """
    INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id,
      slot, starts_on, ends_on, status, reason)
    SELECT p.series_id, p.centre_id, p.sub_county_id, p.id, p.role_id, o.id, p.required,
      CAST(:first AS date), CAST(:last AS date), 'proposed', 'Somebody fell ill.'
    FROM post p JOIN centre c ON c.id = p.centre_id JOIN staff_role r ON r.id = p.role_id,
      officer o
    WHERE c.code = :centre AND r.code = 'clerk' AND o.mobile = :mobile
"""


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, where one officer was proposed for two duties."""
    with clone_database("duties") as urls:
        owner = create_engine(urls.owner)
        with owner.begin() as connection:
            connection.execute(text(MORE_POSTS))
            mobile = connection.execute(text(SPARE)).scalar_one()
            for centre, first, last in (
                (world.CENTRE, "2026-11-12", "2026-11-13"),
                (world.SECOND_CENTRE, "2026-11-16", "2026-11-17"),
            ):
                facts = {"centre": centre, "mobile": mobile, "first": first, "last": last}
                assert connection.execute(text(PROPOSED), facts).rowcount == 1
        owner.dispose()
        with served(urls, tmp_path_factory.mktemp("duties"), NOW=NOW) as server:
            yield server


def picture(page: Page, name: str) -> None:
    """A screenshot, where somebody wants to look."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def publish(page: Page, portal: Server) -> None:
    """The director publishes what is proposed, one by one."""
    engine = create_engine(portal.urls.owner)
    with engine.connect() as connection:
        statement = text("SELECT id FROM deployment WHERE status = 'proposed' ORDER BY id")
        ids = connection.execute(statement).scalars().all()
    engine.dispose()
    sign_in(page, portal, "tsc.kisumu-east")
    for pk in ids:
        page.goto(f"{portal.url}/deployments/show/{pk}")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("Published.").first).to_be_visible()
    sign_out(page)


def test_path_of_an_officers_answers(page: Page, portal: Server) -> None:
    page.set_viewport_size(PHONE)
    mobile = one(portal, "SELECT o.mobile FROM deployment d JOIN officer o ON o.id = d.officer_id"
                 " WHERE d.status = 'proposed' LIMIT 1")  # fmt: skip
    publish(page, portal)

    sign_in(page, portal, mobile)
    expect(page.get_by_text("Do you accept this duty?")).to_have_count(2)
    fits(page)
    picture(page, "home-360")
    page.goto(f"{portal.url}/me/deployments/")
    expect(page.get_by_text("2 duties wait for your answer.")).to_be_visible()
    fits(page)
    picture(page, "mine-360")
    first = page.locator("article", has_text="Thu 12 Nov 2026")
    first.get_by_role("button", name="Accept this duty").click()
    expect(page.get_by_text("You have accepted this duty.")).to_be_visible()
    _decline(page)
    _say_what_is_wrong(page)
    sign_out(page)
    _refuse_as_director(page, portal)
    sign_out(page)

    sign_in(page, portal, mobile)
    page.goto(f"{portal.url}/me/deployments/")
    kept = page.locator("article", has_text="Thu 12 Nov 2026")
    expect(kept).to_contain_text("Refused")
    expect(kept).to_contain_text("Kisumu Girls is full.")
    fits(page)
    picture(page, "answered-360")
    sign_out(page)

    said = outbox(page, portal, mobile)
    for turn in ("you are deployed", "you accepted duty", "you declined duty", "changes nothing"):
        assert turn in said, turn


def _decline(page: Page) -> None:
    """Declines the second duty, first without a reason."""
    second = page.locator("article", has_text="Mon 16 Nov 2026")
    second.get_by_role("link", name="Decline", exact=True).click()
    fits(page)
    picture(page, "decline-360")
    page.get_by_role("button", name="Decline this duty").click()
    expect(page.locator("#reason-error")).to_contain_text("Write the reason.")
    page.get_by_label("Why do you decline?").fill("My child is ill.")
    page.get_by_role("button", name="Decline this duty").click()
    expect(page.get_by_text("You have declined this duty.")).to_be_visible()
    declined = page.locator("article", has_text="Mon 16 Nov 2026")
    expect(declined).to_contain_text("This letter was withdrawn.")
    expect(declined).to_contain_text("My child is ill.")


def _say_what_is_wrong(page: Page) -> None:
    """Says that the station of the first duty is wrong."""
    page.locator("article", has_text="Thu 12 Nov 2026").get_by_role(
        "link", name="Something is wrong"
    ).click()
    fits(page)
    picture(page, "wrong-360")
    page.get_by_label("Duty station").check()
    page.get_by_label("What is wrong, and what is right?").fill("I was told Kisumu Girls.")
    page.get_by_role("button", name="Send to the director").click()
    expect(page.get_by_text("Sent. The TSC Sub-County Director answers")).to_be_visible()
    fits(page)
    picture(page, "asked-360")


def _refuse_as_director(page: Page, portal: Server) -> None:
    """The director reads at home what waits, and refuses with a reason."""
    sign_in(page, portal, "tsc.kisumu-east")
    expect(page.locator(".need", has_text="declined: find a stand-in")).to_be_visible()
    page.locator(".need", has_text="corrections to answer").click()
    card = page.locator("section.card", has_text="I was told Kisumu Girls.")
    fits(page)
    picture(page, "corrections-360")
    page.set_viewport_size({"width": 1280, "height": 800})
    picture(page, "corrections-1280")
    page.goto(f"{portal.url}/concerns/")
    picture(page, "concerns-1280")
    page.set_viewport_size(PHONE)
    fits(page)
    picture(page, "concerns-360")
    page.goto(f"{portal.url}/corrections/")
    card.get_by_label("Your answer to the officer").fill("Kisumu Girls is full.")
    card.get_by_role("button", name="Refuse: nothing changes").click()
    expect(page.get_by_text("Refused. The officer reads the reason")).to_be_visible()
