"""No JSON that a program can think of breaks an address: what no column can hold is a 400."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards.apps import LARGEST_BODY
from tests.factories import world

DAY = f"/api/v1/registers/{world.CENTRE}/{world.TODAY}"
CALLBACK = "/dashboards/coverage/_dash-update-component"
MARK = {"deployment_id": 1, "status": "present", "remark": "\ud800"}
UNREADABLE = {
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "half a character": json.dumps({"username": "\ud800", "password": "x"}).encode(),
    "half a character below": json.dumps({"marks": [MARK]}).encode(),
    "half a character as a name": json.dumps({"\udfff": 1}).encode(),
    "half a character in bytes": b'{"reason": "\xed\xa0\x80"}',
    "NUL": b'{"reason": "a\\u0000b"}',
    "NUL in another encoding": '{"reason": "a\\u0000b"}'.encode("utf-16"),
}
DOORS = [
    ("POST", "/api/v1/security/login"),
    ("PUT", DAY),
    ("POST", f"{DAY}/confirm"),
    ("POST", f"{DAY}/return"),
    ("POST", f"{DAY}/reopen"),
    ("POST", "/api/v1/officers/"),
    ("PUT", "/api/v1/centres/1"),
]


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.mark.parametrize("user", [f"KCSE{world.CENTRE}", "scde.kisumu-east", "admin"])
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_json_breaks_no_address(
    client: FlaskClient, token_of: Any, body: bytes, user: str
) -> None:
    headers = token_of(user) | {"Content-Type": "application/json"}
    said = {
        address: client.open(address, method=method, data=body, headers=headers).status_code
        for method, address in DOORS
    }
    assert {address: status for address, status in said.items() if status not in (400, 403)} == {}
    assert said["/api/v1/security/login"] == 400


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_json_breaks_no_callback(client_of: Any, body: bytes) -> None:
    answer = client_of("monitor").post(CALLBACK, data=body, content_type="application/json")
    assert answer.status_code == (413 if len(body) > LARGEST_BODY else 400)


@pytest.mark.parametrize("text", ["\\ud800", "a\\u0000b"])
def test_unreadable_json_in_a_query_is_a_400(client: FlaskClient, token_of: Any, text: str) -> None:
    asked = f'{{"filters": [{{"col": "name", "opr": "sw", "value": "{text}"}}]}}'
    answer = client.get("/api/v1/centres/", query_string={"q": asked}, headers=token_of("admin"))
    assert answer.status_code == 400


def test_text_about_escapes_and_whole_characters_is_read(app: Flask) -> None:
    with app.app_context():
        for text in ("\\u0000", "Ng'ang'a 😀", "\\ud800"):
            assert app.json.loads(json.dumps({"remark": text})) == {"remark": text}
