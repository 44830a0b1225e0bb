"""Pages of stores: the SCDE fills, publishes and marks; the TSC director confirms."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attendance.enums import RegisterState
from app.places.models import Centre
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, bring_to, statements, stored
from tests.factories.walk_ins import open_place, role_id, value

ClientOf = Callable[[str], FlaskClient]
STORE = "42238900"
TSC, SCDE = "tsc.kisumu-east", "scde.kisumu-east"
DAY = f"/stores/register/{world.TODAY}"
SAME = f"/register/{STORE}/{world.TODAY}"


@pytest.fixture(autouse=True)
def _arranged(session: Session) -> None:
    world.freeze()
    open_place("driver", STORE)


def plain(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def filled(act: str = "submit") -> dict[str, str]:
    page = stored(STORE)
    form = {
        "act": act,
        "request_id": str(uuid.uuid4()),
        "version": str(page.version),
        "marked_by": "0",
    }
    for line in page.lines:
        form[f"status-{line.deployment_id}"] = "present"
    return form


def spare() -> tuple[int, str]:
    found = value(
        "SELECT ARRAY[id::text, full_name] FROM officer WHERE workstation = 'Kisumu East Boys'"
        " ORDER BY id LIMIT 1"
    )
    return int(found[0]), found[1]


def deploy(client_of: ClientOf, **changes: str) -> Any:
    officer, name = spare()
    form = {
        "q": name,
        "officer": str(officer),
        "starts_on": world.TODAY.isoformat(),
        "ends_on": "2026-11-19",
        "reason": "The second driver is ill.",
    } | changes
    address = f"/stores/{STORE}/deploy/{role_id('driver')}"
    return client_of(SCDE).post(address, data=form)


def test_the_scde_sees_what_is_open(client_of: ClientOf) -> None:
    said = plain(client_of(SCDE).get("/stores/"))
    assert "2 of 3 places filled" in said
    assert "Driver: 1 of 2 filled" in said
    assert "Deploy somebody: Driver" in said
    assert "Kisumu West" not in said


def test_the_director_reads_the_same_list_without_buttons(client_of: ClientOf) -> None:
    page = client_of(TSC).get("/stores/")
    assert "Driver: 1 of 2 filled" in plain(page)
    assert "Deploy somebody" not in page.text


def test_many_containers_are_turned_page_by_page(client_of: ClientOf, session: Session) -> None:
    """The country's containers on one page were megabytes; the sentence counts those of all pages."""
    with scoped_as(session, EVERYTHING):
        first = session.scalars(select(Centre).where(Centre.code == STORE)).one()
        more = [
            Centre(
                series_id=first.series_id,
                sub_county_id=first.sub_county_id,
                code=f"44{100000 + number}",
                name=f"Depot {100 + number}",
                kind="store",
            )
            for number in range(45)
        ]
        session.add_all(more)
        session.commit()
    scde = client_of(SCDE)
    seen: list[str] = []
    for page in (1, 2, 3):
        with statements() as told:
            answer = scde.get(f"/stores/?page={page}")
        assert f"Page {page} of 3" in plain(answer)
        assert "2 of 3 places filled" in plain(answer)
        seen += re.findall(r"<h2>([^<]+)</h2>", answer.text)
        assert len(told) < 12
    assert (len(seen), len(set(seen))) == (46, 46)
    assert 'href="/stores/?page=2"' in scde.get("/stores/?page=x").text


def test_found_by_name_deployed_published_withdrawn(client_of: ClientOf) -> None:
    officer, name = spare()
    client = client_of(SCDE)
    address = f"/stores/{STORE}/deploy/{role_id('driver')}"
    found = client.get(address, query_string={"q": name})
    assert f'value="{officer}"' in found.text
    assert deploy(client_of).status_code == 303
    one = int(value("SELECT max(id) FROM deployment"))
    assert f'value="{one}"' in client.get("/stores/").text
    assert client.post("/stores/publish", data={"pick": str(one)}).status_code == 303
    assert value("SELECT status FROM deployment WHERE id = :i", i=one) == "published"
    asked = client.get(f"/stores/withdraw/{one}")
    assert "Withdraw this deployment?" in plain(asked)
    refused = client.post(f"/stores/withdraw/{one}", data={"reason": ""})
    assert refused.status_code == 422
    done = client.post(f"/stores/withdraw/{one}", data={"reason": "The driver is back."})
    assert done.status_code == 303
    assert value("SELECT status FROM deployment WHERE id = :i", i=one) == "withdrawn"


def test_made_in_time_and_published_late_asks_why(client_of: ClientOf) -> None:
    """Whoever was deployed before the deadline without a word is published after it with one."""
    assert deploy(client_of).status_code == 303
    one = int(value("SELECT max(id) FROM deployment"))
    value("UPDATE deployment SET reason = NULL WHERE id = :i RETURNING id", i=one)
    client = client_of(SCDE)
    assert 'name="reason"' not in client.get("/stores/").text
    asked = client.post("/stores/publish", data={"pick": str(one)})
    assert (asked.status_code, 'name="reason"' in asked.text) == (422, True)
    assert "Write why this comes late." in plain(asked)
    sent = {"pick": str(one), "reason": "The first driver fell ill."}
    assert client.post("/stores/publish", data=sent).status_code == 303
    kept = "SELECT ARRAY[status, reason] FROM deployment WHERE id = :i"
    assert value(kept, i=one) == ["published", "The first driver fell ill."]


def test_refusals_keep_what_was_chosen(client_of: ClientOf) -> None:
    answer = deploy(client_of, reason="")
    officer, _name = spare()
    assert answer.status_code == 422
    assert "Write why this comes late." in plain(answer)
    box = re.search(rf'<input type="radio"[^>]*value="{officer}"[^>]*>', answer.text, re.S)
    assert box is not None
    assert "checked" in box[0]


def test_a_school_is_no_store(client_of: ClientOf) -> None:
    client = client_of(SCDE)
    assert client.get(f"/stores/{world.CENTRE}/deploy/{role_id('clerk')}").status_code == 404
    standing = stored(world.CENTRE).lines[0].deployment_id
    assert client.get(f"/stores/withdraw/{standing}").status_code == 404
    forced = client.post("/stores/publish", data={"pick": str(standing)})
    assert (forced.status_code, "You deploy store staff." in plain(forced)) == (422, True)


def test_next_door_is_not_found(client_of: ClientOf) -> None:
    client = client_of("scde.kisumu-west")
    assert client.get(f"/stores/{STORE}/deploy/{role_id('driver')}").status_code == 404
    driver = stored(STORE).lines[0].deployment_id
    assert client.get(f"/stores/withdraw/{driver}").status_code == 404
    assert client.get(SAME).status_code == 404
    assert client.post(SAME, data=filled()).status_code == 404


def test_the_scde_marks_and_the_director_confirms(client_of: ClientOf) -> None:
    page = client_of(SCDE).get(DAY)
    assert page.status_code == 200
    assert "Open today&#39;s register" in page.text
    scde, tsc = client_of(SCDE), client_of(TSC)
    assert scde.post(SAME, data={"act": "open"}).status_code == 303
    marking = scde.get(DAY)
    assert 'type="hidden" id="marked_by"' in marking.text.replace("\n", " ").replace("  ", " ")
    assert scde.post(SAME, data=filled()).status_code == 303
    said = plain(scde.get(f"{SAME}?saved=1"))
    assert "Saved at 07:20. The TSC director has it." in said
    assert 'value="confirm"' not in scde.get(DAY).text
    assert scde.post(SAME, data={"act": "confirm"}).status_code == 403
    assert "1 store register to confirm" in plain(tsc.get("/"))
    assert 'value="confirm"' in tsc.get(DAY).text
    version = str(stored(STORE).version)
    assert tsc.post(SAME, data={"act": "confirm", "version": version}).status_code == 303
    assert stored(STORE).state is RegisterState.CONFIRMED
    assert "confirmed by the TSC director" in plain(tsc.get(DAY))


def test_the_director_returns_a_stores_register(client_of: ClientOf) -> None:
    client_of(SCDE).post(SAME, data=filled())
    form = {"act": "return", "act_reason": "The driver was on leave."}
    assert client_of(TSC).post(SAME, data=form).status_code == 303
    said = plain(client_of(SCDE).get(DAY))
    assert "The driver was on leave." in said


def test_the_list_of_registers_ticks_for_the_scde_only_what_it_confirms(
    client_of: ClientOf,
) -> None:
    client_of(SCDE).post(SAME, data=filled())
    bring_to("submitted")
    page = client_of(SCDE).get("/registers/today/").text
    boxes = re.findall(r'name="pick"\s+value="(\d+):', page)
    school = value("SELECT id FROM centre WHERE code = :c", c=world.CENTRE)
    assert boxes == [str(school)]


def test_today_is_one_address_away(client_of: ClientOf) -> None:
    answer = client_of(SCDE).get("/stores/register/")
    assert (answer.status_code, answer.headers["Location"]) == (302, DAY)


def test_several_stores_are_listed_for_who_sees_them(client_of: ClientOf) -> None:
    said = plain(client_of("monitor").get(DAY))
    assert "Kisumu East store" in said
    assert "Kisumu West store" in said


@pytest.mark.parametrize("username", [f"KCSE{world.CENTRE}", "254712000001"])
def test_centres_and_officers_have_no_such_pages(client_of: ClientOf, username: str) -> None:
    assert client_of(username).get("/stores/").status_code == 403
    assert client_of(username).get(DAY).status_code == 403
