"""The results dashboard: closed to all but headquarters, to some until the release is out; the same
numbers on the page, in its files and by counting; live counts of the edge."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import plotly.graph_objects as go
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.results.models import EdgeNode, ResultCandidate, ResultRelease
from app.results.publishing import store_named
from app.scoping.guard import scoped_as
from tests.doors.test_crud_queries import MOST, counted
from tests.doors.test_dashboards import ask, call, walk, words_of
from tests.factories import results as made
from tests.factories import world
from tests.factories.results import EVERYTHING, row, rows
from tests.factories.world_results import FAR

ClientOf = Callable[[str], Any]
EARLY = ["results.officer", "results.approver"]
LATER = ["monitor", "admin"]
NEVER = ["county.kisumu", "tsc.kisumu-east", "scde.kisumu-east", "payments.clerk",
         f"KCSE{world.CENTRE}", "254712000001"]  # fmt: skip
TABLES = ["counties", "grades", "subjects", "irregularities", "centres", "edge"]
PAGE = "/dashboards/results/"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def release(session: Session) -> ResultRelease:
    return made.loaded(*rows(6), row(7, centre=FAR, mean_grade="Y"))


def address(release: ResultRelease, **words: str) -> str:
    said = {"release": f"{release.series.code}.{release.number}"} | words
    return "?" + "&".join(f"{name}={word}" for name, word in said.items())


def drawn(client: Any, app: Flask, search: str) -> dict[str, Any]:
    answer = ask(client, app, "results", search)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def figures_of(answer: dict[str, Any]) -> dict[str, str]:
    return {
        part["props"]["data-figure"]: part["props"]["data-value"]
        for part in walk(answer)
        if "data-figure" in part.get("props", {})
    }


def table_of(client: Any, name: str, search: str) -> list[dict[str, str]]:
    answer = client.get(f"/result-figures/{name}.csv{search}")
    assert answer.status_code == 200, name
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("username", EARLY)
def test_results_roles_see_the_page_before_it_is_out(
    app: Flask, release: ResultRelease, client_of: ClientOf, username: str
) -> None:
    client = client_of(username)
    assert client.get(f"{PAGE}{address(release)}").status_code == 200
    answer = drawn(client, app, address(release))
    graphs = [part for part in walk(answer) if part.get("type") == "Graph"]
    assert [graph["props"]["id"] for graph in graphs] == ["map", "trend"]
    for graph in graphs:
        go.Figure(graph["props"]["figure"])
    assert "This release is not out" in json.dumps(answer)
    assert figures_of(answer) == {
        "candidates": "7", "high": "6", "points": "8.0", "without": "1"
    }  # fmt: skip


@pytest.mark.parametrize("username", EARLY)
def test_results_roles_get_scripts_and_outlines_and_no_other_page(
    client_of: ClientOf, username: str
) -> None:
    client = client_of(username)
    assert client.get("/dashboards/outlines/county/all.json").status_code == 200
    assert client.get("/dashboards/").headers["Location"].endswith("/dashboards/results/")
    page = client.get(PAGE).get_data(as_text=True)
    script = page.split('src="/dashboards/coverage/_dash-component-suites/')[1].split('"')[0]
    script_at = f"/dashboards/coverage/_dash-component-suites/{script}"
    assert client.get(script_at).status_code == 200
    for name in ("coverage", "attendance", "claims"):
        assert client.get(f"/dashboards/{name}/").status_code == 403
        assert f'href="/dashboards/{name}/' not in page


@pytest.mark.parametrize("username", LATER)
def test_headquarters_see_nothing_a_second_before_and_all_of_it_after(
    app: Flask, release: ResultRelease, client_of: ClientOf, tmp_path: Path, username: str
) -> None:
    client = client_of(username)
    assert client.get(f"{PAGE}{address(release)}").status_code == 404
    assert ask(client, app, "results", address(release)).status_code == 404
    assert "No release has figures to show yet." in words_of(ask(client, app, "results", ""))
    for name in TABLES:
        assert client.get(f"/result-figures/{name}.csv{address(release)}").status_code == 404
        assert client.get(f"/result-figures/{name}.csv").status_code == 404
    made.released(release, tmp_path)
    assert figures_of(drawn(client, app, address(release)))["candidates"] == "7"
    assert len(table_of(client, "counties", address(release))) == 2
    assert table_of(client, "centres", address(release)) == []


@pytest.mark.parametrize("username", NEVER)
def test_nobody_else_sees_anything(
    app: Flask, release: ResultRelease, client_of: ClientOf, tmp_path: Path, username: str
) -> None:
    made.released(release, tmp_path)
    client = client_of(username)
    assert client.get(PAGE).status_code == 403
    assert ask(client, app, "results", "").status_code == 403
    for name in TABLES:
        assert client.get(f"/result-figures/{name}.csv").status_code in (302, 403)


def test_without_the_wall_the_monitor_would_see_it_early(
    app: Flask, release: ResultRelease, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with the rule off the page opens; PostgreSQL still gives no figure out."""
    monkeypatch.setattr("app.results.queries.figures.are_open", lambda scope, state: True)
    answer = drawn(client_of("monitor"), app, address(release))
    assert figures_of(answer)["candidates"] == "0"


@pytest.mark.parametrize(
    "words",
    [{}, {"county": "32"}, {"sex": "F"}, {"county": "42", "sex": "M"}, {"subject": "121"}],
)
def test_page_file_and_counting_say_the_same(
    app: Flask, session: Session, release: ResultRelease, client_of: ClientOf, words: dict[str, str]
) -> None:
    client, search = client_of("results.officer"), address(release, **words)
    shown = figures_of(drawn(client, app, search))
    counted = select(func.count()).select_from(ResultCandidate).filter_by(release_id=release.id)
    if "county" in words:
        counted = counted.where(ResultCandidate.index_number.startswith(words["county"]))
    if "sex" in words:
        counted = counted.where(ResultCandidate.sex == words["sex"])
    if "subject" in words:
        counted = counted.where(ResultCandidate.subjects.has_key(words["subject"]))
    with scoped_as(session, EVERYTHING):
        number = session.scalar(counted)
    grades = table_of(client, "grades", search)
    assert number
    assert shown["candidates"] == str(number)
    assert sum(int(line["Candidates"]) for line in grades) == number
    counties = table_of(client, "counties", search)
    of_counties = sum(
        int(one["Results"]) for one in counties if words.get("county", "") in ("", one["Code"])
    )
    assert of_counties == number


def test_signs_survive_in_the_files(release: ResultRelease, client_of: ClientOf) -> None:
    client = client_of("results.officer")
    lines = {line["Grade"]: line for line in table_of(client, "grades", address(release))}
    assert lines["B-"]["Candidates"] == "6"
    assert list(lines)[:4] == ["A", "A-", "B+", "B"]
    assert lines["A-"]["KCSE 2024 as published"] == "7743"
    body = client.get(f"/result-figures/subjects.xlsx{address(release)}").data
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    english = next(line for line in sheet.iter_rows(values_only=True) if line[0] == "101")
    assert english[heads.index("A-")] == 6


@pytest.mark.parametrize(
    "search", [7, "?release=x", "?county=99", "?sex=Q", "?subject=000", "?" + "x" * 2000, "?by[]=1"]
)
def test_untrusted_words_never_fail(app: Flask, client_of: ClientOf, search: Any) -> None:
    assert ask(client_of("results.officer"), app, "results", search).status_code in (200, 404, 422)


def test_unknown_table_or_kind_is_not_found(release: ResultRelease, client_of: ClientOf) -> None:
    client = client_of("results.officer")
    for path in ("/result-figures/names.csv", "/result-figures/counties.pdf"):
        assert client.get(path).status_code == 404


def live(client: Any, app: Flask, search: str) -> Any:
    """What the second callback of the page answers, as its script asks it."""
    body = {
        "output": "live.children",
        "outputs": {"id": "live", "property": "children"},
        "inputs": [{"id": "tick", "property": "n_intervals", "value": 3}],
        "state": [{"id": "address", "property": "search", "value": search}],
        "changedPropIds": ["tick.n_intervals"],
    }
    return client.post(f"{PAGE}_dash-update-component", json=body)


def cells_of(answer: Any) -> dict[str, list[str]]:
    """The rows of the table of nodes, by the name of the node."""
    found = {}
    for part in walk(answer.get_json()):
        if part.get("type") == "Tr":
            texts = [text(cell) for cell in part["props"]["children"]]
            found[texts[0]] = texts[1:]
    return found


def text(node: Any) -> str:
    if isinstance(node, dict):
        return text(node.get("props", {}).get("children", ""))
    if isinstance(node, list):
        return "".join(text(one) for one in node)
    return "" if node is None else str(node)


def test_live_counts_tell_a_silent_node_from_one_at_rest(
    app: Flask, release: ResultRelease, client_of: ClientOf, nodes: tuple[str, ...]
) -> None:
    answer = live(client_of("results.officer"), app, address(release))
    assert answer.status_code == 200
    found = cells_of(answer)
    assert found["This machine"][:8] == ["3.5", "25", "2", "0", "0", "0", "0", "4"]
    assert found["n1.example"][:2] == ["100", "1,000"]
    assert found["n2.example (not heard)"][:2] == ["–", "1,000"]
    assert found["n3.example (not heard)"] == ["–"] * 8 + ["never"]
    assert found["All nodes"][:3] == ["104", "2,025", "2"]
    assert "answers a second from 2 nodes. 2 nodes are not heard." in words_of(answer)
    lines = table_of(client_of("results.officer"), "edge", address(release))
    assert [line["Shown"] for line in lines] == ["25", "1000", "1000", ""]


@pytest.fixture
def nodes(
    app: Flask, session: Session, release: ResultRelease, tmp_path: Path, monkeypatch: Any
) -> tuple[str, ...]:
    """This machine with a worker that ended, one node of now, one of a minute ago, one of never."""
    store = store_named(release.series.name, release.number)
    counts = tmp_path / "results" / "counts"
    counts.mkdir(parents=True)
    now = time.time()
    told = {"at": now, "a_second": 3.5, "stores": {store: {"shown": 20, "missed": 2, "form": 4}}}
    ended = {"at": now - 900, "a_second": 9, "stores": {store: {"shown": 5}, "other": {"shown": 9}}}
    (counts / "11.json").write_text(json.dumps(told))
    (counts / "12.json").write_text(json.dumps(ended))
    nodes = ("https://n1.example", "https://n2.example", "https://n3.example")
    settings = app.extensions["settings"].model_copy(
        update={"data_dir": tmp_path, "edge_nodes": nodes}
    )
    monkeypatch.setitem(app.extensions, "settings", settings)
    with scoped_as(session, EVERYTHING):
        for address_, age in ((nodes[0], 2), (nodes[1], 60)):
            heard = made.clock.real_now() - made.dt.timedelta(seconds=age)
            said = {"at": now - age, "a_second": 100.0, "stores": {store: {"shown": 1000}}}
            session.add(EdgeNode(address=address_, asked_at=heard, heard_at=heard, told=said))
        session.flush()
    return nodes


def test_live_counts_of_a_release_that_may_not_be_seen_are_not_told(
    app: Flask, release: ResultRelease, client_of: ClientOf
) -> None:
    assert live(client_of("monitor"), app, address(release)).status_code == 404


def test_tick_redraws_the_release_only_when_it_was_counted_anew(
    app: Flask, session: Session, release: ResultRelease, client_of: ClientOf
) -> None:
    client = client_of("results.officer")
    first = drawn(client, app, address(release))["response"]
    ticking = call(app, "results", address(release), changedPropIds=["tick.n_intervals"])
    ticking["state"][0]["value"] = first["seen"]["data"]
    at = f"{PAGE}_dash-update-component"
    assert set(client.post(at, json=ticking).get_json()["response"]) == {"as-of"}
    with scoped_as(session, EVERYTHING):
        made.services.count_release(release.id)
    assert "page" in client.post(at, json=ticking).get_json()["response"]


def test_tick_that_overtakes_a_new_address_draws_it(
    app: Flask, release: ResultRelease, client_of: ClientOf
) -> None:
    client = client_of("results.officer")
    first = drawn(client, app, address(release))["response"]
    drilled = address(release, county="32")
    ticking = call(app, "results", drilled, changedPropIds=["tick.n_intervals"])
    ticking["state"][0]["value"] = first["seen"]["data"]
    told = client.post(f"{PAGE}_dash-update-component", json=ticking).get_json()["response"]
    assert figures_of(told) == figures_of(drawn(client, app, drilled)) != figures_of(first)


def test_page_asks_no_question_for_each_row(
    app: Flask, session: Session, release: ResultRelease, client_of: ClientOf
) -> None:
    """Seventeen grades and every subject stand on it: one question each would be more than `MOST`."""
    client = client_of("results.officer")
    drawn(client, app, address(release))
    with counted(session) as sent:
        drawn(client, app, address(release))
    assert 0 < len(sent) <= MOST
