"""Signing in: one answer for all failures at page and API, a fresh session, a safe way on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import limits, passwords
from app.access.models import User
from tests.factories import world
from tests.factories.world import CENTRE, PASSWORD

LOGIN = f"KCSE{CENTRE}"
API = "/api/v1/security/login"
MINE = "/account/devices/"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def enter(client: FlaskClient, username: str, password: str = PASSWORD, **fields: str) -> Any:
    token = form_token(client.get("/login/").text)
    data = {"csrf_token": token, "username": username, "password": password, **fields}
    return client.post("/login/", data=data)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("sajili")
    assert cookie
    return str(cookie.value)


def test_page_shows_form_and_whom_to_call(client: FlaskClient) -> None:
    page = client.get("/login/")
    assert page.status_code == 200
    assert "KNEC help desk" in page.text


def test_right_password_leads_on(client: FlaskClient) -> None:
    assert client.get(MINE).location == "/login/?next=/account/devices/"
    answer = enter(client, LOGIN, next=MINE)
    assert (answer.status_code, answer.location) == (302, MINE)
    assert client.get(MINE).status_code == 200


@pytest.mark.parametrize("name", ["0712 000 001", "+254712000001", "712000001"])
def test_officer_signs_in_with_any_spelling_of_the_number(client: FlaskClient, name: str) -> None:
    assert enter(client, name).status_code == 302


def test_unknown_and_wrong_get_the_very_same_answer(client: FlaskClient) -> None:
    def refused(name: str) -> tuple[int, str]:
        answer = enter(client, name, "wrong-password")
        plain = re.sub(r'(name="csrf_token" value=)"[^"]+"', "", answer.text)
        return answer.status_code, plain.replace(name, "NAME")

    status, page = refused(LOGIN)
    assert (status, page) == refused("KCSE99999999")
    assert status == 401
    assert client.get(MINE).status_code == 302


def test_api_answers_unknown_and_wrong_alike(client: FlaskClient) -> None:
    answers = [
        client.post(API, json={"username": name, "password": "wrong"})
        for name in (LOGIN, "KCSE99999999")
    ]
    bodies = [{**answer.get_json(), "request_id": None} for answer in answers]
    assert bodies[0] == bodies[1]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content_type == "application/problem+json"


def test_page_and_api_share_one_limit(client: FlaskClient) -> None:
    half = limits.LIMITS["account"] // 2
    for _ in range(half):
        assert enter(client, LOGIN, "wrong").status_code == 401
        assert client.post(API, json={"username": LOGIN, "password": "x"}).status_code == 401
    before = passwords.tally["checked"]
    page = enter(client, LOGIN)
    program = client.post(API, json={"username": LOGIN, "password": PASSWORD})
    assert (page.status_code, program.status_code) == (429, 429)
    assert int(page.headers["Retry-After"]) > 0
    assert int(program.headers["Retry-After"]) > 0
    assert program.get_json()["code"] == "too-many-tries"
    assert passwords.tally["checked"] == before


def test_known_device_still_gets_in_when_others_guess(app: Flask, client: FlaskClient) -> None:
    enter(client, LOGIN)
    stranger = app.test_client()
    for _ in range(limits.LIMITS["account"] + 1):
        refused = enter(stranger, LOGIN, "wrong")
    assert refused.status_code == 429
    client.post("/logout/", data={"csrf_token": form_token(client.get(MINE).text)})
    assert enter(client, LOGIN).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "/a\tb",
        "\n//evil.example",
        "https:///evil.example",
        "/" + "a" * 600,
    ],
)
def test_way_on_never_leaves_the_portal(client: FlaskClient, target: str) -> None:
    assert enter(client, LOGIN, next=target).location == "/"


def test_own_absolute_address_becomes_relative(client: FlaskClient) -> None:
    answer = enter(client, LOGIN, next="http://localhost/account/devices/?a=1")
    assert answer.location == "/account/devices/?a=1"


def test_session_is_a_new_one_at_each_sign_in(app: Flask, client: FlaskClient) -> None:
    """Session fixation: what an attacker planted in the browser is worth nothing afterwards."""
    client.get("/login/")
    planted = cookie_of(client)
    enter(client, LOGIN)
    assert cookie_of(client) != planted
    attacker = app.test_client()
    attacker.set_cookie("sajili", planted)
    assert attacker.get(MINE).status_code == 302
    thief = app.test_client()
    thief.set_cookie("sajili", cookie_of(client))
    assert thief.get(MINE).status_code == 200  # the control: a cookie is what signs in


def test_planted_session_secret_is_replaced(app: Flask, client: FlaskClient) -> None:
    with client.session_transaction() as cookie:
        cookie["sid"] = "planted"
    enter(client, LOGIN)
    with client.session_transaction() as cookie:
        assert cookie["sid"] != "planted"


def test_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    answer = enter(client, LOGIN)
    header = answer.headers["Set-Cookie"]
    assert header.startswith("sajili=")
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Expires" not in header


def test_ticked_centre_device_keeps_its_cookie(client: FlaskClient) -> None:
    assert "Expires" in enter(client, LOGIN, keep_device="yes").headers["Set-Cookie"]


def test_ticked_staff_device_does_not(client: FlaskClient) -> None:
    header = enter(client, "scde.kisumu-east", keep_device="yes").headers["Set-Cookie"]
    assert "Expires" not in header


def test_one_time_password_leads_to_the_change_page_only(
    client: FlaskClient, session: Session
) -> None:
    account: Any = session.scalars(select(User).where(User.username == LOGIN)).one()
    account.must_change_password = True
    session.commit()
    assert enter(client, LOGIN).location == "/account/password/"
    assert client.get(MINE).location == "/account/password/?next=/account/devices/"
    program = client.post(API, json={"username": LOGIN, "password": PASSWORD})
    assert (program.status_code, program.get_json()["code"]) == (403, "must-change-password")
    page = client.get("/account/password/").text
    form = {"csrf_token": form_token(page), "old_password": PASSWORD}
    form |= {"new_password": "kcse2026", "again": "kcse2026"}
    refused = client.post("/account/password/", data=form)
    assert refused.status_code == 422
    form |= {"new_password": "mango ndizi embe", "again": "mango ndizi embe"}
    assert client.post("/account/password/", data=form).status_code == 302
    assert client.get(MINE).status_code == 200


@pytest.mark.parametrize("address", [API, API + "/"])
@pytest.mark.parametrize("extra", [{}, {"provider": "db"}])
def test_token_opens_the_rest_door(
    client: FlaskClient, address: str, extra: dict[str, str]
) -> None:
    answer = client.post(address, json={"username": "monitor", "password": PASSWORD, **extra})
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    assert client.get("/api/v1/_openapi", headers=bearer).status_code == 200
    assert client.get("/api/v1/_openapi/", headers=bearer).status_code == 200
    assert client.get("/api/v1/_openapi").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"{}",
        b'{"username": "monitor"}',
        b'{"username": 1, "password": 2}',
        b'{"username": ["a"], "password": {}}',
        b'{"username": "a\\u0000", "password": "b"}',
        b'{"username": "monitor", "password": "x", "provider": "ldap"}',
        b"\xff\xfe",
        b'{"username": "' + b"a" * 5000 + b'", "password": "x"}',
    ],
)
def test_token_resource_never_breaks(client: FlaskClient, body: bytes) -> None:
    answer = client.post(API, data=body, content_type="application/json")
    assert answer.status_code in (400, 401, 422)
    assert answer.content_type == "application/problem+json"


def test_signed_in_visitor_is_led_on_from_the_sign_in_page(client_of: Any) -> None:
    assert client_of("monitor").get("/login/?next=/help/").location == "/help/"
