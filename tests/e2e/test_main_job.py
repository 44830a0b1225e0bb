"""The main job in a real browser: a centre marks, the SCDE confirms, KNEC's monitor sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from tests.browsers import Server, served, too_wide
from tests.factories import world

pytestmark = pytest.mark.e2e

NOW = "2026-11-11T07:20:00+03:00"
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The launcher on a database of its own, its office clock stopped on the world's morning."""
    with (
        clone_database("mainjob") as urls,
        served(urls, tmp_path_factory.mktemp("mainjob"), NOW=NOW) as server,
    ):
        yield server


def sign_in(page: Page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/login/")
    page.get_by_label(re.compile("User name")).fill(username)
    page.get_by_label("Password", exact=True).fill(world.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_load_state()


def rows(page: Page) -> Any:
    return page.locator("li.row")


def test_main_job_from_the_centre_to_the_nation(page: Page, portal: Server, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    before = _present_today(page, portal)

    sign_in(page, portal, f"KCSE{world.CENTRE}")
    page.goto(f"{portal.url}/register/")
    if page.get_by_role("button", name=re.compile("Open today")).count():
        page.get_by_role("button", name=re.compile("Open today")).click()
    expect(rows(page)).to_have_count(9)
    _no_sideways_scroll(page)
    rows(page).nth(3).get_by_text("Absent", exact=True).click()
    rows(page).nth(4).get_by_text("Late", exact=True).click()
    rows(page).nth(4).locator("input[name^=minutes]").fill("15")
    rows(page).nth(4).locator("select[name^=reason]").select_option(index=1)
    submit = page.get_by_role("button", name=re.compile(r"^Submit 7 present"))
    expect(submit).to_be_visible()
    submit.click()
    expect(page.get_by_text(re.compile("Saved at 07:2"))).to_be_visible()
    page.reload()
    expect(page.get_by_text("Submitted").first).to_be_visible()
    sign_out(page)

    sign_in(page, portal, "scde.kisumu-east")
    page.goto(f"{portal.url}/register/{world.CENTRE}/{world.TODAY}")
    expect(page.get_by_text("Submitted").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Confirm")).first.click()
    expect(page.get_by_text("Confirmed").first).to_be_visible()
    sign_out(page)

    assert _present_today(page, portal) == before + 8
    assert page.foreign == []  # type: ignore[attr-defined]


def _present_today(page: Page, server: Server) -> int:
    """The national present figure of today as KNEC's monitor reads it on the coverage dashboard."""
    sign_in(page, server, "monitor")
    page.goto(f"{server.url}/dashboards/coverage/?series=KCSE-2026&day={world.TODAY}")
    figure = page.locator(".figures .figure").filter(has_text="People present")
    figure.wait_for()
    digits = re.sub(r"[^0-9]", "", figure.locator("b").first.inner_text())
    sign_out(page)
    return int(digits or 0)


def _no_sideways_scroll(page: Page) -> None:
    assert too_wide(page) <= 1


def test_marks_survive_a_lost_connection_and_a_reload(page: Page, portal: Server) -> None:
    page.set_viewport_size(PHONE)
    sign_in(page, portal, f"KCSE{world.SECOND_CENTRE}")
    page.goto(f"{portal.url}/register/")
    if page.get_by_role("button", name=re.compile("Open today")).count():
        page.get_by_role("button", name=re.compile("Open today")).click()
    rows(page).nth(5).get_by_text("Absent", exact=True).click()
    page.context.set_offline(True)
    page.get_by_role("button", name=re.compile("^Submit")).click()
    expect(page.get_by_text(re.compile("phone", re.I)).first).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_text(re.compile("Saved at 07:2"))).to_be_visible()
    assert _stored_today(portal, world.SECOND_CENTRE) == {"present": 8, "absent": 1}


def _stored_today(server: Server, code: str) -> dict[str, int]:
    """Marks of today at a centre by status, as the database holds them."""
    counted = (
        "SELECT m.status, count(*) FROM mark m JOIN centre c ON c.id = m.centre_id"
        " WHERE c.code = :code AND m.day = :day GROUP BY m.status"
    )
    engine = create_engine(server.urls.owner)
    with engine.connect() as owner:
        found = owner.execute(text(counted), {"code": code, "day": world.TODAY}).all()
    engine.dispose()
    return {str(status): int(number) for status, number in found}


def test_register_works_by_keyboard(page: Page, portal: Server) -> None:
    sign_in(page, portal, f"KCSE{world.NEXT_DOOR}")
    page.goto(f"{portal.url}/register/")
    if page.get_by_role("button", name=re.compile("Open today")).count():
        page.get_by_role("button", name=re.compile("Open today")).click()
    rows(page).first.locator("input[value=present]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    expect(rows(page).nth(1).locator("input[value=absent]")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("Saved at 07:2"))).to_be_visible()


def test_register_works_without_scripts(browser: Any, portal: Server) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    sign_in(page, portal, f"KCSE{world.FAR_AWAY}")
    page.goto(f"{portal.url}/register/")
    if page.get_by_role("button", name=re.compile("Open today")).count():
        page.get_by_role("button", name=re.compile("Open today")).click()
    rows(page).nth(2).get_by_text("Absent", exact=True).click()
    page.get_by_role("button", name=re.compile("^Submit")).first.click()
    expect(page.get_by_text("Submitted").first).to_be_visible()
    context.close()


@pytest.mark.parametrize("path", ["/", "/centres/list/", "/officers/list/", "/deployments/list/"])
@pytest.mark.parametrize("width", [360, 1280])
def test_director_pages_fit_the_screen_and_ask_nobody_else(
    page: Page, portal: Server, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(portal.url + path)
    assert too_wide(page) <= 1
    assert page.foreign == []  # type: ignore[attr-defined]
