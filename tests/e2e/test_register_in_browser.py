"""The register in a real browser: keys, counts, what the device keeps, two phones, 360 pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsers import Server, served, too_wide
from tests.factories import world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2026-11-11T07:20:00+03:00"
OWN = f"/register/{world.TODAY}"


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: Any) -> Iterator[Server]:
    """The launcher on the test world, office time stopped in the morning; a centre for each test."""
    folder = tmp_path_factory.mktemp("portal")
    with clone_database("registers") as urls, served(urls, folder, NOW=NOW) as server:
        yield server


def sign_in(page: Any, portal: Server, account: str) -> None:
    page.goto(f"{portal.url}/login/")
    page.fill("#username", account)
    page.fill("#password", world.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def opened(page: Any, portal: Server, account: str) -> Any:
    """The centre's register of today, open for marking, with the manager as marker."""
    sign_in(page, portal, account)
    page.goto(f"{portal.url}/register/")
    if page.locator("button[value=open]").count():
        page.click("button[value=open]")
    page.wait_for_selector("#register-form")
    page.select_option("#marked_by", index=1)
    return page


def focus_row(page: Any, number: int) -> None:
    page.locator(".row").nth(number).locator(".seg input:checked").focus()


def test_keys_mark_and_the_button_says_what_it_submits(page: Any, portal: Server) -> None:
    opened(page, portal, f"KCSE{world.CENTRE}")
    assert page.inner_text("#submit") == "Submit 9 present"
    focus_row(page, 7)
    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("l")
    page.keyboard.type("15")
    page.locator(".row").nth(8).locator("select").select_option("Transport")
    assert page.inner_text("#submit") == "Submit 7 present, 1 absent, 1 late"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".note.success")
    said = page.inner_text("#save-state")
    assert "Saved at 07:20. The sub-county has it." in said
    assert "Shared computer?" in said
    page.goto(f"{portal.url}{OWN}")
    assert page.locator(".figure b").all_inner_texts() == ["7", "1", "1"]
    assert page.foreign == []


def test_marks_survive_a_reload_and_a_failed_request_until_the_server_says_saved(
    page: Any, portal: Server
) -> None:
    opened(page, portal, f"KCSE{world.SECOND_CENTRE}")
    focus_row(page, 8)
    page.keyboard.press("a")
    page.reload()
    page.wait_for_selector("#register-form")
    assert page.inner_text("#submit") == "Submit 8 present, 1 absent"
    page.context.set_offline(True)
    page.click("#submit")
    page.wait_for_selector("text=It is not saved yet")
    page.context.set_offline(False)
    page.wait_for_selector(".note.success", timeout=30_000)
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.goto(f"{portal.url}{OWN}")
    assert page.locator(".figure b").all_inner_texts() == ["8", "0", "1"]


def test_a_page_asked_for_before_the_marks_were_saved_is_asked_for_again(
    browser: Any, portal: Server
) -> None:
    """A reload overtaken by the answer to what was sent: the marks are safe, the page is too old."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = opened(context.new_page(), portal, f"KCSE{world.FAR_AWAY}")
    page.goto(f"{portal.url}{OWN}")
    before = page.evaluate("fetch(location.href).then(answer => answer.text())")
    focus_row(page, 8)
    page.keyboard.press("a")
    page.select_option("#marked_by", index=1)
    page.click("button[value=save]")
    expect(page.get_by_text("Saved at 07:20. It is not submitted yet.")).to_be_visible()
    page.route(
        f"**{OWN}", lambda asked: asked.fulfill(body=before, content_type="text/html"), times=1
    )
    page.reload()
    expect(page.locator("#state-sentence")).to_have_text("9 of 9 marked, not submitted")
    expect(page.locator(".row").nth(8).locator("input[value=absent]")).to_be_checked()
    context.close()


def test_whoever_submits_far_down_sees_that_the_sign_in_has_ended(
    page: Any, portal: Server
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    opened(page, portal, f"KCSE{world.FAR_AWAY}")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.context.clear_cookies(name="sajili")
    page.click("#submit")
    expect(page.get_by_text("You are signed out. Your marks are kept")).to_be_in_viewport()


def test_the_second_phone_chooses_between_yours_and_theirs(
    page: Any, browser: Any, portal: Server
) -> None:
    opened(page, portal, f"KCSE{world.NEXT_DOOR}")
    context = browser.new_context(viewport={"width": 360, "height": 740})
    other = opened(context.new_page(), portal, f"KCSE{world.NEXT_DOOR}")
    focus_row(page, 8)
    page.keyboard.press("a")
    page.click("#submit")
    page.wait_for_selector(".note.success")
    other.click("#submit")
    other.wait_for_selector(".clash")
    assert "changed on another phone at 07:20" in other.inner_text("#save-state")
    assert re.sub(r"\s+", " ", other.inner_text(".clash")).startswith("Two answers for this row.")
    other.click(".clash button >> nth=0")
    assert other.inner_text("#submit") == "Submit 9 present"
    other.click("#submit")
    other.wait_for_selector(".note.success")
    context.close()


def test_a_phone_of_360_pixels_shows_everything_within_its_width(
    browser: Any, portal: Server
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = opened(context.new_page(), portal, f"KCSE{world.FAR_AWAY}")
    rows = page.locator(".seg label").evaluate_all(
        "labels => Math.min(...labels.map(label => label.getBoundingClientRect().height))"
    )
    assert (too_wide(page), rows >= 40) == (0, True)
    context.close()


def test_without_a_script_the_same_day_is_two_taps(browser: Any, portal: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = opened(context.new_page(), portal, f"KPSEA{world.PRIMARY}")
    page.click("#submit")
    page.wait_for_load_state()
    assert "Saved at 07:20. The sub-county has it." in page.inner_text("main")
    context.close()
