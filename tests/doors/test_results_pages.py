"""Pages of results: brought, mapped, checked, loaded, approved, changed; closed to everybody else."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.extensions import db
from app.results import services
from app.results.models import ResultCandidate
from app.results.services import Job
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories.lists import as_csv
from tests.factories.results import EVERYTHING, GRADES, HEADINGS, row, rows
from tests.factories.world_results import HERE, SERIES, index_number
from views.results.work import head_of

ClientOf = Callable[[str], FlaskClient]
FIRST = index_number(HERE, 1)
COUNTS_ONLY = ("admin", "monitor")
OTHERS = (
    "tsc.kisumu-east", "scde.kisumu-east", "county.kisumu", "payments.clerk", "payments.approver",
    "KCSE42238001", "254712000001",
)  # fmt: skip


@pytest.fixture
def officer(client_of: ClientOf) -> FlaskClient:
    return client_of("results.officer")


@pytest.fixture
def approver(client_of: ClientOf) -> FlaskClient:
    return client_of("results.approver")


def bring(client: Any, body: bytes, name: str = "results.csv") -> Any:
    from sqlalchemy import select

    from app.exams.models import Series

    with scoped_as(db.session, EVERYTHING):
        series = db.session.scalars(select(Series.id).where(Series.code == SERIES)).one()
    form = {"series_id": str(series), "file": (io.BytesIO(body), name)}
    return client.post("/result-files/add", data=form, content_type="multipart/form-data")


def queue_works(file_id: int) -> None:
    """Does what waits on the queue for the file, as the worker would."""
    file = made.the_file(file_id)
    job = Job(file_id, file.run)
    with scoped_as(db.session, EVERYTHING):
        if file.state == "received":
            services.look(made.tools().vault, job, head_of)
        elif file.state == "checking":
            services.check_file(made.tools(), job)
        elif file.state == "storing":
            services.store_file(made.tools(), job)


def mapped(client: Any, address: str) -> Any:
    """Sends the columns as the page proposes them."""
    page = client.get(address).text
    form = {}
    for name, options in re.findall(r'name="(column-\d+)"(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"\s+selected', options)
        form[name] = chosen[1] if chosen else ""
    return client.post(f"{address}/map", data=form)


def test_officer_brings_maps_checks_and_loads_and_another_approves(
    session: Session, officer: FlaskClient, approver: FlaskClient
) -> None:
    address = bring(officer, as_csv(HEADINGS, rows(3))).headers["Location"]
    file_id = int(address.rpartition("/")[2])
    assert 'http-equiv="refresh"' in officer.get(address).text
    queue_works(file_id)
    assert mapped(officer, address).status_code == 303
    queue_works(file_id)
    page = officer.get(address).text
    assert "Load 3 results" in page
    run = re.search(r'name="run" value="(\d+)"', page)
    assert run
    assert officer.post(f"{address}/load", data={"run": run[1]}).status_code == 303
    queue_works(file_id)
    release_id = made.the_file(file_id).release_id
    assert release_id is not None
    made.proven(release_id)
    address = f"/result-releases/{release_id}"
    assert "33 cells of 3 rows were compared with the file" in officer.get(address).text
    assert "Approve the release" not in officer.get(address).text
    assert officer.post(f"{address}/approve").status_code in (302, 403)
    assert approver.post(f"{address}/approve").status_code == 303
    refused = approver.post(f"{address}/minute", data={"at": "2026-11-11T07:00"})
    assert (refused.status_code, "This minute has passed" in refused.text) == (422, True)
    assert 'value="2026-11-11T07:00"' in refused.text
    assert approver.post(f"{address}/minute", data={"at": "2026-11-11T09:00"}).status_code == 303
    assert "The answers are being prepared" in approver.get(address).text
    assert made.the_release(release_id).release_at.isoformat() == "2026-11-11T06:00:00+00:00"


def test_error_stands_beside_its_cell(session: Session, officer: FlaskClient) -> None:
    address = bring(officer, as_csv(HEADINGS, [row(1, g102="B+-")])).headers["Location"]
    file_id = int(address.rpartition("/")[2])
    queue_works(file_id)
    mapped(officer, address)
    queue_works(file_id)
    page = officer.get(address).text
    assert "“B+-” is no grade." in page
    assert "put every error right" in page
    said = officer.get(f"{address}/errors.csv").text
    lines = list(csv.reader(io.StringIO(said)))
    assert [line[:2] for line in lines[1:]] == [["2", "102"]]


def test_wrong_columns_keep_what_was_chosen(session: Session, officer: FlaskClient) -> None:
    headings = (*HEADINGS[:-1], "Klingon")
    address = bring(officer, as_csv(headings, rows(2))).headers["Location"]
    queue_works(int(address.rpartition("/")[2]))
    answer = mapped(officer, address)
    assert answer.status_code == 422
    assert "No subject of the series is called “Klingon”" in answer.text


def test_file_that_is_no_table_is_refused_with_the_form(officer: FlaskClient) -> None:
    answer = bring(officer, b"%PDF-1.7", "results.pdf")
    assert (answer.status_code, "This is a PDF" in answer.text) == (422, True)


def test_result_is_withheld_with_a_reason_and_the_history_shows_it(
    session: Session, officer: FlaskClient
) -> None:
    release = made.loaded(*rows(3))
    address = f"/results-of/{release.id}/{FIRST}"
    assert "B- (MINUS)" in officer.get(address).text
    empty = officer.post(f"{address}/withhold", data={"version": "1", "reason": ""})
    assert (empty.status_code, "Write the reason" in empty.text) == (422, True)
    sent = {"version": "1", "reason": "Scripts are looked into."}
    assert officer.post(f"{address}/withhold", data=sent).status_code == 303
    page = officer.get(address).text
    assert "W (WITHHELD)" in page
    assert "B- (MINUS) → W (WITHHELD)" in page
    assert "Scripts are looked into." in page
    stale = officer.post(f"{address}/restore", data=sent, follow_redirects=True)
    assert "Somebody changed this result first" in stale.text


def test_history_says_which_name_was_changed(session: Session, officer: FlaskClient) -> None:
    release = made.loaded(*rows(3))
    address = f"/results-of/{release.id}/{FIRST}"
    with scoped_as(session, EVERYTHING):
        one = session.get_one(ResultCandidate, (release.id, FIRST))
    typed = {f"grade-{code}": grade for code, grade in one.subjects.items()}
    sent = {
        "version": "1",
        "names": "Wholly Other",
        "mean_grade": one.mean_grade,
        "reason": "Deed.",
    }
    assert officer.post(f"{address}/amend", data=sent | typed).status_code == 303
    page = html.unescape(officer.get(address).text)
    assert f"{one.names} → Wholly Other</td>" in page


def test_history_says_what_was_amended_under_a_letter(
    session: Session, officer: FlaskClient
) -> None:
    release = made.loaded(*rows(3))
    address = f"/results-of/{release.id}/{FIRST}"
    with scoped_as(session, EVERYTHING):
        one = session.get_one(ResultCandidate, (release.id, FIRST))
        typed = {f"grade-{code}": grade for code, grade in one.subjects.items()}
        names = one.names
    officer.post(f"{address}/withhold", data={"version": "1", "reason": "Looked into."})
    sent = {"version": "2", "names": names, "mean_grade": "C+", "reason": "Marked again."}
    assert officer.post(f"{address}/amend", data=sent | typed).status_code == 303
    page = html.unescape(officer.get(address).text)
    assert "B- (MINUS) → C+ (PLUS), W (WITHHELD) stands</td>" in page


def test_amendment_keeps_what_was_typed(session: Session, officer: FlaskClient) -> None:
    release = made.loaded(*rows(3))
    sent = {"version": "1", "names": "Amina Bo", "mean_grade": "Q", "grade-101": "B", "reason": "x"}
    answer = officer.post(f"/results-of/{release.id}/{FIRST}/amend", data=sent)
    assert answer.status_code == 422
    assert 'value="Q"' in answer.text
    assert 'value="Amina Bo"' in answer.text


def test_signs_survive_in_the_schools_files(session: Session, officer: FlaskClient) -> None:
    release = made.loaded(*rows(3))
    address = f"/results-of/{release.id}/schools/{HERE}"
    taken = officer.get(f"{address}.csv").text
    [heads, line] = list(csv.reader(io.StringIO(taken)))
    assert line[3:5] == ["B-", "B- (MINUS)"]
    assert line[5:12] == list(GRADES)
    assert heads[5:7] == ["101 English", "102 Kiswahili"]
    book = openpyxl.load_workbook(io.BytesIO(officer.get(f"{address}.xlsx").data))
    cells = [cell.value for cell in book.worksheets[0][2]]
    assert cells[3:5] == ["B-", "B- (MINUS)"]
    assert cells[5:12] == list(GRADES)


def test_look_up_goes_to_the_candidate_or_the_school(
    session: Session, officer: FlaskClient
) -> None:
    release = made.loaded(*rows(3))
    found = officer.get(f"/results-of/{release.id}/?index={FIRST}")
    assert found.headers["Location"] == f"/results-of/{release.id}/{FIRST}"
    school = officer.get(f"/results-of/{release.id}/?index={HERE}")
    assert school.headers["Location"].endswith(f"/schools/{HERE}.xlsx")
    assert officer.get(f"/results-of/{release.id}/99999999999").status_code == 404
    assert officer.get(f"/results-of/{release.id}/schools/99999999.csv").status_code == 404


@pytest.mark.parametrize("username", COUNTS_ONLY)
def test_headquarters_see_counts_once_it_is_out_and_no_candidate(
    session: Session, client_of: ClientOf, tmp_path: Path, username: str
) -> None:
    release = made.loaded(*rows(3))
    client = client_of(username)
    before = client.get(f"/result-releases/{release.id}").text
    assert "What is in it is shown here once the release is out." in before
    assert "By mean grade and sex" not in before
    assert "B- (MINUS)" not in before
    made.released(release, tmp_path)
    page = client.get(f"/result-releases/{release.id}").text
    assert "By mean grade and sex" in page
    assert "B- (MINUS)" in page
    assert "Ng&#39;ang&#39;a" not in page
    assert "Kisumu East Old Boys" not in page
    assert closed(client, release.id) == []


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_opens_anything(session: Session, client_of: ClientOf, username: str) -> None:
    release = made.loaded(*rows(3))
    client = client_of(username)
    assert closed(client, release.id, "/result-releases/", f"/result-releases/{release.id}") == []


def closed(client: Any, release_id: int, *more: str) -> list[str]:
    """The addresses that let this account in all the same."""
    one = f"/results-of/{release_id}/{FIRST}"
    reads = (*more, one, f"/results-of/{release_id}/schools/{HERE}.csv", "/result-files/add")
    writes = (
        *(f"{one}/{act}" for act in ("withhold", "cancel", "pend", "restore", "amend")),
        *(f"/result-releases/{release_id}/{act}" for act in ("approve", "take-back", "minute")),
        "/result-files/add",
    )
    found = [address for address in reads if client.get(address).status_code not in (403, 404)]
    sent = {"version": "1", "reason": "because", "at": "2026-12-01T08:00"}
    found += [
        address
        for address in writes
        if client.post(address, data=sent).status_code not in (403, 404)
    ]
    return found


def test_closed_would_notice_an_open_door(session: Session, officer: FlaskClient) -> None:
    """Negative control."""
    release = made.loaded(*rows(3))
    assert f"/results-of/{release.id}/{FIRST}" in closed(officer, release.id)


def test_approver_reads_and_changes_nothing(session: Session, approver: FlaskClient) -> None:
    release = made.loaded(*rows(3))
    address = f"/results-of/{release.id}/{FIRST}"
    assert approver.get(address).status_code == 200
    for act in ("withhold", "amend"):
        sent = {"version": "1", "reason": "because"}
        assert approver.post(f"{address}/{act}", data=sent).status_code == 403
    assert approver.get("/result-files/add").status_code == 403
