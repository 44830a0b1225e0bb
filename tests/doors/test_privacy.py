"""The notice at collection, a copy of one's own data, requests, and the administrator's screens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.audit.services import Subject, record
from app.db.vault import vault_of
from app.extensions import Model
from app.people.models import Officer
from app.people.services.identity import give_numbers
from app.people.services.officers import sealed
from app.privacy.models import DataRequest
from app.privacy.queries.own_data import EXEMPT, TITLES, tables_naming_officers
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, system_actor
from tests.factories import world

ClientOf = Callable[[str], FlaskClient]
NATIONAL_ID, PIN, ACCOUNT = "87654321", "A087654321Z", "01987654321"


@dataclass(frozen=True)
class Me:
    """The officer who asks."""

    id: int
    mobile: str


@pytest.fixture
def me(session: Session) -> Me:
    """An officer of Kisumu East with numbers and bank details, who has days in the register."""
    with scoped_as(session, NATIONAL):
        officer = session.scalars(
            select(Officer)
            .join(Model.metadata.tables["mark"], text("mark.officer_id = officer.id"))
            .order_by(Officer.id)
        ).first()
        assert officer is not None
        vault = vault_of(session)
        for name, value in sealed(vault, NATIONAL_ID, PIN).items():
            setattr(officer, name, value)
        officer.account_cipher = vault.seal(ACCOUNT, context="officer.account")
        officer.account_last, officer.kin_name = ACCOUNT[-3:], "Kin Canary"
        session.flush()
        found = Me(officer.id, officer.mobile or "")
        session.execute(
            text(
                "INSERT INTO unmasking (officer_id, user_id, actor_name, field, reason)"
                " SELECT :id, min(id), 'A Director', 'national_id', 'Payment was returned'"
                " FROM ab_user"
            ),
            {"id": officer.id},
        )
    return found


def copy_of(client: FlaskClient, kind: str, password: str = world.PASSWORD) -> Any:
    return client.post("/me/data/copy", data={"password": password, "format": kind})


# The notice


def test_everybody_reads_the_notice_and_it_is_light(client: FlaskClient) -> None:
    page = client.get("/privacy/")
    assert page.status_code == 200
    assert len(page.data) < 20_000
    assert "Version 1, in force since" in page.text
    assert "Officers who neither worked nor signed in" in page.text
    assert "7 years" in page.text
    assert "KNEC help desk" in page.text or "0800 000 000" in page.text


def test_notice_follows_the_periods(client: FlaskClient, session: Session) -> None:
    session.execute(
        text("UPDATE retention_period SET keep_days = 4 WHERE rule = 'inactive-officers'")
    )
    session.execute(text("DELETE FROM retention_period WHERE rule = 'messages'"))
    page = client.get("/privacy/").text
    assert re.search(r"neither worked nor signed in</th>\s*<td class=\"number\">4 days", page)
    assert "to which number and at what cost" not in page


def test_notice_speaks_kiswahili(client: FlaskClient) -> None:
    client.get("/lang/sw")
    page = client.get("/privacy/").text
    assert "Your rights" not in page
    assert "Haki zako" in page


@pytest.mark.parametrize("address", ["/account/create/", "/account/forgot/"])
def test_notice_is_linked_where_data_is_asked_for(client: FlaskClient, address: str) -> None:
    assert 'href="/privacy/"' in client.get(address).text


def test_notice_is_linked_from_every_step_of_the_profile(client_of: ClientOf, me: Me) -> None:
    page = client_of(me.mobile).get("/me/profile/", follow_redirects=True)
    assert page.status_code == 200
    assert 'href="/privacy/"' in page.text


def test_reading_is_noted_with_the_version_once(
    client_of: ClientOf, session: Session, me: Officer
) -> None:
    client = client_of(me.mobile)
    for _ in range(2):
        assert client.post("/privacy/noted").status_code == 303
    session.expire_all()
    with scoped_as(session, NATIONAL):
        row = session.scalars(select(Officer).where(Officer.id == me.id)).one()
        events = session.scalars(
            select(Event.id).where(
                Event.action == "privacy.acknowledged", Event.officer_id == me.id
            )
        ).all()
    assert (row.privacy_version, row.privacy_accepted_at) == (1, world.NOW)
    assert len(events) == 1


# A copy of one's own data


def test_many_copies_are_no_failed_sign_ins(client_of: ClientOf, me: Me) -> None:
    """Negative control: as many wrong passwords are stopped by the limit."""
    client = client_of(me.mobile)
    assert {copy_of(client, "json").status_code for _ in range(12)} == {200}
    refused = [copy_of(client, "json", "wrong password").status_code for _ in range(12)]
    assert refused[-1] == 429


def test_copy_holds_everything_numbers_in_full(client_of: ClientOf, me: Me) -> None:
    answer = copy_of(client_of(me.mobile), "json")
    assert answer.status_code == 200
    data = json.loads(answer.data)
    (profile,) = data["officer"]
    assert (profile["national_id"], profile["kra_pin"], profile["account"]) == (
        NATIONAL_ID, PIN, ACCOUNT,
    )  # fmt: skip
    assert profile["kin_name"] == "Kin Canary"
    assert profile["sub_county"] == "Kisumu East"
    assert {one["officer_id"] for one in data["mark"]} == {me.id}
    assert len(data["mark"]) >= 2
    assert data["deployment"][0]["officer_id"] == me.id
    assert data["unmasking"][0]["reason"] == "Payment was returned"
    assert data["account"][0]["username"] == me.mobile
    assert set(TITLES) <= set(data)


def test_copy_holds_no_secret_and_nobody_else(
    client_of: ClientOf, session: Session, me: Officer
) -> None:
    body = copy_of(client_of(me.mobile), "json").get_data(as_text=True)
    with scoped_as(session, NATIONAL):
        others = session.scalars(select(Officer.mobile).where(Officer.id != me.id)).all()
        hashes = session.scalars(text("SELECT password FROM ab_user")).all()
    assert [mobile for mobile in others if mobile and mobile in body] == []
    assert [one for one in set(hashes) if one in body] == []
    assert "argon2" not in body
    assert "_index" not in body


def test_copy_to_read_has_the_same_and_stands_alone(client_of: ClientOf, me: Me) -> None:
    answer = copy_of(client_of(me.mobile), "html")
    assert answer.mimetype == "text/html"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    for words in (NATIONAL_ID, ACCOUNT, "Payment was returned", "Kin Canary"):
        assert words in answer.text
    assert "http" not in re.sub(r"https?://www\.w3\.org\S*", "", answer.text)
    assert "<script" not in answer.text


def test_copy_does_not_tell_that_somebody_else_gave_a_number_before(
    client_of: ClientOf, session: Session, me: Me
) -> None:
    """A stranger would otherwise try numbers until one of them is being looked into."""
    held = ("11223344", "A011223344Z", "123123")
    with scoped_as(session, NATIONAL):
        other = session.scalars(select(Officer).where(Officer.id != me.id)).first()
        assert other is not None
        for name, value in sealed(vault_of(session), *held[:2]).items():
            setattr(other, name, value)
        other.tsc_number = held[2]
        session.flush()
    copies = []
    for given in (("55667788", "A055667788Z", "456456"), held):
        with scoped_as(session, NATIONAL):
            officer = session.get_one(Officer, me.id)
            numbers = dict(zip(("national_id", "kra_pin", "tsc_number"), given, strict=True))
            give_numbers(session, system_actor("test"), officer, vault_of(session), numbers)
            session.flush()
        data = json.loads(copy_of(client_of(me.mobile), "json").data)
        assert [data["officer"][0][name] for name in numbers] == list(given)
        shown = json.dumps({**data, "event": [], "sign_in_session": [], "account": []})
        for one, of in zip(given, numbers, strict=True):
            shown = shown.replace(one, of)
        copies.append(shown)
    assert copies[0] == copies[1]


def test_copy_does_not_tell_that_a_number_was_settled(
    client_of: ClientOf, session: Session, me: Me
) -> None:
    with scoped_as(session, NATIONAL):
        subject = Subject("officer", me.id, officer_id=me.id)
        record(session, system_actor("look-alikes"), "identity.settled", subject)
        session.flush()
    data = json.loads(copy_of(client_of(me.mobile), "json").data)
    assert {one["action"] for one in data["event"]} >= {"data.downloaded"}
    assert "identity" not in json.dumps(data)


@pytest.mark.parametrize("password", ["", "wrong", world.PASSWORD + " "])
def test_copy_needs_the_password_again(
    client_of: ClientOf, session: Session, me: Me, password: str
) -> None:
    answer = copy_of(client_of(me.mobile), "json", password)
    assert answer.status_code == 422
    assert "That is not your password." in answer.text
    assert NATIONAL_ID not in answer.text
    with scoped_as(session, NATIONAL):
        assert not session.scalars(select(Event).where(Event.action == "data.downloaded")).all()


def test_handing_out_is_an_event(client_of: ClientOf, session: Session, me: Me) -> None:
    copy_of(client_of(me.mobile), "json")
    with scoped_as(session, NATIONAL):
        found = session.scalars(select(Event).where(Event.action == "data.downloaded")).all()
    assert [one.officer_id for one in found] == [me.id]


@pytest.mark.parametrize("account", ["tsc.kisumu-east", "admin", "monitor", f"KCSE{world.CENTRE}"])
def test_only_officers_have_this_page(client_of: ClientOf, account: str) -> None:
    assert client_of(account).get("/me/data/").status_code == 403
    assert copy_of(client_of(account), "json").status_code == 403


def test_every_table_that_names_an_officer_is_handed_out_or_exempt_with_a_reason() -> None:
    found = {table.name for table in tables_naming_officers()}
    assert found - set(TITLES) - set(EXEMPT) == set()
    assert all(len(reason) > 20 for reason in EXEMPT.values())
    assert set(EXEMPT) <= found


def test_new_table_would_be_noticed() -> None:
    """Negative control: a table with a key to an officer is found by itself."""
    from sqlalchemy import Column, ForeignKey, Integer, Table

    table = Table(
        "diary", Model.metadata, Column("id", Integer, primary_key=True),
        Column("writer", ForeignKey("officer.id")),
    )  # fmt: skip
    try:
        assert "diary" in {one.name for one in tables_naming_officers()}
        assert "diary" not in {*TITLES, *EXEMPT}
    finally:
        Model.metadata.remove(table)


# Requests


def test_request_is_answered_and_its_officer_reads_the_answer(
    client_of: ClientOf, session: Session, me: Officer
) -> None:
    officer = client_of(me.mobile)
    sent = {"kind": "erasure", "words": "Please remove my bank details."}
    assert officer.post("/me/data/ask", data=sent).status_code == 303
    with scoped_as(session, NATIONAL):
        row = session.scalars(select(DataRequest).order_by(DataRequest.id.desc())).first()
        assert row is not None
        assert (row.officer_id, row.state) == (me.id, "open")
        assert (row.due_on - world.TODAY).days == 7
        request = row.id
    assert "Answer by Wed 18 Nov." in officer.get("/me/data/").text
    admin = client_of("admin")
    assert "Please remove my bank details." in admin.get(f"/data-requests/show/{request}").text
    done = {"confirmed": "yes", "reason": "They are removed."}
    assert admin.post(f"/data-requests/action/answer/{request}", data=done).status_code == 303
    assert "They are removed." in officer.get("/me/data/").text
    admin.post(f"/data-requests/action/refuse/{request}", data=done)
    session.expire_all()
    with scoped_as(session, NATIONAL):
        assert session.get(DataRequest, request).state == "done"  # type: ignore[union-attr]


def test_another_officer_does_not_see_it(
    client_of: ClientOf, session: Session, me: Officer
) -> None:
    sent = {"kind": "erasure", "words": "Please remove my bank details."}
    client_of(me.mobile).post("/me/data/ask", data=sent)
    with scoped_as(session, NATIONAL):
        other = session.scalars(
            select(Officer.mobile).where(Officer.id != me.id).order_by(Officer.id)
        ).first()
    assert "bank details" not in client_of(other or "").get("/me/data/").text
    assert client_of(other or "").get("/data-requests/list/").status_code == 403
    assert client_of("tsc.kisumu-east").get("/data-requests/list/").status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "erasure", "words": "short"}, "Say in 10 to 1,000 letters"),
        ({"kind": "everything", "words": "Please remove it all."}, "Choose what you ask for."),
    ],
)
def test_faulty_request_keeps_what_was_typed(
    client_of: ClientOf, me: Me, sent: dict[str, str], said: str
) -> None:
    answer = client_of(me.mobile).post("/me/data/ask", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert sent["words"] in answer.text


def test_fourth_waiting_request_is_refused(client_of: ClientOf, me: Me) -> None:
    client = client_of(me.mobile)
    sent = {"kind": "correction", "words": "My name is wrong here."}
    found = [client.post("/me/data/ask", data=sent).status_code for _ in range(4)]
    assert found.count(409) >= 1
    assert found[-1] == 409


# The administrator's screens


def test_preview_counts_and_removes_nothing(client_of: ClientOf, session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO sign_in_counter (key, window_start, tries)"
            " VALUES ('canary', '2011-01-01', 1)"
        )
    )
    page = client_of("admin").get("/retention-periods/preview")
    assert page.status_code == 200
    assert "Counters of sign-in attempts" in page.text
    assert session.scalar(text("SELECT count(*) FROM sign_in_counter WHERE key = 'canary'")) == 1
    for account in ("monitor", "tsc.kisumu-east", f"KCSE{world.CENTRE}"):
        assert client_of(account).get("/retention-periods/preview").status_code == 403


def test_period_is_ended_and_another_added(client_of: ClientOf, session: Session) -> None:
    admin = client_of("admin")
    found = session.scalar(text("SELECT id FROM retention_period WHERE rule = 'messages'"))
    new = {
        "rule": "messages", "keep_days": "30", "legal_basis": "Circular 7 of 2026",
        "effective_from": "2026-11-12",
    }  # fmt: skip
    twice = admin.post("/retention-periods/add", data=new)
    assert twice.status_code == 422
    sent = {"confirmed": "yes", "reason": "2026-11-11"}
    assert admin.post(f"/retention-periods/action/end/{found}", data=sent).status_code == 303
    assert admin.post("/retention-periods/add", data=new).status_code == 303
    assert (
        session.scalar(text("SELECT count(*) FROM retention_period WHERE rule = 'messages'")) == 2
    )
