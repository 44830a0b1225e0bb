"""Hand-over forms of the fixed world, and what tests of moving people arrange for themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, text

from app.attendance.models import HandOver
from app.deployments.models import Deployment, Post
from app.exams.models import ExamDay, Examination, Series, StaffRole
from app.letters import services as letters
from app.people.models import Officer
from app.places.models import Centre, School, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import system_actor, system_scope
from tests.factories import world

ARRANGING = system_scope("test")
HANDED_OVER = dt.datetime(2026, 11, 6, 14, tzinfo=dt.UTC)
ISSUE = "The clock in room 3 is ten minutes slow."
FIRST_MONDAY = dt.date(2027, 11, 1)
"""Of the series with supervisors alone, which only `rotating_season` makes."""


def build(b: Any) -> None:
    """A submitted hand-over of the supervisor of each KCSE centre that has matters of its own."""
    codes = (world.CENTRE, world.NEXT_DOOR, world.FAR_AWAY)
    for code in codes:
        deployment = b.session.scalars(
            select(Deployment)
            .join(Centre, Centre.id == Deployment.centre_id)
            .join(StaffRole, StaffRole.id == Deployment.role_id)
            .where(Centre.code == code, StaffRole.code == "supervisor")
        ).one()
        b.add(
            HandOver(
                deployment_id=deployment.id,
                centre_id=deployment.centre_id,
                sub_county_id=deployment.sub_county_id,
                role_id=deployment.role_id,
                officer_id=deployment.officer_id,
                from_day=deployment.starts_on,
                issues=[{"text": ISSUE, "open": True}],
                absent_candidates=2,
                absentees="014 and 052, both papers",
                hardships="031 writes in the sick bay.",
                changed_at=HANDED_OVER,
                submitted_at=HANDED_OVER,
            )
        )


@contextmanager
def arranging(session: Any) -> Iterator[None]:
    """Works over everything for a block, then under the scope of before."""
    with scoped_as(session, ARRANGING):
        yield
        session.commit()


def one_on_duty(session: Any, role: str, code: str = world.CENTRE, number: int = 0) -> Deployment:
    """Somebody on duty in a role at a centre, with every fact that the rules ask for."""
    with arranging(session):
        found = session.scalars(
            select(Deployment)
            .join(Centre, Centre.id == Deployment.centre_id)
            .join(StaffRole, StaffRole.id == Deployment.role_id)
            .where(
                Centre.code == code,
                StaffRole.code == role,
                Deployment.status.in_(("published", "accepted")),
            )
            .order_by(Deployment.id)
        ).all()[number]
        qualify(session, found.officer_id, "secondary" if role == "supervisor" else "primary")
    with scoped_as(session, ARRANGING):
        session.refresh(found)
        session.refresh(found.officer)
    deployment: Deployment = found
    return deployment


def qualify(session: Any, officer_id: int, teaches_at: str) -> None:
    """Gives an officer what the rules of supervisors or invigilators ask for."""
    officer = session.get(Officer, officer_id)
    officer.employer_kind, officer.teaches_at = "tsc", teaches_at
    officer.qualification_level = "degree"
    officer.started_on = dt.date(2012, 1, 9)


def open_place(session: Any, role: str, code: str = world.SECOND_CENTRE) -> int:
    """The post of a role at a centre, with one place more than it has holders."""
    with arranging(session):
        post: Post = session.scalars(
            select(Post)
            .join(Centre, Centre.id == Post.centre_id)
            .join(StaffRole, StaffRole.id == Post.role_id)
            .where(Centre.code == code, StaffRole.code == role)
        ).one()
        post.required += 1
        return post.id


def open_places_in_number(session: Any, number: int, slug: str = "kisumu-east") -> list[int]:
    """Posts of one invigilator that nobody holds, each at a centre of its own called Annex."""
    with arranging(session):
        place = session.scalars(select(SubCounty).where(SubCounty.slug == slug)).one()
        role = session.scalars(select(StaffRole).where(StaffRole.code == "invigilator")).one()
        series_id = session.scalars(
            select(Centre.series_id).where(Centre.code == world.CENTRE)
        ).one()
        centres = [
            Centre(
                series_id=series_id,
                sub_county_id=place.id,
                code=f"43{place.code}{100 + one}",
                name=f"Annex {100 + one}",
                kind="school",
                candidates=20,
            )
            for one in range(number)
        ]
        session.add_all(centres)
        session.flush()
        posts = [
            Post(
                series_id=series_id,
                centre_id=one.id,
                sub_county_id=place.id,
                role_id=role.id,
                required=1,
            )
            for one in centres
        ]
        session.add_all(posts)
        session.flush()
        return [one.id for one in posts]


def rotating_season(
    session: Any,
    *,
    centres: int = 4,
    weeks: int = 4,
    slug: str = "kisumu-east",
    year: int = 2027,
) -> tuple[int, int, list[int]]:
    """A season of weeks with a supervisor at each of some centres: series, role, deployments.

    Centre and supervisor of one number live in one place; the others lie in a row beyond.
    """
    with arranging(session):
        place = session.scalars(select(SubCounty).where(SubCounty.slug == slug)).one()
        role = session.scalars(select(StaffRole).where(StaffRole.code == "supervisor")).one()
        series = _season(session, year, weeks)
        made = [_station(session, series, role, place, number) for number in range(1, centres + 1)]
        letters.issue_letters(session, system_actor("world"), made)
        return series.id, role.id, [one.id for one in made]


def _season(session: Any, year: int, weeks: int) -> Series:
    kcse = session.scalars(select(Examination).where(Examination.code == "KCSE")).one()
    series = Series(
        examination_id=kcse.id,
        code=f"KCSE-{year}",
        year=year,
        name="KCSE 2027",
        starts_on=FIRST_MONDAY,
        ends_on=FIRST_MONDAY + dt.timedelta(days=7 * weeks - 3),
        status="running",
    )
    session.add(series)
    session.flush()
    for day in (FIRST_MONDAY + dt.timedelta(days=n) for n in range(7 * weeks)):
        if day.weekday() < 5:
            session.add(ExamDay(series_id=series.id, day=day, kind="written", payable=True))
    session.flush()
    return series


def _station(
    session: Any, series: Series, role: StaffRole, place: SubCounty, number: int
) -> Deployment:
    """A centre with a post of a supervisor, and who holds it the whole season."""
    east = 34.7 + number / 50
    school = School(
        moe_code=f"R{place.code}{number}",
        name=f"Rotation {number} School",
        level="Secondary",
        ownership="Public",
        sub_county_id=place.id,
        lon=east,
        lat=-0.1,
    )
    session.add(school)
    centre = Centre(
        series_id=series.id,
        sub_county_id=place.id,
        code=f"42{place.code}{700 + number}",
        name=f"Rotation {number}",
        kind="school",
        candidates=80,
        lon=east,
        lat=-0.1,
    )
    session.add(centre)
    session.flush()
    post = Post(
        series_id=series.id,
        centre_id=centre.id,
        sub_county_id=place.id,
        role_id=role.id,
        required=1,
    )
    session.add(post)
    officer = Officer(
        full_name=f"Supervisor {number:02d}",
        mobile=f"2547{place.code}{number:05d}",
        state="verified",
        sub_county_id=place.id,
        workstation_school_id=school.id,
        workstation=school.name,
        tsc_number=f"{place.code}{number:04d}",
        national_id_index=f"R{place.code}{number}".encode(),
    )
    session.add(officer)
    session.flush()
    qualify(session, officer.id, "secondary")
    deployment = Deployment(
        series_id=series.id,
        centre_id=centre.id,
        sub_county_id=place.id,
        post_id=post.id,
        role_id=role.id,
        officer_id=officer.id,
        slot=1,
        starts_on=series.starts_on,
        ends_on=series.ends_on,
        status="accepted",
        published_at=world.NOW,
    )
    session.add(deployment)
    session.flush()
    return deployment


def holders(session: Any, series_id: int) -> Sequence[Any]:
    """Who stands where and when in a series: (officer, centre, first, last, status)."""
    with scoped_as(session, ARRANGING):
        found: Sequence[Any] = session.execute(
            text(
                "SELECT o.full_name, c.name, d.starts_on, d.ends_on, d.status, d.id, d.follows_id"
                " FROM deployment d JOIN officer o ON o.id = d.officer_id"
                " JOIN centre c ON c.id = d.centre_id WHERE d.series_id = :series"
                " ORDER BY o.full_name, d.starts_on, d.id"
            ),
            {"series": series_id},
        ).all()
    return found
