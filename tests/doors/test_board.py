"""The no-show board as its readers see it, and the offers as the officers answer them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Deployment, Post
from app.exams.models import StaffRole
from app.places.models import Centre
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, statements
from tests.factories.texted import texted
from tests.factories.world_redeploy import open_places_in_number
from tests.integration.test_stand_ins import (
    DIRECTOR,
    END,
    deployment,
    holders,
    mark_absent,
    offer_of,
    offered,
    spare_ids,
    spare_mobiles,
)

ClientOf = Callable[[str], FlaskClient]


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def board_of(client_of: ClientOf, username: str, query: str = "") -> str:
    answer = client_of(username).get(f"/board/{query}")
    assert answer.status_code == 200
    return answer.text


def offer(client: FlaskClient, absent: int, **changes: Any) -> Any:
    held = deployment(absent)
    token = token_in(client.get("/board/").text)
    form = {
        "csrf_token": token,
        "post": held.post_id,
        "slot": held.slot,
        "first": world.TODAY.isoformat(),
        "span": "today",
        "officers": ",".join(map(str, spare_ids())),
    }
    return client.post("/board/offer", data=form | changes)


def test_the_director_sees_who_is_missing_and_who_could_come(
    session: Session, client_of: ClientOf
) -> None:
    mark_absent()
    page = board_of(client_of, DIRECTOR)
    for words in (
        "Kisumu Day Secondary",
        "did not come: Illness",
        "1\N{NO-BREAK SPACE}km from work, served 1 season",
        "8/9",
    ):
        assert words in page
    assert "in 40 min" in page
    assert "Maseno Secondary" not in page
    assert 'action="/board/offer"' in page


def test_the_board_of_next_door_is_not_ours(session: Session, client_of: ClientOf) -> None:
    client = client_of(DIRECTOR)
    assert client.get("/board/?sub-county=kisumu-west").status_code == 404
    assert client.get("/board/?sub-county=kisumu-east").status_code == 200
    assert client.get("/board/?sub-county=nowhere").status_code == 404


def test_every_place_to_come_is_reached_page_by_page(session: Session, client_of: ClientOf) -> None:
    """More places are open than a page of the board holds: it says so, and the next page has them."""
    wanted = {f"place-{post}-1" for post in open_places_in_number(session, 45)}
    seen: list[str] = []
    address = "/board/"
    for page in (1, 2, 3):
        answer = client_of(DIRECTOR).get(address)
        found = re.findall(r'id="(place-\d+-\d+)"', answer.text.partition('id="ahead"')[2])
        assert 1 <= len(found) <= 20
        seen += found
        more = "More places are open: they are on the next page." in answer.text
        assert more == (page < 3)
        address = f"/board/?ahead={page + 1}"
        assert (f'href="{address}#ahead"' in answer.text) == more
        assert f'data-now="/board/now/?ahead={page}"' in answer.text or page == 1
    assert (len(seen), set(seen) >= wanted) == (len(set(seen)), True)


@pytest.mark.parametrize("username", ["monitor", "admin", "county.kisumu"])
def test_wide_readers_count_by_sub_county_and_drill_down(
    session: Session, client_of: ClientOf, username: str
) -> None:
    absent = mark_absent()
    page = board_of(client_of, username)
    assert "/board/?sub-county=kisumu-east" in page
    assert ("Nakuru Town East" in page) == (username != "county.kisumu")
    assert deployment(absent).officer_id
    below = board_of(client_of, username, "?sub-county=kisumu-east")
    assert "did not come: Illness" in below
    assert 'action="/board/offer"' not in below


@pytest.mark.parametrize("username", ["admin", DIRECTOR])
def test_the_roles_of_a_morning_are_one_parameter(
    session: Session, client_of: ClientOf, username: str
) -> None:
    """Named one by one, the 329 roles and counties of the country are compared with every post."""
    client = client_of(username)
    with statements() as told:
        assert client.get("/board/").status_code == 200
    asked = [
        one for one in told if "FROM centre JOIN post" in one or "FROM post JOIN centre" in one
    ]
    assert asked
    assert [one for one in asked if "sub_county.county_id) IN" in one] == []
    assert all("AS BIGINT) * " in one for one in asked if "sub_county.county_id" in one)


@pytest.mark.parametrize("username", ["254712000001", f"KCSE{world.CENTRE}", "payments.clerk"])
def test_officers_centres_and_clerks_have_no_board(
    session: Session, client_of: ClientOf, username: str
) -> None:
    client = client_of(username)
    for address in ("/board/", "/board/now/"):
        answer = client.get(address)
        assert answer.status_code in {403, 404} or answer.location == "/"


def test_only_a_director_offers(session: Session, client_of: ClientOf) -> None:
    absent = mark_absent()
    for username in ("scde.kisumu-east", "monitor"):
        client = client_of(username)
        held = deployment(absent)
        page = client.get("/account/").text
        form = {
            "csrf_token": token_in(page), "post": held.post_id, "slot": held.slot,
            "first": world.TODAY.isoformat(), "span": "today", "officers": str(spare_ids()[0]),
        }  # fmt: skip
        answer = client.post("/board/offer", data=form)
        assert answer.status_code in {302, 403}
        assert texted(session, spare_mobiles()[0]) == []


def test_the_part_that_refreshes_says_when_nothing_changed(
    session: Session, client_of: ClientOf
) -> None:
    client = client_of(DIRECTOR)
    first = client.get("/board/now/")
    assert (first.status_code, first.headers["X-As-Of"]) == (200, "07:20")
    assert "<html" not in first.text
    same = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/board/now/", headers=same).status_code == 304
    mark_absent()
    changed = client_of(DIRECTOR).get("/board/now/", headers=same)
    assert changed.status_code == 200
    assert "did not come" in changed.text


def test_an_offer_a_yes_and_what_the_board_then_says(session: Session, client_of: ClientOf) -> None:
    absent = mark_absent()
    director = client_of(DIRECTOR)
    answer = offer(director, absent)
    assert answer.status_code == 303
    page = director.get(answer.location).text
    assert "asked 07:20: 2 waiting" in page
    first, second = spare_mobiles()
    phone = client_of(second)
    own = phone.get("/me/offers/").text
    assert "Invigilator, Kisumu Day Secondary" in own
    assert len(own.encode()) < 60_000
    pk = offer_of(second)
    said = phone.post(f"/me/offers/{pk}/yes", data={"csrf_token": token_in(own)})
    assert (said.status_code, said.location) == (303, "/me/deployments/")
    assert "Kisumu Day Secondary" in phone.get(said.location).text
    late = client_of(first)
    token = token_in(late.get("/me/offers/").text)
    late.post(f"/me/offers/{offer_of(first)}/yes", data={"csrf_token": token})
    assert "Somebody else said yes first" in late.get("/me/offers/").text
    assert "did not come" not in client_of(DIRECTOR).get("/board/").text
    assert holders(deployment(absent).post_id) == 4


def test_the_most_urgent_place_alone_has_the_primary_button(
    session: Session, client_of: ClientOf
) -> None:
    absent = [mark_absent(), mark_absent(code=world.SECOND_CENTRE)]
    page = board_of(client_of, DIRECTOR)
    assert len(re.findall(r'class="button( primary)?"\s+name="officers"', page)) == len(absent)
    assert page.count('class="button primary"') == 1


def test_a_place_that_is_proposed_is_said_with_the_way_to_publish(
    session: Session, client_of: ClientOf
) -> None:
    said = "1 place is proposed and not published: nobody was told."
    assert board_of(client_of, DIRECTOR).count(said) == 0
    with scoped_as(session, EVERYTHING):
        post = session.scalars(
            select(Post)
            .join(Centre, Centre.id == Post.centre_id)
            .join(StaffRole, StaffRole.id == Post.role_id)
            .where(Centre.code == world.CENTRE, StaffRole.code == "invigilator")
        ).one()
        post.required += 1
        session.flush()
        session.add(
            Deployment(
                series_id=post.series_id, centre_id=post.centre_id, role_id=post.role_id,
                sub_county_id=post.sub_county_id, post_id=post.id, officer_id=spare_ids()[0],
                slot=post.required, starts_on=world.TODAY, ends_on=END, status="proposed",
            )
        )  # fmt: skip
        session.flush()
    page = board_of(client_of, DIRECTOR)
    assert page.count(said) == 1
    assert page.count('href="/deployments/list/?_flt_0_status=proposed"') == 1
    assert "not published: nobody was told" not in board_of(client_of, "monitor")


def test_an_offer_that_waits_stands_on_the_home(session: Session, client_of: ClientOf) -> None:
    mine = client_of(spare_mobiles()[0])
    assert "Can you stand in?" not in mine.get("/me/").text
    offer(client_of(DIRECTOR), mark_absent())
    page = mine.get("/me/").text
    assert page.count("Can you stand in?") == 1
    assert page.count('href="/me/offers/"') == 1
    other = client_of(spare_mobiles("Kisumu West")[0])
    assert "Can you stand in?" not in other.get("/me/").text
    mine.post(f"/me/offers/{offer_of(spare_mobiles()[0])}/no", data={"csrf_token": token_in(page)})
    assert "Can you stand in?" not in mine.get("/me/").text


def test_nobody_answers_for_somebody_else(session: Session, client_of: ClientOf) -> None:
    offered(mark_absent())
    first, second = spare_mobiles()
    pk = offer_of(first)
    phone = client_of(second)
    token = token_in(phone.get("/me/offers/").text)
    assert phone.post(f"/me/offers/{pk}/yes", data={"csrf_token": token}).status_code == 404


def test_next_door_neither_offers_here_nor_asks_people_of_there(
    session: Session, client_of: ClientOf
) -> None:
    absent = mark_absent()
    foreign = offer(client_of("tsc.kisumu-west"), absent)
    assert foreign.status_code == 404
    others = ",".join(map(str, spare_ids("Kisumu West")))
    assert offer(client_of(DIRECTOR), absent, officers=others).status_code == 404
    assert texted(session, spare_mobiles()[0]) == []


def test_the_board_in_kiswahili_and_on_a_wall(session: Session, client_of: ClientOf) -> None:
    mark_absent()
    wall = board_of(client_of, DIRECTOR, "?wall=1")
    assert "<nav" not in wall
    assert 'action="/board/offer"' not in wall
    assert 'http-equiv="refresh" content="30"' in wall


def reads_of(client: FlaskClient) -> int:
    """How many statements of a board look at deployments."""
    with statements() as seen:
        assert client.get("/board/now/").status_code == 200
    return sum("deployment" in one for one in seen)


def test_readers_of_the_country_ask_for_its_board_once_in_a_few_seconds(
    app: Flask, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A director's is always fresh: they have just changed it."""
    monitors, director = [client_of("monitor"), client_of("monitor")], client_of(DIRECTOR)
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setattr("app.kept._kept", {})
    first, second = [reads_of(one) for one in monitors]
    assert (first > 0, second) == (True, 0)
    assert reads_of(director) > 0 < reads_of(director)


def test_county_is_shown_nothing_that_the_country_was(
    app: Flask, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.kept._kept", {})
    everywhere, county = client_of("monitor"), client_of("county.kisumu")
    monkeypatch.setattr(app, "testing", False)
    assert "Nakuru Town East" in everywhere.get("/board/").text
    assert "Nakuru Town East" not in county.get("/board/").text
