"""Proposals: asked for, solved on the queue, held fast in part, solved again, discarded."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.retries import in_one_transaction
from app.db.uow import unit_of_work
from app.deployments import feasibility
from app.deployments.enums import DeploymentStatus
from app.deployments.models import Deployment
from app.deployments.proposal import Plan, solve
from app.errors import IllegalMove, NotFound, RuleBroken
from app.exams.models import Deadline, Series
from app.extensions import Model, db
from app.permissions import require
from app.places.models import School, SubCounty
from app.proposals import queries
from app.proposals.asks import Asks
from app.proposals.enums import LIVE, ProposalState
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal
from app.proposals.solving import Chair, bars_everywhere, chairs_of, problem_of
from app.reference.services import within
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_scope
from app.vacancies.eligibility import EligibilityRules
from app.vacancies.queries import facts
from app.vacancies.queries.rules import eligibility_rules
from app.words import N_

TASK = "proposals.solve"
TAKEN = frozenset({"23P01"})
"""Somebody else took a person's days, or a place, since they were read: solved again without."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Solved:
    """A plan with what it was made from."""

    chairs: Sequence[Chair]
    plan: Plan
    known: Mapping[int, facts.Known]
    rules: EligibilityRules


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
        if clock.today() > series.ends_on:
            raise RuleBroken(
                "series-over", N_("This series has ended: it needs nobody."), field="series"
            )
        proposal = _live_or_new(session, scope, series.id, place.id)
        proposal.asks, proposal.state = asks.stored(), ProposalState.WAITING
        proposal.asked_by, proposal.asked_at = actor.user_id, clock.real_now()
        proposal.failure = None
        session.flush()
        defer(session, TASK, once=f"{TASK}:{proposal.id}", proposal_id=proposal.id)
        _note(session, actor, "asked", proposal, after=asks.stored())
    return proposal


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


def solve_proposal(session: Any, proposal_id: int) -> None:
    """Solves a waiting proposal under the scope of a job; harmless when it waits no more.

    A failure is stored in words on the proposal, and raised again for the log.
    """
    try:
        in_one_transaction(session, lambda: _solve_waiting(session, proposal_id), also=TAKEN)
    except Exception:
        with unit_of_work(session):
            proposal = _waiting(session, proposal_id)
            if proposal is not None:
                proposal.state = ProposalState.FAILED
                proposal.failure = str(N_("The proposal was not found. Ask for it again."))
        raise


def _solve_waiting(session: Any, proposal_id: int) -> None:
    proposal = _waiting(session, proposal_id)
    if proposal is not None:
        _solve(session, proposal)


def _waiting(session: Any, proposal_id: int) -> Proposal | None:
    found: Proposal | None = session.scalars(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.state == ProposalState.WAITING)
        .with_for_update()
    ).one_or_none()
    return found


def _solve(session: Any, proposal: Proposal) -> None:
    started = time.perf_counter()
    season = queries.season_of(session, proposal.series_id)
    asks, rules = Asks(**proposal.asks), eligibility_rules(session)
    _clear(session, proposal)
    posts = queries.open_posts(session, season, proposal.sub_county_id, today=clock.today())
    people = queries.pool(session, season, proposal.sub_county_id)
    holders = {one for post in posts for one in post.holders}
    known = facts.people(session, [*(row.id for row in people), *holders])
    chairs = chairs_of(season, posts, known, rules)
    problem = problem_of(chairs, people, known, rules, asks=asks, homes=_homes(session, people))
    plan = solve(problem, asks.weights)
    solved = _Solved(chairs, plan, known, rules)
    _store_picks(session, proposal, solved)
    _store_gaps(session, proposal, solved)
    _store_refusals(session, proposal, solved)
    proposal.places = sum(chair.places for chair in chairs)
    proposal.filled, proposal.points = plan.filled, plan.points
    proposal.candidates = len(people)
    proposal.state, proposal.solved_at = ProposalState.READY, clock.now()
    proposal.milliseconds = round((time.perf_counter() - started) * 1000)
    session.flush()


def _clear(session: Any, proposal: Proposal) -> None:
    """Takes back what an earlier run proposed, apart from what is locked or was published since."""
    picked = select(ProposalPick.deployment_id).where(
        ProposalPick.proposal_id == proposal.id, ProposalPick.locked.is_(False)
    )
    session.execute(
        delete(Deployment).where(
            Deployment.id.in_(picked), Deployment.status == DeploymentStatus.PROPOSED
        ),
        execution_options={"synchronize_session": False},
    )
    for table in (ProposalRefusal, ProposalGap):
        session.execute(
            delete(table).where(table.proposal_id == proposal.id),
            execution_options={"synchronize_session": False},
        )
    session.expire_all()


def _homes(session: Any, people: Sequence[Any]) -> Mapping[int, tuple[float, float]]:
    """The middle of the schools of each home sub-county that somebody named."""
    wanted = {row.home_sub_county_id for row in people} - {None}
    rows = session.execute(
        select(School.sub_county_id, func.avg(School.lon), func.avg(School.lat))
        .where(School.sub_county_id.in_(sorted(wanted)), School.lon.is_not(None))
        .group_by(School.sub_county_id)
    )
    return {one: (lon, lat) for one, lon, lat in rows}


def _store_picks(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """The picks as proposed deployments in the free places of their posts, with their points."""
    chairs, plan = solved.chairs, solved.plan
    free = {chair.post.post_id: list(chair.post.free) for chair in chairs}
    reason = _late_reason(session, proposal.series_id)
    rows = []
    for pick in plan.picks:
        post = chairs[pick.seat].post
        rows.append(
            {
                "series_id": proposal.series_id,
                "centre_id": post.centre_id,
                "sub_county_id": proposal.sub_county_id,
                "post_id": post.post_id,
                "role_id": post.role_id,
                "officer_id": pick.candidate,
                "slot": free[post.post_id].pop(0),
                "starts_on": post.first,
                "ends_on": post.last,
                "status": str(DeploymentStatus.PROPOSED),
                "reason": reason,
                "created_by": proposal.asked_by,
            }
        )
    points = {pick.candidate: pick.points for pick in plan.picks}
    table = Model.metadata.tables["deployment"]
    for start in range(0, len(rows), _BATCH):
        stored = session.connection().execute(
            insert(table).returning(table.c.id, table.c.officer_id), rows[start : start + _BATCH]
        )
        why = [
            {
                "deployment_id": number,
                "proposal_id": proposal.id,
                "sub_county_id": proposal.sub_county_id,
                **points[officer],
            }
            for number, officer in stored
        ]
        session.execute(insert(Model.metadata.tables["proposal_pick"]), why)


def _late_reason(session: Any, series_id: int) -> str | None:
    """What a deployment after the deadline says for itself until the director publishes it."""
    falls_at = session.scalar(
        select(Deadline.falls_at).where(
            Deadline.series_id == series_id, Deadline.code == "deployment"
        )
    )
    late = falls_at is not None and clock.now() > falls_at
    return "Proposed after the deadline" if late else None


def _store_gaps(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """The places left empty by post, with how many of those left over one rule alone keeps out."""
    chairs, plan, known, rules = solved.chairs, solved.plan, solved.known, solved.rules
    over = [known[one.candidate].facts for one in plan.refusals]
    places: dict[int, int] = defaultdict(int)
    relaxations: dict[int, Mapping[str, int]] = {}
    for number, count in plan.empty.items():
        chair = chairs[number]
        places[chair.post.post_id] += count
        relaxations[chair.post.post_id] = dict(feasibility.only_bars(over, chair.facts, rules))
    rows = [
        {
            "proposal_id": proposal.id,
            "post_id": post_id,
            "sub_county_id": proposal.sub_county_id,
            "places": count,
            "relaxations": relaxations[post_id],
        }
        for post_id, count in sorted(places.items())
    ]
    if rows:
        session.execute(insert(Model.metadata.tables["proposal_gap"]), rows)


def _store_refusals(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """Whoever is left over, with the best place they might have had or the rules in their way."""
    chairs, plan, known, rules = solved.chairs, solved.plan, solved.known, solved.rules
    rows = [
        {
            "proposal_id": proposal.id,
            "officer_id": one.candidate,
            "sub_county_id": proposal.sub_county_id,
            "post_id": None if one.seat is None else chairs[one.seat].post.post_id,
            "points": one.points,
            "taken_for": one.taken_for,
            "bars": bars_everywhere(known[one.candidate], chairs, rules)
            if one.seat is None
            else [],
        }
        for one in plan.refusals
    ]
    if rows:
        session.execute(insert(Model.metadata.tables["proposal_refusal"]), rows)


def lock_picks(scope: Scope, actor: Actor, ids: Sequence[int], *, locked: bool) -> None:
    """Holds picks fast (or lets them go), so that a new run leaves them where they are."""
    require(actor, "proposals", "lock")
    with unit_of_work(db.session) as session:
        wanted = sorted(set(ids))
        picks = session.scalars(
            restrict(select(ProposalPick), ProposalPick, scope)
            .where(ProposalPick.deployment_id.in_(wanted))
            .with_for_update()
        ).all()
        if len(picks) != len(wanted):
            raise NotFound("not-found", N_("That record was not found."))
        for pick in picks:
            pick.locked = locked
        session.flush()
        if picks:
            proposal = session.get(Proposal, picks[0].proposal_id)
            said = {"deployments": wanted, "locked": locked}
            _note(session, actor, "locked", proposal, after=said)


def discard(scope: Scope, actor: Actor, proposal_id: int) -> None:
    """Takes a proposal back with everything it proposed, locked or not."""
    require(actor, "proposals", "discard")
    with unit_of_work(db.session) as session:
        proposal = live(session, scope, proposal_id)
        for pick in session.scalars(
            select(ProposalPick).where(ProposalPick.proposal_id == proposal.id)
        ):
            pick.locked = False
        session.flush()
        _clear(session, proposal)
        proposal.state, proposal.ended_at = ProposalState.DISCARDED, clock.now()
        proposal.ended_by = actor.user_id
        _note(session, actor, "discarded", proposal)


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


def propose_country(actor: Actor, series_id: int, asks: Asks) -> int:
    """Asks for a proposal of every sub-county of a series; returns how many."""
    scope = system_scope("proposals")
    with scoped_as(db.session, scope):
        places = queries.sub_counties_of(db.session, series_id)
        for sub_county_id in places:
            propose(scope, actor, series_id=series_id, sub_county_id=sub_county_id, asks=asks)
    return len(places)


def _note(session: Any, actor: Actor, what: str, proposal: Proposal | None, **said: Any) -> None:
    if proposal is not None:
        subject = Subject("proposal", proposal.id, proposal.sub_county_id)
        record(session, actor, f"proposal.{what}", subject, **said)
