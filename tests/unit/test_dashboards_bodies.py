"""Bodies of callback requests: the declared shape passes, everything else is refused before Dash."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.errors import RuleBroken
from dashboards.bodies import check_body

CALLBACKS: dict[str, Any] = {
    "..page.children...seen.data..": {
        "inputs": [{"id": "address", "property": "search"}],
        "state": [{"id": "seen", "property": "data"}],
    }
}
GOOD: dict[str, Any] = {
    "output": "..page.children...seen.data..",
    "outputs": [{"id": "page", "property": "children"}, {"id": "seen", "property": "data"}],
    "inputs": [{"id": "address", "property": "search", "value": "?by=day"}],
    "state": [{"id": "seen", "property": "data"}],
    "changedPropIds": ["address.search"],
}


def test_declared_shape_passes() -> None:
    check_body(GOOD, CALLBACKS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("output", "other.children"),
        ("output", 7),
        ("output", None),
        ("outputs", None),
        ("outputs", [{"id": "page", "property": "children"}]),
        ("outputs", "page.children"),
        ("inputs", []),
        ("inputs", {}),
        ("inputs", [{"id": "seen", "property": "data", "value": 1}]),
        ("inputs", [7]),
        ("state", []),
        ("state", "seen"),
        ("changedPropIds", "address.search"),
        ("changedPropIds", [7]),
    ],
)
def test_any_other_shape_is_refused(name: str, value: Any) -> None:
    body = copy.deepcopy(GOOD) | {name: value}
    with pytest.raises(RuleBroken) as refusal:
        check_body(body, CALLBACKS)
    assert refusal.value.code == "unreadable-callback"


@pytest.mark.parametrize("body", [None, [], "text", 7, {}])
def test_what_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(RuleBroken):
        check_body(body, CALLBACKS)
