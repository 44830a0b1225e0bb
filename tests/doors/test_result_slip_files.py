"""Slips as a PDF: read back, their codes scanned and checked at the portal and without network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.letters import check
from app.results.machine import Change
from app.results.models import ResultRelease
from app.scoping.guard import scoped_as
from tests.doors.test_result_check import FIRST, STANDS, WITHDRAWN, code_in, said
from tests.factories import results as made
from tests.factories.letters import pages_of, qr_texts
from tests.factories.results import EVERYTHING, rows
from tests.factories.world_results import HERE

ClientOf = Callable[[str], FlaskClient]


@pytest.fixture
def officer(client_of: ClientOf) -> FlaskClient:
    return client_of("results.officer")


@pytest.fixture
def release(session: Session, tmp_path: Path) -> ResultRelease:
    return made.released(made.loaded(*rows(12)), tmp_path)


def slips(client: Any, release: ResultRelease, number: str) -> Any:
    return client.get(f"/results-of/{release.id}/slips/{number}.pdf")


def test_slip_of_a_candidate_is_read_back_and_checked_both_ways(
    officer: FlaskClient, client: Any, release: ResultRelease
) -> None:
    answer = slips(officer, release, FIRST)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    (page,) = pages_of(answer.data)
    for words in ("B- (MINUS)", "A- (MINUS)", "B+ (PLUS)", "C- (MINUS)", "E (PLAIN)", FIRST):
        assert words in page
    assert code_in(release) in " ".join(page.split())
    (scanned,) = qr_texts(answer.data)
    assert said(client, scanned.rpartition("/")[2]) == STANDS
    keys = check.keys_from(client.get("/verify/key.pem").data)
    (line,) = check.checked([scanned], keys, None)
    assert f"{FIRST}, KCSE 2025, release {release.number}, version 1: mean grade B-;" in line


def test_slips_of_a_school_are_its_candidates_and_no_others(
    officer: FlaskClient, client: Any, release: ResultRelease
) -> None:
    answer = slips(officer, release, HERE)
    keys = check.keys_from(client.get("/verify/key.pem").data)
    read = [check.read_slip(one.rpartition("/")[2], keys) for one in qr_texts(answer.data)]
    assert sorted(one.index_number for one in read) == [f"{HERE}{n:03d}" for n in range(1, 5)]


def test_slip_that_was_drawn_before_is_withdrawn_with_its_result(
    officer: FlaskClient, client: Any, release: ResultRelease
) -> None:
    (scanned,) = qr_texts(slips(officer, release, FIRST).data)
    made.changed(release.id, FIRST, Change.WITHHOLD)
    assert said(client, scanned.rpartition("/")[2]) == WITHDRAWN
    (page,) = pages_of(slips(officer, release, FIRST).data)
    assert "W (WITHHELD)" in page
    assert "A- (MINUS)" not in page


def test_whoever_took_slips_is_noted(
    session: Session, officer: FlaskClient, release: ResultRelease
) -> None:
    slips(officer, release, HERE)
    with scoped_as(session, EVERYTHING):
        told = session.scalars(
            select(Event.after).where(Event.action == "results.slips_taken")
        ).one()
    assert told == {"number": release.number, "slips": 4, "of": HERE}


def test_no_slip_is_drawn_before_the_minute_or_of_an_older_release(
    session: Session, officer: FlaskClient, release: ResultRelease, tmp_path: Path
) -> None:
    waiting = made.released(made.loaded(*rows(4)), tmp_path, minutes=10)
    assert slips(officer, waiting, FIRST).status_code == 303
    made.released(made.loaded(*rows(4)), tmp_path)
    assert slips(officer, release, FIRST).status_code == 303


@pytest.mark.parametrize("number", ["42238101999", "99999999", "4223", "4223810100a"])
def test_number_of_nobody_has_no_slip(
    officer: FlaskClient, release: ResultRelease, number: str
) -> None:
    assert slips(officer, release, number).status_code == 404


@pytest.mark.parametrize("username", ["admin", "monitor", "tsc.kisumu-east", "payments.clerk"])
def test_others_draw_no_slip(client_of: ClientOf, release: ResultRelease, username: str) -> None:
    answer = slips(client_of(username), release, FIRST)
    assert answer.status_code in (302, 403, 404)
    assert b"%PDF" not in answer.data
