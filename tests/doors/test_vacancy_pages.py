"""The pages of vacancies: search, detail, apply and answer; preview, shortlist, select, decline."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.people.models import Officer
from app.places.models import SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from app.vacancies.models import Application, Vacancy
from tests.doors.crud_cast import row, rows
from tests.factories import world

DIRECTOR, NEIGHBOUR = "tsc.kisumu-east", "tsc.kisumu-west"


def spare(session: Session, place: str = "Kisumu East", nth: int = 0) -> Officer:
    found: Officer = rows(
        session,
        select(Officer).where(Officer.workstation == f"{place} Boys").order_by(Officer.id),
    )[nth]
    return found


def vacancy(session: Session, state: str = "open", slug: str = "kisumu-east") -> Vacancy:
    found: Vacancy = row(
        session,
        select(Vacancy)
        .join(SubCounty, SubCounty.id == Vacancy.sub_county_id)
        .where(SubCounty.slug == slug, Vacancy.state == state),
    )
    return found


def state_of(session: Session, officer: Officer, one: Vacancy) -> str:
    return str(
        row(
            session,
            select(Application.state).where(
                Application.officer_id == officer.id, Application.vacancy_id == one.id
            ),
        )
    )


def application_id(session: Session, officer: Officer, one: Vacancy) -> int:
    return int(
        row(
            session,
            select(Application.id).where(
                Application.officer_id == officer.id, Application.vacancy_id == one.id
            ),
        )
    )


def page(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.get_data(as_text=True))


YES = {"confirmed": "yes"}


def test_the_search_shows_the_whole_country_near_first(session: Session, client_of: Any) -> None:
    body = page(client_of(spare(session).mobile), "/me/vacancies/")
    places = [body.index(f"<b>{name}</b>") for name in ("Kisumu East", "Kisumu West", "Nakuru")
              if f"<b>{name}</b>" in body]  # fmt: skip
    assert places == sorted(places)
    assert "3 open vacancies" in body
    assert "You may apply" in body
    assert len(body.encode()) < 30_000


def test_the_reason_why_not_stands_there_before_applying(session: Session, client_of: Any) -> None:
    me = spare(session)
    with scoped_as(session, NATIONAL):
        session.execute(
            text("UPDATE officer SET teaches_at = 'secondary' WHERE id = :id"), {"id": me.id}
        )
    client, one = client_of(me.mobile), vacancy(session)
    body = page(client, "/me/vacancies/")
    assert "This post is for teachers who teach at primary school." in body
    assert "KNEC circular on contracted professionals, 2025" in body
    detail = page(client, f"/me/vacancies/{one.id}/")
    assert f"/me/vacancies/{one.id}/apply" not in detail
    refused = client.post(f"/me/vacancies/{one.id}/apply", data=YES)
    assert refused.status_code == 422
    assert "teach at primary school" in refused.get_data(as_text=True)


def test_one_tap_asks_and_then_applies_and_withdraws(session: Session, client_of: Any) -> None:
    me, one = spare(session), vacancy(session)
    client, address = client_of(me.mobile), f"/me/vacancies/{one.id}"
    assert f'href="{address}/apply"' in page(client, f"{address}/")
    assert "Apply for this duty?" in page(client, f"{address}/apply")
    asked = client.post(f"{address}/apply", data={})
    assert (asked.status_code, "Apply for this duty?" in asked.get_data(as_text=True)) == (
        200,
        True,
    )
    done = client.post(f"{address}/apply", data=YES)
    assert (done.status_code, done.location) == (303, f"{address}/")
    assert "You have applied. You will hear by SMS." in page(client, f"{address}/")
    again = client.post(f"{address}/apply", data=YES)
    assert again.status_code == 409
    own = page(client, "/me/applications/")
    assert f'href="{address}/"' in own
    assert client.post(f"{address}/withdraw", data=YES).status_code == 303
    assert state_of(session, me, one) == "withdrawn"
    assert f'href="{address}/apply"' in page(client, f"{address}/")


def test_the_director_shortlists_and_selects_and_the_officer_accepts(
    session: Session, client_of: Any
) -> None:
    me, one = spare(session, "Kisumu West"), vacancy(session)
    mine, office = client_of(me.mobile), client_of(DIRECTOR)
    mine.post(f"/me/vacancies/{one.id}/apply", data=YES)
    board = page(office, f"/shortlists/{one.id}")
    assert me.full_name.replace("'", "&#39;") in board
    assert "KSh" not in board
    best = {"act": "shortlist_best", "number": "1"}
    assert office.post(f"/shortlists/{one.id}", data=best).status_code == 303
    assert state_of(session, me, one) == "shortlisted"
    chosen = {"act": "select", "application": str(application_id(session, me, one))}
    assert office.post(f"/shortlists/{one.id}", data=chosen).status_code == 303
    assert state_of(session, me, one) == "selected"
    assert "Answer the offer" in page(mine, "/me/applications/")
    assert mine.post(f"/me/vacancies/{one.id}/accept", data=YES).status_code == 303
    assert state_of(session, me, one) == "accepted"


def test_declining_asks_for_the_reason_first(session: Session, client_of: Any) -> None:
    me, one = spare(session), vacancy(session, "closed")
    office = client_of(DIRECTOR)
    sent = {"act": "decline", "application": str(application_id(session, me, one))}
    asked = office.post(f"/shortlists/{one.id}", data=sent)
    assert "Why are they not selected?" in asked.get_data(as_text=True)
    office.post(f"/shortlists/{one.id}", data=sent | YES | {"reason": ""})
    assert state_of(session, me, one) == "applied"
    listed = re.sub(r"<[^>]+>", " ", page(office, "/applications/list/"))
    assert "Duty station Position" in " ".join(listed.split())
    office.post(f"/shortlists/{one.id}", data=sent | YES | {"reason": "Others live nearer."})
    assert state_of(session, me, one) == "not_selected"
    assert "Others live nearer." in page(client_of(me.mobile), "/me/applications/")


@pytest.mark.parametrize("who", [NEIGHBOUR, "scde.kisumu-west", f"KCSE{world.NEXT_DOOR}"])
def test_nobody_next_door_sees_or_moves_the_applicants(
    session: Session, client_of: Any, who: str
) -> None:
    me, one = spare(session), vacancy(session, "closed")
    client = client_of(who)
    assert client.get(f"/shortlists/{one.id}").status_code in (403, 404)
    sent = {"act": "shortlist", "application": str(application_id(session, me, one))}
    assert client.post(f"/shortlists/{one.id}", data=sent).status_code in (403, 404)
    assert state_of(session, me, one) == "applied"


def test_an_officer_does_not_find_a_closed_vacancy_of_others(
    session: Session, client_of: Any
) -> None:
    foreign = vacancy(session, "closed", "kisumu-west")
    client = client_of(spare(session).mobile)
    assert client.get(f"/me/vacancies/{foreign.id}/").status_code == 404
    assert client.post(f"/me/vacancies/{foreign.id}/apply", data=YES).status_code == 404


def test_what_is_missing_is_previewed_then_advertised(session: Session, client_of: Any) -> None:
    with scoped_as(session, NATIONAL):
        session.execute(
            text(
                "UPDATE post SET required = required + 2 WHERE role_id = (SELECT id FROM staff_role"
                " WHERE code = 'invigilator') AND centre_id = (SELECT id FROM centre"
                f" WHERE code = '{world.CENTRE}')"
            )
        )
    office = client_of(DIRECTOR)
    preview = page(office, "/advertise/")
    assert "2 posts have nobody and no advert." in preview
    assert "Advertise 2 posts" in preview
    series = row(session, text("SELECT id FROM series WHERE code = 'KCSE-2026'"))
    place = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    wrong = office.post(
        "/advertise/", data={"series": series, "sub_county": place, "closes_at": "2026-01-01T10:00"}
    )
    assert wrong.status_code == 422
    assert "Applications must close later than they open." in wrong.get_data(as_text=True)
    sent = office.post("/advertise/", data={"series": series, "sub_county": place})
    assert (sent.status_code, sent.location) == (303, "/vacancies/list/")
    assert "Kisumu Day Secondary" in page(office, "/vacancies/list/")
    assert "Nothing is missing" in page(office, "/advertise/")
    foreign = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-west"))
    refused = office.post("/advertise/", data={"series": series, "sub_county": foreign})
    assert refused.status_code == 404


def test_a_vacancy_is_made_one_by_one_and_by_programs(
    session: Session, client_of: Any, token_of: Any
) -> None:
    place = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    foreign = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-west"))
    series = row(session, text("SELECT id FROM series WHERE code = 'KCSE-2026'"))
    role = row(session, text("SELECT id FROM staff_role WHERE code = 'security'"))
    body = {
        "series_id": series,
        "sub_county_id": place,
        "role_id": role,
        "posts": 3,
        "day_kinds": ["written"],
        "opens_at": "2026-11-11T07:00:00",
        "closes_at": "2026-11-14T17:00:00",
    }
    client, headers = client_of(DIRECTOR), token_of(DIRECTOR)
    made = client.post("/api/v1/vacancies/", json=body, headers=headers)
    assert made.status_code == 201, made.get_data(as_text=True)
    read = client.get(f"/api/v1/vacancies/{made.get_json()['id']}", headers=headers).get_json()
    assert read["result"]["duty_station"] == "Kisumu East"
    stolen = client.post(
        "/api/v1/vacancies/", json=body | {"sub_county_id": foreign}, headers=headers
    )
    assert stolen.status_code == 404
    again = client.post("/api/v1/vacancies/", json=body, headers=headers)
    assert again.status_code == 409


def test_rules_of_eligibility_are_data_of_the_administrator(
    session: Session, client_of: Any, token_of: Any
) -> None:
    admin, headers = client_of("admin"), token_of("admin")
    exam = row(session, text("SELECT id FROM examination WHERE code = 'KCSE'"))
    body = {
        "examination_id": exam,
        "kind": "experience",
        "parameters": {"years": 5},
        "effective_from": "2027-01-01",
        "year": 2027,
        "source": "Circular 9",
    }
    made = admin.post("/api/v1/eligibility-rules/", json=body, headers=headers)
    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.get_json()["result"]["parameters"] == {"years": 5}
    wrong = admin.post(
        "/api/v1/eligibility-rules/",
        json=body | {"parameters": {"years": 0}, "effective_from": "2028-01-01"},
        headers=headers,
    )
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "parameters")
    form = page(admin, f"/eligibility-rules/edit/{made.get_json()['id']}")
    assert "{&#34;years&#34;: 5}" in form


@pytest.mark.parametrize("address", ["/me/vacancies/", "/me/applications/"])
def test_officers_read_their_pages_in_kiswahili(
    session: Session, client_of: Any, address: str
) -> None:
    client = client_of(spare(session).mobile)
    client.get("/lang/sw")
    body = page(client, address)
    assert "Nafasi" in body
    for english in ("Vacancies", "You may apply", "Your applications", "Duty station"):
        assert f">{english}<" not in body
