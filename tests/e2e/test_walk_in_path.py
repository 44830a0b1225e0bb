"""Somebody at work without a deployment, at 360 pixels: entered, accepted, counted once confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.browsers import Server, served, too_wide
from tests.factories import world

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2026-11-11T07:20:00+03:00"
PHONE = {"width": 360, "height": 740}
_WIDEN = (
    "UPDATE post SET required = required + 1 FROM centre c, staff_role r WHERE post.centre_id = c.id"
    f" AND post.role_id = r.id AND c.code = '{world.CENTRE}' AND r.code = 'clerk'"
)
_SPARE = "SELECT mobile FROM officer WHERE workstation = 'Kisumu East Boys' ORDER BY id LIMIT 1"
_WORKED = (
    "SELECT coalesce(sum(present), 0) FROM centre_day d JOIN centre c ON c.id = d.centre_id"
    f" WHERE c.code = '{world.CENTRE}' AND d.day = '{world.TODAY}' AND d.state = 'confirmed'"
)


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: Any) -> Iterator[Server]:
    """The launcher on the test world with one more clerk's place, office time stopped."""
    folder = tmp_path_factory.mktemp("walk-ins")
    with clone_database("walk_ins") as urls:
        asked(urls.owner, _WIDEN)
        with served(urls, folder, NOW=NOW) as server:
            yield server


def asked(url: str, statement: str) -> Any:
    """What the owner of the database is told."""
    engine = create_engine(url)
    with engine.begin() as owner:
        found = owner.execute(text(statement))
        answer = found.scalar() if found.returns_rows else None
    engine.dispose()
    return answer


def sign_in(page: Any, portal: Server, account: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{portal.url}/login/")
    page.fill("#username", account)
    page.fill("#password", world.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def fits(page: Any) -> bool:
    """Whether nothing is wider than the telephone."""
    return too_wide(page) == 0


def test_entered_on_a_phone_accepted_and_counted_after_the_confirmation(
    page: Any, portal: Server
) -> None:
    page.set_viewport_size(PHONE)
    spare = asked(portal.urls.owner, _SPARE)
    sign_in(page, portal, f"KCSE{world.CENTRE}")
    page.goto(f"{portal.url}/register/")
    page.click("button[value=open]")
    page.wait_for_selector("#register-form")
    page.select_option("#marked_by", index=1)
    page.click("#submit")
    page.wait_for_selector(".note.success")

    page.goto(f"{portal.url}/register/")
    page.click("text=Somebody is here who is not listed")
    assert fits(page)
    page.check("input[name=kind][value=mobile]")
    page.fill("#number", f"0{spare[3:]}")
    page.fill("#name", "Achieng Otieno")
    page.select_option("#role", label="Clerk")
    page.fill("#why", "In place of the clerk, who is ill.")
    page.select_option("#marked_by", index=1)
    page.click("text=Enter them")
    page.wait_for_selector("#walk-ins")
    assert "Provisional" in page.inner_text("#walk-ins")
    assert page.locator(".figure b").first.inner_text() == "9"
    assert fits(page)

    sign_in(page, portal, "tsc.kisumu-east")
    page.goto(f"{portal.url}/")
    page.click("text=walk-in to decide today")
    assert fits(page)
    page.click("text=Achieng Otieno")
    assert fits(page)
    page.click("button[value=day]")
    page.wait_for_selector("text=Accepted.")
    assert asked(portal.urls.owner, _WORKED) == 0

    sign_in(page, portal, "scde.kisumu-east")
    page.goto(f"{portal.url}/register/{world.CENTRE}/{world.TODAY}")
    assert page.locator(".figure b").first.inner_text() == "10"
    page.click("button[value=confirm]")
    page.wait_for_selector(".note.success")
    assert asked(portal.urls.owner, _WORKED) == 10
    assert page.foreign == []
