"""The three walls: what a scope reaches by filter, by the session's guard, and in PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import app.models  # noqa: F401 (every scoped class, not only those named here)
from app.attendance.models import Incident
from app.deployments.models import Deployment
from app.errors import NotFound
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre, SubCounty
from app.scoping import guard
from app.scoping.restrict import in_scope, restrict
from app.scoping.scope import (
    NATIONAL,
    NOBODY,
    RESULTS,
    Scope,
    centre_scope,
    officer_scope,
    sub_county_scope,
)
from tests.databases import Urls
from tests.factories import world


@pytest.fixture
def ids(session: Session) -> dict[str, int]:
    """Ids of the two sub-counties and two centres, looked up over everything."""
    with guard.scoped_as(session, NATIONAL):
        east, west = (
            session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
            for slug in ("kisumu-east", "kisumu-west")
        )
        here, there = (
            session.scalars(select(Centre.id).where(Centre.code == code)).one()
            for code in (world.CENTRE, world.NEXT_DOOR)
        )
    return {"east": east, "west": west, "here": here, "there": there}


def count(session: Session, entity: Any) -> int:
    return session.scalar(select(func.count()).select_from(entity)) or 0


SCOPED = [entity for entity in guard.scoped_classes() if not entity.__scope__.results]
RESULTS_ONLY = [entity for entity in guard.scoped_classes() if entity.__scope__.results]


class Guarded(Session):
    """A session class of its own for the owner role, so that only the guard stands between."""


@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_nobody_sees_nothing(session: Session, entity: Any) -> None:
    guard.enter_scope(session, NOBODY)
    assert session.execute(select(entity)).all() == []


@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_director_sees_own_rows_and_none_of_next_door(
    session: Session, ids: dict[str, int], entity: Any
) -> None:
    guard.enter_scope(session, NATIONAL)
    both = set(session.scalars(select(entity.sub_county_id)))
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    seen = set(session.scalars(select(entity.sub_county_id)))
    assert ids["west"] in both
    assert seen == {ids["east"]}


@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_guard_off_and_owner_role_would_leak(
    app: Flask, database_urls: Urls, ids: dict[str, int], entity: Any
) -> None:
    """Negative control: without the guard, as the owner, next door's rows come out."""
    engine = create_engine(database_urls.owner)
    with Session(engine) as bare:
        assert ids["west"] in set(bare.scalars(select(entity.sub_county_id)))
    engine.dispose()


@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_row_level_security_alone_holds(
    app: Flask, session: Session, ids: dict[str, int], entity: Any
) -> None:
    guard.remove_guard(db.session)
    try:
        guard.enter_scope(session, sub_county_scope([ids["east"]]))
        assert set(session.scalars(select(entity.sub_county_id))) == {ids["east"]}
    finally:
        guard.install_guard(db.session)
        session.info.pop("scope_options", None)


@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_guard_alone_holds_where_row_level_security_is_bypassed(
    app: Flask, database_urls: Urls, ids: dict[str, int], entity: Any
) -> None:
    engine = create_engine(database_urls.owner)
    guard.install_guard(Guarded)
    with Guarded(engine) as owner:
        guard.enter_scope(owner, sub_county_scope([ids["east"]]))
        assert set(owner.scalars(select(entity.sub_county_id))) == {ids["east"]}
        guard.enter_scope(owner, centre_scope([ids["here"]]))
        key = Centre.id if entity is Centre else getattr(entity, "centre_id", None)
        if key is not None:
            seen = {ids["here"]} if entity.__scope__.centre else set()
            assert set(owner.scalars(select(key))) == seen
    engine.dispose()


def test_every_scoped_table_has_policies(session: Session) -> None:
    protected = set(
        session.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"))
    )
    scoped = {entity.__tablename__ for entity in guard.scoped_classes()}
    assert protected == scoped | {"result_tally"}
    """Figures of a release belong to no place: tests/integration/test_release_figures.py has them."""


@pytest.mark.parametrize(
    "scope", [sub_county_scope([1]), centre_scope([1]), officer_scope(1), NATIONAL, NOBODY]
)
@pytest.mark.parametrize("entity", SCOPED, ids=lambda c: c.__name__)
def test_filter_and_guard_agree(session: Session, entity: Any, scope: Scope) -> None:
    guard.enter_scope(session, scope)
    by_guard = session.execute(select(entity)).scalars().all()
    guard.enter_scope(session, NATIONAL)
    by_filter = session.execute(restrict(select(entity), entity, scope)).scalars().all()
    assert set(by_guard) == set(by_filter)


@pytest.mark.parametrize("entity", RESULTS_ONLY, ids=lambda c: c.__name__)
def test_results_are_read_by_the_results_roles_alone(
    session: Session, ids: dict[str, int], entity: Any
) -> None:
    """Whose rows they are, by the guard and by PostgreSQL alone; the whole country is not enough."""
    others = (
        NATIONAL,
        NOBODY,
        sub_county_scope([ids["east"]]),
        centre_scope([ids["here"]]),
        officer_scope(1),
    )
    for scope in others:
        guard.enter_scope(session, scope)
        assert count(session, entity) == 0
        assert session.execute(text(f"SELECT count(*) FROM {entity.__tablename__}")).scalar() == 0
    guard.enter_scope(session, RESULTS)
    assert count(session, entity) > 0


@pytest.mark.parametrize("entity", RESULTS_ONLY, ids=lambda c: c.__name__)
def test_results_would_leak_without_the_walls(app: Flask, database_urls: Urls, entity: Any) -> None:
    """Negative control: as the owner, without the guard, the rows come out."""
    engine = create_engine(database_urls.owner)
    with Session(engine) as bare:
        assert count(bare, entity) > 0
    engine.dispose()


def test_scopes_do_not_mix_in_the_statement_cache(session: Session, ids: dict[str, int]) -> None:
    """The same statement under five scopes in turn gives each its own rows."""
    for _ in range(3):
        for name in ("east", "west"):
            guard.enter_scope(session, sub_county_scope([ids[name]]))
            assert set(session.scalars(select(Deployment.sub_county_id))) == {ids[name]}
        for name in ("here", "there"):
            guard.enter_scope(session, centre_scope([ids[name]]))
            assert set(session.scalars(select(Deployment.centre_id))) == {ids[name]}


def test_join_and_alias_are_filtered(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    joined = select(Centre.sub_county_id).join(Deployment, Deployment.centre_id == Centre.id)
    assert set(session.scalars(joined)) == {ids["east"]}
    counted = session.scalar(select(func.count()).select_from(Centre))
    assert counted == len(session.scalars(select(Centre)).all())


def test_update_and_delete_statements_reach_own_rows_only(
    session: Session, ids: dict[str, int]
) -> None:
    from sqlalchemy import update

    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    session.execute(update(Incident).values(title="Changed"))
    guard.enter_scope(session, NATIONAL)
    session.expire_all()
    titles = dict(session.execute(select(Incident.sub_county_id, Incident.title)).all())
    assert titles[ids["east"]] == "Changed"
    assert titles[ids["west"]] == "Papers late"


def test_flush_of_a_foreign_row_is_not_found(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, NATIONAL)
    foreign = session.scalars(select(Incident).where(Incident.sub_county_id == ids["west"])).one()
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    foreign.title = "Changed"
    with pytest.raises(NotFound):
        session.flush()


def test_flush_of_an_own_row_succeeds(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    own = session.scalars(select(Incident)).one()
    own.title = "Changed"
    session.flush()
    assert session.scalars(select(Incident.title)).one() == "Changed"


def test_moving_an_own_row_next_door_is_not_found(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    officer = session.scalars(select(Officer).order_by(Officer.id)).first()
    assert officer is not None
    officer.sub_county_id = ids["west"]
    with pytest.raises(NotFound):
        session.flush()


def test_pointing_at_a_foreign_row_is_not_found(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, NATIONAL)
    stranger = session.scalars(
        select(Officer).where(Officer.sub_county_id == ids["west"]).order_by(Officer.id)
    ).first()
    assert stranger is not None
    stranger_id = stranger.id
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    own = session.scalars(select(Deployment).order_by(Deployment.id)).first()
    assert own is not None
    own.officer_id = stranger_id
    with pytest.raises(NotFound):
        session.flush()


def test_database_refuses_a_foreign_insert_when_the_guard_is_off(
    session: Session, ids: dict[str, int]
) -> None:
    guard.enter_scope(session, sub_county_scope([ids["east"]]))
    statement = text(
        "INSERT INTO incident (series_id, centre_id, sub_county_id, day, kind, title, details)"
        " SELECT series_id, :centre, :sub, '2026-11-11', 'incident', 'x', 'y' FROM post LIMIT 1"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        session.execute(statement, {"centre": ids["there"], "sub": ids["west"]})


def test_centre_sees_its_roster_and_no_other_officer(session: Session, ids: dict[str, int]) -> None:
    guard.enter_scope(session, centre_scope([ids["here"]]))
    roster = set(session.scalars(select(Deployment.officer_id)))
    assert set(session.scalars(select(Officer.id))) == roster
    assert len(roster) == 9


def test_officer_sees_own_record_and_own_marks(session: Session, ids: dict[str, int]) -> None:
    from app.attendance.models import Mark

    guard.enter_scope(session, NATIONAL)
    me = session.scalars(select(Deployment.officer_id).order_by(Deployment.id)).first()
    assert me is not None
    guard.enter_scope(session, officer_scope(me))
    assert session.scalars(select(Officer.id)).all() == [me]
    assert set(session.scalars(select(Mark.officer_id))) == {me}


def test_in_scope_is_false_for_nobody() -> None:
    assert str(in_scope(Centre, NOBODY).compile()) == "false"


def test_installing_the_guard_twice_tells_the_database_once(session: Session) -> None:
    """A wall taken off and put back does not leave a second announcer behind."""
    heard: list[str] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *args: heard.append(args[2]))
    guard.remove_guard(db.session)
    guard.install_guard(db.session)
    guard.install_guard(db.session)
    session.commit()
    session.execute(text("SELECT 1"))
    assert len([statement for statement in heard if "set_config" in statement]) == 1
