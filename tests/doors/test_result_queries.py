"""Queries about results: raised from the result within their days, answered once, told to the school."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.errors import NotAllowed, NotFound
from app.messages.models import Message
from app.results.machine import Change
from app.results.models import ResultRelease
from app.school_results import services
from app.school_results.enums import QueryAct
from app.school_results.models import ResultQuery, ResultQueryMove, ResultQueryPeriod
from app.school_results.services import Asked
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories import school_results as school
from tests.factories import world
from tests.factories.registers import acting_as
from tests.factories.results import EVERYTHING

ClientOf = Callable[[str], FlaskClient]
WORDS = "Her English paper was strong all year; please look at it again."
ADDRESS = "/school-results/002"


@pytest.fixture
def release(session: Session, tmp_path: Path) -> ResultRelease:
    return school.opened(tmp_path)


@pytest.fixture
def principal(client_of: ClientOf) -> FlaskClient:
    return client_of(school.LOGIN)


@pytest.fixture
def officer(client_of: ClientOf) -> FlaskClient:
    return client_of("results.officer")


@pytest.fixture
def days_later() -> Iterator[Callable[[int], None]]:
    """Moves office time on."""
    yield lambda days: clock.configure(frozen=world.NOW + dt.timedelta(days=days))
    clock.configure(frozen=world.NOW)


def asked(client: FlaskClient, **changes: str) -> Any:
    return client.post(ADDRESS, data={"subject": "101", "words": WORDS} | changes)


def stored(session: Session) -> list[ResultQuery]:
    """This year's queries, the oldest first."""
    session.expire_all()
    with scoped_as(session, EVERYTHING):
        return list(
            session.scalars(
                select(ResultQuery)
                .where(ResultQuery.index_number.startswith(world.CENTRE))
                .order_by(ResultQuery.id)
            )
        )


def acts_of(session: Session, query_id: int) -> list[tuple[str, str]]:
    with scoped_as(session, EVERYTHING):
        rows = session.execute(
            select(ResultQueryMove.act, ResultQueryMove.words)
            .where(ResultQueryMove.query_id == query_id)
            .order_by(ResultQueryMove.id)
        )
        return [(row.act, row.words) for row in rows]


def test_query_is_raised_from_the_row_and_answered_there(
    release: ResultRelease, session: Session, principal: FlaskClient, officer: FlaskClient
) -> None:
    assert "<a href=002#ask>Raise a query</a>" in principal.get("/school-results/").text
    assert asked(principal).status_code == 303
    [one] = stored(session)
    assert (one.state, one.subject, one.words, one.version) == ("raised", "101", WORDS, 1)
    assert "<a href=002#ask>Waits for an answer</a>" in principal.get("/school-results/").text
    page = officer.get("/result-queries/").text
    assert WORDS[:40] in page
    assert "2 queries wait" in page, "last year's, of the fixed world, waits too"
    page = officer.get(f"/result-queries/{one.id}").text
    assert f'href="/results-of/{release.id}/{one.index_number}"' in page
    answer = "The script was read again by two examiners; the grade stands."
    sent = officer.post(f"/result-queries/{one.id}", data={"act": "answer", "words": answer})
    assert sent.status_code == 303
    body = principal.get(ADDRESS).text
    assert answer in body
    assert "Answered" in body
    assert "<a href=002#ask>Answered</a>" in principal.get("/school-results/").text
    assert acts_of(session, one.id) == [("raise", WORDS), ("answer", answer)]
    assert answer in officer.get(f"/result-queries/{one.id}").text
    assert WORDS[:40] in officer.get("/result-queries/?state=settled").text


def test_centre_is_told_by_sms_and_the_sms_names_nobody(
    release: ResultRelease, session: Session, principal: FlaskClient, officer: FlaskClient
) -> None:
    asked(principal)
    [one] = stored(session)
    officer.post(f"/result-queries/{one.id}", data={"act": "refuse", "words": "Too vague."})
    session.expire_all()
    found = session.scalars(select(Message).where(Message.intent == f"result-query:{one.id}")).one()
    assert (found.number, found.kind) == ("254700000001", "notice")
    assert found.body is not None
    from app.db.vault import vault_of
    from app.messages.services.outbox import BODY

    said = vault_of(session).unseal(found.body, context=BODY)
    assert said.startswith("Sajili: KNEC answered your query about the results of KCSE 2026.")
    for word in (school.NAMES[2].split()[0], one.index_number, "English", "vague"):
        assert word not in said


def test_change_is_said_only_after_the_result_changed(
    release: ResultRelease, session: Session, principal: FlaskClient, officer: FlaskClient
) -> None:
    asked(principal)
    [one] = stored(session)
    sent = {"act": "change", "words": "A mark had been left out."}
    refused = officer.post(f"/result-queries/{one.id}", data=sent)
    assert (refused.status_code, "change it first" in refused.text) == (422, True)
    assert "A mark had been left out." in refused.text
    made.changed(
        release.id,
        school.index(2),
        Change.AMEND,
        amended=made.amended(school.rows()[1], mean_grade="A-", subjects={"101": "A"}),
    )
    assert officer.post(f"/result-queries/{one.id}", data=sent).status_code == 303
    assert [q.state for q in stored(session)] == ["changed"]
    body = principal.get(ADDRESS).text
    assert "Led to a change" in body
    assert "This result was corrected" in body


def test_settled_query_is_settled_once(
    release: ResultRelease, session: Session, principal: FlaskClient, officer: FlaskClient
) -> None:
    asked(principal)
    [one] = stored(session)
    sent = {"act": "answer", "words": "It stands."}
    assert officer.post(f"/result-queries/{one.id}", data=sent).status_code == 303
    again = officer.post(f"/result-queries/{one.id}", data={**sent, "act": "refuse"})
    assert (again.status_code, "answered this query already" in again.text) == (409, True)
    assert [q.state for q in stored(session)] == ["answered"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"words": "   "}, "Write it in words."),
        ({"words": "x" * 1001}, "Write at most 1000 characters."),
        ({"subject": "999"}, "Choose a subject of this result."),
    ],
)
def test_faulty_query_keeps_what_was_typed(
    release: ResultRelease, session: Session, principal: FlaskClient, changes: dict[str, str],
    sentence: str,
) -> None:  # fmt: skip
    answer = asked(principal, **changes)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert changes.get("words", WORDS).strip() in answer.text
    assert stored(session) == []


def test_the_same_question_waits_once(
    release: ResultRelease, session: Session, principal: FlaskClient
) -> None:
    assert asked(principal).status_code == 303
    again = asked(principal)
    assert (again.status_code, "You asked this already" in again.text) == (422, True)
    assert asked(principal, subject="").status_code == 303
    assert len(stored(session)) == 2


def test_what_is_kept_back_is_asked_about_as_a_whole(
    release: ResultRelease, session: Session, principal: FlaskClient
) -> None:
    address = "/school-results/005"
    sent = {"subject": "101", "words": WORDS}
    assert principal.post(address, data=sent).status_code == 422
    assert principal.post(address, data={**sent, "subject": ""}).status_code == 303


def test_queries_close_after_their_days_with_the_date(
    release: ResultRelease,
    session: Session,
    principal: FlaskClient,
    days_later: Callable[[int], None],
) -> None:
    days_later(30)
    assert asked(principal).status_code == 303
    days_later(31)
    answer = asked(principal, subject="")
    assert answer.status_code == 422
    assert "Queries about this release could be raised until Fri 11 Dec." in answer.text
    assert "Send the query" not in principal.get(ADDRESS).text
    assert len(stored(session)) == 1


def test_days_are_a_row(
    release: ResultRelease, session: Session, principal: FlaskClient,
    days_later: Callable[[int], None],
) -> None:  # fmt: skip
    with scoped_as(session, EVERYTHING):
        period = session.scalars(select(ResultQueryPeriod)).one()
        assert period.days == 30
        period.days = 3
        session.flush()
    days_later(4)
    answer = asked(principal)
    assert "until Sat 14 Nov." in answer.text


def test_foreign_query_and_foreign_candidate_are_not_found(
    release: ResultRelease, session: Session, client_of: ClientOf, principal: FlaskClient
) -> None:
    asked(principal)
    query_id = stored(session)[0].id
    neighbour = client_of(school.NEIGHBOUR)
    assert WORDS not in neighbour.get("/school-results/002").text
    assert neighbour.get(f"/result-queries/{query_id}").status_code in (403, 404)
    assert neighbour.post("/school-results/007", data={"words": "x"}).status_code == 404
    scope = acting_as(school.NEIGHBOUR)
    with scoped_as(session, scope.scope), pytest.raises(NotFound):
        services.raise_query(scope.scope, scope.actor, Asked(school.index(3), "", "x"))
    with scoped_as(session, scope.scope):
        assert session.scalars(select(ResultQuery)).all() == []
        assert session.execute(text("SELECT count(*) FROM result_query")).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM result_query_move")).scalar() == 0


@pytest.mark.parametrize(
    "username",
    ["admin", "monitor", "results.approver", "tsc.kisumu-east", school.LOGIN, "254712000001"],
)
def test_nobody_but_the_results_officer_settles(
    release: ResultRelease, session: Session, client_of: ClientOf, principal: FlaskClient,
    username: str,
) -> None:  # fmt: skip
    asked(principal)
    [one] = stored(session)
    sent = {"act": "answer", "words": "x"}
    status = client_of(username).post(f"/result-queries/{one.id}", data=sent).status_code
    assert status in (403, 404)
    who = acting_as(username)
    with scoped_as(session, who.scope), pytest.raises((NotAllowed, NotFound)):
        services.settle_query(who.scope, who.actor, one.id, QueryAct.ANSWER, words="x")
    assert [q.state for q in stored(session)] == ["raised"]


def test_approver_reads_queries_and_has_no_form(
    release: ResultRelease, session: Session, client_of: ClientOf, principal: FlaskClient
) -> None:
    asked(principal)
    [one] = stored(session)
    page = client_of("results.approver").get(f"/result-queries/{one.id}")
    assert (page.status_code, WORDS in page.text, 'name="act"' in page.text) == (200, True, False)


def test_events_name_nobody(
    release: ResultRelease, session: Session, principal: FlaskClient, officer: FlaskClient
) -> None:
    asked(principal)
    [one] = stored(session)
    officer.post(f"/result-queries/{one.id}", data={"act": "answer", "words": "It stands."})
    with scoped_as(session, EVERYTHING):
        rows = session.execute(
            text(
                "SELECT action, coalesce(after::text, '') || coalesce(reason, '') AS said FROM event"
                " WHERE entity = 'result_query' ORDER BY id"
            )
        ).all()
    assert [row.action for row in rows] == ["result_query.raised", "result_query.answered"]
    assert not re.search(r"\d{11}|stands|English", " ".join(row.said for row in rows))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM result_query",
        "UPDATE result_query SET words = 'x'",
        "UPDATE result_query_move SET words = 'x'",
        "DELETE FROM result_query_move",
    ],
)
def test_history_is_only_ever_added_to(session: Session, statement: str) -> None:
    with pytest.raises(DBAPIError), scoped_as(session, EVERYTHING):
        session.execute(text(statement))


def test_database_refuses_a_query_about_somebody_next_door(
    release: ResultRelease, session: Session
) -> None:
    """By PostgreSQL alone: the centre is one's own, the candidate is not."""
    who = acting_as(school.LOGIN)
    forged = text(
        "INSERT INTO result_query (release_id, index_number, centre_id, sub_county_id, version,"
        " words, raised_at) SELECT :release, :index, id, sub_county_id, 1, 'x', now() FROM centre"
    )
    own = {"release": release.id, "index": school.index(1)}
    with scoped_as(session, who.scope), session.begin_nested() as kept:
        assert session.execute(forged, own).rowcount == 1, "positive control"
        kept.rollback()
    there = own | {"index": f"{world.NEXT_DOOR}001"}
    with pytest.raises(DBAPIError, match="row-level security"), scoped_as(session, who.scope):
        session.execute(forged, there)


def test_administrator_keeps_the_days(session: Session, client_of: ClientOf) -> None:
    admin = client_of("admin")
    assert "30" in admin.get("/result-query-periods/list/").text
    new = {"days": "14", "source": "Circular", "effective_from": "2027-01-01"}
    refused = admin.post("/result-query-periods/add", data=new)
    assert (refused.status_code, "Another period holds" in refused.text) == (422, True)
    assert client_of("results.officer").get("/result-query-periods/list/").status_code == 200
    assert client_of(school.LOGIN).get("/result-query-periods/list/").status_code == 403
