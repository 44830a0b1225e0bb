"""Tables of proposals: one run for a sub-county, why each pick, each refusal and each gap."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Instant, Model, key, optional_key, stamped, user_key
from app.deployments.models import Deployment, Post
from app.exams.models import Series
from app.people.models import Officer
from app.places.models import SubCounty
from app.proposals.enums import ProposalState
from app.scoping.restrict import ScopeKeys

__all__ = ["Proposal", "ProposalGap", "ProposalPick", "ProposalRefusal"]

_STATES = ", ".join(repr(str(state)) for state in ProposalState)


def _of_proposal(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["proposal_id", "sub_county_id"],
        ["proposal.id", "proposal.sub_county_id"],
        ondelete="CASCADE",
        name=f"fk_{table}_proposal",
    )


class Proposal(Model):
    """One run of the solver over the posts of a sub-county that nobody holds.

    `asks` are the weights it ran with, `points` the optimum it found (100 are one kilometre).
    Its picks are deployments in state proposed; the tables below say why.
    """

    __tablename__ = "proposal"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (
        UniqueConstraint("id", "sub_county_id"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index(
            "uq_proposal_one_live",
            "series_id",
            "sub_county_id",
            unique=True,
            postgresql_where=text("state = 'waiting' OR state = 'ready' OR state = 'failed'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    series_id: Mapped[int] = key("series.id")
    sub_county_id: Mapped[int] = key("sub_county.id")
    state: Mapped[str] = mapped_column(String(10), nullable=False, server_default="waiting")
    asks: Mapped[dict[str, int]] = mapped_column(JSONB, nullable=False)
    places: Mapped[int | None] = mapped_column(Integer)
    filled: Mapped[int | None] = mapped_column(Integer)
    candidates: Mapped[int | None] = mapped_column(Integer)
    points: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int | None] = mapped_column(Integer)
    failure: Mapped[str | None] = mapped_column(String(300))
    asked_at: Mapped[dt.datetime] = stamped()
    asked_by: Mapped[int | None] = user_key()
    solved_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_by: Mapped[int | None] = user_key()
    series: Mapped[Series] = relationship(Series)
    sub_county: Mapped[SubCounty] = relationship(SubCounty)


class ProposalPick(Model):
    """Why a deployment was proposed: points of distance, fairness and what the centre asks for.

    A locked pick stays when the rest is solved again.
    """

    __tablename__ = "proposal_pick"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (_of_proposal("proposal_pick"),)

    deployment_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("deployment.id", ondelete="CASCADE"), primary_key=True
    )
    proposal_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    distance: Mapped[int] = mapped_column(Integer, nullable=False)
    fairness: Mapped[int] = mapped_column(Integer, nullable=False)
    asked: Mapped[int] = mapped_column(Integer, nullable=False)
    locked: Mapped[bool] = mapped_column(Boolean, nullable=False, server_default=false())
    deployment: Mapped[Deployment] = relationship(Deployment)


class ProposalRefusal(Model):
    """Why somebody has no post: the best seat they might have had, or the rules that bar them.

    `points` is what they would have cost there, `taken_for` what the dearest holder costs.
    """

    __tablename__ = "proposal_refusal"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (_of_proposal("proposal_refusal"),)

    proposal_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    officer_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("officer.id"), primary_key=True, index=True
    )
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    post_id: Mapped[int | None] = optional_key("post.id", ondelete="CASCADE")
    points: Mapped[int] = mapped_column(Integer, nullable=False)
    taken_for: Mapped[int] = mapped_column(Integer, nullable=False)
    bars: Mapped[list[str]] = mapped_column(ARRAY(String(30)), nullable=False)
    officer: Mapped[Officer] = relationship(Officer)
    post: Mapped[Post | None] = relationship(Post)


class ProposalGap(Model):
    """Places of a post that nobody can fill, and how many people each single rule keeps out."""

    __tablename__ = "proposal_gap"
    __scope__ = ScopeKeys(sub_county="sub_county_id")
    __table_args__: Any = (_of_proposal("proposal_gap"),)

    proposal_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    post_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    sub_county_id: Mapped[int] = mapped_column(Integer, nullable=False, index=True)
    places: Mapped[int] = mapped_column(Integer, nullable=False)
    relaxations: Mapped[dict[str, int]] = mapped_column(JSONB, nullable=False)
    post: Mapped[Post] = relationship(Post)
