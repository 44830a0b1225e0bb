"""The weekly rotation is published by the director, and a supervisor hands over to the next one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.access.models import User
from app.extensions import Model
from app.people.models import Officer
from app.permissions import Role
from app.scoping.guard import scoped_as
from tests.browsers import Server, served, too_wide
from tests.e2e.test_officer_path import sign_in
from tests.factories import world
from tests.factories.world_redeploy import ARRANGING, rotating_season

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
NOW = "2027-11-02T09:00:00+03:00"
"""Tuesday of the first week of four."""
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
DIRECTOR = "tsc.kisumu-east"
ISSUE = "The clock in room 3 is ten minutes slow."
HARDSHIP = "031 writes in the sick bay."


def give_accounts(session: Session) -> None:
    """A sign-in for every supervisor of the rotating season, with the world's password."""
    roles, joined = (Model.metadata.tables[name] for name in ("ab_role", "ab_user_role"))
    role = session.scalar(select(roles.c.id).where(roles.c.name == str(Role.OFFICER)))
    known = session.scalar(select(User.password).where(User.username == DIRECTOR))
    for officer in session.scalars(select(Officer).where(Officer.full_name.like("Supervisor %"))):
        account = User(
            first_name="Supervisor",
            last_name=officer.full_name[-2:],
            username=officer.mobile,
            password=known,
            active=True,
            email=None,
            session_epoch=0,
            must_change_password=False,
            officer_id=officer.id,
        )
        session.add(account)
        session.flush()
        session.execute(joined.insert().values(user_id=account.id, role_id=role))


@pytest.fixture(scope="module")
def portal(clone_database: Any, tmp_path_factory: Any) -> Iterator[tuple[Server, dict[str, str]]]:
    """The launcher on the test world with a season of four weeks, and the numbers by name."""
    folder = tmp_path_factory.mktemp("rotation")
    with clone_database("rotation") as urls:
        engine = create_engine(urls.owner)
        with Session(engine) as session:
            rotating_season(session)
            with scoped_as(session, ARRANGING):
                give_accounts(session)
                numbers = dict(
                    session.execute(
                        select(Officer.full_name, Officer.mobile).where(
                            Officer.full_name.like("Supervisor %")
                        )
                    )
                    .tuples()
                    .all()
                )
            session.commit()
        engine.dispose()
        with served(urls, folder, NOW=NOW) as server:
            yield server, numbers


@pytest.fixture
def pages(browser: Any) -> Iterator[Any]:
    """A browser for each person who signs in."""
    opened = []

    def page(size: dict[str, int]) -> Any:
        context = browser.new_context(viewport=size)
        opened.append(context)
        return context.new_page()

    yield page
    for context in opened:
        context.close()


def words_of(page: Any, name: str) -> str:
    width = page.viewport_size["width"]
    assert too_wide(page) <= 1
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    return " ".join(page.inner_text("body").split())


def test_all_weeks_are_published_and_a_hand_over_reaches_the_next_one(
    pages: Any, portal: tuple[Server, dict[str, str]]
) -> None:
    server, numbers = portal
    desk = pages(DESK)
    sign_in(desk, server, DIRECTOR, world.PASSWORD)
    desk.goto(f"{server.url}/deployments/list/")
    desk.click("main a[href='/redeploy/rotation/']")
    desk.wait_for_load_state()
    said = words_of(desk, "rotation")
    assert "3 weeks to come, 4 people at 4 places." in said
    assert "No plan of these weeks has less travel." in said
    cells = desk.locator("table.weeks tbody tr").first.locator("td").all_inner_texts()
    assert cells[0].startswith("Rotation 1")
    assert cells[1] == "Supervisor 01"
    following = " ".join(cells[2].split()[:2])
    assert following in numbers
    assert following != "Supervisor 01"
    phone = pages(PHONE)
    sign_in(phone, server, DIRECTOR, world.PASSWORD)
    phone.goto(f"{server.url}/redeploy/rotation/")
    assert "Publish 3 weeks" in words_of(phone, "rotation")
    desk.click("button:has-text('Publish 3 weeks')")
    desk.wait_for_load_state()
    assert "Published: 4 people move. 16 new letters." in words_of(desk, "rotation-published")

    leaving = pages(PHONE)
    sign_in(leaving, server, numbers["Supervisor 01"], world.PASSWORD)
    leaving.goto(f"{server.url}/me/deployments/")
    assert "Rotation 1" in words_of(leaving, "stays")
    leaving.click("main a[href^='/me/hand-overs/']")
    leaving.wait_for_load_state()
    assert "Supervisor at Rotation 1, Mon 1 Nov to Fri 5 Nov" in words_of(leaving, "hand-over")
    leaving.fill("#issue-0", ISSUE)
    leaving.fill("#absent_candidates", "2")
    leaving.fill("#hardships", HARDSHIP)
    leaving.click("button:has-text('Hand over')")
    leaving.wait_for_load_state()
    assert "It stands as written." in words_of(leaving, "hand-over-submitted")

    coming = pages(PHONE)
    sign_in(coming, server, numbers[following], world.PASSWORD)
    coming.goto(f"{server.url}/me/deployments/")
    words_of(coming, "stays-of-the-next")
    coming.click("main a[href^='/hand-overs/']")
    coming.wait_for_load_state()
    read = words_of(coming, "hand-over-read")
    for told in ("Hand-over, Rotation 1", "Supervisor 01", ISSUE, HARDSHIP, "Open"):
        assert told in read
