"""Signing in at the page: one answer for all failures, a fresh session, nowhere else to go on to."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.factories.world import CENTRE, PASSWORD

LOGIN = f"KCSE{CENTRE}"


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def enter(client: FlaskClient, username: str, password: str = PASSWORD, **fields: str) -> Any:
    token = form_token(client.get("/login/").text)
    data = {"csrf_token": token, "username": username, "password": password, **fields}
    return client.post("/login/", data=data)


def test_page_shows_form_and_knec_contact(client: FlaskClient) -> None:
    page = client.get("/login/")
    assert page.status_code == 200
    assert "KNEC help desk" in page.text


def test_right_password_leads_on(client: FlaskClient) -> None:
    answer = enter(client, LOGIN, next="/account/devices/")
    assert (answer.status_code, answer.location) == (302, "/account/devices/")
    assert client.get("/account/devices/").status_code == 200


def test_wrong_password_is_refused(client: FlaskClient) -> None:
    answer = enter(client, LOGIN, "wrong-password")
    assert answer.status_code == 401
    assert client.get("/account/devices/").status_code == 302
