"""The path of a profile at 360 px: from an empty draft to verified, flagged, put right again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from tests.browsers import Server, served
from tests.e2e.test_main_job import NOW, PHONE, _no_sideways_scroll, sign_in, sign_out
from tests.factories import world_profiles as cast

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, its office clock stopped on the world's morning."""
    with (
        clone_database("profile") as urls,
        served(urls, tmp_path_factory.mktemp("profile"), NOW=NOW) as server,
    ):
        yield server


def stored(server: Server, column: str) -> Any:
    """A column of the officer of this test, as the database holds it."""
    engine = create_engine(server.urls.owner)
    with engine.connect() as connection:
        statement = text(f"SELECT {column} FROM officer WHERE mobile = :mobile")
        value = connection.execute(statement, {"mobile": cast.BLANK}).scalar_one()
    engine.dispose()
    return value


def go_on(page: Page) -> None:
    with page.expect_event("load"):
        page.get_by_role("button", name=re.compile("^Save")).last.click()


def shot(page: Page, folder: Path, name: str) -> None:
    """Looks at the page as on the phone: nothing runs off the side; the picture is kept."""
    _no_sideways_scroll(page)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def fill_personal(page: Page) -> None:
    page.get_by_label("Full name").fill("Jane Wanjiku Mwangi")
    page.get_by_label("Name on M-Pesa").fill("Jane Njeri")
    page.get_by_label("Year of birth").fill("1990")
    page.get_by_label("Gender").select_option("female")
    page.get_by_label("National ID number").fill("23456789")
    page.get_by_label("KRA PIN").fill("A012345678Z")


def fill_workstation(page: Page) -> None:
    page.get_by_label("Employer", exact=False).first.select_option("tsc")
    page.get_by_label("TSC number").fill("654321")
    page.get_by_label("County", exact=True).select_option(label="Kisumu")
    place = page.get_by_label("Sub-county", exact=True)
    expect(place.locator("option")).to_have_count(3)
    place.select_option(label="Kisumu East")
    school = page.get_by_label("School or office where you work")
    school.press_sequentially("girls")
    expect(page.locator("#schools-found option")).to_have_count(1)
    school.fill("Kisumu East Girls")
    page.get_by_label("Work title").fill("Teacher")
    page.get_by_label("If you teach: where?").select_option("primary")


def test_profile_from_nothing_to_verified(page: Page, portal: Server, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, portal, cast.BLANK)
    expect(page.get_by_text(re.compile("Your profile: .* things missing"))).to_be_visible()
    shot(page, tmp_path, "home")
    page.get_by_role("link", name="Go on with your profile").click()

    page.get_by_label("Invigilator", exact=True).check()
    shot(page, tmp_path, "duties")
    go_on(page)

    fill_personal(page)
    expect(page.get_by_text(re.compile("The two names differ"))).to_be_visible()
    go_on(page)
    expect(page.get_by_text(re.compile("The two names differ"))).to_be_visible()
    shot(page, tmp_path, "personal")
    page.get_by_label("Name on M-Pesa").fill("MWANGI JANE W")
    expect(page.get_by_text(re.compile("The two names agree"))).to_be_visible()
    go_on(page)

    page.get_by_label("Bank", exact=True).select_option("Equity Bank")
    page.get_by_label("Branch").fill("Kisumu")
    page.get_by_label("Account number").fill("12")
    go_on(page)
    expect(page.get_by_text("An account number has 6 to 20 digits.").first).to_be_visible()
    expect(page.get_by_label("Account number")).to_have_value("12")
    shot(page, tmp_path, "bank")
    page.get_by_label("Account number").fill("0123456789")
    go_on(page)

    page.get_by_label("Highest qualification").select_option("diploma")
    page.get_by_label("College or university").fill("Kisumu Polytechnic")
    page.get_by_label("Course").fill("Education")
    go_on(page)

    fill_workstation(page)
    shot(page, tmp_path, "workstation")
    go_on(page)

    page.get_by_label("Name of your next of kin").fill("Atieno Ouma")
    page.get_by_label("Their telephone number").fill("0722000001")
    page.get_by_label("What they are to you").select_option("sibling")
    go_on(page)

    shot(page, tmp_path, "overview")
    send(page, portal)
    verify(page, portal, tmp_path)


def send(page: Page, portal: Server) -> None:
    page.get_by_role("button", name="Send for verification").click()
    expect(page.get_by_text("Sent. The TSC Sub-County Director verifies it.")).to_be_visible()
    assert stored(portal, "state") == "submitted"
    assert stored(portal, "workstation_school_id") is not None
    sign_out(page)


def verify(page: Page, portal: Server, tmp_path: Path) -> None:
    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/profiles/queue/")
    row = page.locator("tr").filter(has_text="Jane Wanjiku Mwangi")
    expect(row.get_by_text("Nothing found")).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_checked()
    shot(page, tmp_path, "queue")
    page.get_by_role("button", name="Verify the ticked profiles").click()
    page.get_by_role("button", name=re.compile("^Verify 1 profile")).click()
    expect(page.get_by_text("1 profile verified.")).to_be_visible()
    assert stored(portal, "state") == "verified"
    assert page.foreign == []  # type: ignore[attr-defined]
    sign_out(page)


def test_a_flag_leads_to_its_field_and_back(page: Page, portal: Server, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/profiles/{stored(portal, 'id')}/")
    shot(page, tmp_path, "person")
    page.get_by_label("Which field is not right?").select_option("kin_telephone")
    page.get_by_label("What is not right?").fill("Nobody answers this number.")
    page.get_by_role("button", name="Flag and tell the officer").click()
    expect(page.get_by_text(re.compile("^Flagged. The officer is told"))).to_be_visible()
    sign_out(page)

    page.goto(f"{portal.url}/me/profile/mend/kin_telephone")
    page.get_by_label(re.compile("User name")).fill(cast.BLANK)
    page.get_by_label("Password", exact=True).fill("Karibu-2026")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nobody answers this number.")).to_be_visible()
    page.wait_for_url(re.compile("/me/profile/kin/#kin_telephone$"))
    shot(page, tmp_path, "flagged")
    page.get_by_label("Their telephone number").fill("0733000002")
    go_on(page)
    assert stored(portal, "state") == "submitted"
    assert stored(portal, "cardinality(verified_groups)") == 5


def test_keys_walk_through_the_queue(page: Page, portal: Server) -> None:
    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/profiles/queue/?state=flagged")
    box = page.locator("tr[data-profile]").first.get_by_role("checkbox")
    expect(box).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(box).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/profiles/\d+/$"))
