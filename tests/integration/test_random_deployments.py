"""Directors who do whatever comes to mind: no deployment is ever barred, double or over-filled."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.deployments import services
from app.deployments.models import Deployment, Post
from app.deployments.queries import bars_of_deployments
from app.errors import PortalError
from app.exams.models import Series
from app.people.models import DeclaredInterest, Officer
from app.places.models import Centre, School
from app.procedures import duties
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as

DIRECTORS = ("tsc.kisumu-east", "tsc.kisumu-west")
DAYS = [dt.date(2026, 11, day) for day in range(9, 20)]
ACTS = 120
BROKEN = {
    "double": """SELECT count(*) FROM deployment a JOIN deployment b ON a.officer_id = b.officer_id
        AND a.id < b.id AND a.period && b.period""",
    "shared": """SELECT count(*) FROM deployment a JOIN deployment b ON a.post_id = b.post_id
        AND a.slot = b.slot AND a.id < b.id AND a.period && b.period""",
    "over": """SELECT count(*) FROM deployment d JOIN post p ON p.id = d.post_id
        WHERE d.slot > p.required AND NOT isempty(d.period)""",
}


@pytest.fixture
def roomy(session: Session) -> Session:
    """The world with free posts, and people of every kind: interests, short service, other schools."""
    world.freeze()
    rng = random.Random(4)
    with scoped_as(session, EVERYTHING):
        session.execute(update(Post).values(required=Post.required + 2))
        known = _schools_of_centres(session)
        places = sorted(set(session.scalars(select(Centre.sub_county_id))))
        for number in range(16):
            officer = Officer(
                full_name=f"Person Any {chr(65 + number)}",
                mobile=f"2547990003{number:02d}",
                state="submitted" if number % 5 == 0 else "verified",
                national_id_index=f"any{number}".encode(),
                tsc_number=f"7730{number:02d}",
                staff_number=rng.choice((f"PF/{number}", None)),
                employer_kind="police" if number % 7 == 0 else "tsc",
                teaches_at="secondary" if number % 3 == 0 else "primary",
                started_on=dt.date(2025 if number % 6 == 1 else 2015, 1, 1),
                qualification_level=rng.choice(("certificate", "diploma")),
                sub_county_id=rng.choice(places),
                workstation_school_id=rng.choice(known),
            )
            session.add(officer)
            session.flush()
            if rng.random() < 0.5:
                session.add(
                    DeclaredInterest(
                        officer_id=officer.id,
                        sub_county_id=officer.sub_county_id,
                        school_id=rng.choice(known),
                        why="sponsor",
                    )
                )
        session.commit()
    return session


def _schools_of_centres(session: Session) -> list[int]:
    """The first centre of each sub-county stands at a school of it."""
    found = []
    for place in sorted(set(session.scalars(select(School.sub_county_id)))):
        school = session.scalars(select(School.id).where(School.sub_county_id == place)).first()
        first = select(func.min(Centre.id)).where(
            Centre.sub_county_id == place, Centre.kind == "school"
        )
        session.execute(
            update(Centre)
            .where(Centre.id == first.scalar_subquery(), Centre.school_id.is_(None))
            .values(school_id=school)
        )
        found.append(school)
    return found


def _values(session: Session, rng: random.Random) -> dict[str, Any]:
    """A post of the running season, for somebody: more often one of those who are free."""
    kcse = select(Series.id).where(Series.code == "KCSE-2026").scalar_subquery()
    posts = select(Post).where(Post.series_id == kcse, Post.required > 2).order_by(Post.id)
    post = rng.choice(session.scalars(posts).all())
    people = select(Officer.id, Officer.full_name).order_by(Officer.id)
    everybody = session.execute(people).all()
    free = [one for one in everybody if one.full_name.startswith("Person Any")]
    first, last = sorted(rng.sample(DAYS, 2))
    return {
        "centre_id": post.centre_id,
        "role_id": post.role_id,
        "officer_id": rng.choice(free if free and rng.random() < 0.8 else everybody).id,
        "starts_on": first,
        "ends_on": last,
        "reason": "A place fell open.",
    }


def _act(session: Session, rng: random.Random) -> Deployment | None:
    """One act of one director; what was made or changed, None where something went away."""
    who = acting_as(rng.choice(DIRECTORS))
    values = _values(session, rng)
    own = session.scalars(select(Deployment.id).order_by(Deployment.id)).all()
    chance, pk = rng.random(), rng.choice(own)
    if chance < 0.7:
        return services.deploy_officer(who.scope, who.actor, values=values)
    if chance < 0.85:
        kept = {key: values[key] for key in ("officer_id", "starts_on", "ends_on", "reason")}
        return services.edit_deployment(who.scope, who.actor, pk=pk, values=kept)
    if chance < 0.95:
        duties.publish_deployments(who.scope, who.actor, [pk])
    else:
        services.delete_deployment(who.scope, who.actor, pk=pk, reason="Not needed.")
    return None


def test_whatever_directors_do_nothing_is_broken(roomy: Session) -> None:
    rng, made = random.Random(2026), 0
    for _ in range(ACTS):
        try:
            found = _act(roomy, rng)
        except (PortalError, DBAPIError):
            continue
        if found is not None:
            made += 1
            with scoped_as(roomy, EVERYTHING):
                assert bars_of_deployments(roomy, [found]) == {}
    with scoped_as(roomy, EVERYTHING):
        for name, statement in BROKEN.items():
            assert (name, roomy.scalar(text(statement))) == (name, 0)
    assert made >= 5
