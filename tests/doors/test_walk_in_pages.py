"""Pages of walk-ins: the centre's form says nothing of a number, the director's says everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.attendance.enums import RegisterState
from tests.factories import world
from tests.factories.registers import bring_to, office_time, statements, stored
from tests.factories.walk_ins import (
    CENTRE_LOGIN,
    KNOWN,
    SCDE,
    TSC,
    UNKNOWN,
    open_place,
    role_id,
    spare,
    value,
)
from tests.factories.world_walk_ins import TYPED_NAME

ClientOf = Callable[[str], FlaskClient]
LIGHTEST = 60_000


@pytest.fixture(autouse=True)
def _arranged(session: Session) -> None:
    world.freeze()
    open_place()
    spare()


def form(**changes: str) -> dict[str, str]:
    """The form as a browser sends it."""
    manager = next(line for line in stored(world.CENTRE).markers if line.manages_centre)
    return {
        "kind": "national_id",
        "number": KNOWN,
        "name": "Achieng Otieno",
        "role": str(role_id()),
        "status": "present",
        "minutes": "",
        "late_reason": "",
        "why": "In place of the clerk, who is ill.",
        "marked_by": str(manager.deployment_id),
    } | changes


def entered(client_of: ClientOf, **changes: str) -> int:
    answer = client_of(CENTRE_LOGIN).post("/walk-ins/add", data=form(**changes))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/register/")
    return int(value("SELECT max(id) FROM walk_in"))


def plain(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_register_of_today_leads_to_the_form(client_of: ClientOf) -> None:
    client = client_of(CENTRE_LOGIN)
    assert 'href="/walk-ins/add"' in client.get("/register/").text
    assert 'href="/walk-ins/add"' not in client.get(f"/register/{world.YESTERDAY}").text
    page = client.get("/walk-ins/add")
    assert page.status_code == 200
    assert len(page.data) < LIGHTEST
    assert "<script" not in page.text


def test_entered_and_shown_as_provisional(client_of: ClientOf) -> None:
    client = client_of(CENTRE_LOGIN)
    late = form(status="late", minutes="20", late_reason="Transport")
    said = plain(client.post("/walk-ins/add", data=late, follow_redirects=True))
    assert "Entered. The TSC Sub-County Director decides today" in said
    assert "Achieng Otieno Clerk Provisional" in said
    assert "Late, 20 minutes, Transport" in said


def test_a_known_and_an_unknown_number_get_the_same_answer(client_of: ClientOf) -> None:
    """Words, bytes and headers: the two entries differ in nothing but their place in the list."""
    client = client_of(CENTRE_LOGIN)
    client.post(f"/register/{world.TODAY}", data={"act": "open"})
    known = client.post("/walk-ins/add", data=form())
    after_known = client.get("/register/").data
    withdrawn = int(value("SELECT max(id) FROM walk_in"))
    client.post(f"/walk-ins/{withdrawn}/withdraw", data={"confirmed": "yes"})
    client.get("/register/")
    unknown = client.post("/walk-ins/add", data=form(number=UNKNOWN))
    after_unknown = client.get("/register/").data
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert steady(after_known) == steady(after_unknown)
    officer = value("SELECT full_name FROM officer WHERE national_id_last = '567'")
    assert officer.encode() not in after_known


def steady(page: bytes) -> bytes:
    """A page without what differs between any two requests."""
    words = re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}|server-ms=\"\d+\"|nonce-[^\"']+", b"", page)
    words = re.sub(rb'name="csrf_token" value="[^"]+"', b"", words)
    return re.sub(rb"/walk-ins/\d+/withdraw", b"", words)


def test_every_fault_is_said_and_what_was_typed_is_kept(client_of: ClientOf) -> None:
    bad = form(number="12", name="Juma", why="", status="late")
    answer = client_of(CENTRE_LOGIN).post("/walk-ins/add", data=bad)
    said = plain(answer)
    assert answer.status_code == 422
    for words in (
        "A national ID has 6 to 10 digits.",
        "Write at least two names.",
        "Write why they are here.",
        "Write how many minutes late, from 1 to 600.",
        "Choose why they were late.",
    ):
        assert words in said
    assert 'value="Juma"' in answer.text


def test_the_form_speaks_kiswahili(client_of: ClientOf) -> None:
    client = client_of(CENTRE_LOGIN)
    client.get("/lang/sw")
    said = plain(client.get("/walk-ins/add"))
    assert "Nambari ya kitambulisho" in said
    assert "Somebody" not in said


def test_the_centre_takes_its_entry_back(client_of: ClientOf) -> None:
    one = entered(client_of)
    client = client_of(CENTRE_LOGIN)
    assert "Take this entry back?" in client.get(f"/walk-ins/{one}/withdraw").text
    answer = client.post(f"/walk-ins/{one}/withdraw", data={"confirmed": "yes"})
    assert answer.status_code == 303
    assert value("SELECT state FROM walk_in WHERE id = :i", i=one) == "withdrawn"


def test_home_of_the_director_counts_what_waits(client_of: ClientOf) -> None:
    entered(client_of)
    said = plain(client_of(TSC).get("/"))
    assert "1 walk-in to decide today" in said
    assert "1 walk-in of an earlier day" in said


def test_list_shows_today_first_and_marks_what_is_overdue(client_of: ClientOf) -> None:
    entered(client_of)
    said = plain(client_of(TSC).get("/walk-ins/"))
    assert said.index("Achieng Otieno") < said.index(TYPED_NAME)
    assert "1 to decide today; 1 of an earlier day" in said
    assert said.count("Decide today") == 1


def test_the_director_sees_whose_number_it_is(client_of: ClientOf) -> None:
    one = entered(client_of)
    name = value("SELECT full_name FROM officer WHERE national_id_last = '567'")
    said = plain(client_of(TSC).get(f"/walk-ins/{one}"))
    assert name.replace("'", "&#39;") in said
    assert "ends with 567" in said
    assert KNOWN not in said


def test_of_a_neighbour_the_page_shows_neither_name_nor_number(client_of: ClientOf) -> None:
    number = "32345678"
    officer = spare(number, "Kisumu West Boys")
    name, mobile, tsc = value(
        "SELECT ARRAY[full_name, mobile, coalesce(tsc_number, '-----')] FROM officer WHERE id = :i",
        i=officer,
    )
    one = entered(client_of, number=number)
    page = client_of(TSC).get(f"/walk-ins/{one}")
    said = plain(page)
    assert "An officer of another sub-county" in said
    assert "Sub-county of the workstation Kisumu West" in said
    assert "That day Holds no post elsewhere" in said
    for secret in (name.replace("'", "&#39;"), mobile, mobile[3:], tsc, "Kisumu West Boys", number):
        assert secret not in page.text
    assert f"/officers/show/{officer}" not in page.text
    centre = client_of(CENTRE_LOGIN).get("/walk-ins/")
    assert "another sub-county" not in plain(centre)
    assert "Kisumu West" not in plain(centre)


def test_the_director_reads_every_hindrance(client_of: ClientOf) -> None:
    one = entered(client_of, number=UNKNOWN, role=str(role_id("supervisor")))
    page = client_of(TSC).get(f"/walk-ins/{one}")
    said = plain(page)
    assert "No officer of the country has this number." in said
    assert "Every place of this role is filled on that day." in said
    assert 'value="day"' not in page.text
    forced = client_of(TSC).post(f"/walk-ins/{one}", data={"act": "day"})
    assert forced.status_code == 422
    assert "No officer of the country has this number." in plain(forced)


def test_accepted_from_the_page_and_paid_after_the_confirmation(client_of: ClientOf) -> None:
    bring_to("submitted")
    one = entered(client_of)
    answer = client_of(TSC).post(f"/walk-ins/{one}", data={"act": "day"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/walk-ins/")
    page = stored(world.CENTRE)
    assert (page.state, len(page.lines)) == (RegisterState.SUBMITTED, 10)
    said = plain(client_of(CENTRE_LOGIN).get("/register/"))
    assert "Achieng Otieno Clerk Accepted" in said


def test_refused_only_with_a_reason(client_of: ClientOf) -> None:
    one = entered(client_of)
    client = client_of(TSC)
    answer = client.post(f"/walk-ins/{one}", data={"act": "refuse", "reason": " "})
    assert (answer.status_code, "Write the reason." in plain(answer)) == (422, True)
    answer = client.post(f"/walk-ins/{one}", data={"act": "refuse", "reason": "Not sent by us."})
    assert answer.status_code == 303
    said = plain(client.get("/walk-ins/?state=decided"))
    assert "Refused Not sent by us." in said


def test_a_decided_one_is_read_and_not_decided_again(client_of: ClientOf) -> None:
    one = entered(client_of)
    client = client_of(TSC)
    client.post(f"/walk-ins/{one}", data={"act": "refuse", "reason": "Not sent by us."})
    assert 'value="refuse"' not in client.get(f"/walk-ins/{one}").text
    again = client.post(f"/walk-ins/{one}", data={"act": "day"})
    assert (again.status_code, "This walk-in was refused already." in plain(again)) == (409, True)


@pytest.mark.parametrize(
    "username", ["tsc.kisumu-west", f"KCSE{world.NEXT_DOOR}", "scde.kisumu-west"]
)
def test_a_foreign_walk_in_is_not_found(client_of: ClientOf, username: str) -> None:
    one = entered(client_of)
    client = client_of(username)
    assert client.get(f"/walk-ins/{one}").status_code == 404
    assert client.post(f"/walk-ins/{one}", data={"act": "day"}).status_code in {403, 404}
    assert client.post(f"/walk-ins/{one}/withdraw").status_code in {403, 404}
    assert "Achieng Otieno" not in client.get("/walk-ins/").text


def test_the_scde_reads_and_decides_nothing(client_of: ClientOf) -> None:
    one = entered(client_of)
    client = client_of(SCDE)
    page = client.get(f"/walk-ins/{one}")
    assert page.status_code == 200
    assert "Whose number it is" not in page.text
    assert client.post(f"/walk-ins/{one}", data={"act": "day"}).status_code == 403


@pytest.mark.parametrize("address", ["/walk-ins/", "/walk-ins/add"])
def test_officers_have_no_such_pages(client_of: ClientOf, address: str) -> None:
    mobile = value("SELECT mobile FROM officer WHERE national_id_last = '567'")
    assert client_of(mobile).get(address).status_code == 403


def test_before_the_marking_hours_nobody_is_entered(client_of: ClientOf) -> None:
    given, client = form(), client_of(CENTRE_LOGIN)
    with office_time(5, 30):
        answer = client.post("/walk-ins/add", data=given)
    assert (answer.status_code, "Marking opens at 06:00." in plain(answer)) == (422, True)


def test_lists_cost_the_same_for_one_and_for_many(client_of: ClientOf) -> None:
    client = client_of(TSC)
    entered(client_of)
    client.get("/walk-ins/")
    with statements() as few:
        client.get("/walk-ins/")
    for number in range(5):
        entered(client_of, number=str(41_000_000 + number))
    with statements() as many:
        client.get("/walk-ins/")
    assert len(many) == len(few)
