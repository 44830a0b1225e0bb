"""Pages of notices on the public edge: who reads and writes, what is kept, and the job that follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.places.models import OfficeContact
from app.results.models import EdgeNotice
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.results import EVERYTHING

ClientOf = Callable[[str], Any]
SENT = {
    "text_en": "Lines <b>open</b>",
    "text_sw": "Simu zi wazi",
    "shown_from": "",
    "shown_until": "2026-11-11T20:00",
    "reason": "Many call.",
}


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def count(session: Session) -> int:
    with scoped_as(session, EVERYTHING):
        return len(session.scalars(select(EdgeNotice.id)).all())


def said_jobs(session: Session) -> int:
    statement = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'results.say'")
    return int(session.scalar(statement) or 0)


@pytest.mark.parametrize("username", ["results.approver", "admin"])
def test_notice_is_seen_first_and_put_up_then(
    session: Session, client_of: ClientOf, username: str
) -> None:
    client, before = client_of(username), count(session)
    seen = client.post("/edge-notices/add", data=SENT)
    assert "Wed 11 Nov, 07:20: Lines &lt;b&gt;open&lt;/b&gt;" in seen.text
    assert "Jtn 11 Nov, 07:20: Simu zi wazi" in seen.text
    assert count(session) == before
    changed = client.post("/edge-notices/add", data=SENT | {"act": "change"})
    assert "Lines &lt;b&gt;open&lt;/b&gt;</textarea>" in changed.text
    assert client.post("/edge-notices/add", data=SENT | {"act": "confirm"}).status_code == 303
    assert count(session) == before + 1
    page = client.get("/edge-notices/").text
    assert "On the pages" in page
    found = re.findall(r"/edge-notices/(\d+)", page)[0]
    empty = client.post(f"/edge-notices/{found}/take-away", data={"reason": " "})
    assert (empty.status_code, "Write the reason" in empty.text) == (422, True)
    taken = client.post(f"/edge-notices/{found}/take-away", data={"reason": "Closed."})
    assert taken.status_code == 303
    assert "Taken away" in client.get("/edge-notices/").text
    assert "Closed." in client.get(f"/edge-notices/{found}").text


def test_what_was_typed_stays_beside_every_fault(session: Session, client_of: ClientOf) -> None:
    client = client_of("results.approver")
    answer = client.post("/edge-notices/add", data=SENT | {"text_sw": "", "shown_until": "soon"})
    assert answer.status_code == 422
    assert "Write the day and the minute." in answer.text
    assert "Lines &lt;b&gt;open&lt;/b&gt;</textarea>" in answer.text


@pytest.mark.parametrize("username", ["results.officer", "monitor"])
def test_watchers_read_and_write_nothing(
    session: Session, client_of: ClientOf, username: str
) -> None:
    client, before = client_of(username), count(session)
    page = client.get("/edge-notices/")
    assert (page.status_code, "Write a notice" in page.text) == (200, False)
    found = re.findall(r"/edge-notices/(\d+)", page.text)[0]
    assert "Take the notice away" not in client.get(f"/edge-notices/{found}").text
    for path in ("/edge-notices/add", f"/edge-notices/{found}/take-away"):
        sent = client.post(path, data=SENT | {"act": "confirm"})
        assert sent.status_code in (302, 403)
    assert count(session) == before


@pytest.mark.parametrize(
    "username", ["county.kisumu", "tsc.kisumu-east", f"KCSE{world.CENTRE}", "254712000001"]
)
def test_nobody_else_opens_the_pages(client_of: ClientOf, username: str) -> None:
    client = client_of(username)
    for path in ("/edge-notices/", "/edge-notices/add", "/edge-notices/1"):
        assert client.get(path).status_code in (302, 403)


@pytest.fixture
def gate_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask nobody for a permission; what stands behind them does."""
    monkeypatch.setattr(app.extensions["appbuilder"].sm, "has_access", lambda *_: True)


def read_by(client: Any) -> tuple[list[int], bool]:
    """What the pages of notices answer, and whether a notice is on one of them."""
    pages = [client.get(path) for path in ("/edge-notices/", "/edge-notices/1")]
    return [one.status_code for one in pages], any("Lines are open" in one.text for one in pages)


def written_by(client: Any) -> list[int]:
    """What the acts answer that put a notice up and take one away."""
    acts = {"/edge-notices/add": SENT | {"act": "confirm"}, "/edge-notices/1/take-away": SENT}
    return [client.post(path, data=form).status_code for path, form in acts.items()]


def test_scope_holds_where_the_gate_of_the_pages_is_off(
    session: Session, client_of: ClientOf, gate_off: None
) -> None:
    client, before = client_of("tsc.kisumu-east"), count(session)
    assert read_by(client) == ([200, 404], False)
    assert written_by(client) == [403, 403]
    assert count(session) == before


def test_without_gate_and_scope_the_office_next_door_would_read(
    client_of: ClientOf, gate_off: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with both walls off the notices come out."""
    monkeypatch.setattr("views.results.edge_notices.current_scope", lambda: EVERYTHING)
    assert read_by(client_of("tsc.kisumu-east")) == ([200, 200], True)


@pytest.mark.parametrize("username", ["results.officer", "monitor"])
def test_service_refuses_watchers_where_the_gate_of_the_pages_is_off(
    session: Session, client_of: ClientOf, gate_off: None, username: str
) -> None:
    client, before = client_of(username), count(session)
    assert written_by(client) == [403, 403]
    assert count(session) == before


def test_without_gate_and_service_a_watcher_would_write(
    session: Session, client_of: ClientOf, gate_off: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with both walls off a notice goes up."""
    monkeypatch.setattr("app.results.services.edge_words.require", lambda *_: None)
    before = count(session)
    assert written_by(client_of("monitor"))[0] == 303
    assert count(session) > before


def test_notice_that_is_not_there_is_not_found(client_of: ClientOf) -> None:
    client = client_of("results.approver")
    assert client.get("/edge-notices/999999").status_code == 404
    sent = client.post("/edge-notices/999999/take-away", data={"reason": "x"})
    assert sent.status_code == 404


def test_changed_number_of_headquarters_asks_the_queue_to_say_it(
    session: Session, client_of: ClientOf
) -> None:
    with scoped_as(session, EVERYTHING):
        contact = session.scalars(select(OfficeContact).where(OfficeContact.office == "knec")).one()
        director = session.scalars(
            select(OfficeContact).where(OfficeContact.office == "tsc")
        ).first()
        assert director is not None
        ids, names = (contact.id, director.id), (contact.name, director.name)
    admin, before = client_of("admin"), said_jobs(session)
    for asked, (pk, name) in enumerate(zip(reversed(ids), reversed(names), strict=True)):
        form = {"name": name, "telephone": "0800 111 222", "office": ("tsc", "knec")[asked]}
        answer = admin.post(f"/office-contacts/edit/{pk}", data=form)
        assert answer.status_code in (200, 302, 303)
        assert said_jobs(session) == before + asked
