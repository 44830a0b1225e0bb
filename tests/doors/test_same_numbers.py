"""One number, four doors: the dashboard's page, the API, the file and the frame say the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from flask import Flask

from app.attendance.frames import attendance
from app.claims.frames import claims
from app.coverage.frames import coverage
from app.exams.slices import slice_from
from app.scoping.guard import enter_scope, scoped_as
from tests.doors.test_dashboards import ask, walk
from tests.factories import seasons, world
from tests.factories.registers import EVERYTHING, acting_as

FRAMES = {"coverage": coverage, "attendance": attendance, "claims": claims}
SHOWN = {
    "coverage": ("required", "deployed", "gap", "present"),
    "attendance": ("not_opened", "open", "submitted", "returned"),
    "claims": ("earned_kes", "awaiting_kes", "held_kes", "expected_kes"),
}
BY = ("sub-county", "county", "centre", "day", "role")


@pytest.fixture(autouse=True)
def _season(session: Any) -> None:
    world.freeze()
    with scoped_as(session, EVERYTHING):
        seasons.fill(session, 11)
        session.commit()


def frame_rows(session: Any, name: str, username: str, **words: str) -> list[dict[str, Any]]:
    """The frame's rows in the account's scope, unknown as None."""
    scope = acting_as(username).scope
    given = {"series": "KCSE-2026", "day": "all", **words}
    part = slice_from(session, scope, given, today=world.TODAY)
    frame = FRAMES[name](session, scope, part)
    plain = frame.astype(object).where(frame.notna(), None)
    enter_scope(session, EVERYTHING)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]


@pytest.mark.parametrize("username", ["monitor", "scde.kisumu-east", "county.kisumu"])
@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("name", sorted(FRAMES))
def test_api_and_files_say_what_the_frame_says(  # noqa: PLR0917 (fixtures)
    session: Any,
    client_of: Callable[[str], Any],
    token_of: Callable[[str], Any],
    client: Any,
    name: str,
    by: str,
    username: str,
) -> None:
    rows = frame_rows(session, name, username, by=by)
    query = f"?series=KCSE-2026&day=all&by={by}"
    answer = client.get(f"/api/v1/summaries/{name}{query}", headers=token_of(username))
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["by"], told["count"]) == (by, len(rows))
    assert len(rows) > 0
    columns = ["code", *SHOWN[name]]
    assert [[row[c] for c in columns] for row in told["result"]] == [
        [row[c] for c in columns] for row in rows
    ]
    if name == "claims" and by == "role":
        return
    browser = client_of(username)
    text = browser.get(f"/summaries/{name}.csv{query}").get_data(as_text=True)
    written = list(csv.reader(io.StringIO(text)))
    assert [line[0] for line in written[1:]] == [row["code"] for row in rows]
    book = browser.get(f"/summaries/{name}.xlsx{query}").get_data()
    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    cells = [list(line) for line in sheet.iter_rows(min_row=2, values_only=True)]
    for column in SHOWN[name]:
        at = _column(name, column)
        assert [_number(line[at]) for line in written[1:]] == [row[column] for row in rows]
        assert [line[at] for line in cells] == [row[column] for row in rows]


def _column(name: str, key: str) -> int:
    from reports.summaries import SUMMARIES

    return 2 + [column.key for column in SUMMARIES[name].columns].index(key)


def _number(text: str) -> int | None:
    return int(text) if text else None


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_page_shows_what_the_frame_says(
    app: Flask, session: Any, client_of: Callable[[str], Any], name: str
) -> None:
    rows = frame_rows(session, name, "monitor", by="sub-county")
    answer = ask(
        client_of("monitor"), app, name, "?series=KCSE-2026&day=all&by=sub-county"
    ).get_json()
    page = answer["response"]["page"]["children"]
    table = next(part for part in walk(page) if part.get("props", {}).get("className") == "ranked")
    lines = [part for part in walk(table) if part.get("type") == "Tr" and _place(part)]
    assert [_place(line) for line in lines] == [row["code"] for row in rows]
    for line, row in zip(lines, rows, strict=True):
        shown = [_text(cell) for cell in line["props"]["children"]]
        for column in SHOWN[name]:
            assert f"{row[column]:,}" in shown


def _place(part: dict[str, Any]) -> str | None:
    found: str | None = part["props"].get("data-place")
    return found


def _text(node: Any) -> str:
    if isinstance(node, list):
        return "".join(_text(inner) for inner in node)
    if isinstance(node, dict):
        return _text(node.get("props", {}).get("children"))
    return "" if node is None else str(node)


def test_claims_by_role_carry_rate_and_year_in_api_and_file(
    session: Any, client: Any, client_of: Callable[[str], Any], token_of: Callable[[str], Any]
) -> None:
    query = "?series=KCSE-2026&by=role"
    found = client.get(f"/api/v1/summaries/claims{query}", headers=token_of("monitor")).get_json()
    roles = {row["code"]: row["roles"][0] for row in found["result"] if row["roles"]}
    assert (roles["supervisor"]["rate_per_day_kes"], roles["supervisor"]["rate_year"]) == (
        680,
        2025,
    )
    assert (roles["clerk"]["rates"], roles["clerk"]["earned_kes"]) == ([], None)
    text = client_of("monitor").get(f"/summaries/claims.csv{query}").get_data(as_text=True)
    lines = {line[0]: line for line in csv.reader(io.StringIO(text))}
    assert lines["supervisor"][2:4] == ["680", "2025"]
    assert lines["clerk"][2:4] == ["No rate published", ""]


def test_api_refuses_an_unknown_grain_in_a_sentence(
    client: Any, token_of: Callable[[str], Any]
) -> None:
    answer = client.get("/api/v1/summaries/coverage?by=ward", headers=token_of("monitor"))
    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert (problem["code"], problem["field"]) == ("unknown-grain", "by")


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_forms_of_the_address_answer(
    client: Any, token_of: Callable[[str], Any], slash: str
) -> None:
    answer = client.get(f"/api/v1/summaries/coverage{slash}", headers=token_of("monitor"))
    assert answer.status_code == 200


def test_foreign_place_and_unknown_summary_are_not_found(
    client: Any, client_of: Callable[[str], Any], token_of: Callable[[str], Any]
) -> None:
    token, browser = token_of("tsc.kisumu-east"), client_of("tsc.kisumu-east")
    for words in ("sub-county=kisumu-west", "county=32", f"centre={world.NEXT_DOOR}"):
        query = f"?series=KCSE-2026&{words}"
        assert client.get(f"/api/v1/summaries/claims{query}", headers=token).status_code == 404
        assert browser.get(f"/summaries/claims.csv{query}").status_code == 404
    assert client.get("/api/v1/summaries/results", headers=token).status_code == 404
    assert browser.get("/summaries/coverage.exe").status_code == 404


@pytest.mark.parametrize("username", [f"KCSE{world.CENTRE}", "254712000001"])
def test_summaries_are_not_for_centres_and_officers(
    client: Any, client_of: Callable[[str], Any], token_of: Callable[[str], Any], username: str
) -> None:
    answer = client.get("/api/v1/summaries/coverage?by=centre", headers=token_of(username))
    assert answer.status_code == 403
    assert client_of(username).get("/summaries/coverage.csv").status_code == 403
