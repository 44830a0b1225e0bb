"""The neighbour sweep: signed in next door, every address with the first sub-county's ids.

A director, an SCDE, a centre, an officer and a centre manager of Kisumu West try every rule of
the address map with what belongs to Kisumu East. Nothing may answer, and nothing may name anyone.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world
from tests.factories.addresses import Place, place, targets, text_of
from tests.factories.fingerprints import fingerprint

STATUS_REFUSED = (400, 401, 403, 404, 405)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def _officer_of(session: Session, centre_code: str, nth: int) -> str:
    """The mobile number (and user name) of the nth person of a centre's roster."""
    with scoped_as(session, NATIONAL):
        mobiles = session.scalars(
            select(Officer.mobile)
            .join(Deployment, Deployment.officer_id == Officer.id)
            .join(Centre, Centre.id == Deployment.centre_id)
            .where(Centre.code == centre_code)
            .order_by(Deployment.id)
        ).all()
    return mobiles[nth]


def _account(session: Session, who: str, centre_code: str, slug: str) -> str:
    accounts = {
        "director": f"tsc.{slug}",
        "scde": f"scde.{slug}",
        "centre": f"KCSE{centre_code}",
        "manager": _officer_of(session, centre_code, 0),
        "officer": _officer_of(session, centre_code, 2),
    }
    return accounts[who]


@pytest.fixture
def east(session: Session) -> Place:
    return place(session, world.CENTRE)


NEIGHBOURS = ["director", "scde", "centre", "manager", "officer"]


@pytest.mark.parametrize("who", NEIGHBOURS)
def test_neighbour_is_refused_every_foreign_record(
    app: Flask, session: Session, client_of: Any, east: Place, who: str
) -> None:
    client = client_of(_account(session, who, world.NEXT_DOOR, "kisumu-west"))
    answered = []
    for target in targets(app, east):
        if not target.scoped:
            continue
        status = client.open(target.address, method=target.method, data={}).status_code
        if status not in STATUS_REFUSED:
            answered.append(f"{target}: {status}")
    assert answered == []


@pytest.mark.parametrize("who", NEIGHBOURS)
def test_program_of_a_neighbour_is_refused_every_foreign_record(
    session: Session, client: Any, token_of: Any, east: Place, who: str
) -> None:
    app: Flask = client.application
    headers = token_of(_account(session, who, world.NEXT_DOOR, "kisumu-west"))
    answered = []
    for target in targets(app, east):
        if not target.rule.startswith("/api/") or not target.scoped:
            continue
        sent = {} if target.method == "GET" else {"json": {}}
        status = client.open(
            target.address, method=target.method, headers=headers, **sent
        ).status_code
        if status not in STATUS_REFUSED:
            answered.append(f"{target}: {status}")
    assert answered == []


@pytest.mark.parametrize("who", NEIGHBOURS)
def test_no_page_names_anybody_of_the_neighbour(
    app: Flask, session: Session, client_of: Any, east: Place, who: str
) -> None:
    client = client_of(_account(session, who, world.NEXT_DOOR, "kisumu-west"))
    told = []
    for target in targets(app, east):
        if target.method != "GET":
            continue
        body = text_of(client.get(target.address))
        told += [
            f"{target}: {word}"
            for word in east.words
            if word in body and word not in target.address
        ]
    assert told == []


@pytest.mark.parametrize("who", NEIGHBOURS)
def test_nothing_foreign_changes_whatever_is_sent(
    app: Flask, session: Session, client_of: Any, east: Place, who: str
) -> None:
    """Every write with the neighbour's ids in every field leaves every row of theirs as it was."""
    client = client_of(_account(session, who, world.NEXT_DOOR, "kisumu-west"))
    before = fingerprint(session, east)
    forged = {f"{table}_id": str(id_) for table, id_ in east.ids.items()}
    forged |= {
        "rowid": str(east.ids["deployment"]),
        "centre": str(east.ids["centre"]),
        "officer": str(east.ids["officer"]),
        "reason": "because",
        "action": "withdraw",
    }
    for target in targets(app, east):
        if target.method in WRITES and not target.rule.startswith(("/logout", "/account")):
            client.open(target.address, method=target.method, data=forged)
    session.expire_all()
    assert fingerprint(session, east) == before


@pytest.mark.parametrize("who", ["director", "scde", "centre", "manager"])
def test_sweep_uses_ids_that_their_owner_may_open(
    app: Flask, session: Session, client_of: Any, east: Place, who: str
) -> None:
    """Positive control: the owner of the same addresses is let in, so the refusals mean something."""
    client = client_of(_account(session, who, world.CENTRE, "kisumu-east"))
    opened = [
        target
        for target in targets(app, east)
        if target.method == "GET"
        and target.scoped
        and client.get(target.address).status_code == 200
    ]
    assert opened != []


@pytest.mark.parametrize("username", ["admin", "monitor", "tsc.kisumu-east", "KCSE42238001"])
def test_no_address_fails_whoever_asks(
    app: Flask, session: Session, client_of: Any, username: str
) -> None:
    """Nothing answers 5xx, neither to a visit nor to a form without fields."""
    client = client_of(username)
    failed = []
    for target in targets(app, place(session, world.CENTRE)):
        if target.rule.startswith("/logout"):
            continue
        status = client.open(target.address, method=target.method, data={}).status_code
        if status >= 500:
            failed.append(f"{target}: {status}")
    assert failed == []
