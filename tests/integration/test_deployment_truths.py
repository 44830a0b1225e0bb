"""What two directors at one moment cannot do to deployments: the database refuses, not the program.

Each race runs on two connections that meet before either writes. Beside it stands the same race
with the constraint or the trigger gone, and there the bad outcome happens.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from app.deployments import services
from app.deployments.models import Deployment, Post
from app.errors import PortalError
from app.exams.models import StaffRole
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import enter_scope, scoped_as
from app.scoping.scope import sub_county_scope
from app.server import plain
from app.vacancies.services import recompute_posts
from tests.databases import Urls
from tests.factories import world
from tests.factories.races import at_once
from tests.factories.registers import EVERYTHING, acting_as

EAST, WEST = "tsc.kisumu-east", "tsc.kisumu-west"
LAST = dt.date(2026, 11, 19)
NEW_PEOPLE = 4
TWICE = """
SELECT count(*) FROM deployment a JOIN deployment b
ON a.officer_id = b.officer_id AND a.id < b.id AND a.period && b.period
"""
SHARED = """
SELECT count(*) FROM deployment a JOIN deployment b
ON a.post_id = b.post_id AND a.slot = b.slot AND a.id < b.id AND a.period && b.period
"""
OVER = """
SELECT count(*) FROM deployment d JOIN post p ON p.id = d.post_id
WHERE d.slot > p.required AND d.status IN ('proposed', 'published', 'accepted')
AND d.ends_on >= d.starts_on
"""
UNCOVERED = """
SELECT count(*) FROM mark m JOIN deployment d ON d.id = m.deployment_id
WHERE NOT d.period @> m.day
"""
ARRIVE = "ALTER TABLE deployment DISABLE TRIGGER deployment_deployments_arrive"


def without(urls: Urls, *statements: str) -> None:
    """Takes a defence away in this test's own database."""
    with psycopg.connect(plain(urls.owner)) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def value(office: Flask, statement: str) -> int:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        return int(world.one(db.session, statement))


@pytest.fixture
def spare(office: Flask) -> list[int]:
    """People whom nothing bars, in reach of both directors, with two free posts at two centres."""
    with office.app_context():
        enter_scope(db.session, EVERYTHING)
        places = db.session.scalars(select(Centre).where(Centre.code.in_(CENTRES))).all()
        role = db.session.scalars(select(StaffRole).where(StaffRole.code == "invigilator")).one()
        db.session.execute(
            update(Post)
            .where(Post.centre_id.in_([one.id for one in places]), Post.role_id == role.id)
            .values(required=Post.required + 2)
        )
        people = [_person(number, places[0].sub_county_id) for number in range(NEW_PEOPLE)]
        db.session.add_all(people)
        db.session.flush()
        db.session.execute(text(APPLIED), {"ids": [one.id for one in people]})
        db.session.commit()
        found = [one.id for one in people]
        db.session.remove()
    return found


CENTRES = (world.CENTRE, world.NEXT_DOOR)
APPLIED = """
INSERT INTO application (vacancy_id, sub_county_id, officer_id, applied_at, moved_at)
SELECT v.id, v.sub_county_id, o.id, '2026-10-02', '2026-10-02'
FROM vacancy v JOIN sub_county s ON s.id = v.sub_county_id, officer o
WHERE v.state = 'closed' AND s.slug IN ('kisumu-east', 'kisumu-west') AND o.id = ANY (:ids)
"""


def _person(number: int, sub_county_id: int) -> Officer:
    return Officer(
        full_name=f"Person Spare {'ABCD'[number]}",
        mobile=f"2547990001{number:02d}",
        state="verified",
        national_id_index=f"spare{number}".encode(),
        tsc_number=f"7710{number:02d}",
        employer_kind="tsc",
        teaches_at="primary",
        started_on=dt.date(2015, 1, 1),
        qualification_level="diploma",
        sub_county_id=sub_county_id,
    )


@contextmanager
def meeting(parties: int = 2) -> Iterator[None]:
    """Everybody has checked before anybody writes: the first deployment of each waits for the
    others at the door of the database, or a while where a lock keeps them apart."""
    door, seen = threading.Barrier(parties), threading.local()

    def wait(session: Any, *_rest: Any) -> None:
        if not getattr(seen, "once", False) and any(
            isinstance(one, Deployment) for one in [*session.new, *session.dirty]
        ):
            seen.once = True
            with suppress(threading.BrokenBarrierError):
                door.wait(timeout=2)

    event.listen(db.session.session_factory.class_, "before_flush", wait)
    try:
        yield
    finally:
        event.remove(db.session.session_factory.class_, "before_flush", wait)


def deploying(username: str, officer_id: int, code: str) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(username)
        centre = db.session.scalars(select(Centre).where(Centre.code == code)).one()
        role = db.session.scalars(select(StaffRole).where(StaffRole.code == "invigilator")).one()
        return services.deploy_officer(
            who.scope,
            who.actor,
            values={
                "centre_id": centre.id,
                "role_id": role.id,
                "officer_id": officer_id,
                "starts_on": world.TODAY,
                "ends_on": LAST,
                "reason": "A place fell open.",
            },
        ).id

    return work


def constraint(error: Any) -> str | None:
    return getattr(getattr(error, "orig", None), "diag", None) and error.orig.diag.constraint_name


def test_two_directors_at_once_deploy_one_person_once(office: Flask, spare: list[int]) -> None:
    works = [deploying(EAST, spare[0], world.CENTRE), deploying(WEST, spare[0], world.NEXT_DOOR)]
    with meeting():
        results = at_once(office, *works)
    refused = [one for one in results if not isinstance(one, int)]
    assert [constraint(one) for one in refused] == ["ex_deployment_one_post_a_day"]
    assert value(office, TWICE) == 0


def test_without_the_constraint_one_person_gets_two_posts(
    office: Flask, spare: list[int], own_database: Urls
) -> None:
    without(own_database, "ALTER TABLE deployment DROP CONSTRAINT ex_deployment_one_post_a_day")
    works = [deploying(EAST, spare[0], world.CENTRE), deploying(WEST, spare[0], world.NEXT_DOOR)]
    with meeting():
        results = at_once(office, *works)
    assert all(isinstance(one, int) for one in results)
    assert value(office, TWICE) == 1


def test_two_directors_at_once_fill_two_places(office: Flask, spare: list[int]) -> None:
    """They wait for each other at the post, and who comes second gets the next place."""
    works = [deploying(EAST, spare[n], world.CENTRE) for n in (0, 1)]
    assert all(isinstance(one, int) for one in at_once(office, *works))
    assert value(office, SHARED) == 0


def test_more_directors_than_places_leave_nobody_over(office: Flask, spare: list[int]) -> None:
    works = [deploying(EAST, officer, world.CENTRE) for officer in spare]
    results = at_once(office, *works)
    assert sum(isinstance(one, int) for one in results) == 2
    assert all(isinstance(one, int | PortalError) for one in results)
    assert (value(office, SHARED), value(office, OVER)) == (0, 0)


def storing(officer_id: int, *, beyond: int = 0, last_place: bool = False) -> Callable[[], Any]:
    """A program that looks for no lock and no free place: the free place it saw, the last of the
    post, or one beyond."""

    def work() -> Any:
        enter_scope(db.session, EVERYTHING)
        post = _post()
        taken = select(Deployment.slot).where(
            Deployment.post_id == post.id, Deployment.period.op("@>")(LAST)
        )
        used = set(db.session.scalars(taken))
        free = min(n for n in range(1, post.required + 2) if n not in used)
        db.session.add(
            Deployment(
                series_id=post.series_id,
                centre_id=post.centre_id,
                sub_county_id=post.sub_county_id,
                post_id=post.id,
                role_id=post.role_id,
                officer_id=officer_id,
                slot=post.required + beyond if beyond or last_place else free,
                starts_on=world.TODAY,
                ends_on=LAST,
            )
        )
        db.session.commit()

    return work


def _post() -> Post:
    post: Post = db.session.scalars(
        select(Post)
        .join(Centre, Centre.id == Post.centre_id)
        .join(StaffRole, StaffRole.id == Post.role_id)
        .where(Centre.code == world.CENTRE, StaffRole.code == "invigilator")
    ).one()
    return post


def test_place_is_given_once_to_programs_without_locks(office: Flask, spare: list[int]) -> None:
    with meeting():
        results = at_once(office, storing(spare[0]), storing(spare[1]))
    refused = [constraint(one) for one in results if one is not None]
    assert refused == ["ex_deployment_slot_filled_once"]
    assert value(office, SHARED) == 0


def test_without_the_constraint_a_place_is_given_twice(
    office: Flask, spare: list[int], own_database: Urls
) -> None:
    without(own_database, "ALTER TABLE deployment DROP CONSTRAINT ex_deployment_slot_filled_once")
    with meeting():
        assert at_once(office, storing(spare[0]), storing(spare[1])) == [None, None]
    assert value(office, SHARED) == 1


def test_place_beyond_the_posts_is_refused(office: Flask, spare: list[int]) -> None:
    results = at_once(office, storing(spare[0], beyond=1))
    assert [constraint(one) for one in results] == ["ck_deployment_within_required"]


def test_without_the_trigger_posts_are_over_filled(
    office: Flask, spare: list[int], own_database: Urls
) -> None:
    without(own_database, ARRIVE)
    assert at_once(office, storing(spare[0], beyond=1)) == [None]
    assert value(office, OVER) == 1


def lowering() -> Any:
    """The rules give the posts of before again, while somebody is put in one of the new ones."""
    enter_scope(db.session, EVERYTHING)
    post = _post()
    recompute_posts(db.session, post.series_id, [post.centre_id])
    db.session.commit()


def lowered_while_filled(office: Flask, spare: list[int]) -> tuple[list[Any], list[Any]]:
    """A director has filled a new place and not committed when the posts are computed again."""
    stored, may_end = threading.Event(), threading.Event()

    def filling() -> Any:
        enter_scope(db.session, EVERYTHING)
        post = _post()
        highest = post.required
        db.session.add(
            Deployment(
                series_id=post.series_id,
                centre_id=post.centre_id,
                sub_county_id=post.sub_county_id,
                post_id=post.id,
                role_id=post.role_id,
                officer_id=spare[0],
                slot=highest,
                starts_on=world.TODAY,
                ends_on=LAST,
            )
        )
        db.session.flush()
        stored.set()
        may_end.wait(timeout=2)
        db.session.commit()

    def changing() -> Any:
        stored.wait(timeout=10)
        return lowering()

    results = at_once(office, filling, changing)
    return results[:1], results[1:]


def test_posts_do_not_fall_under_somebody_just_deployed(office: Flask, spare: list[int]) -> None:
    filled, lowered = lowered_while_filled(office, spare)
    assert filled == [None]
    assert [constraint(one) for one in lowered] == ["ck_post_keeps_its_people"]
    assert value(office, OVER) == 0


def test_without_the_trigger_posts_fall_under_somebody(
    office: Flask, spare: list[int], own_database: Urls
) -> None:
    without(own_database, "DROP TRIGGER post_post_keeps_its_people ON post")
    assert lowered_while_filled(office, spare) == ([None], [None])
    assert value(office, OVER) == 1


def filled_while_lowered(office: Flask, spare: list[int]) -> list[Any]:
    """The posts are lowered and not committed when a program fills the place that goes."""
    lowered, may_end = threading.Event(), threading.Event()

    def lowering() -> Any:
        enter_scope(db.session, EVERYTHING)
        post = _post()
        db.session.execute(
            update(Post).where(Post.id == post.id).values(required=Post.required - 1)
        )
        lowered.set()
        may_end.wait(timeout=2)
        db.session.commit()

    def filling() -> Any:
        lowered.wait(timeout=10)
        return storing(spare[0], last_place=True)()

    return at_once(office, lowering, filling)


def test_nobody_gets_a_place_that_is_just_taken_away(office: Flask, spare: list[int]) -> None:
    lowered, filled = filled_while_lowered(office, spare)
    assert (lowered, constraint(filled)) == (None, "ck_deployment_within_required")
    assert value(office, OVER) == 0


def test_without_the_trigger_a_place_is_filled_that_is_gone(
    office: Flask, spare: list[int], own_database: Urls
) -> None:
    without(own_database, ARRIVE)
    assert filled_while_lowered(office, spare) == [None, None]
    assert value(office, OVER) == 1


def somebody_of_elsewhere(office: Flask) -> str | None:
    """A program under a director's scope, past the session's guard, gives a place to somebody far
    away who is busy there that day; the constraint that refuses it."""

    def work() -> Any:
        enter_scope(db.session, EVERYTHING)
        post, busy = _post(), db.session.scalars(BUSY_FAR_AWAY).first()
        enter_scope(db.session, sub_county_scope([post.sub_county_id]))
        given = {"post": post.id, "officer": busy, "day": world.TODAY}
        db.session.connection().execute(text(PLACED), given)

    (result,) = at_once(office, work)
    return constraint(result)


PLACED = """
INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
                        starts_on, ends_on)
SELECT series_id, centre_id, sub_county_id, id, role_id, :officer, required, :day, :day
FROM post WHERE id = :post
"""
BUSY_FAR_AWAY = (
    select(Deployment.officer_id)
    .join(Centre, Centre.id == Deployment.centre_id)
    .where(Centre.code == world.FAR_AWAY, Deployment.period.op("@>")(world.TODAY))
    .order_by(Deployment.officer_id)
)


@pytest.mark.usefixtures("spare")
def test_officer_out_of_reach_is_refused_whatever_they_do_elsewhere(office: Flask) -> None:
    assert somebody_of_elsewhere(office) == "fk_deployment_officer_id"


@pytest.mark.usefixtures("spare")
def test_without_the_trigger_a_refusal_tells_of_elsewhere(
    office: Flask, own_database: Urls
) -> None:
    """The constraint of one post a day answers for the whole country."""
    without(own_database, "ALTER TABLE deployment DISABLE TRIGGER deployment_deployment_in_reach")
    assert somebody_of_elsewhere(office) == "ex_deployment_one_post_a_day"


def shortened() -> Any:
    """A deployment with marked days ends before them, whatever the program thought."""
    enter_scope(db.session, EVERYTHING)
    marked = text(
        "UPDATE deployment SET ends_on = starts_on WHERE id = (SELECT m.deployment_id FROM mark m"
        " JOIN deployment d ON d.id = m.deployment_id WHERE m.day > d.starts_on"
        " ORDER BY m.id LIMIT 1)"
    )
    db.session.execute(marked)
    db.session.commit()


def test_marked_days_keep_their_deployment(office: Flask) -> None:
    results = at_once(office, shortened, shortened)
    assert {constraint(one) for one in results} == {"ck_deployment_keeps_marked_days"}
    assert value(office, UNCOVERED) == 0


def test_without_the_trigger_marked_days_lose_their_deployment(
    office: Flask, own_database: Urls
) -> None:
    without(
        own_database,
        "ALTER TABLE deployment DISABLE TRIGGER deployment_deployment_keeps_marked_days",
    )
    assert at_once(office, shortened) == [None]
    assert value(office, UNCOVERED) > 0


def test_what_is_refused_is_said_in_words(office: Flask) -> None:
    """Every name above has its sentence at the doors."""
    from views.constraint_words import WORDS

    for name in (
        "ck_deployment_keeps_marked_days",
        "ck_deployment_within_required",
        "ck_post_keeps_its_people",
        "ex_deployment_one_post_a_day",
        "ex_deployment_slot_filled_once",
    ):
        assert name in WORDS
