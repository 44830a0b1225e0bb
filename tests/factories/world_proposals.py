"""Proposals of the fixed world: in each sub-county one that was published, with a refusal and a gap."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.deployments.models import Deployment, Post
from app.exams.models import Series
from app.people.models import Officer
from app.places.models import SubCounty
from app.proposals.asks import Asks
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal

_SOLVED = dt.datetime(2026, 9, 20, 9, tzinfo=dt.UTC)


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    series = b.session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        proposal = b.add(
            Proposal(
                series_id=series.id,
                sub_county_id=place.id,
                state="published",
                asks=Asks().stored(),
                places=10,
                filled=9,
                candidates=12,
                points=4200,
                solved_at=_SOLVED,
                ended_at=_SOLVED,
            )
        )
        own = {"proposal_id": proposal.id, "sub_county_id": place.id}
        served = b.session.scalars(
            select(Deployment)
            .where(Deployment.sub_county_id == place.id, Deployment.series_id == series.id)
            .order_by(Deployment.id)
        ).first()
        b.add(ProposalPick(deployment_id=served.id, distance=420, fairness=0, asked=0, **own))
        left = b.session.scalars(
            select(Officer).where(Officer.sub_county_id == place.id).order_by(Officer.id.desc())
        ).first()
        b.add(
            ProposalRefusal(officer_id=left.id, points=0, taken_for=0, bars=["experience"], **own)
        )
        post = b.session.scalars(
            select(Post).where(Post.sub_county_id == place.id).order_by(Post.id)
        ).first()
        b.add(ProposalGap(post_id=post.id, places=1, relaxations={"experience": 1}, **own))
