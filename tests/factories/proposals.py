"""Work for the solver: places that nobody holds, people for them, and proposals already solved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.deployments.models import Post
from app.exams.models import Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre, SubCounty
from app.proposals import services
from app.proposals.asks import Asks
from app.proposals.models import Proposal
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope
from tests.factories import world
from tests.factories.registers import acting_as

JOB = system_scope("task:proposals.solve")
EXTRA = 4
TSC = "tsc.kisumu-east"


def want_more(session: Session, *, posts: int = EXTRA, people: int = 6, start: int = 0) -> None:
    """More posts of invigilators at the first centre, and people of whom the last two are barred."""
    centre = session.scalars(select(Centre).where(Centre.code == world.CENTRE)).one()
    role = session.scalars(select(StaffRole).where(StaffRole.code == "invigilator")).one()
    session.execute(
        update(Post)
        .where(Post.centre_id == centre.id, Post.role_id == role.id)
        .values(required=Post.required + posts)
    )
    for number in range(people):
        n = start + number
        session.add(
            Officer(
                full_name=f"Person Number {chr(ord('A') + n)}",
                mobile=f"2547990{n:05d}",
                state="verified",
                gender=("female", "male")[number % 2],
                national_id_index=f"extra{n}".encode(),
                tsc_number=f"77{n:04d}",
                employer_kind="tsc",
                teaches_at="primary" if number < people - 1 else "secondary",
                started_on=dt.date(2015 if number < people - 2 else 2026, 1, 1),
                qualification_level="diploma",
                sub_county_id=centre.sub_county_id,
                wanted_roles=["invigilator"],
            )
        )
    session.flush()


def terms(session: Session, *, slug: str = "kisumu-east") -> dict[str, int]:
    """The running series and a sub-county, as `propose` asks for them."""
    with scoped_as(session, JOB):
        return {
            "series_id": session.scalars(select(Series.id).where(Series.code == "KCSE-2026")).one(),
            "sub_county_id": session.scalars(
                select(SubCounty.id).where(SubCounty.slug == slug)
            ).one(),
        }


def solved(session: Session, number: int) -> None:
    """Solves a waiting proposal as the worker does."""
    with scoped_as(session, JOB):
        services.solve_proposal(session, number)


def proposed(session: Session, asks: Asks | None = None, *, by: str = TSC) -> Proposal:
    """A proposal of the director's sub-county, asked for and solved."""
    slug = by.partition(".")[2]
    wanted = terms(session, slug=slug)
    who = acting_as(by)
    proposal = services.propose(who.scope, who.actor, **wanted, asks=asks or Asks())
    number = proposal.id
    solved(session, number)
    return session.get_one(Proposal, number)


def rows(session: Session, table: Any, proposal_id: int) -> list[Any]:
    """The rows of a table that belong to a proposal, whoever asks."""
    with scoped_as(session, JOB):
        session.expire_all()
        return list(session.scalars(select(table).where(table.proposal_id == proposal_id)))
