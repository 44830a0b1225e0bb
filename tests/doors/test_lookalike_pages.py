"""The queue of look-alikes and two records side by side: who sees them, and what they may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.enums import ProfileState
from app.people.models import Lookalike, Officer, OfficerMerge
from app.people.services.lookalikes import open_review
from app.places.models import SubCounty
from app.scoping.guard import enter_scope
from tests.factories import world
from tests.factories.registers import EVERYTHING, statements

DIRECTOR, NEXT_DOOR, ADMIN = "tsc.kisumu-east", "tsc.kisumu-west", "admin"
LIST = "/lookalikes/list/"
ClientOf = Callable[[str], FlaskClient]
WHY = "Same face, same papers."


@pytest.fixture
def people(session: Session) -> tuple[Officer, Officer]:
    """Two records of Kisumu East without duty, who look alike."""
    return made(session, "kisumu-east", "kisumu-east")


def made(session: Session, one: str, other: str) -> tuple[Officer, Officer]:
    enter_scope(session, EVERYTHING)
    found = []
    for n, slug in enumerate((one, other)):
        place = session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
        name = ("Zainabu Wafula Nekesa", "Nekesa Zainabu W.")[n]
        officer = Officer(
            full_name=name,
            mobile=f"25479900080{n}",
            sub_county_id=place,
            year_of_birth=1990 + n,
            workstation="Kasagam Secondary",
            kin_telephone="254711000900",
            state="submitted",
        )
        session.add(officer)
        session.flush()
        found.append(officer)
    return found[0], found[1]


@pytest.fixture
def case_id(session: Session, people: tuple[Officer, Officer]) -> int:
    return review(session, people)


def review(session: Session, people: tuple[Officer, Officer]) -> int:
    found = open_review(
        session,
        people[0].id,
        people[1].id,
        score=88,
        reasons=("similar_name", "next_year", "same_workplace"),
    )
    session.commit()
    assert found is not None
    return found


def fresh(session: Session, case_id: int) -> Any:
    enter_scope(session, EVERYTHING)
    session.expire_all()
    return session.get_one(Lookalike, case_id)


def confirmed(client: FlaskClient, address: str, page: str) -> Any:
    """Presses the button of the page that asks once more, with everything it carries."""
    fields = dict(re.findall(r'type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page))
    return client.post(address, data=fields)


def test_the_queue_says_why_each_pair_was_found(client_of: ClientOf, case_id: int) -> None:
    page = client_of(DIRECTOR).get(LIST).text
    assert f'href="/lookalikes/{case_id}"' in page
    assert "A similar name; Born one year apart; The same workplace" in page
    assert "To review: 2 pairs" in page
    assert "Both gave the same national ID" in page


def test_each_state_counts_what_it_lists(client_of: ClientOf, case_id: int) -> None:
    client = client_of(ADMIN)
    page = client.get(LIST).text
    tabs = re.findall(r'href="(/lookalikes/list/\?state=\w+)".*?\((\d+)\)</a>', page, re.DOTALL)
    assert [int(count) for _href, count in tabs] == [4, 0, 0, 3]
    for href, count in tabs:
        assert len(set(re.findall(r'href="(/lookalikes/\d+)"', client.get(href).text))) == int(
            count
        )


def test_the_two_stand_side_by_side_with_what_differs(client_of: ClientOf, case_id: int) -> None:
    page = client_of(DIRECTOR).get(f"/lookalikes/{case_id}").text
    rows = {
        re.sub(r"\s+", " ", label): "Differs" in rest
        for label, rest in re.findall(
            r'<th scope="row" class="grow">([^<]+)</th>(.*?)</tr>', page, re.DOTALL
        )
    }
    assert rows["Name"]
    assert rows["Year of birth"]
    assert rows["Mobile number and account"]
    assert not rows["Workplace"]
    assert "Likeness 88 of 100." in page
    assert "0711 000 900" in page
    assert "254711000900" not in page


@pytest.mark.parametrize("who", [NEXT_DOOR, "tsc.nakuru-town-east"])
def test_a_pair_of_another_sub_county_is_not_found(
    client_of: ClientOf, case_id: int, who: str
) -> None:
    client = client_of(who)
    assert f"/lookalikes/{case_id}" not in client.get(LIST).text
    assert client.get(f"/lookalikes/{case_id}").status_code == 404
    for act in ("dismiss", "propose"):
        answer = client.post(f"/lookalikes/{case_id}/{act}", data={"reason": WHY})
        assert answer.status_code == 404


@pytest.mark.parametrize("who", ["scde.kisumu-east", f"KCSE{world.CENTRE}", "monitor"])
def test_no_other_role_opens_the_pages(client_of: ClientOf, case_id: int, who: str) -> None:
    client = client_of(who)
    for address in (LIST, f"/lookalikes/{case_id}"):
        answer = client.get(address)
        assert answer.status_code in {302, 403}
        assert "Zainabu" not in answer.text


def test_a_pair_in_two_sub_counties_shows_the_other_masked(
    client_of: ClientOf, session: Session
) -> None:
    mine, theirs = made(session, "kisumu-east", "kisumu-west")
    names = (mine.full_name, theirs.full_name, "0799 000 800", "0799 000 801")
    case_id = review(session, (mine, theirs))
    east = client_of(DIRECTOR).get(f"/lookalikes/{case_id}").text
    west = client_of(NEXT_DOOR).get(f"/lookalikes/{case_id}").text
    assert [one in east for one in names] == [True, False, True, False]
    assert [one in west for one in names] == [False, True, False, True]
    assert "N. Z. W." in east
    assert "Kisumu West: you see what is needed" in east
    assert "057 223900" in east
    assert "Z. W. N." in client_of(NEXT_DOOR).get(LIST).text
    assert all(one in client_of(ADMIN).get(f"/lookalikes/{case_id}").text for one in names)


def test_different_people_are_put_away_with_a_reason(
    client_of: ClientOf, session: Session, case_id: int
) -> None:
    client = client_of(DIRECTOR)
    refused = client.post(f"/lookalikes/{case_id}/dismiss", data={"reason": " "})
    assert (refused.status_code, "Write the reason." in refused.text) == (422, True)
    done = client.post(f"/lookalikes/{case_id}/dismiss", data={"reason": "Sisters"})
    assert (done.status_code, done.location) == (303, f"/lookalikes/{case_id}")
    case = fresh(session, case_id)
    assert (case.state, case.decision_reason) == ("dismissed", "Sisters")
    assert "Sisters" in client.get(f"/lookalikes/{case_id}").text
    again = client.post(f"/lookalikes/{case_id}/dismiss", data={"reason": "Twins"})
    assert again.status_code == 409


def test_a_merge_is_asked_twice_proposed_and_approved_by_another(
    client_of: ClientOf, session: Session, case_id: int, people: tuple[Officer, Officer]
) -> None:
    stays, goes = people[0].id, people[1].id
    client, address = client_of(DIRECTOR), f"/lookalikes/{case_id}/propose"
    empty = client.post(address, data={"reason": WHY})
    assert (empty.status_code, "Choose which record stays." in empty.text) == (422, True)
    assert WHY in empty.text
    form = {"survivor_id": stays, "reason": WHY, "keep-mobile": goes, "keep-name": stays}
    asked = client.post(address, data=form)
    assert "cannot be undone" in asked.text
    assert fresh(session, case_id).state == "open"
    assert confirmed(client, address, asked.text).status_code == 303
    case = fresh(session, case_id)
    assert (case.state, case.survivor_id) == ("proposed", stays)
    assert case.kept == {"mobile": "merged", "name": "survivor"}
    assert client.post(f"/lookalikes/{case_id}/approve").status_code in {302, 403}
    office, address = client_of(ADMIN), f"/lookalikes/{case_id}/approve"
    asked = office.post(address)
    assert "This cannot be undone." in asked.text
    assert fresh(session, case_id).state == "proposed"
    other = office.post(address, data={"confirmed": "yes", "seen": f"{goes};name=survivor"})
    assert (other.status_code, "Another proposal stands by now" in other.text) == (409, True)
    assert fresh(session, case_id).state == "proposed"
    assert confirmed(office, address, asked.text).status_code == 303
    assert fresh(session, case_id).state == "merged"
    merge = session.scalars(select(OfficerMerge).where(OfficerMerge.lookalike_id == case_id)).one()
    assert (merge.survivor_id, merge.merged_id) == (stays, goes)
    assert session.get_one(Officer, stays).mobile == "254799000801"
    shown = [client.get(f"/officers/show/{one}").status_code for one in (stays, goes)]
    assert shown == [200, 404]
    gone = f'data-profile="{goes}"'
    queues = [client.get(f"/profiles/queue/?state={one}").text for one in ProfileState]
    assert [gone in queue for queue in queues] == [False] * len(queues)


def test_headquarters_sends_a_proposal_back(
    client_of: ClientOf, session: Session, case_id: int, people: tuple[Officer, Officer]
) -> None:
    client, address = client_of(DIRECTOR), f"/lookalikes/{case_id}/propose"
    form = {"survivor_id": people[0].id, "reason": WHY, "confirmed": "yes"}
    assert client.post(address, data=form).status_code == 303
    office = client_of(ADMIN)
    assert WHY in office.get(f"/lookalikes/{case_id}").text
    sent = office.post(f"/lookalikes/{case_id}/refuse", data={"reason": "The faces differ"})
    assert (sent.status_code, fresh(session, case_id).state) == (303, "open")


def test_whoever_proposed_is_told_that_another_approves(
    client_of: ClientOf, session: Session, case_id: int, people: tuple[Officer, Officer]
) -> None:
    office = client_of(ADMIN)
    form = {"survivor_id": people[0].id, "reason": WHY, "confirmed": "yes"}
    assert office.post(f"/lookalikes/{case_id}/propose", data=form).status_code == 303
    page = office.get(f"/lookalikes/{case_id}").text
    assert "You proposed this. Somebody else has to approve it." in page
    assert f'action="/lookalikes/{case_id}/approve"' not in page
    refused = office.post(f"/lookalikes/{case_id}/approve", data={"confirmed": "yes"})
    assert (refused.status_code, fresh(session, case_id).state) == (422, "proposed")


def test_days_in_the_way_are_named_on_the_page(client_of: ClientOf, session: Session) -> None:
    enter_scope(session, EVERYTHING)
    one, other = session.scalars(
        select(Officer)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == "kisumu-east", Officer.workstation == "Kisumu East Girls")
        .order_by(Officer.id)
        .limit(2)
    ).all()
    case_id = review(session, (one, other))
    client = client_of(DIRECTOR)
    form = {"survivor_id": one.id, "reason": WHY, "confirmed": "yes"}
    refused = client.post(f"/lookalikes/{case_id}/propose", data=form)
    assert refused.status_code == 422
    assert "9 Nov" in refused.text
    assert "both were marked in a register" in refused.text
    assert "They cannot be made one yet." in client.get(f"/lookalikes/{case_id}").text


@pytest.mark.parametrize("address", [f"{LIST}?state=nonsense", f"{LIST}?page=0", f"{LIST}?page=x"])
def test_an_address_that_means_nothing_is_refused(client_of: ClientOf, address: str) -> None:
    assert client_of(DIRECTOR).get(address).status_code == 400


def test_the_queue_asks_as_often_for_one_pair_as_for_many(
    client_of: ClientOf, session: Session, people: tuple[Officer, Officer]
) -> None:
    client = client_of(DIRECTOR)
    client.get(LIST)
    with statements() as few:
        client.get(LIST)
    review(session, people)
    client.get(LIST)
    with statements() as many:
        client.get(LIST)
    assert len(few) == len(many)
