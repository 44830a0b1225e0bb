"""Disputes: an officer contests a day, which holds its pay until the TSC director answers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.attendance.models import Dispute
from app.attendance.queries import MarkedDay, own_day
from app.attendance.queries.histories import with_own_centres
from app.attendance.services.moves import LONGEST_REASON
from app.audit import services as audit
from app.db.retries import in_one_transaction
from app.errors import Conflict, IllegalMove, NotFound, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_


def raise_dispute(
    scope: Scope, actor: Actor, deployment_id: int, day: dt.date, *, claim: str
) -> int:
    """The officer contests what the register says of their own day; returns the dispute's id."""

    def work() -> int:
        duty = own_day(scope, actor, deployment_id, day)
        require(actor, "disputes", "add")
        if day > clock.today():
            raise RuleBroken("day-to-come", N_("This day has not come yet."), field="claim")
        said = _sentence(claim, "claim", N_("Write what is wrong with this day."))
        with with_own_centres(scope):
            _lock_register(duty.centre_id, day)
            dispute_id = _store(duty, said)
            _hold(duty.deployment_id, duty.centre_id, day)
            audit.record(
                db.session,
                actor,
                "dispute.raised",
                _subject(dispute_id, duty.sub_county_id, duty.centre_id, duty.officer_id),
                after={"deployment": deployment_id, "day": day.isoformat(), "state": "open"},
                reason=said,
            )
        return dispute_id

    return in_one_transaction(db.session, work)


def answer_dispute(
    scope: Scope, actor: Actor, dispute_id: int, *, state: str, answer: str
) -> Dispute:
    """The TSC director upholds or refuses the dispute in a sentence; the day is held no longer.

    Upholding changes no mark: the SCDE returns or reopens the register and the centre corrects it.
    """

    def work() -> Dispute:
        require(actor, "disputes", "answer")
        dispute = _found(scope, dispute_id)
        if state not in {"upheld", "refused"}:
            raise RuleBroken("answer-missing", N_("Choose upheld or refused."), field="state")
        _lock_register(dispute.centre_id, dispute.day)
        db.session.refresh(dispute, with_for_update=True)
        if dispute.state != "open":
            raise IllegalMove("dispute-answered", N_("This dispute was already answered."))
        dispute.answer = _sentence(answer, "answer", N_("Write the answer."))
        dispute.state = state
        dispute.answered_at = clock.now()
        dispute.answered_by = actor.user_id
        db.session.flush()
        _hold(dispute.deployment_id, dispute.centre_id, dispute.day)
        audit.record(
            db.session,
            actor,
            "dispute.answered",
            _subject(dispute.id, dispute.sub_county_id, dispute.centre_id, dispute.officer_id),
            before={"state": "open"},
            after={"state": state},
            reason=dispute.answer,
        )
        return dispute

    return in_one_transaction(db.session, work)


def _found(scope: Scope, dispute_id: int) -> Dispute:
    dispute: Dispute | None = db.session.execute(
        restrict(select(Dispute), Dispute, scope).where(Dispute.id == dispute_id)
    ).scalar_one_or_none()
    if dispute is None:
        raise NotFound("no-dispute-here", N_("There is no such dispute."))
    return dispute


def _store(duty: MarkedDay, claim: str) -> int:
    stored = db.session.execute(
        insert(Dispute.__table__)
        .values(
            deployment_id=duty.deployment_id,
            officer_id=duty.officer_id,
            centre_id=duty.centre_id,
            sub_county_id=duty.sub_county_id,
            day=duty.day,
            claim=claim,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(Dispute.__table__.c.id)
    ).scalar_one_or_none()
    if stored is None:
        raise Conflict("already-disputed", N_("You have already disputed this day."))
    return int(stored)


def _lock_register(centre_id: int, day: dt.date) -> None:
    """Waits for whoever is marking, so that the summary counts what stands afterwards."""
    lock = text("SELECT id FROM register WHERE centre_id = :centre AND day = :day FOR UPDATE")
    db.session.execute(lock, {"centre": centre_id, "day": day})


HOLD = text(
    """
    UPDATE centre_day SET updated_at = :at, held = (
      SELECT count(*) FROM mark m JOIN dispute d
        ON d.deployment_id = m.deployment_id AND d.day = m.day AND d.state = 'open'
      WHERE m.centre_id = :centre AND m.day = :day AND m.role_id = centre_day.role_id
        AND m.status IN ('present', 'late'))
    WHERE centre_id = :centre AND day = :day
      AND role_id = (SELECT role_id FROM deployment WHERE id = :deployment)
    """
)
"""Counts the worked days of a role that are under an open dispute, afresh."""


def _hold(deployment_id: int, centre_id: int, day: dt.date) -> None:
    values = {"at": clock.now(), "centre": centre_id, "day": day, "deployment": deployment_id}
    db.session.execute(HOLD, values)


def _subject(dispute_id: int, sub_county_id: int, centre_id: int, officer_id: int) -> audit.Subject:
    return audit.Subject(
        "dispute",
        dispute_id,
        sub_county_id=sub_county_id,
        centre_id=centre_id,
        officer_id=officer_id,
    )


def _sentence(words: str, field: str, empty: str) -> str:
    tidied = " ".join(words.split())
    if not tidied:
        raise RuleBroken(f"{field}-missing", empty, field=field)
    if len(tidied) > LONGEST_REASON:
        said = N_("Shorten this to %(most)s characters.")
        raise RuleBroken("too-long", said, field=field, facts={"most": LONGEST_REASON})
    return tidied
