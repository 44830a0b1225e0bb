"""What an officer does about their own data: takes note of the notice, downloads, asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.access import limits
from app.access.services import Device, verified
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.errors import Conflict, NotFound, NotSignedIn, Problems, RuleBroken
from app.extensions import db
from app.people.models import Officer
from app.permissions import require
from app.privacy.enums import RequestKind, RequestState
from app.privacy.models import DataRequest
from app.privacy.queries.own_data import OwnData, own_data
from app.privacy.queries.periods import notice_in_force
from app.reference.services import within
from app.scoping.scope import Actor, Scope
from app.words import N_

ANSWER_WITHIN = dt.timedelta(days=7)
"""Data Protection (General) Regulations 2021, reg. 9 and 10: access and correction in time."""
MOST_OPEN = 3
SHORTEST_WORDS, LONGEST_WORDS = 10, 1000


def acknowledge(session: Any, actor: Actor) -> None:
    """Stores that the officer was shown the version of the notice in force; once for each version.

    Called when a profile is saved for the first time, and from the page of the notice."""
    notice = notice_in_force(session, clock.today())
    if notice is None or actor.officer_id is None:
        return
    with unit_of_work(session):
        officer = session.get(Officer, actor.officer_id)
        if officer is None or officer.privacy_version == notice.version:
            return
        officer.privacy_version = notice.version
        officer.privacy_accepted_at = clock.now()
        session.flush()
        after = {"version": notice.version}
        record(session, actor, "privacy.acknowledged", _subject(officer), after=after)


def download_own_data(session: Any, actor: Actor, *, password: str, device: Device) -> OwnData:
    """Everything held about the signed-in officer, numbers in full, after their password again.

    A wrong password counts as an attempt to sign in, within the same limits. The hand-out is an
    event."""
    require(actor, "own-profile", "download")
    try:
        attempt = verified(session, actor.username, password, device=device).attempt
    except NotSignedIn:
        words = N_("That is not your password.")
        raise RuleBroken("wrong-password", words, field="password") from None
    with unit_of_work(session):
        limits.give_back(session, attempt)
        officer = _own(session, actor)
        record(session, actor, "data.downloaded", _subject(officer))
        return own_data(session, officer, vault_of(session))


def ask_about_own_data(session: Any, actor: Actor, *, kind: str, words: str) -> DataRequest:
    """A request for correction or erasure, or an objection, to be answered within seven days."""
    require(actor, "own-profile", "download")
    said, faults = words.strip(), Problems()
    if kind not in set(RequestKind):
        faults.add("kind", N_("Choose what you ask for."), field="kind")
    if not SHORTEST_WORDS <= len(said) <= LONGEST_WORDS:
        sentence = N_("Say in 10 to 1,000 letters what is wrong or what should go.")
        faults.add("words", sentence, field="words")
    faults.refuse_if_any()
    with unit_of_work(session):
        officer = _own(session, actor)
        waiting = [one for one in requests_of(session, actor) if one.state == RequestState.OPEN]
        if len(waiting) >= MOST_OPEN:
            raise Conflict(
                "too-many-requests", N_("Three of your requests are waiting for an answer already.")
            )
        request = DataRequest(
            officer_id=officer.id,
            sub_county_id=officer.sub_county_id,
            kind=kind,
            words=said,
            asked_at=clock.now(),
            due_on=clock.today() + ANSWER_WITHIN,
        )
        session.add(request)
        session.flush()
        record(session, actor, "data.asked", _subject(officer), after={"kind": kind})
    return request


def answer_requests(scope: Scope, actor: Actor, ids: Sequence[int], answer: str) -> None:
    """Closes requests as done, with the answer that the officer reads."""
    _close(scope, actor, ids, answer, RequestState.DONE)


def refuse_requests(scope: Scope, actor: Actor, ids: Sequence[int], answer: str) -> None:
    """Closes requests as refused, with the reason that the officer reads."""
    _close(scope, actor, ids, answer, RequestState.REFUSED)


def requests_of(session: Any, actor: Actor) -> list[DataRequest]:
    """The officer's own requests, newest first."""
    statement = select(DataRequest).where(DataRequest.officer_id == (actor.officer_id or 0))
    return list(session.scalars(statement.order_by(DataRequest.id.desc())))


def _close(
    scope: Scope, actor: Actor, ids: Sequence[int], answer: str, state: RequestState
) -> None:
    require(actor, "data-requests", "answer")
    with unit_of_work(db.session) as session:
        for pk in ids:
            request = within(session, DataRequest, scope, pk)
            if request.state != RequestState.OPEN:
                raise Conflict("answered", N_("This request is answered already."))
            request.state, request.answer = str(state), answer
            request.answered_at, request.answered_by = clock.now(), actor.user_id
            session.flush()
            subject = Subject("data_request", pk, officer_id=request.officer_id)
            record(session, actor, f"data.{state}", subject)


def _own(session: Any, actor: Actor) -> Officer:
    officer: Officer | None = session.get(Officer, actor.officer_id or 0)
    if officer is None:
        raise NotFound("not-found", N_("That record was not found."))
    return officer


def _subject(officer: Officer) -> Subject:
    return Subject("officer", officer.id, officer.sub_county_id, officer_id=officer.id)
