"""Corrections: an officer says what is wrong with a duty of their own, and is answered once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.access import reach
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.deployments.correction_texts import ANSWERED, WHAT
from app.deployments.enums import (
    ON_DUTY,
    SETTLED,
    CorrectionKind,
    CorrectionState,
)
from app.deployments.models import Deployment, DeploymentCorrection
from app.deployments.queries.fitness import Seating, Span, bars_of
from app.deployments.services.answering import own_duty, refuse_over
from app.deployments.services.steps import (
    free_slot,
    locked,
    note,
    post_to_fill,
    reason_after_deadline,
    refuse_barred,
    refuse_dates,
    terms,
)
from app.errors import Conflict, IllegalMove, NotFound, RuleBroken
from app.extensions import Model, db
from app.messages.enums import MessageKind
from app.messages.services import post
from app.permissions import require
from app.places.models import Centre
from app.reference.services import within
from app.scoping.guard import current_scope
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_WORDS = 500
LONGEST_REASON = 300
LONGEST_STATION = 40
NEEDS: dict[CorrectionState, tuple[str, str]] = {
    CorrectionState.AMENDED: ("corrections", "amend"),
    CorrectionState.REFUSED: ("corrections", "refuse"),
    CorrectionState.REDEPLOYED: ("deployments", "redeploy"),
}
"""Resource and act that each answer needs."""


def open_correction(
    scope: Scope, actor: Actor, deployment_id: int, *, kind: str, words: str
) -> int:
    """The officer says what is wrong with a duty of their own; returns the correction's id.

    Raises NotFound for another person's duty, IllegalMove where it runs no more, Conflict while
    the same is open already.
    """
    require(actor, "own-deployments", "correct")
    with unit_of_work(db.session) as session:
        duty = own_duty(session, scope, actor, deployment_id)
        if duty.status not in ON_DUTY:
            raise IllegalMove("duty-ended", N_("This duty was ended. Nothing of it can change."))
        refuse_over(duty)
        if kind not in set(CorrectionKind):
            said = N_("Choose what is wrong: duty station, role, dates or name.")
            raise RuleBroken("kind-missing", said, field="kind")
        asked = said_in(words, "words", N_("Write what is wrong and what is right."))
        found = _store(session, actor, duty, kind, asked)
        subject = _subject(found, duty)
        after = {"deployment": duty.id, "kind": kind, "state": str(CorrectionState.OPEN)}
        record(session, actor, "correction.opened", subject, after=after, reason=asked)
    return found


def settle(
    session: Any, actor: Actor, correction_id: int, state: CorrectionState | str, answer: str
) -> DeploymentCorrection:
    """Answers an open correction and tells the officer, in the caller's unit of work.

    `answer` is kept with it: what was changed, or why nothing is. Raises NotFound outside the
    session's scope, IllegalMove where it was answered before.
    """
    state = CorrectionState(state)
    if state not in SETTLED:
        raise RuleBroken("answer-missing", N_("Choose how it is answered."), field="state")
    require(actor, *NEEDS[state])
    correction = open_one(session, current_scope(session), correction_id)
    said = said_in(answer, "answer", N_("Write the answer; the officer reads it."))
    correction.state, correction.answer = state, said
    correction.answered_at, correction.answered_by = clock.now(), actor.user_id
    session.flush()
    subject = _subject(correction.id, correction)
    was = {"state": str(CorrectionState.OPEN)}
    after = {"state": str(state)}
    record(session, actor, "correction.answered", subject, before=was, after=after, reason=said)
    _tell(session, correction)
    return correction


def open_one(session: Any, scope: Scope, correction_id: int) -> DeploymentCorrection:
    """The open correction of this id, locked; NotFound out of scope, IllegalMove once answered."""
    found: DeploymentCorrection | None = session.scalars(
        restrict(select(DeploymentCorrection), DeploymentCorrection, scope)
        .where(DeploymentCorrection.id == correction_id)
        .with_for_update(of=DeploymentCorrection)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    if found.state != CorrectionState.OPEN:
        raise IllegalMove("correction-answered", N_("This was answered already."))
    return found


def amend_dates(
    session: Any,
    scope: Scope,
    actor: Actor,
    deployment_id: int,
    *,
    days: Span,
    reason: str,
) -> Deployment:
    """Other days, first and last, for a published deployment, in the caller's unit of work.

    No past day is added, and none that is marked is lost (the database sees to that). Raises
    RuleBroken for every rule that bars the officer where days are added.
    """
    require(actor, "corrections", "amend")
    first, last = days
    (deployment,) = locked(session, scope, [deployment_id])
    _refuse_ended(deployment)
    refuse_dates(session, deployment.series_id, first, last)
    _refuse_same_or_past(deployment, first, last)
    centre = within(session, Centre, scope, deployment.centre_id)
    post_of = post_to_fill(session, actor, centre, deployment.role)
    if first < deployment.starts_on or last > deployment.ends_on:
        held = ((deployment.starts_on, deployment.ends_on),)
        seating = Seating(deployment.officer_id, post_of.id, first, last, gives_up=held)
        refuse_barred(bars_of(session, [seating])[0])
    before = terms(deployment)
    deployment.slot = free_slot(
        session,
        post_of,
        first,
        last,
        besides=deployment.id,
        rather=deployment.slot,
    )
    deployment.starts_on, deployment.ends_on = first, last
    given = reason_after_deadline(session, deployment.series_id, reason)
    deployment.reason = given[:LONGEST_REASON] if given else None
    session.flush()
    after = terms(deployment)
    note(session, actor, "amended", deployment, before=before, after=after, reason=reason)
    return deployment


def deployment_to_amend(session: Any, scope: Scope, deployment_id: int) -> Deployment:
    """The published deployment of this id, locked; IllegalMove where it was ended."""
    (deployment,) = locked(session, scope, [deployment_id])
    _refuse_ended(deployment)
    return deployment


def said_in(words: str, field: str, empty: str) -> str:
    """The words, tidied; RuleBroken where there are none or too many."""
    tidied = " ".join(words.split())
    if not tidied:
        raise RuleBroken(f"{field}-missing", empty, field=field)
    if len(tidied) > LONGEST_WORDS:
        said = N_("Shorten this to %(most)s characters.")
        raise RuleBroken("too-long", said, field=field, facts={"most": LONGEST_WORDS})
    return tidied


def _refuse_ended(deployment: Deployment) -> None:
    if deployment.status not in ON_DUTY:
        raise IllegalMove("duty-ended", N_("This duty was ended. Nothing of it can change."))


def _refuse_same_or_past(deployment: Deployment, first: dt.date, last: dt.date) -> None:
    if (first, last) == (deployment.starts_on, deployment.ends_on):
        raise RuleBroken("dates-same", N_("These are the days it has already."), field="starts_on")
    today = clock.today()
    past = N_("A day that is past cannot be added.")
    if first < min(deployment.starts_on, today):
        raise RuleBroken("past-day-added", past, field="starts_on")
    if last > deployment.ends_on and deployment.ends_on + dt.timedelta(days=1) < today:
        raise RuleBroken("past-day-added", past, field="ends_on")


def _store(session: Any, actor: Actor, duty: Deployment, kind: str, words: str) -> int:
    table = DeploymentCorrection.__table__
    stored = session.execute(
        insert(table)
        .values(
            deployment_id=duty.id,
            officer_id=duty.officer_id,
            centre_id=duty.centre_id,
            sub_county_id=duty.sub_county_id,
            kind=kind,
            words=words,
            opened_at=clock.now(),
            opened_by=actor.user_id,
        )
        .on_conflict_do_nothing()
        .returning(table.c.id)
    ).scalar_one_or_none()
    if stored is None:
        raise Conflict(
            "correction-open", N_("You have said this already. The director answers it.")
        )
    return int(stored)


def _subject(correction_id: int, about: Any) -> Subject:
    return Subject(
        "correction", correction_id, about.sub_county_id, about.centre_id, about.officer_id
    )


def _tell(session: Any, correction: DeploymentCorrection) -> None:
    tables = Model.metadata.tables
    officer, user, centre = tables["officer"], tables["ab_user"], tables["centre"]
    row = session.execute(
        select(officer.c.mobile, user.c.locale, centre.c.name)
        .select_from(officer.outerjoin(user, user.c.officer_id == officer.c.id))
        .join(centre, centre.c.id == correction.centre_id)
        .where(officer.c.id == correction.officer_id)
    ).one()
    what = WHAT[CorrectionKind(correction.kind)].spoken({}, row.locale)
    post(
        session,
        to=row.mobile,
        text=ANSWERED[CorrectionState(correction.state)],
        kind=MessageKind.DEPLOYMENT,
        facts=reach.facts() | {"station": row.name[:LONGEST_STATION], "what": what},
        locale=row.locale,
        intent=f"correction:{correction.id}",
    )
