"""Proposals for programs: asked for, read with every reason, published by the digest that was read."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.deployments.services import raise_concern
from app.proposals.models import Proposal, ProposalPick
from app.scoping.guard import scoped_as
from tests.factories.proposals import EXTRA, JOB, TSC, proposed, rows, solved, want_more
from tests.factories.registers import acting_as

API = "/api/v1/proposals"
LATE = "Two centres were hosted late"


@pytest.fixture
def wanting(session: Session) -> Session:
    with scoped_as(session, JOB):
        want_more(session)
    return session


@pytest.fixture
def ready(wanting: Session) -> int:
    return proposed(wanting).id


def wanted(**more: Any) -> dict[str, Any]:
    return {"series": "KCSE-2026", "sub_county": "kisumu-east"} | more


@pytest.mark.parametrize("slash", ["", "/"])
def test_program_asks_reads_and_publishes(
    client: FlaskClient, token_of: Any, wanting: Session, slash: str
) -> None:
    token = token_of(TSC)
    asked = client.post(f"{API}{slash}", json=wanted(asks={"home": 0}), headers=token)
    assert asked.status_code == 202
    number, links = asked.json["id"], asked.json["links"]
    assert asked.json["state"] == "waiting"
    assert links["self"] == f"{API}/{number}"
    waiting = client.get(f"{API}/{number}{slash}", headers=token).json
    assert (waiting["state"], waiting["publication"], waiting["optimal"]) == (
        "waiting",
        None,
        False,
    )
    solved(wanting, number)
    found = client.get(f"{API}/{number}{slash}", headers=token).json
    assert (found["state"], found["filled"], found["places"]) == ("ready", EXTRA, EXTRA)
    assert found["asks"]["home"] == 0
    assert len(found["picks"]) == EXTRA
    assert {"distance", "fairness", "asked"} == set(found["picks"][0]["points"])
    bars = {one["name"]: one["bars"] for one in found["refusals"]}
    assert bars["Person Number F"] == ["experience", "teaches_at"]
    publication = found["publication"]
    assert (publication["people"], publication["late_since"]) == (EXTRA, "2026-09-26")
    body = {"digest": publication["digest"], "reason": LATE}
    done = client.post(f"{API}/{number}/publish{slash}", json=body, headers=token)
    assert done.status_code == 200
    assert (done.json["published"], done.json["left_out"]) == (EXTRA, 0)
    again = client.post(f"{API}/{number}/publish", json=body, headers=token)
    assert (again.status_code, again.json["code"]) == (409, "proposal-ended")
    assert again.mimetype == "application/problem+json"


def test_stale_digest_is_a_conflict_with_both(
    client: FlaskClient, token_of: Any, wanting: Session, ready: int
) -> None:
    body = {"digest": "0" * 32, "reason": LATE}
    answer = client.post(f"{API}/{ready}/publish", json=body, headers=token_of(TSC))
    assert (answer.status_code, answer.json["code"]) == (409, "proposal-changed")
    now = answer.json["facts"]["now"]
    assert answer.json["facts"]["seen"] == "0" * 32
    done = client.post(
        f"{API}/{ready}/publish", json={"digest": now, "reason": LATE}, headers=token_of(TSC)
    )
    assert done.status_code == 200


def test_reason_and_concerns_are_asked_for_at_once(
    client: FlaskClient, token_of: Any, wanting: Session, ready: int
) -> None:
    first = sorted(one.deployment_id for one in rows(wanting, ProposalPick, ready))[0]
    who = acting_as("scde.kisumu-east")
    raise_concern(who.scope, who.actor, [first], "A cousin")
    token = token_of(TSC)
    shown = client.get(f"{API}/{ready}", headers=token).json["publication"]
    (concern,) = shown["concerns"]
    assert concern["reason"] == "A cousin"
    body: dict[str, Any] = {"digest": shown["digest"]}
    refused = client.post(f"{API}/{ready}/publish", json=body, headers=token)
    assert refused.status_code == 422
    assert [one["code"] for one in refused.json["problems"]] == [
        "deadline-passed",
        "concern-unread",
    ]
    body |= {"reason": LATE, "concerns_read": [concern["id"]]}
    assert client.post(f"{API}/{ready}/publish", json=body, headers=token).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"series": "KCSE-2026"}, 422),
        ({"series": 7, "sub_county": "kisumu-east"}, 422),
        ({"series": "NO-2026", "sub_county": "kisumu-east"}, 404),
        ({"series": "KCSE-2026", "sub_county": "nowhere"}, 404),
        ({"series": "KCSE-2026", "sub_county": "kisumu-west"}, 404),
        ({"series": "KCSE-2025", "sub_county": "kisumu-east"}, 422),
        ({"series": "KCSE-2026", "sub_county": "kisumu-east", "asks": {"home": 500}}, 422),
        ({"series": "KCSE-2026", "sub_county": "kisumu-east", "asks": [1]}, 422),
    ],
)
def test_what_cannot_be_proposed_is_a_problem(
    client: FlaskClient, token_of: Any, wanting: Session, body: dict[str, Any], status: int
) -> None:
    answer = client.post(API, json=body, headers=token_of(TSC))
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"digest": 7},
        {"digest": "x", "reason": 5},
        {"digest": "x", "concerns_read": "all"},
        {"digest": "x", "answers": {"a": "b"}},
        {"digest": "x", "answers": {"99999999999999": "b"}},
    ],
)
def test_what_cannot_be_published_is_a_problem(
    client: FlaskClient, token_of: Any, ready: int, body: dict[str, Any]
) -> None:
    answer = client.post(f"{API}/{ready}/publish", json=body, headers=token_of(TSC))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_program_next_door_finds_nothing(
    client: FlaskClient, token_of: Any, wanting: Session, ready: int
) -> None:
    token = token_of("tsc.kisumu-west")
    body = {"digest": "0" * 32, "reason": LATE}
    assert client.get(f"{API}/{ready}", headers=token).status_code == 404
    assert client.post(f"{API}/{ready}/publish", json=body, headers=token).status_code == 404
    assert client.post(API, json=wanted(), headers=token).status_code == 404
    with scoped_as(wanting, JOB):
        ids = [one.deployment_id for one in rows(wanting, ProposalPick, ready)]
        states = wanting.scalars(select(Deployment.status).where(Deployment.id.in_(ids))).all()
        assert set(states) == {"proposed"}
        assert wanting.get_one(Proposal, ready).state == "ready"


@pytest.mark.parametrize("username", ["scde.kisumu-east", "monitor", "county.kisumu", "admin"])
def test_readers_read_and_do_nothing(
    client: FlaskClient, token_of: Any, ready: int, username: str
) -> None:
    token = token_of(username)
    found = client.get(f"{API}/{ready}", headers=token)
    assert (found.status_code, found.json["publication"]) == (200, None)
    assert client.post(API, json=wanted(), headers=token).status_code == 403
    body = {"digest": "0" * 32}
    assert client.post(f"{API}/{ready}/publish", json=body, headers=token).status_code == 403


def test_stranger_is_asked_to_sign_in(client: FlaskClient, ready: int) -> None:
    assert client.get(f"{API}/{ready}").status_code == 401
    assert client.post(API, json=wanted()).status_code == 401
