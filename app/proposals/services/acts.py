"""Proposals: asked for, held fast in part, solved again, discarded; the whole country at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit.services import Subject, record, record_all
from app.db.queue import NewJob, defer, defer_all
from app.db.uow import unit_of_work
from app.deployments.services.steps import reason_after_deadline
from app.errors import IllegalMove, NotFound, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.permissions import require
from app.places.models import SubCounty
from app.proposals import queries
from app.proposals.asks import Asks
from app.proposals.enums import LIVE, ProposalState
from app.proposals.models import Proposal, ProposalPick
from app.proposals.services.solving import clear
from app.reference.services import within
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_scope
from app.words import N_

TASK = "proposals.solve"


def propose(
    scope: Scope, actor: Actor, *, series_id: int, sub_county_id: int, asks: Asks
) -> Proposal:
    """Asks for a proposal of a sub-county's open posts, or for its live one to be solved again.

    What is locked stays. The queue solves it. Raises RuleBroken for a series that has ended.
    """
    require(actor, "proposals", "add")
    with unit_of_work(db.session) as session:
        series = within(session, Series, scope, series_id)
        place = within(session, SubCounty, scope, sub_county_id)
        _refuse_foreign_place(scope, place.id)
        _refuse_over(series)
        return _asked(session, scope, actor, terms=(series.id, place.id), asks=asks)


def _asked(
    session: Any, scope: Scope, actor: Actor, *, terms: tuple[int, int], asks: Asks
) -> Proposal:
    proposal = _live_or_new(session, scope, *terms)
    proposal.asks, proposal.state = asks.stored(), ProposalState.WAITING
    proposal.asked_by, proposal.asked_at = actor.user_id, clock.real_now()
    proposal.failure = None
    session.flush()
    defer(session, TASK, once=f"{TASK}:{proposal.id}", proposal_id=proposal.id)
    note(session, actor, "asked", proposal, after=asks.stored())
    return proposal


def _refuse_over(series: Series) -> None:
    if clock.today() > series.ends_on:
        raise RuleBroken(
            "series-over", N_("This series has ended: it needs nobody."), field="series"
        )


def _refuse_foreign_place(scope: Scope, sub_county_id: int) -> None:
    if not scope.is_everything and sub_county_id not in scope.sub_county_ids:
        raise NotFound("not-found", N_("That record was not found."))


def _live_or_new(session: Any, scope: Scope, series_id: int, sub_county_id: int) -> Proposal:
    found = queries.live_proposal(session, scope, series_id=series_id, sub_county_id=sub_county_id)
    if found is None:
        found = Proposal(series_id=series_id, sub_county_id=sub_county_id, asks={})
        session.add(found)
        try:
            with session.begin_nested():
                session.flush()
        except IntegrityError:
            raise IllegalMove(
                "proposal-under-way", N_("Somebody asked for this proposal just now.")
            ) from None
    return found


def lock_picks(scope: Scope, actor: Actor, ids: Sequence[int], *, locked: bool) -> None:
    """Holds picks of a ready proposal fast (or lets them go), so that a new run leaves them where
    they are."""
    require(actor, "proposals", "lock")
    with unit_of_work(db.session) as session:
        wanted = sorted(set(ids))
        statement = restrict(select(ProposalPick), ProposalPick, scope).where(
            ProposalPick.deployment_id.in_(wanted)
        )
        found = {one.proposal_id for one in session.scalars(statement)}
        for proposal in [ready(session, scope, one) for one in sorted(found)]:
            said = {"deployments": wanted, "locked": locked}
            note(session, actor, "locked", proposal, after=said)
        picks = session.scalars(
            statement.order_by(ProposalPick.deployment_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        if len(picks) != len(wanted):
            raise NotFound("not-found", N_("That record was not found."))
        for pick in picks:
            pick.locked = locked
        session.flush()


def discard(scope: Scope, actor: Actor, proposal_id: int, reason: str | None = None) -> None:
    """Takes a proposal back with everything it proposed, locked or not; after the deadline for a
    reason."""
    require(actor, "proposals", "discard")
    with unit_of_work(db.session) as session:
        proposal = live(session, scope, proposal_id)
        why = reason_after_deadline(session, proposal.series_id, reason)
        clear(session, proposal, all_of_it=True)
        proposal.state, proposal.ended_at = ProposalState.DISCARDED, clock.now()
        proposal.ended_by = actor.user_id
        note(session, actor, "discarded", proposal, reason=why)


def live(session: Any, scope: Scope, proposal_id: int) -> Proposal:
    """The live proposal, locked; NotFound out of scope, IllegalMove when it has ended."""
    proposal: Proposal | None = session.scalars(
        restrict(select(Proposal), Proposal, scope)
        .where(Proposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if proposal is None:
        raise NotFound("not-found", N_("That record was not found."))
    if proposal.state not in LIVE:
        raise IllegalMove("proposal-ended", N_("This proposal was published or discarded already."))
    return proposal


def ready(session: Any, scope: Scope, proposal_id: int) -> Proposal:
    """The live proposal, locked, with its picks; IllegalMove while the solver is at work."""
    proposal = live(session, scope, proposal_id)
    if proposal.state != ProposalState.READY:
        raise IllegalMove(
            "proposal-not-ready", N_("This proposal is not ready: wait for the solver.")
        )
    return proposal


def propose_country(actor: Actor, series_id: int, asks: Asks) -> int:
    """Asks for a proposal of every sub-county of a series that has none yet, or whose solving
    failed, in one act; returns how many. What a director reviews already is left to them."""
    require(actor, "proposals", "propose_all")
    scope = system_scope("proposals")
    with scoped_as(db.session, scope), unit_of_work(db.session) as session:
        _refuse_over(within(session, Series, scope, series_id))
        failed = queries.failed_in(session, series_id)
        for sub_county_id in failed:
            _asked(session, scope, actor, terms=(series_id, sub_county_id), asks=asks)
        under_way = queries.under_way_in(session, series_id)
        places = [
            one for one in queries.sub_counties_of(session, series_id) if one not in under_way
        ]
        made = _made(session, actor, places, series_id=series_id, asks=asks)
    return len(failed) + len(made)


def _made(
    session: Any, actor: Actor, places: Sequence[int], *, series_id: int, asks: Asks
) -> Sequence[Any]:
    """New proposals, each with its job and event; where somebody asks just now, theirs stands."""
    given = {
        "series_id": series_id,
        "asks": asks.stored(),
        "asked_by": actor.user_id,
        "asked_at": clock.real_now(),
    }
    if not places:
        return ()
    made: Sequence[Any] = session.execute(
        insert(Proposal)
        .values([{**given, "sub_county_id": one} for one in places])
        .on_conflict_do_nothing()
        .returning(Proposal.id, Proposal.sub_county_id)
    ).all()
    jobs = [NewJob(f"{TASK}:{one.id}", {"proposal_id": one.id}) for one in made]
    defer_all(session, TASK, jobs)
    said = [
        {"subject": Subject("proposal", one.id, one.sub_county_id), "after": asks.stored()}
        for one in made
    ]
    record_all(session, actor, "proposal.asked", said)
    return made


def note(session: Any, actor: Actor, what: str, proposal: Proposal | None, **said: Any) -> None:
    if proposal is not None:
        subject = Subject("proposal", proposal.id, proposal.sub_county_id)
        record(session, actor, f"proposal.{what}", subject, **said)
