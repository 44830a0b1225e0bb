"""The dashboards' door: strangers, neighbours and misshapen requests refused, our own shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import plotly.graph_objects as go
import pytest
from flask import Flask
from sqlalchemy import select

from app.places.models import Centre
from app.scoping.guard import scoped_as
from dashboards import apps
from dashboards.apps import PAGES, PREFIX
from tests.factories import seasons, world
from tests.factories.registers import EVERYTHING

FETCH = {"Sec-Fetch-Mode": "cors"}
KCSE = "?series=KCSE-2026"
SEASON = sorted(set(PAGES) - {"results"})
"""The pages of a season; that of results is in test_results_dashboard.py."""
REST_OF_DASH = ("_dash-layout", "_dash-dependencies", "_reload-hash")


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def call(app: Flask, name: str, search: Any = KCSE, **changes: Any) -> dict[str, Any]:
    """The body that the page's own script sends to draw the page of an address."""
    callback = next(iter(app.extensions["dashboards"][name].callback_map))
    declared = app.extensions["dashboards"][name].callback_map[callback]
    values = {"search": search, "n_intervals": 0, "data": None}
    cells = {
        part: [cell | {"value": values[cell["property"]]} for cell in declared[part]]
        for part in ("inputs", "state")
    }
    outputs = [
        dict(zip(("id", "property"), output.split("."), strict=True))
        for output in callback.strip(".").split("...")
    ]
    body = {"output": callback, "outputs": outputs, "changedPropIds": ["address.search"], **cells}
    return body | changes


def ask(client: Any, app: Flask, name: str, search: Any = KCSE, **changes: Any) -> Any:
    return client.post(
        f"{PREFIX}{name}/_dash-update-component", json=call(app, name, search, **changes)
    )


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every component of an answer."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from walk(inner)


def words_of(answer: Any) -> str:
    return json.dumps(answer.get_json(), ensure_ascii=False)


def dash_addresses(app: Flask) -> list[tuple[str, str]]:
    """Method and address of every rule of the URL map under the prefix."""
    blanks = {"package_name": "dash", "fingerprinted_path": "x.js", "path": "x", "filename": "x"}
    blanks |= {"level": "county", "county": "42"}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            address = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: blanks[m[1]], rule.rule)
            found += [(method, address) for method in rule.methods & {"GET", "POST"}]
    return found


def test_every_page_has_its_address_and_its_callback(app: Flask) -> None:
    found = {name: len(page.callback_map) for name, page in app.extensions["dashboards"].items()}
    assert found == {"coverage": 1, "attendance": 1, "claims": 1, "results": 2}


def test_stranger_gets_401_at_every_address_and_the_sign_in_at_pages(
    app: Flask, client: Any
) -> None:
    addresses = dash_addresses(app)
    assert len(addresses) > 20
    for method, address in addresses:
        answer = client.open(
            address, method=method, headers=FETCH, json={} if method == "POST" else None
        )
        assert answer.status_code in (401, 400), address
        if method == "GET":
            assert answer.status_code == 401, address
    visited = client.get("/dashboards/coverage/")
    assert (visited.status_code, visited.headers["Location"][:7]) == (302, "/login/")


def test_stranger_calls_no_callback(app: Flask, client: Any) -> None:
    app.config["WTF_CSRF_ENABLED"], before = False, app.config.get("WTF_CSRF_ENABLED", True)
    try:
        for name in PAGES:
            assert ask(client, app, name).status_code == 401
    finally:
        app.config["WTF_CSRF_ENABLED"] = before


@pytest.mark.parametrize("username", [f"KCSE{world.CENTRE}", "254712000001", "results.officer"])
def test_roles_without_dashboards_are_refused(
    app: Flask, client_of: Callable[[str], Any], username: str
) -> None:
    client = client_of(username)
    for name in SEASON if username == "results.officer" else PAGES:
        assert client.get(f"{PREFIX}{name}/").status_code == 403
        assert ask(client, app, name).status_code == 403
        for rest in REST_OF_DASH:
            assert client.get(f"{PREFIX}{name}/{rest}").status_code == 403


def test_without_the_gate_a_centre_would_get_in(
    app: Flask, client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the same requests pass where the gate is not up."""
    client = client_of(f"KCSE{world.CENTRE}")
    others = [one for one in app.before_request_funcs[None] if one is not apps.gate]
    assert len(others) == len(app.before_request_funcs[None]) - 1
    monkeypatch.setitem(app.before_request_funcs, None, others)
    assert client.get(f"{PREFIX}coverage/_dash-layout").status_code == 200
    assert ask(client, app, "coverage").status_code == 200


@pytest.mark.parametrize("name", SEASON)
@pytest.mark.parametrize(
    "username", ["tsc.kisumu-east", "scde.kisumu-east", "county.kisumu", "monitor", "admin"]
)
def test_page_shows_figures_that_validate(
    app: Flask, session: Any, client_of: Callable[[str], Any], name: str, username: str
) -> None:
    client = client_of(username)
    assert client.get(f"{PREFIX}{name}/").status_code == 200
    answer = ask(client, app, name)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    graphs = [part for part in walk(answer.get_json()) if part.get("type") == "Graph"]
    assert [graph["props"]["id"] for graph in graphs] == ["map", "trend"]
    for graph in graphs:
        go.Figure(graph["props"]["figure"])
        assert graph["props"]["config"]["topojsonURL"].startswith("/")


@pytest.mark.parametrize("name", SEASON)
@pytest.mark.parametrize(
    "words",
    [
        "sub-county=kisumu-west",
        "county=32",
        f"centre={world.NEXT_DOOR}",
        f"centre={world.FAR_AWAY}",
        "sub-county=no-such-place",
    ],
)
def test_neighbours_place_is_not_found(
    app: Flask, client_of: Callable[[str], Any], name: str, words: str
) -> None:
    client = client_of("tsc.kisumu-east")
    answer = ask(client, app, name, f"{KCSE}&{words}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")
    assert client.get(f"{PREFIX}{name}/{KCSE}&{words}").status_code == 404


@pytest.mark.parametrize("name", SEASON)
@pytest.mark.parametrize("by", ["county", "sub-county", "centre", "day", "role"])
def test_nothing_of_the_neighbour_is_named(
    app: Flask, session: Any, client_of: Callable[[str], Any], name: str, by: str
) -> None:
    client = client_of("scde.kisumu-east")
    answer = ask(client, app, name, f"{KCSE}&by={by}&day=all")
    assert answer.status_code == 200
    for foreign in ("Kisumu West", "kisumu-west", "Maseno", "Flamingo", "Nakuru", world.NEXT_DOOR):
        assert foreign not in words_of(answer)


def test_own_places_are_named(app: Flask, session: Any, client_of: Callable[[str], Any]) -> None:
    answer = ask(client_of("scde.kisumu-east"), app, "attendance")
    names = words_of(answer)
    with scoped_as(session, EVERYTHING):
        centre = session.scalars(select(Centre).where(Centre.code == world.CENTRE)).one()
    assert centre.name in names
    assert f"/register/{world.CENTRE}/{world.TODAY}" in names


@pytest.mark.parametrize(
    "search",
    [7, 7.5, True, ["?x"], {"a": 1}, "?day=tomorrow", "?by=ward", "?by[]=day", "?" + "x" * 2000],
)
def test_untrusted_search_is_refused_or_ignored_and_never_fails(
    app: Flask, client_of: Callable[[str], Any], search: Any
) -> None:
    answer = ask(client_of("monitor"), app, "coverage", search)
    assert answer.status_code in (200, 404, 422)
    if not isinstance(search, str):
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [[], "text", 7, {}, {"output": "x.y"}, {"output": None}, {"output": "..", "inputs": 3}],
)
def test_misshapen_body_is_refused(app: Flask, client_of: Callable[[str], Any], body: Any) -> None:
    client = client_of("monitor")
    for name in PAGES:
        answer = client.post(f"{PREFIX}{name}/_dash-update-component", json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "unreadable-callback")


def test_body_that_is_no_json_or_too_large_is_refused(
    app: Flask, client_of: Callable[[str], Any]
) -> None:
    client = client_of("monitor")
    address = f"{PREFIX}coverage/_dash-update-component"
    headers = {"Content-Type": "application/json"}
    assert client.post(address, data="{", headers=headers).status_code == 422
    assert client.post(address, data="null", headers=headers).status_code == 422
    assert client.post(address, data=b"[" * 30_000, headers=headers).status_code == 413


def test_callback_needs_the_form_token(app: Flask, client_of: Callable[[str], Any]) -> None:
    client = client_of("monitor")
    address = f"{PREFIX}coverage/_dash-update-component"
    assert client.post(address, json=call(app, "coverage"), csrf=False).status_code == 400
    cookies = client.get("/dashboards/coverage/").headers.getlist("Set-Cookie")
    token = next(cookie for cookie in cookies if cookie.startswith(apps.TOKEN))
    assert f"Path={PREFIX}" in token


def test_page_carries_nonces_and_asks_nobody_else(client_of: Callable[[str], Any]) -> None:
    answer = client_of("monitor").get("/dashboards/claims/")
    policy = answer.headers["Content-Security-Policy"]
    page = answer.get_data(as_text=True)
    assert "unsafe-eval" not in policy
    assert all("nonce=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert "/dashboards/claims/_dash-component-suites/" not in page
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_sub_page_that_does_not_exist_is_not_found(client_of: Callable[[str], Any]) -> None:
    client = client_of("monitor")
    assert client.get("/dashboards/coverage/nowhere").status_code == 404
    assert client.get("/dashboards/nowhere/").status_code == 404
    assert client.get("/dashboards/outlines/ward/42.json").status_code == 404
    for script in ("dash/dash.py", "os/path.py", "nothing/at/all.js"):
        address = f"/dashboards/claims/_dash-component-suites/{script}"
        assert client.get(address).status_code == 404


def test_outlines_are_kept_under_their_versioned_address(client_of: Callable[[str], Any]) -> None:
    client = client_of("monitor")
    kept = client.get("/dashboards/outlines/county/all.json?v=abc")
    assert (kept.status_code, "immutable" in kept.headers["Cache-Control"]) == (200, True)
    page = client.get("/dashboards/coverage/").get_data(as_text=True)
    script = re.findall(r'src="(/dashboards/[^"]+dash_renderer[^"]+)"', page)[0]
    assert "max-age=31536000" in client.get(script).headers["Cache-Control"]
    assert client.get("/dashboards/outlines/world/world_110m.json").get_json()["arcs"] == []


def test_tick_redraws_nothing_until_something_changed(
    app: Flask, session: Any, client_of: Callable[[str], Any]
) -> None:
    client = client_of("monitor")
    first = ask(client, app, "coverage").get_json()["response"]
    ticking = call(app, "coverage", changedPropIds=["tick.n_intervals"])
    ticking["state"][0]["value"] = first["seen"]["data"]
    address = f"{PREFIX}coverage/_dash-update-component"
    quiet = client.post(address, json=ticking).get_json()["response"]
    assert set(quiet) == {"as-of"}
    with scoped_as(session, EVERYTHING):
        seasons.fill(session, 5)
    drawn = client.post(address, json=ticking).get_json()["response"]
    assert set(drawn) == {"filters", "as-of", "page", "seen"}


def test_tick_that_overtakes_a_new_address_draws_it(
    app: Flask, client_of: Callable[[str], Any]
) -> None:
    """The page's script listens to the latest answer only: a tick must not answer "unchanged" for
    an address that was never drawn."""
    client = client_of("monitor")
    first = ask(client, app, "attendance").get_json()["response"]
    drilled = KCSE + "&county=42"
    ticking = call(app, "attendance", drilled, changedPropIds=["tick.n_intervals"])
    ticking["state"][0]["value"] = first["seen"]["data"]
    address = f"{PREFIX}attendance/_dash-update-component"
    told = client.post(address, json=ticking).get_json()["response"]
    assert told["page"] == ask(client, app, "attendance", drilled).get_json()["response"]["page"]
    ticking["state"][0]["value"] = told["seen"]["data"]
    assert set(client.post(address, json=ticking).get_json()["response"]) == {"as-of"}


def test_page_speaks_kiswahili(app: Flask, client_of: Callable[[str], Any]) -> None:
    client = client_of("monitor")
    client.get("/lang/sw")
    page = client.get("/dashboards/coverage/").get_data(as_text=True)
    assert '<html lang="sw">' in page
