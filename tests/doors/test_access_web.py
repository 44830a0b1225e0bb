"""What every answer carries, and what every request must not: headers, hosts, forms, errors, logs."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import logs
from app.extensions import db
from tests.factories import world
from tests.factories.world import CENTRE
from views.constraint_words import WORDS

LOGIN = f"KCSE{CENTRE}"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.mark.parametrize("address", ["/login/", "/help/", "/nothing-here", "/health/live"])
def test_headers_are_on_every_answer(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Request-ID"]


def test_light_pages_allow_no_inline_script_or_style(client: FlaskClient) -> None:
    answer = client.get("/login/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert " style=" not in answer.text


def test_page_that_asks_for_the_nonce_gets_a_fresh_one(app: Flask) -> None:
    from views.security_headers import content_policy, csp_nonce

    with app.test_request_context():
        first = csp_nonce()
        assert csp_nonce() == first
    with app.test_request_context():
        assert csp_nonce() != first
    assert f"'nonce-{first}'" in content_policy(first)


def test_static_files_are_kept_long_by_version(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = app.url_for("static", filename="css/light.css")
    assert "?v=" in address
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=2592000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]
    assert client.get("/static/css/light.css").headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/static/appbuilder/js/ab.js").status_code == 200
    assert client.get("/static/../__init__.py").status_code == 404


def test_text_is_compressed(client: FlaskClient) -> None:
    answer = client.get("/static/css/light.css", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "a b"])
def test_foreign_host_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/account/devices/", headers={"Host": host})
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_forwarded_host_counts_for_nothing_without_a_proxy(client: FlaskClient) -> None:
    answer = client.get("/account/devices/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.location == "/login/?next=/account/devices/"


def test_exactly_the_configured_hops_are_believed(database_urls: Any, tmp_path: Any) -> None:
    from tests.databases import test_settings
    from views.access import configure

    behind = Flask("behind", static_folder=None)
    behind.testing = True
    configure(behind, test_settings(database_urls, tmp_path, PROXY_HOPS="1"))
    seen = []

    def spy(environ: Any, start: Any) -> Any:
        seen.append(environ["REMOTE_ADDR"])
        start("200 OK", [])
        return []

    behind.wsgi_app.app = spy  # type: ignore[attr-defined]
    claims = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}
    behind.test_client().get("/", headers=claims, base_url="http://localhost")
    assert seen == ["192.0.2.7"]


def test_form_without_its_token_is_refused(client_of: Any) -> None:
    client = client_of("monitor")
    page = client.post("/account/devices/end-others/", csrf=False)
    assert page.status_code == 400
    assert "what you typed is still there" in page.text
    script = client.post(
        "/account/devices/end-others/", csrf=False, headers={"Accept": "application/json"}
    )
    assert (script.status_code, script.get_json()["code"]) == (400, "csrf")


def test_form_with_the_token_of_another_session_is_refused(client_of: Any) -> None:
    thief, victim = client_of("monitor"), client_of(LOGIN)
    victim.token = thief.token
    assert victim.post("/account/devices/end-others/").status_code == 400


def test_stale_sign_in_page_keeps_the_name_typed(client: FlaskClient) -> None:
    answer = client.post("/login/", data={"username": "scde.kisumu-east", "password": "x"})
    assert answer.status_code == 400
    assert 'value="scde.kisumu-east"' in answer.text


def test_script_of_a_lost_session_is_told_by_a_code(client: FlaskClient) -> None:
    answer = client.post("/account/devices/end/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "not-signed-in"
    page = client.post("/account/devices/end/")
    assert page.status_code == 401
    assert "What you typed is kept" in page.text


@pytest.mark.parametrize("address", ["/login/?next=%00", "/help/?search=a%00b", "/help/?%00=1"])
def test_null_bytes_are_refused(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 400


def test_null_byte_in_a_form_is_refused(client: FlaskClient) -> None:
    assert client.post("/login/", data={"username": "a\0b"}).status_code == 400


def test_body_beyond_the_cap_is_refused(client_of: Any, app: Flask) -> None:
    body = b"a=" + b"x" * (app.config["MAX_CONTENT_LENGTH"] + 1)
    kind = "application/x-www-form-urlencoded"
    client = client_of("monitor")
    answer = client.post("/account/devices/end/", data=body, content_type=kind)
    assert answer.status_code == 413


def test_impossible_ids_are_not_found(app: Flask) -> None:
    from werkzeug.exceptions import NotFound

    from views.request import _refuse_impossible_id

    for name, value in (("pk", "9" * 30), ("pk", str(2**31)), ("id", 2**31), ("pk", "x" * 65)):
        with pytest.raises(NotFound):
            _refuse_impossible_id(name, value)
    _refuse_impossible_id("pk", str(2**31 - 1))
    _refuse_impossible_id("day", "2026-11-11")


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", "/nothing-here", 404), ("GET", "/logout/", 405), ("PUT", "/login/", 405)],
)
def test_framework_s_errors_are_pages_for_people(
    client: FlaskClient, method: str, address: str, status: int
) -> None:
    answer = client.open(address, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "Who to call" in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/api/v1/nothing/", 404, "not-found"),
        ("GET", "/api/v1/security/login", 405, "method-not-allowed"),
        ("GET", "/api/v9/_openapi", 401, "not-signed-in"),
    ],
)
def test_framework_s_errors_are_problems_for_programs(
    client: FlaskClient, method: str, address: str, status: int, code: str
) -> None:
    answer = client.open(address, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code
    assert answer.get_json()["request_id"] == answer.headers["X-Request-ID"]


def test_framework_s_own_json_refusal_becomes_a_problem(client: FlaskClient, token_of: Any) -> None:
    answer = client.get("/api/v9/_openapi", headers=token_of("monitor"))
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


BREAKS = {
    "duplicate": (
        "INSERT INTO county (code, name) VALUES ('42', 'Siri')",
        409,
        "There is one with this code already.",
    ),
    "check": (
        "UPDATE centre SET rooms = 9999 WHERE code = '42238001'",
        422,
        "Rooms are between 0 and 500.",
    ),
    "policy": (
        "INSERT INTO incident (series_id, centre_id, sub_county_id, day, kind, title, details)"
        " SELECT 1, -1, -1, '2026-11-11', 'incident', 'Siri', 'Siri'",
        404,
        "That record was not found.",
    ),
    "timeout": (
        "SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)",
        503,
        "The portal is busy. Try again in a minute.",
    ),
    "kind": ("SELECT 'Siri'::int", 422, "A value is too long or of the wrong kind."),
    "defect": (
        "SELECT siri FROM nowhere",
        500,
        "Something broke on our side. Nothing was half saved.",
    ),
}


@pytest.fixture(scope="module")
def breaking(app: Flask) -> None:
    """An address of the REST door's kind that does what its question names."""
    from views.request import open_to_everybody

    @open_to_everybody
    def breaks(kind: str) -> str:
        if kind == "value":
            raise ValueError("Siri")
        for statement in BREAKS[kind][0].split(";"):
            db.session.execute(text(statement))
        return "never"

    app._got_first_request = False
    app.add_url_rule("/api/breaks/<kind>", "test_breaks", breaks)
    app.add_url_rule("/breaks/<kind>", "test_breaks_page", breaks)
    app._got_first_request = True


@pytest.mark.parametrize("kind", BREAKS)
def test_database_words_reach_nobody(
    breaking: None, client: FlaskClient, client_of: Any, token_of: Any, kind: str
) -> None:
    _, status, sentence = BREAKS[kind]
    headers = token_of("admin") if kind != "policy" else token_of("tsc.kisumu-east")
    program = client.get(f"/api/breaks/{kind}", headers=headers)
    assert (program.status_code, program.get_json()["title"]) == (status, sentence)
    page = client_of("admin" if kind != "policy" else "tsc.kisumu-east").get(f"/breaks/{kind}")
    assert page.status_code == status
    for answer in (program.text, page.text):
        assert "siri" not in answer.lower()
        assert "psycopg" not in answer


def test_failure_is_logged_by_place_without_its_words(
    breaking: None, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/api/breaks/value").status_code == 500
    record = next(r for r in caplog.records if r.name == "sajili.errors")
    line = json.loads(logs.JsonLines().format(record))
    assert line["error"]["kind"] == "builtins.ValueError"
    assert any("breaks" in place for place in line["error"]["places"])
    assert "Siri" not in json.dumps(line)


def test_every_constraint_with_a_sentence_exists(session: Session) -> None:
    """A renamed constraint must not lose its sentence unnoticed."""
    known = set(
        session.execute(
            text(
                "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class"
                " WHERE relkind = 'i'"
            )
        ).scalars()
    )
    raised = "".join(session.execute(text("SELECT prosrc FROM pg_proc")).scalars())
    assert [name for name in WORDS if name not in known and f"'{name}'" not in raised] == []


def test_request_is_logged_without_what_identifies(
    client_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sajili.requests"):
        client_of("monitor").get("/help/?search=Wanjiru", headers={"User-Agent": "Secret"})
    record = next(r for r in caplog.records if r.name == "sajili.requests")
    line = json.loads(logs.JsonLines().format(record))
    assert (line["method"], line["route"], line["status"]) == ("GET", "/help/", 200)
    assert line["user_id"]
    assert not [word for word in ("Wanjiru", "Secret", "monitor") if word in json.dumps(line)]


def test_wrong_sign_in_is_logged_without_the_name(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sajili.security"):
        client.post("/api/v1/security/login", json={"username": "0712345678", "password": "siri"})
    lines = [logs.JsonLines().format(r) for r in caplog.records if r.name.startswith("sajili")]
    assert any("sign-in-failed" in line for line in lines)
    assert not [line for line in lines if "712345678" in line or "siri" in line]


def test_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 200
    assert client.get("/health/live", headers={"Host": "10.0.0.7"}).status_code == 200


def test_not_ready_while_migrations_are_pending(client: FlaskClient, monkeypatch: Any) -> None:
    from views import health

    monkeypatch.setattr(health, "_heads", lambda: {"9999"})
    assert client.get("/health/ready").status_code == 503


def test_metrics_are_for_this_machine_or_the_token(app: Flask, client: FlaskClient) -> None:
    assert "sajili_requests_total" in client.get("/metrics").text
    away = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get("/metrics", environ_overrides=away).status_code == 404
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 404
    app.config["METRICS_TOKEN"] = "a" * 40
    try:
        right = {"Authorization": "Bearer " + "a" * 40}
        wrong = {"Authorization": "Bearer " + "b" * 40}
        assert client.get("/metrics", headers=right, environ_overrides=away).status_code == 200
        assert client.get("/metrics", headers=wrong, environ_overrides=away).status_code == 404
    finally:
        app.config["METRICS_TOKEN"] = None


def test_language_is_kept_in_the_cookie_and_on_the_account(
    client_of: Any, session: Session
) -> None:
    client = client_of(LOGIN)
    answer = client.get("/lang/sw?next=/help/")
    assert (answer.status_code, answer.location) == (302, "/help/")
    assert '<html lang="sw"' in client.get("/help/").text
    other_device = client_of(LOGIN)
    assert '<html lang="sw"' in other_device.get("/help/").text
    assert client.get("/lang/xx").status_code == 404
    assert client.get("/lang/sw?next=//evil.example").location == "/"


def test_language_the_portal_does_not_speak_breaks_nothing(client: FlaskClient) -> None:
    with client.session_transaction() as cookie:
        cookie["locale"] = "tlh"
    assert client.get("/login/").status_code == 200
    strange = {"Accept-Language": "xx-yy;q=zz, \x7f"}
    assert client.get("/login/", headers=strange).status_code == 200


def test_browser_s_language_is_the_first_guess(client: FlaskClient) -> None:
    answer = client.get("/login/", headers={"Accept-Language": "sw-KE, en;q=0.5"})
    assert '<html lang="sw"' in answer.text


def test_help_shows_one_s_own_offices(client_of: Any, client: FlaskClient) -> None:
    own = client_of(LOGIN).get("/help/").text
    assert "TSC Kisumu East" in own
    assert "KNEC help desk" in own
    stranger = client.get("/help/").text
    assert "KNEC help desk" in stranger
    assert "TSC Kisumu East" not in stranger
    found = client.get("/help/?search=kisumu").text
    assert "TSC Kisumu East" in found
    assert "TSC Nakuru Town East" not in found
    assert "TSC" not in client.get("/help/?search=%25").text.split("<main")[1].split("Common")[0]


def test_changed_contact_shows_at_once(client_of: Any, session: Session) -> None:
    from sqlalchemy import select

    from app.places.models import OfficeContact

    client = client_of(LOGIN)
    assert "057 238900" not in client.get("/account/devices/").text
    contact = session.scalars(
        select(OfficeContact).where(OfficeContact.name == "TSC Kisumu East")
    ).one()
    contact.telephone = "057 238900"
    session.commit()
    assert "057 238900" in client.get("/account/devices/").text


def test_long_visited_addresses_do_not_fill_the_cookie(client_of: Any) -> None:
    client = client_of("monitor")
    with client.session_transaction() as cookie:
        cookie["page_history"] = ["/a", "/b?" + "x" * 2000]
    client.get("/account/devices/")
    with client.session_transaction() as cookie:
        assert cookie["page_history"] == ["/a"]


def test_request_contract_outside_a_request_is_nobody(app: Flask) -> None:
    from app.errors import NotSignedIn
    from app.scoping.scope import NOBODY
    from views.request import current_actor, current_scope

    with app.test_request_context():
        assert current_scope() == NOBODY
        assert request.path == "/"
        with pytest.raises(NotSignedIn):
            current_actor()
