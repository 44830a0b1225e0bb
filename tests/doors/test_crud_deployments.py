"""Deployments made one at a time: the rules, the moves and the sentences, on page and REST."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.deployments.models import Deployment, DeploymentConcern
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.doors.crud_cast import row, rows
from tests.doors.test_crud_attacks import deployments_at, spare
from tests.factories import world

EAST, SCDE = "tsc.kisumu-east", "scde.kisumu-east"
STORE = "42238900"


def role(session: Session, code: str) -> int:
    return int(row(session, select(StaffRole.id).where(StaffRole.code == code)))


def typed(session: Session, who: Any, **changes: Any) -> dict[str, Any]:
    """What a director types into the form to fill an invigilator's post."""
    sent = {
        "officer": who.mobile,
        "centre": world.CENTRE,
        "role": role(session, "invigilator"),
        "starts_on": "2026-11-12",
        "ends_on": "2026-11-13",
        "reason": "Somebody fell ill.",
    }
    return sent | changes


def make_room(session: Session, client: Any) -> Any:
    """Withdraws an invigilator of the centre, so that a place is free from today."""
    leaving = deployments_at(session, world.CENTRE)[3]
    sent = {"action": "withdraw", "rowid": leaving.id, "reason": "Ill.", "confirmed": "yes"}
    assert client.post("/deployments/action_post", data=sent).status_code == 303
    return leaving


def made(session: Session, officer: Any) -> list[Any]:
    return rows(session, select(Deployment).where(Deployment.officer_id == officer.id))


def events(session: Session, action: str) -> list[Any]:
    return rows(session, select(Event).where(Event.action == action).order_by(Event.id))


def test_officer_is_deployed_in_the_first_free_place_with_an_event(
    session: Session, client_of: Any
) -> None:
    officer, client = spare(session, "kisumu-east"), client_of(EAST)
    leaving = make_room(session, client)
    answer = client.post("/deployments/add", data=typed(session, officer))
    assert answer.status_code == 303
    (deployment,) = made(session, officer)
    assert (deployment.slot, deployment.status) == (leaving.slot, "proposed")
    (event,) = events(session, "deployment.made")
    assert (event.entity_id, event.actor_name) == (str(deployment.id), EAST)
    assert event.after["officer"] == officer.id


def test_full_posts_take_nobody_more_and_the_form_says_so(session: Session, client_of: Any) -> None:
    officer = spare(session, "kisumu-east")
    answer = client_of(EAST).post("/deployments/add", data=typed(session, officer))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "All 4 posts of Invigilator are filled on these days." in text
    assert officer.mobile[3:6] in text
    assert made(session, officer) == []


def test_nobody_has_two_posts_on_one_day(session: Session, client_of: Any) -> None:
    client = client_of(EAST)
    make_room(session, client)
    busy = row(
        session,
        select(Officer).where(
            Officer.id == deployments_at(session, world.SECOND_CENTRE)[5].officer_id
        ),
    )
    answer = client.post("/deployments/add", data=typed(session, busy))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "There is a post on these days already (" in text
    assert len(made(session, busy)) == 1


def test_officer_deployed_next_door_is_refused_without_saying_where(
    session: Session, client: Any, client_of: Any, token_of: Any
) -> None:
    """The second post lies outside the director's scope; only its days are told."""
    make_room(session, client_of(EAST))
    officer = spare(session, "kisumu-east")
    elsewhere = deployments_at(session, "42239900")[0]
    with scoped_as(session, NATIONAL):
        session.execute(
            update(Deployment).where(Deployment.id == elsewhere.id).values(officer_id=officer.id)
        )
        session.commit()
    body = {
        "centre_id": row(session, select(Centre.id).where(Centre.code == world.CENTRE)),
        "role_id": role(session, "invigilator"),
        "officer_id": officer.id,
        "starts_on": "2026-11-12",
        "ends_on": "2026-11-12",
        "reason": "Ill.",
    }
    answer = client.post("/api/v1/deployments/", json=body, headers=token_of(EAST))
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (422, "barred-one-post-a-day")
    assert told["title"].startswith("There is a post on these days already (")
    assert set(told["facts"]) == {"first", "last"}
    assert "store" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_on": "2026-10-01"}, "The series runs from Wed 28 Oct to Thu 19 Nov."),
        ({"ends_on": "2026-12-24"}, "The series runs from Wed 28 Oct to Thu 19 Nov."),
        ({"ends_on": "2026-11-11"}, "The last day is before the first."),
        ({"reason": ""}, "Deployment closed on Sat 26 Sep. Write why this comes late."),
        ({"officer": "0799 999 999"}, "Nobody and nothing of that number is in your area."),
        ({"starts_on": ""}, "This field is required."),
        ({"centre": STORE}, "The rules give 42238900 Kisumu East store no post of Invigilator."),
    ],
)
def test_refused_deployments_keep_what_was_typed(
    session: Session, client_of: Any, changes: dict[str, str], sentence: str
) -> None:
    client, officer = client_of(EAST), spare(session, "kisumu-east")
    make_room(session, client)
    answer = client.post("/deployments/add", data=typed(session, officer, **changes))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in text
    assert 'value="2026-11-13"' in text or "ends_on" in changes
    assert made(session, officer) == []


def test_same_refusal_has_the_same_code_for_programs(
    session: Session, client: Any, token_of: Any
) -> None:
    officer = spare(session, "kisumu-east")
    body = {
        "centre_id": row(session, select(Centre.id).where(Centre.code == world.CENTRE)),
        "role_id": role(session, "invigilator"),
        "officer_id": officer.id,
        "starts_on": "2026-11-12",
        "ends_on": "2026-11-13",
        "reason": "Ill.",
    }
    answer = client.post("/api/v1/deployments/", json=body, headers=token_of(EAST)).get_json()
    assert (answer["code"], answer["field"]) == ("posts-filled", "role_id")
    assert answer["title"] == "All 4 posts of Invigilator are filled on these days."


def test_unpublished_deployment_is_changed_deleted_and_published_but_not_afterwards(
    session: Session, client_of: Any
) -> None:
    client, officer = client_of(EAST), spare(session, "kisumu-east")
    make_room(session, client)
    client.post("/deployments/add", data=typed(session, officer))
    (deployment,) = made(session, officer)
    change = {
        "officer": officer.mobile, "starts_on": "2026-11-12", "ends_on": "2026-11-17", "reason": "Ill.",
    }  # fmt: skip
    assert client.post(f"/deployments/edit/{deployment.id}", data=change).status_code == 303
    sent = {"action": "publish", "rowid": deployment.id}
    assert client.post("/deployments/action_post", data=sent).status_code == 303
    (published,) = made(session, officer)
    assert (published.status, str(published.ends_on)) == ("published", "2026-11-17")
    assert client.post(f"/deployments/edit/{deployment.id}", data=change).status_code == 422
    client.post(f"/deployments/delete/{deployment.id}")
    assert len(made(session, officer)) == 1
    told = [event.action for event in events(session, "deployment.published")]
    assert told == ["deployment.published"]


def test_withdrawing_asks_why_first_and_keeps_the_served_days(
    session: Session, client_of: Any
) -> None:
    client, before = client_of(EAST), deployments_at(session, world.CENTRE)[3]
    sent = {"action": "withdraw", "rowid": before.id}
    page = client.post("/deployments/action_post", data=sent)
    assert (page.status_code, "Why are they withdrawn?" in page.get_data(as_text=True)) == (
        200,
        True,
    )
    empty = client.post("/deployments/action_post", data=sent | {"confirmed": "yes", "reason": " "})
    assert empty.status_code == 422
    assert deployments_at(session, world.CENTRE)[3].status == before.status
    client.post("/deployments/action_post", data=sent | {"confirmed": "yes", "reason": "Moved."})
    after = deployments_at(session, world.CENTRE)[3]
    assert (after.status, after.ends_on, after.reason) == ("withdrawn", world.YESTERDAY, "Moved.")


def test_duty_that_never_began_shows_no_last_day(session: Session, client_of: Any) -> None:
    client = client_of(EAST)
    make_room(session, client)
    officer = spare(session, "kisumu-east")
    client.post("/deployments/add", data=typed(session, officer))
    planned = made(session, officer)[0]
    for act in (
        {"action": "publish"},
        {"action": "withdraw", "reason": "Ill.", "confirmed": "yes"},
    ):
        client.post("/deployments/action_post", data=act | {"rowid": planned.id})
    session.expire_all()
    assert made(session, officer)[0].ends_on == world.TODAY
    listed = client.get(f"/deployments/list/?_flt_0_officer={officer.id}").get_data(as_text=True)
    shown = client.get(f"/deployments/show/{planned.id}").get_data(as_text=True)
    told = client.get("/deployments/export.csv").get_data(as_text=True)
    line = next(one for one in told.splitlines() if officer.full_name in one)
    for words in (listed, shown):
        assert re.search(r"Thu.12.Nov.{,400}Never began", words, re.DOTALL)
    assert line.endswith('"2026-11-12","Never began","Withdrawn"')


def test_concern_is_raised_by_the_scde_and_answered_by_the_director(
    session: Session, client_of: Any
) -> None:
    deployment = deployments_at(session, world.CENTRE)[1]
    raised = {
        "action": "raise_concern",
        "rowid": deployment.id,
        "reason": "Sister of the head.",
        "confirmed": "yes",
    }
    address = f"/deployments/show/{deployment.id}"
    assert "Answer the concern" not in client_of(EAST).get(address).get_data(as_text=True)
    assert client_of(SCDE).post("/deployments/action_post", data=raised).status_code == 303
    assert "Answer the concern" in client_of(EAST).get(address).get_data(as_text=True)
    answer = {
        "action": "answer_concern",
        "rowid": deployment.id,
        "reason": "Checked: no.",
        "confirmed": "yes",
    }
    assert client_of(EAST).post("/deployments/action_post", data=answer).status_code == 303
    concern = row(
        session, select(DeploymentConcern).where(DeploymentConcern.deployment_id == deployment.id)
    )
    assert (concern.reason, concern.answer) == ("Sister of the head.", "Checked: no.")
    assert "Answer the concern" not in client_of(EAST).get(address).get_data(as_text=True)
    page = client_of(SCDE).get(address).get_data(as_text=True)
    said = "Concern of Wed 11 Nov: Sister of the head. Answer: Checked: no."
    assert re.findall(r"Concern of [^<]+", page) == [said]


def test_scde_fills_stores_and_nothing_else(session: Session, client_of: Any) -> None:
    client, officer = client_of(SCDE), spare(session, "kisumu-east")
    make_room(session, client_of(EAST))
    at_school = client.post("/deployments/add", data=typed(session, officer))
    assert at_school.status_code == 422
    assert "You deploy store staff." in at_school.get_data(as_text=True)
    driver = deployments_at(session, STORE)[0]
    sent = {
        "action": "withdraw",
        "rowid": driver.id,
        "reason": "Licence ended.",
        "confirmed": "yes",
    }
    client_of(EAST).post("/deployments/action_post", data=sent)
    store = typed(session, officer, centre=STORE, role=role(session, "driver"))
    assert client.post("/deployments/add", data=store).status_code == 303
    assert [d.role_id for d in made(session, officer)] == [role(session, "driver")]


def test_what_a_look_up_offers_and_what_a_form_shows_is_found_again(
    session: Session, client_of: Any
) -> None:
    client, officer = client_of(EAST), spare(session, "kisumu-east")
    make_room(session, client)
    (offered,) = [
        label
        for label in client.get(f"/officers/lookup?q={officer.full_name}").get_json()
        if officer.mobile[3:6] in label
    ][-1:]
    centre = client.get("/centres/lookup?q=kisumu+day").get_json()[0]
    sent = typed(session, officer, officer=offered, centre=centre)
    assert client.post("/deployments/add", data=sent).status_code == 303
    (deployment,) = made(session, officer)
    page = client.get(f"/deployments/edit/{deployment.id}").get_data(as_text=True)
    shown = re.search(r'name="officer"[^>]*value="([^"]+)"', page)
    assert shown
    again = {
        "officer": html.unescape(shown[1]), "starts_on": "2026-11-12", "ends_on": "2026-11-16", "reason": "Ill.",
    }  # fmt: skip
    assert client.post(f"/deployments/edit/{deployment.id}", data=again).status_code == 303
    assert made(session, officer)[0].officer_id == officer.id


def test_published_deployment_offers_neither_edit_nor_delete(
    session: Session, client_of: Any
) -> None:
    client, published = client_of(EAST), deployments_at(session, world.CENTRE)[3]
    page = client.get(f"/deployments/show/{published.id}").get_data(as_text=True)
    assert (f"/deployments/edit/{published.id}" in page, "/deployments/delete/" in page) == (
        False,
        False,
    )
    assert "/deployments/action/withdraw/" in page
    officer = spare(session, "kisumu-east")
    make_room(session, client)
    client.post("/deployments/add", data=typed(session, officer))
    (proposed,) = made(session, officer)
    page = client.get(f"/deployments/show/{proposed.id}").get_data(as_text=True)
    assert (f"/deployments/edit/{proposed.id}" in page, "/deployments/delete/" in page) == (
        True,
        True,
    )


def test_a_code_names_the_centre_of_the_newest_season_whatever_the_order_of_loading(
    session: Session, client_of: Any
) -> None:
    now = row(session, select(Centre).where(Centre.code == world.CENTRE))
    series = row(session, select(Series).where(Series.id == now.series_id))
    past = {name: getattr(series, name).replace(year=2024) for name in ("starts_on", "ends_on")}
    with scoped_as(session, NATIONAL):
        older = copy_of(series, year=2024, code="KCSE-2024", **past)
        session.add(older)
        session.flush()
        session.add(copy_of(now, series_id=older.id))
        session.flush()
    client, officer = client_of(EAST), spare(session, "kisumu-east")
    make_room(session, client)
    answer = client.post("/deployments/add", data=typed(session, officer))
    assert answer.status_code == 303
    assert [one.centre_id for one in made(session, officer)] == [now.id]


def copy_of(record: Any, **changes: Any) -> Any:
    """An unsaved record with the same columns, but its key and what is changed."""
    columns = [column.key for column in type(record).__table__.columns if column.key != "id"]
    return type(record)(**{name: getattr(record, name) for name in columns} | changes)


def test_every_rule_that_bars_is_said_in_both_languages(session: Session, client_of: Any) -> None:
    client, officer = client_of(EAST), spare(session, "kisumu-east")
    make_room(session, client)
    with scoped_as(session, NATIONAL):
        session.execute(
            update(Officer)
            .where(Officer.id == officer.id)
            .values(teaches_at="secondary", started_on="2026-01-05", state="submitted")
        )
        session.commit()
    sent = typed(session, officer)
    english = html.unescape(client.post("/deployments/add", data=sent).get_data(as_text=True))
    client.get("/lang/sw")
    kiswahili = html.unescape(client.post("/deployments/add", data=sent).get_data(as_text=True))
    for said, imesemwa in (
        ("The profile is not verified yet", "Wasifu haujathibitishwa"),
        ("This post is for teachers who teach at primary school.", "shule ya msingi"),
        ("This post asks for 3 years in service on its first day.", "miaka 3"),
    ):
        assert said in english
        assert imesemwa in kiswahili
    assert officer.mobile in english
    assert made(session, officer) == []
