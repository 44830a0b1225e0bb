"""The neighbour sweep over the OpenAPI document: every operation, every field, with foreign ids."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import world
from tests.factories.addresses import Place, place
from tests.factories.fingerprints import fingerprint

ACCOUNTS = ["tsc.kisumu-west", "scde.kisumu-west", f"KCSE{world.NEXT_DOOR}"]
METHODS = ("get", "post", "put", "delete")


def operations(client: Any, headers: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every (path, method, operation) of the document that this program reads."""
    document = client.get("/api/v1/_openapi", headers=headers).get_json()
    return [
        (path, method, operation)
        for path, by_method in sorted(document["paths"].items())
        for method, operation in by_method.items()
        if method in METHODS and "/security/" not in path
    ]


def filled(path: str, east: Place) -> str:
    """The path with the neighbour's ids in its places."""
    resource = path.removeprefix("/api/v1/").partition("/")[0]
    table = {"registers": "register", "centres": "centre"}.get(
        resource, resource.replace("-", "_").rstrip("s")
    )
    own = str(east.ids.get(table, 999_999))
    values = {
        "pk": own,
        "centre_code": east.centre_code,
        "date": world.YESTERDAY.isoformat(),
        "day": world.YESTERDAY.isoformat(),
        "what": "coverage",
        "summary": "coverage",
    }
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return path


def forged(east: Place) -> dict[str, Any]:
    """A body with the neighbour's ids under every name, and a nested stranger."""
    body: dict[str, Any] = {f"{table}_id": id_ for table, id_ in east.ids.items()}
    body |= dict(east.ids)
    body |= {"officer": {"full_name": "Ghost"}, "reason": "because", "name": "Ghost"}
    return body


@pytest.mark.parametrize("username", ACCOUNTS)
def test_no_operation_reaches_or_changes_the_neighbour(
    session: Session, client: Any, token_of: Any, username: str
) -> None:
    east, headers = place(session, world.CENTRE), token_of(username)
    before, told, failed = fingerprint(session, east), [], []
    for path, method, _operation in operations(client, headers):
        sent = {} if method == "get" else {"json": forged(east)}
        answer = client.open(filled(path, east), method=method.upper(), headers=headers, **sent)
        body = answer.get_data(as_text=True)
        told += [
            f"{method} {path}: {w}" for w in east.words if w in body and w not in filled(path, east)
        ]
        failed += [f"{method} {path}: {answer.status_code}"] if answer.status_code >= 500 else []
    session.expire_all()
    assert told == []
    assert failed == []
    assert fingerprint(session, east) == before


def test_document_names_what_the_contract_promises(client: Any, token_of: Any) -> None:
    paths = {path for path, _, _ in operations(client, token_of("admin"))}
    resources = {path.removeprefix("/api/v1/").partition("/")[0] for path in paths}
    assert {
        "counties",
        "sub-counties",
        "centres",
        "series",
        "officers",
        "deployments",
        "registers",
        "marks",
        "summaries",
    } <= resources


def test_sweep_asks_for_what_the_owner_may_read(
    session: Session, client: Any, token_of: Any
) -> None:
    """Positive control: the same paths answer the director they belong to."""
    east, headers = place(session, world.CENTRE), token_of("tsc.kisumu-east")
    opened = [
        path
        for path, method, _ in operations(client, headers)
        if method == "get"
        and "{" in path
        and client.get(filled(path, east), headers=headers).status_code == 200
    ]
    assert len(opened) >= 5
