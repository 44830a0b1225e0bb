"""A waiting proposal is solved on the queue: its picks, its gaps and its refusals are stored."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import TextClause, delete, exists, select, text

from app import clock
from app.db.arrays import array_of
from app.db.retries import in_one_transaction
from app.db.uow import unit_of_work
from app.deployments import feasibility
from app.deployments.enums import DeploymentStatus
from app.deployments.models import Deployment, DeploymentConcern
from app.deployments.proposal import Plan, Problem, Seat, cost_parts, solve
from app.proposals import queries
from app.proposals.asks import Asks
from app.proposals.enums import ProposalState
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal
from app.proposals.solving import Chair, bars_everywhere, candidate_of, chairs_of, problem_of
from app.vacancies.eligibility import EligibilityRules
from app.vacancies.queries import facts
from app.vacancies.queries.rules import eligibility_rules
from app.words import N_

TAKEN = frozenset({"23P01"})
"""Somebody else took a person's days, or a place, since they were read: solved again without."""
_STORE_PICKS = text("""
    WITH pick AS (
      SELECT * FROM unnest(
        CAST(:officers AS int[]), CAST(:centres AS int[]), CAST(:posts AS int[]),
        CAST(:roles AS int[]), CAST(:slots AS int[]), CAST(:firsts AS date[]),
        CAST(:lasts AS date[]), CAST(:distance AS int[]), CAST(:fairness AS int[]),
        CAST(:asked AS int[])
      ) AS p (officer_id, centre_id, post_id, role_id, slot, first, last, distance, fairness, asked)
    ), made AS (
      INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id,
                              slot, starts_on, ends_on, status, created_by)
      SELECT :series, centre_id, :sub_county, post_id, role_id, officer_id, slot, first, last,
             'proposed', :asked_by
      FROM pick RETURNING id, officer_id
    )
    INSERT INTO proposal_pick (deployment_id, proposal_id, sub_county_id, distance, fairness, asked)
    SELECT made.id, :proposal, :sub_county, distance, fairness, asked
    FROM made JOIN pick ON pick.officer_id = made.officer_id
""")
_STORE_GAPS = text("""
    INSERT INTO proposal_gap (proposal_id, post_id, sub_county_id, places, relaxations)
    SELECT :proposal, post_id, :sub_county, places, relaxations
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS gap (post_id int, places int, relaxations jsonb)
""")
_STORE_REFUSALS = text("""
    INSERT INTO proposal_refusal (proposal_id, officer_id, sub_county_id, post_id, points,
                                  taken_for, bars)
    SELECT :proposal, officer_id, :sub_county, post_id, points, taken_for, bars
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS refusal (officer_id int, post_id int, points int, taken_for int, bars varchar[])
""")
"""Statements whose text does not grow with what they store."""


@dataclass(frozen=True, slots=True)
class _Solved:
    """A plan with what it was made from."""

    chairs: Sequence[Chair]
    plan: Plan
    known: Mapping[int, facts.Known]
    rules: EligibilityRules


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
                proposal.failure = str(N_("The proposal could not be solved. Ask for it again."))
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
    clear(session, proposal)
    _weigh_kept(session, proposal, season, asks)
    posts = queries.open_posts(session, season, proposal.sub_county_id, today=clock.today())
    people = queries.pool(session, season, proposal.sub_county_id)
    holders = {one for post in posts for one in post.holders}
    known = facts.people(session, [*(row.id for row in people), *holders])
    chairs = chairs_of(season, posts, known, rules)
    problem = problem_of(
        chairs, people, known, rules, asks=asks, homes=queries.homes_of(session, people)
    )
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


def clear(session: Any, proposal: Proposal, *, all_of_it: bool = False) -> None:
    """Takes back what an earlier run proposed, apart from what is locked or was published since.

    What the SCDE has a concern about stays as well, until the director answers or changes it by
    hand. With `all_of_it` both go, the concerns with the deployments that they were about.
    """
    picked = select(ProposalPick.deployment_id).where(ProposalPick.proposal_id == proposal.id)
    if all_of_it:
        unpublished = select(Deployment.id).where(
            Deployment.id.in_(picked), Deployment.status == DeploymentStatus.PROPOSED
        )
        concerns = delete(DeploymentConcern).where(DeploymentConcern.deployment_id.in_(unpublished))
        session.execute(concerns, execution_options={"synchronize_session": False})
    else:
        questioned = exists().where(DeploymentConcern.deployment_id == ProposalPick.deployment_id)
        picked = picked.where(ProposalPick.locked.is_(False), ~questioned)
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


def _weigh_kept(session: Any, proposal: Proposal, season: queries.Season, asks: Asks) -> None:
    """Gives the picks that stay the points of these weights, so that all are read by one measure."""
    rows = queries.kept_picks(session, proposal.id)
    if not rows:
        return
    known = facts.people(session, [row.id for row in rows])
    homes = queries.homes_of(session, rows)
    seats = [Seat(number, 1, row.lon, row.lat) for number, row in enumerate(rows)]
    people = [candidate_of(row, known[row.id], season, homes) for row in rows]
    where = Problem(seats, people, np.eye(len(rows), dtype=bool))
    for name, points in cost_parts(where, asks.weights).items():
        for row, own in zip(rows, points.diagonal().tolist(), strict=True):
            setattr(row.ProposalPick, name, own)
    session.flush()


def _store_picks(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """The picks as proposed deployments in the free places of their posts, with their points."""
    chairs, plan = solved.chairs, solved.plan
    free = {chair.post.post_id: list(chair.post.free) for chair in chairs}
    columns: dict[str, list[Any]] = defaultdict(list)
    for pick in plan.picks:
        post = chairs[pick.seat].post
        columns["officers"].append(pick.candidate)
        columns["centres"].append(post.centre_id)
        columns["posts"].append(post.post_id)
        columns["roles"].append(post.role_id)
        columns["slots"].append(free[post.post_id].pop(0))
        columns["firsts"].append(post.first)
        columns["lasts"].append(post.last)
        for name, points in pick.points.items():
            columns[name].append(points)
    if plan.picks:
        given = {"series": proposal.series_id, "asked_by": proposal.asked_by}
        arrays = {name: array_of(values) for name, values in columns.items()}
        session.connection().execute(_STORE_PICKS, {**_whose(proposal), **given, **arrays})


def _whose(proposal: Proposal) -> dict[str, int]:
    return {"proposal": proposal.id, "sub_county": proposal.sub_county_id}


def _store_gaps(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """The places left empty by post, with how many of those left over one rule alone keeps out."""
    chairs, plan, known, rules = solved.chairs, solved.plan, solved.known, solved.rules
    over = [known[one.candidate].facts for one in plan.refusals]
    short = sorted(plan.empty, key=lambda number: (chairs[number].post.post_id, number))
    relaxed = feasibility.only_bars_of(over, [chairs[one].facts for one in short], rules)
    rows: dict[int, dict[str, Any]] = {}
    for number, relaxations in zip(short, relaxed, strict=True):
        post_id = chairs[number].post.post_id
        row = rows.setdefault(post_id, {"post_id": post_id, "places": 0})
        row["places"] += plan.empty[number]
        row["relaxations"] = relaxations
    _store(session, _STORE_GAPS, proposal, [*rows.values()])


def _store_refusals(session: Any, proposal: Proposal, solved: _Solved) -> None:
    """Whoever is left over, with the best place they might have had or the rules in their way."""
    chairs, plan, known, rules = solved.chairs, solved.plan, solved.known, solved.rules
    rows = [
        {
            "officer_id": one.candidate,
            "post_id": None if one.seat is None else chairs[one.seat].post.post_id,
            "points": one.points,
            "taken_for": one.taken_for,
            "bars": bars_everywhere(known[one.candidate], chairs, rules)
            if one.seat is None
            else [],
        }
        for one in plan.refusals
    ]
    _store(session, _STORE_REFUSALS, proposal, rows)


def _store(
    session: Any, statement: TextClause, proposal: Proposal, rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        session.connection().execute(statement, {**_whose(proposal), "rows": json.dumps(rows)})
