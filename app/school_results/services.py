"""Writes of a school's queries: raised from a result within their days, settled once in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import clock
from app.access.models import User
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.messages.enums import MessageKind
from app.messages.services import post
from app.permissions import require
from app.places.models import Centre
from app.results.documents import Result
from app.results.queries import candidate_in
from app.school_results import queries
from app.school_results.enums import QueryAct, QueryState
from app.school_results.machine import state_after
from app.school_results.models import ResultQuery, ResultQueryMove
from app.school_results.queries import School
from app.school_results.texts import SETTLED
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = ["LONGEST", "Asked", "raise_query", "settle_query", "take_files"]

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a school asks: about a subject by its code, or about the whole result, in words."""

    index_number: str
    subject: str
    words: str


def raise_query(scope: Scope, actor: Actor, asked: Asked) -> int:
    """Stores the school's query about one of its own results and returns its id.

    Raises NotFound for anybody else's candidate; RuleBroken before the release, after its last day,
    without words, and while the same question waits.
    """
    require(actor, "result-queries", "add")
    with unit_of_work(db.session) as session:
        school = queries.school_of(session, scope)
        if school is None:
            raise RuleBroken("no-release", N_("No results are released yet."))
        result = school.result(asked.index_number)
        refuse_late(school)
        subject = _subject(result, asked.subject)
        words = _words(asked.words)
        _refuse_twice(session, scope, school, result, subject)
        one = ResultQuery(
            release_id=school.release_id,
            index_number=result.index_number,
            centre_id=school.centre_id,
            sub_county_id=school.sub_county_id,
            version=result.version,
            subject=subject,
            words=words,
            state=str(QueryState.RAISED),
            raised_by=actor.user_id,
            raised_at=clock.now(),
        )
        session.add(one)
        session.flush()
        _moved(session, actor, one, QueryAct.RAISE, words)
        return int(one.id)


def settle_query(scope: Scope, actor: Actor, query_id: int, act: QueryAct, *, words: str) -> None:
    """Answers or refuses a query, or says that the result was changed; the centre is told by SMS.

    Raises IllegalMove where somebody settled it first; RuleBroken without words, and where a change
    is said of a result that stands as it was asked about.
    """
    require(actor, "result-queries", "answer")
    with unit_of_work(db.session) as session:
        one = queries.query_in(session, scope, query_id, lock=True)
        after, said = state_after(one.state, act), _words(words)
        result = candidate_in(session, scope, one.release_id, one.index_number)
        if act is QueryAct.CHANGE and result.version <= one.version:
            raise RuleBroken(
                "not-changed",
                N_("The result is still as it was asked about: change it first, then say so here."),
            )
        one.state, one.answer = after, said
        one.answered_by, one.answered_at = actor.user_id, clock.now()
        session.flush()
        _moved(session, actor, one, act, said)
        _tell(session, one)


def take_files(actor: Actor, school: School, kind: str) -> None:
    """Notes that the school took all its results as a file of this kind."""
    require(actor, "school-results", "export")
    with unit_of_work(db.session) as session:
        said = {"number": school.release.number, "kind": kind, "rows": len(school.results)}
        subject = Subject(
            "result_release", school.release_id, school.sub_county_id, school.centre_id
        )
        record(session, actor, "results.taken_by_school", subject, after=said)


def refuse_late(school: School) -> None:
    """Raises RuleBroken after the last day of queries, naming it."""
    if school.until is None:
        raise RuleBroken("no-query-period", N_("No days for queries are on record. Ask KNEC."))
    if clock.today() > school.until:
        raise RuleBroken(
            "queries-closed",
            N_("Queries about this release could be raised until %(day)s."),
            facts={"day": school.until},
        )


def _subject(result: Result, code: str) -> str | None:
    """The subject asked about: one that the result shows, or None for the whole of it."""
    if not code:
        return None
    if code not in {one.code for one in result.subjects}:
        raise RuleBroken("subject-unknown", N_("Choose a subject of this result."), field="subject")
    return code


def _words(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise RuleBroken("words-missing", N_("Write it in words."), field="words")
    if len(plain) > LONGEST:
        raise RuleBroken(
            "words-long",
            N_("Write at most %(most)s characters."),
            field="words",
            facts={"most": LONGEST},
        )
    return plain


def _refuse_twice(
    session: Any, scope: Scope, school: School, result: Result, subject: str | None
) -> None:
    asked = queries.asked_about(session, scope, school.centre_id, result.index_number)
    for one in asked:
        same = one.release_id == school.release_id and one.subject == subject
        if same and one.state == QueryState.RAISED:
            raise RuleBroken(
                "asked-already", N_("You asked this already: the answer will stand here.")
            )


def _moved(session: Any, actor: Actor, one: ResultQuery, act: QueryAct, words: str) -> None:
    """The history and the event of what was done; the event names nobody and says no words."""
    session.add(
        ResultQueryMove(
            query_id=one.id,
            centre_id=one.centre_id,
            act=str(act),
            words=words,
            actor_name=actor.name[:128],
            moved_by=actor.user_id,
            moved_at=clock.now(),
        )
    )
    session.flush()
    subject = Subject("result_query", one.id, one.sub_county_id, one.centre_id)
    record(session, actor, f"result_query.{one.state}", subject, after={"state": one.state})


def _tell(session: Any, one: ResultQuery) -> None:
    """Tells the centre's contact that an answer stands there: not whose, and not what it says."""
    row = session.execute(
        select(Centre.telephone, User.locale)
        .outerjoin(User, User.id == one.raised_by)
        .where(Centre.id == one.centre_id)
    ).one()
    if row.telephone:
        post(
            session,
            to=row.telephone,
            text=SETTLED,
            kind=MessageKind.NOTICE,
            facts={"series": one.release.series.name},
            locale=row.locale,
            intent=f"result-query:{one.id}",
        )
