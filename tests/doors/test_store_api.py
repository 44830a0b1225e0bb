"""A store's register for programs: the SCDE marks, the TSC director confirms, others are refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import world
from tests.factories.registers import stored

TokenOf = Callable[[str], dict[str, str]]
STORE = "42238900"
TSC, SCDE = "tsc.kisumu-east", "scde.kisumu-east"
ADDRESS = f"/api/v1/registers/{STORE}/{world.TODAY}"
PROBLEM = "application/problem+json"


def body(**changes: Any) -> dict[str, Any]:
    """Everybody of the container present, marked by the account alone."""
    page = stored(STORE)
    return {
        "request_id": str(uuid.uuid4()),
        "version": page.version,
        "submit": True,
        "marks": [
            {"deployment_id": line.deployment_id, "status": "present"} for line in page.lines
        ],
    } | changes


def submitted(client: FlaskClient, token_of: TokenOf) -> dict[str, Any]:
    answer = client.put(ADDRESS, json=body(), headers=token_of(SCDE))
    said: dict[str, Any] = answer.get_json()
    assert (answer.status_code, said["state"]) == (200, "submitted")
    return said


@pytest.mark.parametrize("username", [SCDE, TSC, "monitor"])
def test_who_oversees_the_sub_county_reads_and_opens_nothing(
    client: FlaskClient, token_of: TokenOf, username: str
) -> None:
    answer = client.get(ADDRESS, headers=token_of(username))
    said = answer.get_json()
    assert (answer.status_code, said["state"], said["version"]) == (200, "not opened", 0)
    assert [row["deployment_id"] for row in said["rows"]] == [
        line.deployment_id for line in stored(STORE).lines
    ]
    assert said["rows"]


def test_the_scde_marks_and_the_director_confirms(client: FlaskClient, token_of: TokenOf) -> None:
    saved = client.put(ADDRESS, json=body(submit=False), headers=token_of(SCDE)).get_json()
    assert (saved["state"], saved["version"]) == ("open", 1)
    marked = submitted(client, token_of)
    assert marked["marked_by"] is None
    assert {row["mark"] for row in marked["rows"]} == {"present"}
    sent = {"version": marked["version"]}
    for username in (SCDE, f"KCSE{world.CENTRE}", "monitor"):
        refused = client.post(f"{ADDRESS}/confirm", json=sent, headers=token_of(username))
        expected = 404 if username.startswith("KCSE") else 403
        assert (username, refused.status_code, refused.mimetype) == (username, expected, PROBLEM)
    done = client.post(f"{ADDRESS}/confirm", json=sent, headers=token_of(TSC))
    assert (done.status_code, done.get_json()["state"]) == (200, "confirmed")


def test_the_director_returns_and_reopens_for_a_reason(
    client: FlaskClient, token_of: TokenOf
) -> None:
    marked = submitted(client, token_of)
    row = {"deployment_id": marked["rows"][0]["deployment_id"], "reason": "Was on leave."}
    why = {"reason": "One name is wrong.", "rows": [row]}
    assert client.post(f"{ADDRESS}/return", json=why, headers=token_of(SCDE)).status_code == 403
    back = client.post(f"{ADDRESS}/return", json=why, headers=token_of(TSC)).get_json()
    assert (back["state"], back["return_reason"]) == ("returned", "One name is wrong.")
    assert back["rows"][0]["return_reason"] == "Was on leave."
    submitted(client, token_of)
    assert client.post(f"{ADDRESS}/confirm", headers=token_of(TSC)).status_code == 200
    assert client.post(f"{ADDRESS}/reopen", json=why, headers=token_of(SCDE)).status_code == 403
    empty = client.post(f"{ADDRESS}/reopen", json={"reason": " "}, headers=token_of(TSC))
    assert (empty.status_code, empty.get_json()["field"]) == (422, "reason")
    again = client.post(f"{ADDRESS}/reopen", json=why, headers=token_of(TSC))
    assert (again.status_code, again.get_json()["state"]) == (200, "open")


def test_nobody_but_the_scde_marks_a_container(client: FlaskClient, token_of: TokenOf) -> None:
    for username in (TSC, "admin", "monitor"):
        refused = client.put(ADDRESS, json=body(), headers=token_of(username))
        assert (username, refused.status_code) == (username, 403)
    assert stored(STORE).state is None


def test_at_a_school_the_offices_are_the_other_way_round(
    client: FlaskClient, token_of: TokenOf
) -> None:
    school = f"/api/v1/registers/{world.CENTRE}/{world.TODAY}"
    sent = body() | {"marks": []}
    assert client.put(school, json=sent, headers=token_of(SCDE)).status_code == 403
    for act in ("confirm", "return", "reopen"):
        answer = client.post(f"{school}/{act}", json={"reason": "x"}, headers=token_of(TSC))
        assert (act, answer.status_code) == (act, 403)
    assert stored(world.CENTRE).state is None


@pytest.mark.parametrize("username", ["tsc.kisumu-west", "scde.kisumu-west", f"KCSE{world.CENTRE}"])
def test_next_door_finds_nothing(
    session: Session, client: FlaskClient, token_of: TokenOf, username: str
) -> None:
    headers = token_of(username)
    calls = [
        client.get(ADDRESS, headers=headers),
        client.put(ADDRESS, json=body(), headers=headers),
    ]
    calls += [
        client.post(f"{ADDRESS}/{act}", json={"reason": "x"}, headers=headers)
        for act in ("confirm", "return", "reopen")
    ]
    assert [(one.status_code, one.mimetype) for one in calls] == [(404, PROBLEM)] * 5
    assert stored(STORE).state is None


def test_document_says_whose_act_it_is_at_a_store(client: FlaskClient, token_of: TokenOf) -> None:
    paths = client.get("/api/v1/_openapi", headers=token_of(SCDE)).get_json()["paths"]
    day = "/api/v1/registers/{centre_code}/{date}"
    assert "the register of a store (container) by the SCDE" in paths[day]["put"]["description"]
    assert paths[f"{day}/confirm"]["post"]["summary"] == (
        "The SCDE confirms; at a store the TSC director"
    )
