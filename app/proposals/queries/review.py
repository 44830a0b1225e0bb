"""Reads for the director's review: a proposal, its picks with why, its gaps and its refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from app.deployments.models import Deployment, DeploymentConcern, Post
from app.errors import NotFound
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre, School, SubCounty
from app.proposals.enums import LIVE, ProposalState
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

ODD_SHARE = 0.05
FEWEST_ODD = 5
POINTS = ProposalPick.distance + ProposalPick.fairness + ProposalPick.asked
_ASKED = exists().where(DeploymentConcern.deployment_id == ProposalPick.deployment_id)
_OPEN_CONCERN = _ASKED.where(DeploymentConcern.answer.is_(None))


class Shown(StrEnum):
    """Which picks of a proposal a page shows."""

    ODD = "odd"
    FAR = "far"
    ASKED = "asked"
    CHOSEN = "chosen"
    CONCERN = "concern"
    LOCKED = "locked"
    ALL = "all"


_WHERE: Mapping[Shown, ColumnElement[bool]] = {
    Shown.ASKED: ProposalPick.asked > 0,
    Shown.CHOSEN: ProposalPick.fairness > 0,
    Shown.CONCERN: _OPEN_CONCERN,
    Shown.LOCKED: ProposalPick.locked.is_(True),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which picks: the kind, a centre, a role, and the page of them; no `most` means all."""

    shown: Shown = Shown.ALL
    centre_id: int | None = None
    role_id: int | None = None
    skip: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many picks there are of each kind."""

    by_kind: Mapping[Shown, int]

    @property
    def picks(self) -> int:
        return self.by_kind[Shown.ALL]


def proposal_in(session: Any, scope: Scope, proposal_id: int) -> Proposal:
    """The proposal of this id with its series and place; NotFound outside the scope."""
    statement = restrict(select(Proposal), Proposal, scope).where(Proposal.id == proposal_id)
    found: Proposal | None = session.scalars(
        statement.options(joinedload(Proposal.series), joinedload(Proposal.sub_county))
    ).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def live_proposal(
    session: Any, scope: Scope, *, series_id: int, sub_county_id: int
) -> Proposal | None:
    """The proposal of the series and sub-county that is neither published nor discarded."""
    statement = restrict(select(Proposal), Proposal, scope).where(
        Proposal.series_id == series_id,
        Proposal.sub_county_id == sub_county_id,
        Proposal.state.in_(LIVE),
    )
    found: Proposal | None = session.scalars(statement).one_or_none()
    return found


def proposals_in(
    session: Any, scope: Scope, series_id: int, *, skip: int = 0, most: int = 50
) -> Sequence[Row[Any]]:
    """(proposal, sub-county) of a series: those under way first, then the newest."""
    statement = restrict(select(Proposal, SubCounty.name), Proposal, scope)
    found: Sequence[Row[Any]] = session.execute(
        statement.join(SubCounty, SubCounty.id == Proposal.sub_county_id)
        .where(Proposal.series_id == series_id)
        .order_by(Proposal.state.in_(LIVE).desc(), Proposal.asked_at.desc(), Proposal.id.desc())
        .offset(skip)
        .limit(most)
    ).all()
    return found


def under_way_in(session: Any, series_id: int) -> frozenset[int]:
    """The sub-counties of a series with a proposal that waits for the solver or its director."""
    statement = select(Proposal.sub_county_id).where(
        Proposal.series_id == series_id,
        Proposal.state.in_([ProposalState.WAITING, ProposalState.READY]),
    )
    return frozenset(session.scalars(statement))


def failed_in(session: Any, series_id: int) -> Sequence[int]:
    """The sub-counties of a series whose proposal could not be solved, in the order of their ids."""
    statement = select(Proposal.sub_county_id).where(
        Proposal.series_id == series_id, Proposal.state == ProposalState.FAILED
    )
    found: Sequence[int] = session.scalars(statement.order_by(Proposal.sub_county_id)).all()
    return found


@dataclass(frozen=True, slots=True)
class Progress:
    """The proposals of a series by state, and what those that are ready or published fill."""

    by_state: Mapping[str, int]
    places: int
    filled: int

    @property
    def asked(self) -> int:
        """How many proposals stand: those discarded are no more."""
        return sum(number for state, number in self.by_state.items() if state != "discarded")


def progress_of(session: Any, scope: Scope, series_id: int) -> Progress:
    """How far the proposals of a series in scope are, from their own rows."""
    statement = restrict(
        select(
            Proposal.state,
            func.count(),
            func.coalesce(func.sum(Proposal.places), 0),
            func.coalesce(func.sum(Proposal.filled), 0),
        ),
        Proposal,
        scope,
    )
    rows = session.execute(
        statement.where(Proposal.series_id == series_id).group_by(Proposal.state)
    ).all()
    kept = [row for row in rows if row[0] in {"ready", "published"}]
    return Progress(
        {row[0]: row[1] for row in rows}, sum(row[2] for row in kept), sum(row[3] for row in kept)
    )


def counts_of(session: Any, scope: Scope, proposal_id: int) -> Counts:
    """How many picks of each kind a proposal has, in one query."""
    columns = [
        func.count(case((condition, 1))).label(str(kind)) for kind, condition in _WHERE.items()
    ]
    statement = restrict(select(func.count().label("all"), *columns), ProposalPick, scope)
    row = session.execute(statement.where(ProposalPick.proposal_id == proposal_id)).one()._mapping
    picks = row["all"]
    odd = min(picks, max(FEWEST_ODD, math.ceil(picks * ODD_SHARE)))
    some = {kind: row[str(kind)] for kind in _WHERE}
    return Counts({Shown.ODD: odd, Shown.FAR: odd, Shown.ALL: picks, **some})


def picks_of(session: Any, scope: Scope, proposal_id: int) -> Sequence[Row[Any]]:
    """The deployments of a proposal with why, the dearest first."""
    statement = restrict(select(ProposalPick, Deployment, Officer), ProposalPick, scope)
    found: Sequence[Row[Any]] = session.execute(
        statement.join(Deployment, Deployment.id == ProposalPick.deployment_id)
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(ProposalPick.proposal_id == proposal_id)
        .order_by(POINTS.desc(), ProposalPick.deployment_id)
    ).all()
    return found


def pick_lines(
    session: Any, scope: Scope, proposal_id: int, wanted: Wanted | None = None
) -> tuple[Sequence[Row[Any]], int]:
    """One page of the picks as plain rows, the dearest first, and how many there are in all."""
    wanted = wanted or Wanted()
    filtered = _picks(scope, proposal_id, wanted)
    if wanted.shown in {Shown.ODD, Shown.FAR}:
        odd = counts_of(session, scope, proposal_id).by_kind[Shown.ODD]
        first = _OPEN_CONCERN.desc() if wanted.shown is Shown.ODD else None
        by = POINTS if wanted.shown is Shown.ODD else ProposalPick.distance
        order = [one for one in (first, by.desc(), ProposalPick.deployment_id) if one is not None]
        rows = session.execute(filtered.order_by(*order).limit(odd)).all()
        return rows[wanted.skip :][: wanted.most], len(rows)
    total = session.scalar(
        filtered.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    )
    statement = filtered.order_by(POINTS.desc(), ProposalPick.deployment_id)
    if wanted.most is not None:
        statement = statement.offset(wanted.skip).limit(wanted.most)
    return session.execute(statement).all(), total


def pick_line(session: Any, scope: Scope, proposal_id: int, deployment_id: int) -> Row[Any]:
    """One pick as a plain row; NotFound where the proposal has no such pick in scope."""
    statement = _picks(scope, proposal_id, Wanted())
    found: Row[Any] | None = session.execute(
        statement.where(ProposalPick.deployment_id == deployment_id)
    ).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def _picks(scope: Scope, proposal_id: int, wanted: Wanted) -> Select[Any]:
    home = aliased(SubCounty)
    statement = (
        restrict(select(*_columns(home)), ProposalPick, scope)
        .select_from(ProposalPick)
        .join(Deployment, Deployment.id == ProposalPick.deployment_id)
        .join(Officer, Officer.id == Deployment.officer_id)
        .join(Centre, Centre.id == Deployment.centre_id)
        .join(StaffRole, StaffRole.id == Deployment.role_id)
        .outerjoin(School, School.id == Officer.workstation_school_id)
        .outerjoin(home, home.id == Officer.home_sub_county_id)
        .where(ProposalPick.proposal_id == proposal_id)
    )
    if wanted.shown in _WHERE:
        statement = statement.where(_WHERE[wanted.shown])
    if wanted.centre_id is not None:
        statement = statement.where(Deployment.centre_id == wanted.centre_id)
    if wanted.role_id is not None:
        statement = statement.where(Deployment.role_id == wanted.role_id)
    return statement


def _columns(home: Any) -> tuple[Any, ...]:
    return (
        ProposalPick.deployment_id,
        Deployment.officer_id,
        Officer.full_name.label("name"),
        Officer.mobile,
        Officer.gender,
        Officer.workstation,
        StaffRole.code.label("role_code"),
        StaffRole.name.label("role"),
        StaffRole.name_sw.label("role_sw"),
        Deployment.post_id,
        Deployment.role_id,
        Deployment.centre_id,
        Centre.code.label("centre_code"),
        Centre.name.label("centre"),
        Deployment.slot,
        Deployment.starts_on,
        Deployment.ends_on,
        Deployment.status,
        Deployment.reason,
        ProposalPick.distance,
        ProposalPick.fairness,
        ProposalPick.asked,
        ProposalPick.locked,
        School.lon.label("work_lon"),
        School.lat.label("work_lat"),
        Centre.lon,
        Centre.lat,
        home.name.label("home"),
        _OPEN_CONCERN.label("questioned"),
    )


def places_of(session: Any, scope: Scope, proposal_id: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """The centres (id, code, name) and the roles (id, name, name_sw) that a proposal has picks in."""
    own = (
        restrict(select(Deployment.centre_id, Deployment.role_id), ProposalPick, scope)
        .select_from(ProposalPick)
        .join(Deployment, Deployment.id == ProposalPick.deployment_id)
        .where(ProposalPick.proposal_id == proposal_id)
        .subquery()
    )
    centres = session.execute(
        select(Centre.id, Centre.code, Centre.name)
        .where(Centre.id.in_(select(own.c.centre_id)))
        .order_by(Centre.name, Centre.id)
    ).all()
    roles = session.execute(
        select(StaffRole.id, StaffRole.name, StaffRole.name_sw)
        .where(StaffRole.id.in_(select(own.c.role_id)))
        .order_by(StaffRole.position)
    ).all()
    return centres, roles


def gap_lines(session: Any, scope: Scope, proposal_id: int) -> Sequence[Row[Any]]:
    """The places that nobody can fill, by centre and role, with what keeps people out."""
    found: Sequence[Row[Any]] = session.execute(
        restrict(
            select(
                ProposalGap.post_id,
                ProposalGap.places,
                ProposalGap.relaxations,
                Centre.id.label("centre_id"),
                Centre.code.label("centre_code"),
                Centre.name.label("centre"),
                StaffRole.code.label("role_code"),
                StaffRole.name.label("role"),
                StaffRole.name_sw.label("role_sw"),
            ),
            ProposalGap,
            scope,
        )
        .select_from(ProposalGap)
        .join(Post, Post.id == ProposalGap.post_id)
        .join(Centre, Centre.id == Post.centre_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(ProposalGap.proposal_id == proposal_id)
        .order_by(Centre.name, Centre.id, StaffRole.position)
    ).all()
    return found


def refusal_lines(
    session: Any, scope: Scope, proposal_id: int, *, skip: int = 0, most: int | None = None
) -> tuple[Sequence[Row[Any]], int]:
    """The people without a post, those nearest to one first, and how many there are in all."""
    statement = (
        restrict(
            select(
                ProposalRefusal.officer_id,
                ProposalRefusal.points,
                ProposalRefusal.taken_for,
                ProposalRefusal.bars,
                ProposalRefusal.post_id,
                Officer.full_name.label("name"),
                Officer.workstation,
                Centre.code.label("centre_code"),
                Centre.name.label("centre"),
                StaffRole.code.label("role_code"),
                StaffRole.name.label("role"),
                StaffRole.name_sw.label("role_sw"),
            ),
            ProposalRefusal,
            scope,
        )
        .select_from(ProposalRefusal)
        .join(Officer, Officer.id == ProposalRefusal.officer_id)
        .outerjoin(Post, Post.id == ProposalRefusal.post_id)
        .outerjoin(Centre, Centre.id == Post.centre_id)
        .outerjoin(StaffRole, StaffRole.id == Post.role_id)
        .where(ProposalRefusal.proposal_id == proposal_id)
    )
    total = session.scalar(
        statement.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    )
    nearest = statement.order_by(
        ProposalRefusal.post_id.is_(None),
        ProposalRefusal.points - ProposalRefusal.taken_for,
        ProposalRefusal.officer_id,
    )
    if most is not None:
        nearest = nearest.offset(skip).limit(most)
    return session.execute(nearest).all(), total


def waiting_here(session: Any, scope: Scope) -> tuple[int | None, int]:
    """The newest live proposal in scope and how many of its picks are not published."""
    row = session.execute(
        restrict(select(Proposal.id, func.count(ProposalPick.deployment_id)), Proposal, scope)
        .outerjoin(ProposalPick, ProposalPick.proposal_id == Proposal.id)
        .where(Proposal.state.in_(LIVE))
        .group_by(Proposal.id)
        .order_by(Proposal.asked_at.desc(), Proposal.id.desc())
        .limit(1)
    ).one_or_none()
    return (None, 0) if row is None else (row[0], row[1])
