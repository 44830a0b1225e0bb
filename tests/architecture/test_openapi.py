"""The OpenAPI document can be trusted by a program: references resolve, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

METHODS = {"get", "post", "put", "delete"}
OPEN = {"/api/v1/security/login"}


@pytest.fixture
def document(client: FlaskClient, token_of: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/_openapi", headers=token_of("monitor")).get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def unresolved(document: dict[str, Any]) -> list[str]:
    missing = []
    for reference in references(document):
        found: Any = document
        for name in reference.removeprefix("#/").split("/"):
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            missing.append(reference)
    return missing


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    assert list(references(document))
    assert unresolved(document) == []
    assert unresolved({"$ref": "#/components/nothing"}) == ["#/components/nothing"]


def test_every_operation_names_its_path_its_answers_and_its_token(document: dict[str, Any]) -> None:
    for path, method, said in operations(document):
        given = {one["name"] for one in said.get("parameters", ()) if one.get("in") == "path"}
        assert given == set(re.findall(r"{(\w+)}", path)), (method, path)
        assert said["responses"], (method, path)
        assert bool(said.get("security")) == (path not in OPEN), (method, path)


def test_document_describes_every_address_of_the_rest_door(
    app: Flask, document: dict[str, Any]
) -> None:
    described = {
        (method, path.rstrip("/"))
        for path, item in document["paths"].items()
        for method in METHODS & set(item)
    }
    answered = {
        (method.lower(), re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule).rstrip("/"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("test_")
        for method in (rule.methods or set()) & {one.upper() for one in METHODS}
    }
    assert described == answered
