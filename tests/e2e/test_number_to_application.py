"""The whole way of an officer at 360 px: from a telephone number to an application, by SMS and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import Server, served
from tests.e2e import test_profile_path as profile
from tests.e2e.test_main_job import NOW, PHONE, sign_out
from tests.e2e.test_main_job import sign_in as sign_in_as
from tests.e2e.test_officer_path import OWN, Outbox, newcomer, sign_in
from tests.factories import world

pytestmark = pytest.mark.e2e
MOBILE = "254711000777"


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, with a worker that sends what is in the outbox."""
    folder = tmp_path_factory.mktemp("whole")
    with (
        clone_database("whole") as urls,
        served(urls, folder, NOW=NOW, QUEUE_WORKERS="1") as server,
    ):
        yield server


@pytest.fixture
def outbox(browser: Any, portal: Server) -> Iterator[Outbox]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, portal, "admin", world.PASSWORD)
    yield Outbox(page, portal)
    context.close()


def fill_profile(page: Page) -> None:
    """The six steps, as an invigilator who teaches at a primary school fills them in."""
    page.get_by_label("Invigilator", exact=True).check()
    profile.go_on(page)
    profile.fill_personal(page)
    page.get_by_label("Name on M-Pesa").fill("MWANGI JANE W")
    profile.go_on(page)
    page.get_by_label("Bank", exact=True).select_option("Equity Bank")
    page.get_by_label("Branch").fill("Kisumu")
    page.get_by_label("Account number").fill("0123456789")
    profile.go_on(page)
    page.get_by_label("Highest qualification").select_option("diploma")
    page.get_by_label("College or university").fill("Kisumu Polytechnic")
    page.get_by_label("Course").fill("Education")
    profile.go_on(page)
    profile.fill_workstation(page)
    page.get_by_label("Working there since").fill("2015-01-05")
    profile.go_on(page)
    page.get_by_label("Name of your next of kin").fill("Atieno Ouma")
    page.get_by_label("Their telephone number").fill("0722000001")
    page.get_by_label("What they are to you").select_option("sibling")
    profile.go_on(page)


def verify(page: Page, portal: Server) -> None:
    sign_in_as(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/profiles/queue/")
    row = page.locator("tr").filter(has_text="Jane Wanjiku Mwangi")
    expect(row.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name="Verify the ticked profiles").click()
    page.get_by_role("button", name=re.compile("^Verify 1 profile")).click()
    expect(page.get_by_text("1 profile verified.")).to_be_visible()
    sign_out(page)


def test_from_a_number_to_an_application(page: Page, portal: Server, outbox: Outbox) -> None:
    page.set_viewport_size(PHONE)
    newcomer(page, portal, outbox, MOBILE)
    page.get_by_role("link", name="Go on with your profile").click()
    fill_profile(page)
    page.get_by_role("button", name="Send for verification").click()
    expect(page.get_by_text("Sent. The TSC Sub-County Director verifies it.")).to_be_visible()
    page.goto(f"{portal.url}/me/vacancies/?station=Kisumu+East")
    expect(page.get_by_text("The profile is not verified yet").first).to_be_visible()
    sign_out(page)
    verify(page, portal)

    sign_in(page, portal, f"0{MOBILE[3:]}", OWN)
    expect(page.get_by_role("heading", name="Duties near you")).to_be_visible()
    page.goto(f"{portal.url}/me/vacancies/?station=Kisumu+East")
    page.locator("article", has_text="You may apply").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Apply", exact=True).click()
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text(re.compile("You have applied"))).to_be_visible()
    assert "you applied as invigilator" in outbox.last_to(MOBILE).lower()
    assert page.foreign == []  # type: ignore[attr-defined]
