"""Nothing that is logged names a person: pages are driven with canaries, and the lines are read."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import logs
from tests.factories import world

ClientOf = Callable[[str], FlaskClient]
MOBILE, SECOND = "0799112233", "0110445566"
NAMES = ("Zawadi", "Canarymwamba")
NUMBERS = ("98765401", "A098765401Q", "2099887766", "CR7766554433", "55443322110")
CANARIES = (
    *NAMES, *NUMBERS, MOBILE, "254799112233", "799112233", SECOND, "254110445566", "110445566",
    "canary@example.org", "Canary-Password-1", "Canary reason",
)  # fmt: skip


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What every logger of the process writes, as the server writes it, DEBUG of ours included."""
    buffer = io.StringIO()
    writer = logging.StreamHandler(buffer)
    writer.setFormatter(logs.JsonLines())
    root, ours = logging.getLogger(), logging.getLogger("sajili")
    levels = root.level, ours.level
    root.addHandler(writer)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)
    try:
        yield buffer
    finally:
        root.removeHandler(writer)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


def named(buffer: io.StringIO) -> list[str]:
    return [line for line in buffer.getvalue().splitlines() if any(c in line for c in CANARIES)]


def officer(session: Session) -> str:
    """An officer's user name."""
    return str(
        world.one(
            session, "SELECT username FROM ab_user WHERE officer_id IS NOT NULL ORDER BY id LIMIT 1"
        )
    )


def drive_stranger(client: FlaskClient) -> list[int]:
    """Registers, forgets, signs in wrongly, with canaries in every field and in addresses."""
    answers = [
        client.post("/account/create/", data={"mobile": MOBILE, "again": MOBILE}),
        client.post("/account/create/", data={"mobile": MOBILE, "again": SECOND}),
        client.post("/account/forgot/", data={"mobile": MOBILE}),
        client.post("/login/", data={"username": MOBILE, "password": "Canary-Password-1"}),
        client.get(f"/login/?next=/me/profile/?name={NAMES[0]}&id={NUMBERS[0]}"),
        client.get(f"/help/?search={NAMES[1]}"),
        client.get(f"/nowhere/{MOBILE}/{NAMES[0]}"),
        client.post(
            "/api/v1/security/login",
            json={"username": MOBILE, "password": "Canary-Password-1", "provider": "db"},
        ),
        client.post(
            "/hooks/sms/inbound/Canary-Password-1", data={"from": MOBILE, "text": NAMES[0]}
        ),
    ]
    return [answer.status_code for answer in answers]


def drive_officer(client: FlaskClient) -> list[int]:
    """Fills in the profile, changes the number, asks for data, with canaries in every field."""
    typed = {
        "full_name": " ".join(NAMES), "email": "canary@example.org", "national_id": NUMBERS[0],
        "kra_pin": NUMBERS[1], "nssf": NUMBERS[2], "sha": NUMBERS[3], "account": NUMBERS[4],
        "mpesa_name": NAMES[1], "kin_name": NAMES[0], "kin_telephone": SECOND, "version": "0",
    }  # fmt: skip
    steps = ("personal", "bank", "qualification", "workstation", "kin", "duties")
    answers = [client.post(f"/me/profile/{step}/", data=typed) for step in steps]
    answers += [
        client.post("/me/profile/match", data={"full_name": NAMES[0], "mpesa_name": NAMES[1]}),
        client.get(f"/me/profile/schools/?sub_county=1&q={NAMES[0]}"),
        client.post("/me/profile/submit"),
        client.post("/account/number/", data={"mobile": SECOND, "again": SECOND}),
        client.post("/me/data/copy", data={"password": "Canary-Password-1", "format": "json"}),
        client.post("/me/data/copy", data={"password": world.PASSWORD, "format": "json"}),
        client.post("/me/data/ask", data={"kind": "erasure", "words": f"{NAMES[0]} {NUMBERS[0]}"}),
        client.post("/account/password/", data={"old_password": "Canary-Password-1"}),
    ]
    return [answer.status_code for answer in answers]


def drive_office(client: FlaskClient) -> list[int]:
    """Adds officers, searches, exports and breaks a rule of the database, with canaries."""
    typed = {
        "full_name": " ".join(NAMES), "mobile": MOBILE, "national_id": NUMBERS[0],
        "kra_pin": NUMBERS[1], "remark": "Canary reason",
    }  # fmt: skip
    answers = [
        client.post("/officers/add", data=typed),
        client.post("/officers/add", data=typed),
        client.get(f"/officers/list/?_flt_0_quick={NAMES[0]}"),
        client.get(f"/officers/lookup?q={NAMES[0]}"),
        client.post("/officers/export.csv", data={"reason": "Canary reason", "confirmed": "yes"}),
        client.post("/notices/add", data={"text_en": NAMES[0], "audience": NAMES[1]}),
        client.get(f"/officers/list/?_oc_OfficerView={NAMES[0]}"),
    ]
    return [answer.status_code for answer in answers]


def test_registering_and_signing_in_log_nobody(
    client: FlaskClient, session: Session, written: io.StringIO
) -> None:
    codes = drive_stranger(client)
    assert [code for code in codes if code >= 500] == []
    assert len(written.getvalue().splitlines()) >= len(codes)
    assert named(written) == []


def test_an_officers_own_pages_log_nobody(
    client_of: ClientOf, session: Session, written: io.StringIO
) -> None:
    codes = drive_officer(client_of(officer(session)))
    assert [code for code in codes if code >= 500] == []
    assert sum(code in (200, 303, 422) for code in codes) > len(codes) // 2
    assert len(written.getvalue().splitlines()) >= len(codes)
    assert named(written) == []


def test_an_office_that_adds_and_searches_logs_nobody(
    client_of: ClientOf, session: Session, written: io.StringIO
) -> None:
    codes = drive_office(client_of("tsc.kisumu-east"))
    assert [code for code in codes if code >= 500] == []
    assert named(written) == []


def test_a_failing_statement_logs_nobody(session: Session, written: io.StringIO) -> None:
    """The values of a statement that failed stand in its error, and must not come out."""
    try:
        session.execute(
            text("INSERT INTO officer (mobile, full_name) VALUES (:m, :n)"),
            {"m": MOBILE, "n": NAMES[0]},
        )
    except Exception:
        logging.getLogger("somebody.else").exception("failed for %s", NAMES[0])
    assert "somebody.else" in written.getvalue()
    assert named(written) == []


def test_reading_the_lines_would_find_a_name(written: io.StringIO) -> None:
    """Negative control: a careless line is found."""
    logging.getLogger("sajili.careless").info("registered %s", MOBILE)
    assert len(named(written)) == 1


def test_requests_are_logged_by_their_rule(client: Any, written: io.StringIO) -> None:
    client.get(f"/help/?search={NAMES[0]}")
    assert '"route": "/help/"' in written.getvalue()
