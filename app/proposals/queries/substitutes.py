"""Who could have a pick's place instead, the cheapest first: for a choice by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row, select

from app.deployments.proposal import Problem, Seat, cost_parts
from app.deployments.queries import Seating, bars_of
from app.people.models import Officer
from app.proposals.asks import Asks
from app.proposals.models import Proposal
from app.proposals.queries.season import homes_of, pool, season_of
from app.proposals.solving import candidate_of
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from app.vacancies.queries import facts

__all__ = ["Substitute", "substitutes_for"]


@dataclass(frozen=True, slots=True)
class Substitute:
    """Somebody free whom no rule bars from the place; points as of a pick, `seasons` served."""

    officer_id: int
    name: str
    workstation: str | None
    gender: str | None
    seasons: int
    distance: int
    fairness: int

    @property
    def points(self) -> int:
        return self.distance + self.fairness


def substitutes_for(session: Any, proposal: Proposal, pick: Row[Any]) -> list[Substitute]:
    """Everybody of the proposal's pool who has no pick and may have this one's place.

    Reads over the whole country, as the solver does; `pick` is a line within the caller's reach.
    """
    with session.no_autoflush, scoped_as(session, system_scope("proposals")):
        season = season_of(session, proposal.series_id)
        people = [
            row
            for row in pool(session, season, proposal.sub_county_id)
            if not row.wanted_roles or pick.role_code in row.wanted_roles
        ]
        known = facts.people(session, [row.id for row in people])
        people = [row for row in people if row.id != pick.officer_id]
        seatings = [Seating(row.id, pick.post_id, pick.starts_on, pick.ends_on) for row in people]
        reasons = bars_of(session, seatings)
        span = (pick.starts_on, pick.ends_on)
        free = [
            row
            for row, bars in zip(people, reasons, strict=True)
            if not bars and not _is_busy(known[row.id], span)
        ]
        homes = homes_of(session, free)
        named = {
            row.id: row
            for row in session.execute(
                select(Officer.id, Officer.full_name, Officer.workstation).where(
                    Officer.id.in_([row.id for row in free])
                )
            )
        }
    candidates = [candidate_of(row, known[row.id], season, homes) for row in free]
    seat = Seat(0, 1, pick.lon, pick.lat)
    problem = Problem([seat], candidates, np.ones((len(free), 1), dtype=bool))
    parts = cost_parts(problem, Asks(**proposal.asks).weights)
    found = [
        Substitute(
            row.id,
            named[row.id].full_name,
            named[row.id].workstation,
            row.gender,
            known[row.id].years_served,
            int(parts["distance"][number, 0]),
            int(parts["fairness"][number, 0]),
        )
        for number, row in enumerate(free)
    ]
    return sorted(found, key=lambda one: (one.points, one.officer_id))


def _is_busy(known: facts.Known, span: tuple[Any, Any]) -> bool:
    return any(first <= span[1] and last >= span[0] for first, last in known.facts.busy)
