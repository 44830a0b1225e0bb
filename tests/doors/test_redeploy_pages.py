"""The pages of moving people: what is shown before, done by a POST, and told afterwards."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING
from tests.factories.world_redeploy import (
    FIRST_MONDAY,
    ISSUE,
    holders,
    one_on_duty,
    open_place,
    open_places_in_number,
    rotating_season,
)

ClientOf = Callable[[str], FlaskClient]
TSC, SCDE, NEXT = "tsc.kisumu-east", "scde.kisumu-east", "tsc.kisumu-west"
CENTRE_LOGIN, SECOND_LOGIN = f"KCSE{world.CENTRE}", f"KCSE{world.SECOND_CENTRE}"
WHY = "Nobody there reads braille."


@dataclass(frozen=True)
class Person:
    """Somebody on duty, as a test names them."""

    id: int
    full_name: str
    mobile: str


def on_duty(session: Session, role: str, code: str = world.CENTRE, number: int = 0) -> Person:
    found = one_on_duty(session, role, code, number)
    return Person(found.id, found.officer.full_name, found.officer.mobile)


def state_of(session: Session, person: Person) -> str:
    session.expire_all()
    with scoped_as(session, EVERYTHING):
        return str(world.one(session, "SELECT status FROM deployment WHERE id = :id", id=person.id))


def plain(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def form(**values: Any) -> dict[str, Any]:
    return {"from_day": world.TODAY.isoformat(), "reason": WHY} | values


@pytest.fixture
def somebody(session: Session) -> Person:
    return on_duty(session, "invigilator")


@pytest.fixture
def place(session: Session) -> int:
    return open_place(session, "invigilator")


def test_list_and_record_offer_it_for_who_is_on_duty(client_of: ClientOf, somebody: Person) -> None:
    link = f"/redeploy/{somebody.id}/"
    assert link in client_of(TSC).get("/deployments/list/?psize=100").text
    assert link in client_of(TSC).get(f"/deployments/show/{somebody.id}").text
    for other in (SCDE, CENTRE_LOGIN, "monitor"):
        assert "/redeploy/" not in client_of(other).get(f"/deployments/show/{somebody.id}").text


def test_page_shows_the_person_and_the_places_that_are_free(
    client_of: ClientOf, somebody: Person, place: int
) -> None:
    said = plain(client_of(TSC).get(f"/redeploy/{somebody.id}/"))
    assert somebody.full_name in said.replace("&#39;", "'")
    assert "Nyamasaria Secondary" in said
    assert "Invigilator, 1 of 5 places free" in said
    none = plain(client_of(TSC).get(f"/redeploy/{somebody.id}/?q=Maseno"))
    assert "No place is free" in none


def test_every_free_place_is_reached_page_by_page(
    client_of: ClientOf, session: Session, somebody: Person
) -> None:
    """More places are free than a page holds: their number is said, and none is left out."""
    made, director = 45, client_of(TSC)
    wanted = {str(one) for one in open_places_in_number(session, made)}
    seen: list[str] = []
    for page in (1, 2, 3):
        answer = director.get(f"/redeploy/{somebody.id}/?q=Annex&page={page}")
        found = re.findall(r"[?]post_id=(\d+)", answer.text)
        assert 1 <= len(found) <= 20
        assert f"Page {page} of 3" in plain(answer)
        assert "45 posts have a place free." in plain(answer)
        seen += found
    assert (len(seen), set(seen)) == (made, wanted)
    first = director.get(f"/redeploy/{somebody.id}/?q=Annex").text
    assert f'href="?from_day={world.TODAY}&amp;q=Annex&amp;page=2#places"' in first
    beyond = plain(director.get(f"/redeploy/{somebody.id}/?q=Annex&page=99"))
    assert ("Page 3 of 3" in beyond, "No place is free" in beyond) == (True, False)
    one = plain(director.get(f"/redeploy/{somebody.id}/?q=Annex+117"))
    assert ("1 post has a place free." in one, "Next page" in one) == (True, False)


def test_preview_says_what_will_happen_before_it_does(
    client_of: ClientOf, session: Session, somebody: Person, place: int
) -> None:
    said = plain(client_of(TSC).get(f"/redeploy/{somebody.id}/?post_id={place}"))
    assert "duty at Kisumu Day Secondary ends on Tue 10 Nov." in said
    assert (
        "New duty: Invigilator at Nyamasaria Secondary from Wed 11 Nov to Thu 19 Nov, 9 days."
        in said
    )
    assert "The old letter is marked replaced." in said
    assert state_of(session, somebody) in {"published", "accepted"}


def test_every_bar_is_said_and_no_button_stands_there(
    client_of: ClientOf, session: Session, somebody: Person
) -> None:
    post = open_place(session, "supervisor")
    said = plain(client_of(TSC).get(f"/redeploy/{somebody.id}/?post_id={post}"))
    assert "cannot serve at Nyamasaria Secondary as Supervisor" in said
    assert "This post is for teachers who teach at secondary school." in said
    assert "KNEC circular on contracted professionals, 2025" in said
    assert 'name="reason"' not in said


def test_a_post_moves_them_and_both_registers_and_the_officer_say_so(
    client_of: ClientOf, session: Session, somebody: Person, place: int
) -> None:
    mobile, name = somebody.mobile, somebody.full_name
    answer = client_of(TSC).post(f"/redeploy/{somebody.id}/", data=form(post_id=place))
    assert answer.status_code == 303
    assert re.fullmatch(r"/deployments/show/\d+", answer.location)
    here, there = (
        plain(client_of(login).get("/register/")).replace("&#39;", "'")
        for login in (CENTRE_LOGIN, SECOND_LOGIN)
    )
    assert f"From Wed 11 Nov: {name}, invigilator, leaves for Nyamasaria Secondary." in here
    assert f"From Wed 11 Nov: {name}, invigilator, comes from Kisumu Day Secondary." in there
    assert "8 on the roster" in here
    assert "10 on the roster" in there
    own = plain(client_of(mobile).get("/me/deployments/"))
    assert "This letter was replaced." in own
    assert own.count(">View<") + own.count("View</a>") >= 2


def test_what_was_typed_survives_a_refusal(
    client_of: ClientOf, somebody: Person, place: int
) -> None:
    wrong = form(post_id=place, from_day=world.YESTERDAY.isoformat())
    answer = client_of(TSC).post(f"/redeploy/{somebody.id}/", data=wrong)
    assert answer.status_code == 422
    said = plain(answer)
    assert "can move on Wed 11 Nov at the earliest" in said
    empty = client_of(TSC).post(f"/redeploy/{somebody.id}/", data=form(post_id=place, reason=" "))
    assert empty.status_code == 422
    assert "Write the reason." in plain(empty)
    odd = client_of(TSC).post(f"/redeploy/{somebody.id}/", data=form(post_id=place, from_day="x"))
    assert (odd.status_code, "Choose a day" in plain(odd)) == (422, True)


def test_foreign_people_and_posts_are_not_found(
    client_of: ClientOf, session: Session, somebody: Person, place: int
) -> None:
    foreign = open_place(session, "invigilator", world.NEXT_DOOR)
    own = somebody.id
    post = client_of(TSC).post(f"/redeploy/{own}/", data=form(post_id=foreign))
    assert post.status_code == 404
    assert client_of(TSC).get(f"/redeploy/{own}/?post_id={foreign}").status_code == 404
    for address in (f"/redeploy/{own}/", f"/redeploy/swap/?a={own}"):
        assert client_of(NEXT).get(address).status_code == 404
        for other in (SCDE, CENTRE_LOGIN, "monitor", somebody.mobile):
            assert client_of(other).get(address).status_code == 403, other
    assert client_of(NEXT).post(f"/redeploy/{own}/", data=form(post_id=place)).status_code == 404


def test_somebody_withdrawn_is_redeployed_no_more(
    client_of: ClientOf, session: Session, somebody: Person, place: int
) -> None:
    client_of(TSC).post(f"/redeploy/{somebody.id}/", data=form(post_id=place))
    again = client_of(TSC).post(f"/redeploy/{somebody.id}/", data=form(post_id=place))
    assert again.status_code == 409


def test_two_people_change_places(client_of: ClientOf, session: Session) -> None:
    a = on_duty(session, "supervisor", world.CENTRE)
    b = on_duty(session, "supervisor", world.SECOND_CENTRE)
    page = plain(client_of(TSC).get(f"/redeploy/swap/?a={a.id}&q=Nyama"))
    assert f"b={b.id}" in page
    both = plain(client_of(TSC).get(f"/redeploy/swap/?a={a.id}&b={b.id}"))
    assert both.count("New duty: Supervisor at") == 2
    answer = client_of(TSC).post("/redeploy/swap/", data=form(a=a.id, b=b.id))
    assert answer.status_code == 303
    assert [state_of(session, one) for one in (a, b)] == ["replaced", "replaced"]


def test_who_may_be_swapped_with_is_searched_and_shown_ten_at_a_time(
    client_of: ClientOf, session: Session
) -> None:
    a, director = on_duty(session, "supervisor", world.CENTRE), client_of(TSC)
    seen: list[str] = []
    with scoped_as(session, EVERYTHING):
        others = world.one(
            session,
            "SELECT count(*) FROM deployment d JOIN deployment mine ON mine.id = :id"
            " JOIN centre c ON c.id = d.centre_id AND c.kind = 'school'"
            " WHERE d.series_id = mine.series_id AND d.sub_county_id = mine.sub_county_id"
            " AND d.post_id <> mine.post_id AND d.officer_id <> mine.officer_id"
            " AND d.status IN ('published', 'accepted') AND d.ends_on >= :day",
            id=a.id,
            day=world.TODAY,
        )
    pages = -(-others // 10)
    assert pages > 1
    for page in range(1, pages + 1):
        shown = director.get(f"/redeploy/swap/?a={a.id}&page={page}").text
        found = re.findall(r"[?&;]b=(\d+)", shown)
        assert 1 <= len(found) <= 10
        assert f"Page {page} of {pages}" in plain(
            director.get(f"/redeploy/swap/?a={a.id}&page={page}")
        )
        seen += found
    assert (len(seen), len(set(seen))) == (others, others)
    assert f"{others} people" in shown
    beyond = director.get(f"/redeploy/swap/?a={a.id}&page=99")
    assert (beyond.status_code, "Nobody found" in beyond.text) == (200, True)
    searched = director.get(f"/redeploy/swap/?a={a.id}&q=Nyama").text
    assert 0 < len(re.findall(r"[?&;]b=(\d+)", searched)) < others


def test_a_barred_swap_says_whom_and_keeps_what_was_typed(
    client_of: ClientOf, session: Session, somebody: Person
) -> None:
    other = on_duty(session, "supervisor", world.SECOND_CENTRE)
    page = plain(client_of(TSC).get(f"/redeploy/swap/?a={somebody.id}&b={other.id}"))
    assert "Let them change places" not in page
    answer = client_of(TSC).post("/redeploy/swap/", data=form(a=somebody.id, b=other.id))
    assert answer.status_code == 422
    assert "This post is for teachers who teach at" in plain(answer)


@pytest.fixture
def in_november_2027() -> Iterator[None]:
    clock.configure(frozen=clock.instant_at(FIRST_MONDAY + dt.timedelta(days=1), dt.time(9)))
    yield
    world.freeze()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def standing(page: str) -> list[str]:
    """Who stands at each place in the running week, as the table of the weeks says it."""
    return re.findall(r'<td data-label="Mon 1 Nov to Fri 5 Nov">([^<]+)</td>', page)


@pytest.mark.usefixtures("in_november_2027")
def test_rotation_is_shown_changed_by_hand_and_published(
    client_of: ClientOf, session: Session
) -> None:
    series, role, _made = rotating_season(session, weeks=2)
    director = client_of(TSC)
    page = plain(director.get("/redeploy/rotation/"))
    assert "1 week to come, 4 people at 4 places." in page
    assert "No plan of these weeks has less travel." in page
    assert "Mon 8 Nov to Fri 12 Nov" in page
    sent = {"series": series, "role": role, "plan": hidden(page, "plan")}
    cell = re.findall(r'value="(pick:\d+:\d+:\d+)"', page)[0]
    picked = director.post("/redeploy/rotation/", data=sent | {"act": cell})
    assert picked.status_code == 200
    act = re.search(r'value="(put:[^"]+)"', picked.text)
    chosen = re.search(r'<option value="(\d+)"', picked.text)
    assert act
    assert chosen
    changed = director.post(
        "/redeploy/rotation/", data=sent | {"act": act[1], "officer": chosen[1]}
    )
    assert "Changed by hand." in plain(changed)
    assert hidden(changed.text, "plan") != sent["plan"]
    sent["plan"] = hidden(changed.text, "plan")
    answer = director.post("/redeploy/rotation/", data=sent | {"act": "publish", "reason": WHY})
    assert answer.status_code == 303
    assert len(holders(session, series)) == 8
    after = plain(director.get("/redeploy/rotation/"))
    assert len(standing(page)) == 4
    assert "nobody" not in standing(page)
    assert standing(after) == standing(page)


@pytest.mark.usefixtures("in_november_2027")
def test_a_wrong_plan_is_refused_on_the_page(client_of: ClientOf, session: Session) -> None:
    series, role, _made = rotating_season(session)
    director = client_of(TSC)
    sent = {"series": series, "role": role, "reason": WHY}
    wrongs = (
        {"act": "publish", "plan": "x.y"},
        {"act": "publish", "plan": "2027-11-08.1.1"},
        {"act": "publish", "plan": ""},
        {"act": "pick:9:9:9", "plan": ""},
        {"act": "put:a:b:c", "plan": ""},
    )
    for wrong in wrongs:
        answer = director.post("/redeploy/rotation/", data=sent | wrong)
        assert answer.status_code == 422, wrong
        assert "to put right" in answer.text
    foreign = client_of(NEXT).post("/redeploy/rotation/", data=sent | {"act": "publish"})
    assert foreign.status_code == 404
    for other in (SCDE, CENTRE_LOGIN, "monitor"):
        assert client_of(other).get("/redeploy/rotation/").status_code == 403


def test_hand_over_is_written_submitted_and_read(client_of: ClientOf, session: Session) -> None:
    stay = on_duty(session, "supervisor", world.SECOND_CENTRE)
    mobile, colleague = (
        stay.mobile,
        on_duty(session, "invigilator", world.SECOND_CENTRE),
    )
    me, address = client_of(mobile), f"/me/hand-overs/{stay.id}/"
    assert address in me.get("/me/deployments/").text
    page = plain(me.get(address))
    assert colleague.full_name in page.replace("&#39;", "'")
    sent = {
        f"note-{colleague.id}": "Reads braille",
        "issue-0": "The key of room 2 is lost.",
        "issue-1": "Counted twice.",
        "settled-1": "yes",
        "absent_candidates": "three",
        "hardships": "052 gave birth.",
        "act": "save",
    }
    wrong = me.post(address, data=sent)
    assert wrong.status_code == 422
    assert "The key of room 2 is lost." in wrong.text
    assert me.post(address, data=sent | {"absent_candidates": "3"}).status_code == 303
    assert "Reads braille" in me.get(address).text
    done = me.post(address, data=sent | {"absent_candidates": "3", "act": "submit"})
    assert done.status_code == 303
    again = me.post(address, data=sent | {"absent_candidates": "4", "act": "submit"})
    assert again.status_code == 409
    for reader in (TSC, SCDE, SECOND_LOGIN, "monitor", mobile):
        listed = client_of(reader)
        if reader != mobile:
            link = re.findall(r"/hand-overs/\d+", listed.get("/hand-overs/list/").text)[0]
        shown = plain(listed.get(link))
        assert "The key of room 2 is lost." in shown, reader
        assert "Reads braille" in shown


def test_hand_overs_next_door_are_not_found(client_of: ClientOf, session: Session) -> None:
    page = client_of(TSC).get("/hand-overs/list/").text
    (own,) = re.findall(r"/hand-overs/\d+", page)
    assert ISSUE in client_of(TSC).get(own).text
    assert ISSUE in client_of(CENTRE_LOGIN).get(own).text
    for other in (NEXT, f"KCSE{world.NEXT_DOOR}", SECOND_LOGIN):
        assert client_of(other).get(own).status_code == 404, other
    stay = on_duty(session, "supervisor")
    invigilator = on_duty(session, "invigilator").mobile
    assert client_of(invigilator).get(f"/me/hand-overs/{stay.id}/").status_code == 404
    assert client_of(TSC).get(f"/me/hand-overs/{stay.id}/").status_code == 403


def test_an_answer_begun_goes_along_to_the_redeployment_and_back(
    client_of: ClientOf, session: Session
) -> None:
    """What was typed for a correction stands in the reason of the redeployment, in no address."""
    person, post_id = on_duty(session, "invigilator"), open_place(session, "invigilator")
    wrong = {"kind": "station", "words": "I asked for a nearer one."}
    answer = client_of(person.mobile).post(f"/me/deployments/{person.id}/wrong", data=wrong)
    assert answer.status_code == 303
    with scoped_as(session, EVERYTHING):
        pk = world.one(session, "SELECT max(id) FROM deployment_correction")
    desk, typed = client_of(TSC), {"answer": "A <nearer> centre is found."}
    kept = "A &lt;nearer&gt; centre is found."
    gone = desk.post(f"/corrections/{pk}/redeploy", data=typed)
    assert (gone.status_code, gone.headers["Location"]) == (
        303,
        f"/redeploy/{person.id}/?correction={pk}",
    )
    chosen = f"{gone.headers['Location']}&post_id={post_id}"
    assert kept in desk.get(chosen).text
    assert kept in desk.get("/corrections/").text
    assert kept not in client_of("admin").get("/corrections/").text
    sent = form(post_id=post_id, correction=pk, reason="A nearer centre is found.")
    assert desk.post(f"/redeploy/{person.id}/", data=sent).status_code == 303
    assert kept not in desk.get("/corrections/?state=all").text
    again = desk.post(f"/corrections/{pk}/redeploy", data=typed)
    assert again.status_code == 404
    for who, status in ((NEXT, 404), (SCDE, 403)):
        refused = client_of(who).post(f"/corrections/{pk}/redeploy", data=typed)
        assert (who, refused.status_code) == (who, status)


def test_a_deployment_shows_the_way_to_its_letter(client_of: ClientOf, session: Session) -> None:
    person = on_duty(session, "invigilator")
    with scoped_as(session, EVERYTHING):
        statement = "SELECT id FROM letter WHERE deployment_id = :id ORDER BY version DESC LIMIT 1"
        letter = world.one(session, statement, id=person.id)
    page = client_of(TSC).get(f"/deployments/show/{person.id}").text
    for address in (f"/letters/show/{letter}", f"/letters/{letter}.pdf"):
        assert f'href="{address}"' in page
        assert client_of(TSC).get(address).status_code == 200
    watched = client_of("monitor").get(f"/deployments/show/{person.id}").text
    assert f'href="/letters/show/{letter}"' in watched
    assert f"/letters/{letter}.pdf" not in watched
