"""What strangers learn of a result on paper: whether it stands now, what it must say, no name."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.extensions import db
from app.letters import check, slips
from app.letters.check import Slip
from app.letters.signing import Signer, signer_from
from app.letters.slips import slip_of
from app.results import queries, services
from app.results.check_codes import codes_from
from app.results.enums import SlipState
from app.results.machine import Change
from app.results.models import ResultRelease
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories import world
from tests.factories.results import EVERYTHING, row, rows
from tests.factories.world_results import HERE, index_number
from views.letters.desk import plain_desk

FIRST = index_number(HERE, 1)
STANDS, REPLACED = "This result stands.", "This result was replaced."
WITHDRAWN, OTHER = "This result was withdrawn.", "This slip says other grades than were released."
UNKNOWN = "This is no letter and no result of the examinations council."
NAMES = row()[1]


def words_of(answer: Any) -> str:
    """The page as a person reads it, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def said(client: Any, code: str) -> str:
    """Which of the sentences the check says, with the page that it says it on."""
    page = words_of(client.get(f"/verify/{code}"))
    (found,) = [one for one in (STANDS, REPLACED, WITHDRAWN, OTHER, UNKNOWN) if one in page]
    return found


def result_of(release: ResultRelease) -> tuple[Any, Any]:
    """The first candidate's result as it is published, and its release."""
    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        [result] = queries.records_of(db.session, release.id, [FIRST])
        return result, queries.release_document(db.session, release.id)


def slip_in(release: ResultRelease) -> Slip:
    return slip_of(*result_of(release))


def code_in(release: ResultRelease) -> str:
    return str(result_of(release)[0].check_code)


@pytest.fixture
def signer(app: Flask) -> Signer:
    with app.app_context():
        return plain_desk().signer


@pytest.fixture
def release(session: Session, tmp_path: Path) -> ResultRelease:
    return made.released(made.loaded(*rows(4)), tmp_path)


def both(release: ResultRelease, signer: Signer) -> list[str]:
    """The two ways to name the first candidate's result as it is now."""
    return [signer.slip_token(slip_in(release)), code_in(release)]


def test_result_stands_and_every_grade_is_shown_with_its_sign(
    client: Any, release: ResultRelease, signer: Signer
) -> None:
    for code in both(release, signer):
        answer = client.get(f"/verify/{code}")
        page = words_of(answer)
        assert answer.status_code == 200
        assert STANDS in page
        for words in (
            f"Candidate A.B.N. Index number {FIRST} Examination KCSE 2025 Release 2 Version of the result 1",
            "Mean grade B- (MINUS)",
            "101 English A- (MINUS)",
            "102 Kiswahili B+ (PLUS)",
            "121 Mathematics Alternative A C- (MINUS)",
            "565 Business Studies E (PLAIN)",
        ):
            assert words in page
        assert "not as released" not in page


def test_check_names_nobody(client: Any, release: ResultRelease, signer: Signer) -> None:
    for code in both(release, signer):
        page = words_of(client.get(f"/verify/{code}"))
        assert [name for name in NAMES.split() if name in page] == []


def test_qr_address_in_capitals_and_code_with_hyphens_are_taken(
    client: Any, release: ResultRelease, signer: Signer
) -> None:
    token, code = both(release, signer)
    for address in (f"/VERIFY/{token}", f"/verify/{token.lower()}", f"/verify/{code.lower()}"):
        assert STANDS in words_of(client.get(address))
    asked = client.get("/verify/", query_string={"code": code})
    assert asked.headers["Location"] == f"/verify/{code.replace('-', '')}"


def test_token_is_good_offline_with_the_keys_of_the_portal(
    client: Any, release: ResultRelease, signer: Signer
) -> None:
    keys = check.keys_from(client.get("/verify/key.pem").data)
    token = signer.slip_token(slip_in(release))
    (line,) = check.checked([f"HTTP://PORTAL/VERIFY/{token}"], keys, None)
    assert line.startswith("SIGNED; whether a newer version was released was not asked: A.B.N.")
    assert "mean grade B-; 101 A-, 102 B+, 121 C-" in line


def test_forged_grade_is_seen(client: Any, release: ResultRelease, signer: Signer) -> None:
    """Without the key a token cannot be changed; with it, the grades are held against the release."""
    token = signer.slip_token(slip_in(release))
    assert said(client, token[:-1] + ("A" if token[-1] != "A" else "B")) == UNKNOWN
    for forged in (
        replace(slip_in(release), mean_grade="A"),
        replace(slip_in(release), subjects=(("101", "A"), *slip_in(release).subjects[1:])),
        replace(slip_in(release), subjects=slip_in(release).subjects[:-1]),
    ):
        token = signer.slip_token(forged)
        assert said(client, token) == OTHER
        assert words_of(client.get(f"/verify/{token}")).count("not as released") == 1


def test_slip_of_a_foreign_key_is_unknown(client: Any, release: ResultRelease) -> None:
    foreign = signer_from("the key of somebody else, long enough")
    assert said(client, foreign.slip_token(slip_in(release))) == UNKNOWN


@pytest.mark.parametrize(("revoked", "expected"), [("NULL", STANDS), ("now()", UNKNOWN)])
def test_slip_of_an_older_key_of_ours_stands_unless_it_is_revoked(
    session: Session, client: Any, release: ResultRelease, revoked: str, expected: str
) -> None:
    older = signer_from("an older key of this portal, long enough")
    session.execute(
        text(f"INSERT INTO letter_key (public_key, revoked_at) VALUES (:key, {revoked})"),
        {"key": older.public.public_bytes_raw()},
    )
    session.commit()
    assert said(client, older.slip_token(slip_in(release))) == expected


def test_newer_version_replaces(client: Any, release: ResultRelease, signer: Signer) -> None:
    before = both(release, signer)
    amended = made.amended(row(), mean_grade="B", subjects={"101": "A"})
    made.changed(release.id, FIRST, Change.AMEND, amended=amended)
    after = both(release, signer)
    assert [said(client, code) for code in before] == [REPLACED, REPLACED]
    assert [said(client, code) for code in after] == [STANDS, STANDS]
    page = words_of(client.get(f"/verify/{before[0]}"))
    assert "Release 2 Version of the result 1" in page
    assert [grade for grade in ("(MINUS)", "(PLUS)", "(PLAIN)") if grade in page] == []


def test_newer_release_replaces(
    session: Session, client: Any, release: ResultRelease, signer: Signer, tmp_path: Path
) -> None:
    before = both(release, signer)
    made.released(made.loaded(*rows(4)), tmp_path)
    assert [said(client, code) for code in before] == [REPLACED, REPLACED]


def test_result_that_the_newer_release_lacks_is_withdrawn(
    session: Session, client: Any, release: ResultRelease, signer: Signer, tmp_path: Path
) -> None:
    before = both(release, signer)
    made.released(made.loaded(*rows(4)[1:]), tmp_path)
    assert [said(client, code) for code in before] == [WITHDRAWN, WITHDRAWN]


@pytest.mark.parametrize("change", [Change.WITHHOLD, Change.CANCEL, Change.PEND])
def test_result_that_is_kept_back_is_withdrawn_on_every_paper(
    client: Any, release: ResultRelease, signer: Signer, change: Change
) -> None:
    before = both(release, signer)
    made.changed(release.id, FIRST, change)
    during = both(release, signer)
    assert {said(client, code) for code in (*before, *during)} == {WITHDRAWN}
    made.changed(release.id, FIRST, Change.RESTORE)
    assert [said(client, code) for code in before] == [REPLACED, REPLACED]
    assert [said(client, code) for code in both(release, signer)] == [STANDS, STANDS]


def test_nothing_is_told_before_the_minute(
    session: Session, client: Any, signer: Signer, tmp_path: Path
) -> None:
    waiting = made.released(made.loaded(*rows(4)), tmp_path, minutes=10)
    codes = both(waiting, signer)
    assert {said(client, code) for code in codes} == {UNKNOWN}
    who = made.approver()
    with scoped_as(session, who.scope):
        services.take_back(who.scope, who.actor, waiting.id)
    assert {said(client, code) for code in codes} == {UNKNOWN}


def test_clock_of_the_office_is_asked_too(
    client: Any, release: ResultRelease, signer: Signer
) -> None:
    """A second wall: a release that says it is open answers nothing before its minute."""
    codes = both(release, signer)
    clock.configure(frozen=world.NOW - dt.timedelta(seconds=1))
    try:
        assert {said(client, code) for code in codes} == {UNKNOWN}
    finally:
        clock.configure(frozen=world.NOW)


def test_unknown_answers_are_one_and_limited(
    app: Flask, client: Any, release: ResultRelease, signer: Signer
) -> None:
    nobody = replace(slip_in(release), index_number="42238101999")
    later = replace(slip_in(release), version=2)
    other = replace(slip_in(release), series="KCSE 2019")
    tokens = [signer.slip_token(one) for one in (nobody, later, other)]
    codes = [*tokens, "23456789ABCD", "x", "unreadable", tokens[0][:-2]]
    pages = {words_of(client.get(f"/verify/{code}")) for code in codes}
    assert {UNKNOWN in page for page in pages} == {True}
    assert len(pages) == 1
    statuses = [client.get(f"/verify/{tokens[0]}").status_code for _ in range(70)]
    assert (statuses[0], statuses[-1]) == (404, 429)


@pytest.mark.parametrize("prefix", ["/verify/", "/VERIFY/"])
def test_whoever_guessed_too_often_hears_nothing_of_a_good_code_either(
    client: Any, release: ResultRelease, signer: Signer, prefix: str
) -> None:
    codes = both(release, signer)
    guessed = [client.get("/verify/23456789ABCD").status_code for _ in range(61)]
    assert guessed == [404] * 60 + [429]
    for code in (*codes, "23456789ABCE"):
        answer = client.get(prefix + code)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 600
        assert "Too many codes were tried from here." in words_of(answer)
        assert [word for word in ("B- (MINUS)", STANDS) if word in words_of(answer)] == []
    away = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get(f"/verify/{codes[0]}", environ_base=away).status_code == 200


def test_good_codes_are_checked_as_often_as_anybody_likes(
    client: Any, release: ResultRelease, signer: Signer
) -> None:
    codes = both(release, signer) * 35
    assert {client.get(f"/verify/{code}").status_code for code in codes} == {200}


def test_without_the_state_a_withheld_result_would_stand(
    client: Any, release: ResultRelease, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the signature alone says nothing of now."""
    token = signer.slip_token(slip_in(release))
    made.changed(release.id, FIRST, Change.WITHHOLD)
    as_it_is = slips.standing
    monkeypatch.setattr(
        slips, "standing", lambda *given: replace(as_it_is(*given), state=SlipState.VALID)
    )
    assert said(client, token) != WITHDRAWN


def test_kiswahili(client: Any, release: ResultRelease) -> None:
    client.get("/lang/sw")
    page = words_of(client.get(f"/verify/{code_in(release)}"))
    assert "Matokeo haya ni halali." in page
    assert "Gredi ya wastani B- (MINUS)" in page


def test_page_is_light(client: Any, release: ResultRelease) -> None:
    assert len(client.get(f"/verify/{code_in(release)}").data) < 20_000


def test_code_hangs_on_the_release_and_the_version(release: ResultRelease) -> None:
    with scoped_as(db.session, EVERYTHING):
        vault = made.tools().vault
        named = codes_from(vault).read(code_in(release).replace("-", ""))
    assert named is not None
    assert (named.release_id, named.index_number, named.version) == (release.id, FIRST, 1)
