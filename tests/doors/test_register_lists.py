"""The offices' lists: the day's registers with whom to call, bulk confirmation, disputes, closing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.attendance import queries, services
from app.attendance.enums import RegisterState
from app.attendance.queries import histories
from tests.factories import world
from tests.factories.registers import acting_as, bring_to, centre_id, statements, stored

SCDE, TSC = "scde.kisumu-east", "tsc.kisumu-east"
TODAY = "/registers/today/"
ClientOf = Callable[[str], FlaskClient]


def listed(page: str) -> list[str]:
    return re.findall(r'href="/register/(\d{8})/2026-11-1\d"', page)


def test_the_day_lists_centres_that_have_not_opened_with_whom_to_call(
    client_of: ClientOf,
) -> None:
    page = client_of(TSC).get(TODAY).text
    manager = stored(world.CENTRE).lines[0]
    assert listed(page) == [world.CENTRE, world.SECOND_CENTRE, world.PRIMARY, "42238900"]
    assert manager.name.replace("'", "&#39;") in page
    assert f'href="tel:+{manager.telephone}"' in page
    assert "0 of 4 centres confirmed; 4 have not opened" in page


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        ("submitted", [world.CENTRE, world.PRIMARY]),
        ("returned", [world.SECOND_CENTRE]),
        ("not_opened", ["42238900"]),
        ("confirmed", []),
    ],
)
def test_a_state_lists_the_registers_in_it(
    client_of: ClientOf, state: str, codes: list[str]
) -> None:
    page = client_of(SCDE).get(f"{TODAY}?day={world.YESTERDAY}&state={state}").text
    assert listed(page) == codes


def test_the_counts_on_the_filters_open_the_very_list(client_of: ClientOf) -> None:
    client = client_of(SCDE)
    page = client.get(f"{TODAY}?day={world.YESTERDAY}").text
    chips = re.findall(r'class="chip"\s+href="([^"]+)"[^>]*>[^<]*<b>(\d+)</b>', page)
    assert len(chips) == 4
    for address, count in chips:
        assert len(listed(client.get(address.replace("&amp;", "&")).text)) == int(count)


def test_ticked_registers_are_confirmed_together(client_of: ClientOf) -> None:
    client = client_of(SCDE)
    page = client.get(f"{TODAY}?day={world.YESTERDAY}&state=submitted&tick=all").text
    picks = re.findall(r'name="pick"\s+value="(\d+:\d+)"[^>]*\s+checked', page)
    assert len(picks) == 2
    form = {"day": str(world.YESTERDAY), "pick": picks}
    after = client.post(f"{TODAY}confirm", data=form, follow_redirects=True).text
    assert "1 register confirmed." in after
    assert "The TSC director remarked on a row." in after
    assert stored(world.PRIMARY, world.YESTERDAY).state is RegisterState.CONFIRMED
    assert stored(world.CENTRE, world.YESTERDAY).state is RegisterState.SUBMITTED


def test_nothing_ticked_confirms_nothing(client_of: ClientOf) -> None:
    form = {"day": str(world.YESTERDAY)}
    after = client_of(SCDE).post(f"{TODAY}confirm", data=form, follow_redirects=True).text
    assert "Tick the registers that you want to confirm." in after


@pytest.mark.parametrize(("account", "status"), [(TSC, 403), ("monitor", 403), ("admin", 403)])
def test_nobody_else_confirms(client_of: ClientOf, account: str, status: int) -> None:
    assert 'name="pick"' not in client_of(account).get(f"{TODAY}?day={world.YESTERDAY}").text
    form = {"day": str(world.YESTERDAY), "pick": f"{centre_id(world.CENTRE)}:1"}
    assert client_of(account).post(f"{TODAY}confirm", data=form).status_code == status


def test_a_foreign_centre_among_the_ticked_is_not_found(client_of: ClientOf) -> None:
    form = {"day": str(world.YESTERDAY), "pick": f"{centre_id(world.NEXT_DOOR)}:1"}
    assert client_of(SCDE).post(f"{TODAY}confirm", data=form).status_code == 404


@pytest.mark.parametrize("pick", ["x", "1", "1:x", "9999999999:1", "-1:1"])
def test_a_tick_that_is_no_register_is_refused(client_of: ClientOf, pick: str) -> None:
    form = {"day": str(world.YESTERDAY), "pick": pick}
    assert client_of(SCDE).post(f"{TODAY}confirm", data=form).status_code == 400


def test_headquarters_sees_sub_counties_first_and_then_their_centres(client_of: ClientOf) -> None:
    client = client_of("monitor")
    found = re.findall(r'sub_county=([a-z-]+)"', client.get(TODAY).text)
    assert found == ["kisumu-east", "kisumu-west", "nakuru-town-east"]
    centres = listed(client.get(f"{TODAY}?sub_county=nakuru-town-east").text)
    assert centres == [world.FAR_AWAY]


def test_a_county_sees_its_own_sub_counties(client_of: ClientOf) -> None:
    client = client_of("county.kisumu")
    found = re.findall(r'sub_county=([a-z-]+)"', client.get(TODAY).text)
    assert found == ["kisumu-east", "kisumu-west"]
    assert listed(client.get(f"{TODAY}?sub_county=nakuru-town-east").text) == []


def test_a_director_asking_for_next_door_sees_nothing(client_of: ClientOf) -> None:
    assert listed(client_of(SCDE).get(f"{TODAY}?sub_county=kisumu-west").text) == []


@pytest.mark.parametrize("address", [f"{TODAY}?day=tomorrow", f"{TODAY}?sub_county=atlantis"])
def test_a_list_of_nothing_is_not_found(client_of: ClientOf, address: str) -> None:
    assert client_of("monitor").get(address).status_code == 404


def test_a_list_is_equally_few_statements_for_few_and_many(client_of: ClientOf) -> None:
    counts = []
    for address in (f"{TODAY}?sub_county=nakuru-town-east", f"{TODAY}?sub_county=kisumu-east"):
        client = client_of("monitor")
        client.get(address)
        with statements() as seen:
            client.get(address)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def contest(claim: str = "I came at seven.", place: int = 2) -> tuple[str, str]:
    """An officer disputes yesterday; their account and the address of the answer."""
    line = stored(world.CENTRE, world.YESTERDAY).lines[place]
    who = acting_as(line.telephone)
    one = services.raise_dispute(
        who.scope, who.actor, line.deployment_id, world.YESTERDAY, claim=claim
    )
    return line.telephone, f"/registers/disputes/{one}"


def test_the_director_answers_a_dispute_and_the_officer_reads_it(
    session: Session, client_of: ClientOf
) -> None:
    officer, address = contest()
    client = client_of(TSC)
    page = client.get("/registers/disputes/").text
    assert ("I came at seven." in page, f'action="{address}"' in page) == (True, True)
    empty = client.post(address, data={"state": "upheld", "answer": " "})
    assert (empty.status_code, "Write the answer." in empty.text) == (422, True)
    answer = {"state": "upheld", "answer": "You are right."}
    assert client.post(address, data=answer).status_code == 303
    assert "You are right." in client_of(officer).get("/me/").text


def test_disputes_are_turned_page_by_page_and_an_answer_comes_back_to_its_page(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three on pages of one: two raised here and the world's own after them."""
    contest("I came at seven.")
    _officer, second = contest("I was there at eight.", place=3)
    for module in (queries, histories):
        monkeypatch.setattr(module, "PAGE_OF_DISPUTES", 1)
    client = client_of(TSC)
    page = client.get("/registers/disputes/").text
    assert ("I came at seven." in page, "at eight." in page, "3 days" in page) == (
        True,
        False,
        True,
    )
    assert 'href="/registers/disputes/?page=2"' in page
    page = client.get("/registers/disputes/?page=2").text
    assert ("I came at seven." in page, f'action="{second}?page=2"' in page) == (False, True)
    empty = client.post(f"{second}?page=2", data={"state": "upheld", "answer": " "})
    assert (empty.status_code, "at eight." in empty.text) == (422, True)
    done = client.post(f"{second}?page=2", data={"state": "upheld", "answer": "Yes."})
    assert done.location == "/registers/disputes/?page=2"
    last = client.get("/registers/disputes/?page=99").text
    assert ("at eight." in last, "Page 2 of 2" in last) == (False, True)
    every = client.get("/registers/disputes/?state=all&page=2").text
    assert ("at eight." in every, "Page 2 of 3" in every) == (True, True)
    assert 'href="/registers/disputes/?state=all&amp;page=3"' in every


@pytest.mark.parametrize(
    ("account", "status"), [(SCDE, 403), ("tsc.kisumu-west", 404), ("monitor", 403)]
)
def test_nobody_else_answers(client_of: ClientOf, account: str, status: int) -> None:
    _officer, address = contest()
    form = {"state": "upheld", "answer": "Yes."}
    assert client_of(account).post(address, data=form).status_code == status


def test_closing_a_day_asks_once_more_and_then_locks(client_of: ClientOf) -> None:
    client = client_of("admin")
    page = client.get("/registers/lock/").text
    series_id = stored(world.CENTRE).place.series_id
    assert f'name="series_id" value="{series_id}"' in page
    form = {"series_id": str(series_id), "day": str(world.MONDAY)}
    asked = client.post("/registers/lock/", data=form)
    assert (asked.status_code, 'name="confirmed"' in asked.text) == (200, True)
    assert stored(world.CENTRE, world.MONDAY).state is RegisterState.CONFIRMED
    done = client.post("/registers/lock/", data=form | {"confirmed": "yes"})
    assert done.status_code == 303
    assert stored(world.CENTRE, world.MONDAY).state is RegisterState.LOCKED


@pytest.mark.parametrize("account", [SCDE, TSC, "monitor", f"KCSE{world.CENTRE}"])
def test_nobody_else_closes_a_day(client_of: ClientOf, account: str) -> None:
    form = {"series_id": "1", "day": str(world.MONDAY), "confirmed": "yes"}
    assert client_of(account).post("/registers/lock/", data=form).status_code == 403


def test_a_centre_is_led_to_its_own_season(client_of: ClientOf) -> None:
    bring_to("open")
    answer = client_of(f"KCSE{world.CENTRE}").get(TODAY)
    assert answer.headers["Location"] == "/register/season/"
