"""What PostgreSQL itself refuses, whoever asks: each rule with a case that is allowed beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.attendance.models import Mark, MarkHistory, Register
from app.deployments.models import Deployment, Post
from app.exams.models import DayRate, Examination, RatioRule, Series, StaffRole
from app.people.models import Officer
from app.places.models import Centre
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL
from tests.databases import Urls
from tests.factories import world

DAYS = {"starts_on": world.TODAY, "ends_on": world.TODAY}


@pytest.fixture(autouse=True)
def nation(session: Session) -> None:
    enter_scope(session, NATIONAL)


def constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that refused."""
    name: str | None = error.orig.diag.constraint_name  # type: ignore[union-attr]
    return name


def refused(session: Session, act: Any) -> str | None:
    """Does the act in a savepoint and returns the constraint that refused it, or None."""
    try:
        with session.begin_nested():
            act()
            session.flush()
    except DBAPIError as error:
        return constraint(error)
    return None


def deployment_of(session: Session, code: str = world.CENTRE, nth: int = 2) -> Deployment:
    found = session.scalars(
        select(Deployment)
        .join(Centre, Centre.id == Deployment.centre_id)
        .where(Centre.code == code)
        .order_by(Deployment.id)
    ).all()
    return found[nth]


def spare_officer(session: Session) -> int:
    return spare_officers(session, 1)[0]


def spare_officers(session: Session, how_many: int) -> list[int]:
    busy = select(Deployment.officer_id)
    free = select(Officer.id).where(Officer.id.not_in(busy), Officer.merged_into_id.is_(None))
    found = list(session.scalars(free.order_by(Officer.id).limit(how_many)))
    assert len(found) == how_many
    return found


def another(session: Session, like: Deployment, **changes: Any) -> Deployment:
    """An unsaved deployment like the given one."""
    names = ("series_id", "centre_id", "sub_county_id", "post_id", "role_id", "officer_id")
    values = {name: getattr(like, name) for name in names}
    values |= {"slot": like.slot, "starts_on": like.starts_on, "ends_on": like.ends_on}
    return Deployment(**(values | changes))


def freed(session: Session, deployment: Deployment) -> None:
    """Ends a deployment before a day it has no mark for, leaving its slot free from tomorrow."""
    session.execute(
        update(Deployment)
        .where(Deployment.id == deployment.id)
        .values(ends_on=world.YESTERDAY, status="replaced")
    )
    session.refresh(deployment)


def test_officer_cannot_hold_two_posts_on_one_day_anywhere(session: Session) -> None:
    busy = deployment_of(session)
    elsewhere = deployment_of(session, world.FAR_AWAY)
    freed(session, elsewhere)
    double = another(
        session, elsewhere, officer_id=busy.officer_id, starts_on=world.TODAY, ends_on=world.TODAY
    )
    name = refused(session, lambda: session.add(double))
    assert name == "ex_deployment_one_post_a_day"


def test_free_officer_fills_a_free_slot(session: Session) -> None:
    place = deployment_of(session, world.FAR_AWAY)
    freed(session, place)
    substitute = another(session, place, officer_id=spare_officer(session), starts_on=world.TODAY)
    assert refused(session, lambda: session.add(substitute)) is None


def test_slot_has_one_holder_a_day(session: Session) -> None:
    held = deployment_of(session)
    second = another(session, held, officer_id=spare_officer(session))
    assert refused(session, lambda: session.add(second)) == "ex_deployment_slot_filled_once"


def test_post_is_not_filled_beyond_what_is_required(session: Session) -> None:
    held = deployment_of(session)
    required = session.scalar(select(Post.required).where(Post.id == held.post_id))
    beyond = another(session, held, officer_id=spare_officer(session), slot=(required or 0) + 1)
    assert refused(session, lambda: session.add(beyond)) == "ck_deployment_within_required"


def arriving(session: Session, *rows: Deployment) -> Any:
    """Stores deployments by one statement."""
    names = ("series_id", "centre_id", "sub_county_id", "post_id", "role_id", "officer_id", "slot")
    columns = (*names, "starts_on", "ends_on")
    values = [{name: getattr(row, name) for name in columns} for row in rows]
    return lambda: session.execute(insert(Deployment).values(values))


def test_one_of_many_beyond_the_posts_is_refused_with_all(session: Session) -> None:
    held = deployment_of(session)
    freed(session, held)
    required = session.scalar(select(Post.required).where(Post.id == held.post_id)) or 0
    first, second = spare_officers(session, 2)
    within = another(session, held, officer_id=first, **DAYS)
    beyond = another(session, within, officer_id=second, slot=required + 1)
    assert refused(session, arriving(session, within, beyond)) == "ck_deployment_within_required"
    assert refused(session, arriving(session, within)) is None


def test_place_does_not_move_beyond_the_posts(session: Session) -> None:
    held = deployment_of(session)
    required = session.scalar(select(Post.required).where(Post.id == held.post_id)) or 0
    move = update(Deployment).where(Deployment.id == held.id).values(slot=required + 1)
    assert refused(session, lambda: session.execute(move)) == "ck_deployment_within_required"


def test_nobody_is_deployed_under_a_record_that_was_merged(session: Session) -> None:
    held = deployment_of(session)
    freed(session, held)
    gone = session.scalars(select(Officer.id).where(Officer.merged_into_id.is_not(None))).first()
    row = another(session, held, officer_id=gone, **DAYS)
    assert refused(session, lambda: session.add(row)) == "ck_deployment_officer_stands"


def test_deployment_stays_within_its_series(session: Session) -> None:
    held = deployment_of(session)
    freed(session, held)
    late = another(
        session,
        held,
        officer_id=spare_officer(session),
        starts_on=world.TODAY,
        ends_on=held.starts_on + dt.timedelta(days=200),
    )
    assert refused(session, lambda: session.add(late)) == "ck_deployment_within_series"


def test_marked_day_keeps_its_deployment(session: Session) -> None:
    held = deployment_of(session)
    shorten = update(Deployment).where(Deployment.id == held.id)
    after_marks = refused(session, lambda: session.execute(shorten.values(ends_on=world.YESTERDAY)))
    before_marks = refused(session, lambda: session.execute(shorten.values(ends_on=world.MONDAY)))
    assert after_marks is None
    assert before_marks == "ck_deployment_keeps_marked_days"


def test_marked_deployment_cannot_change_hands(session: Session) -> None:
    held = deployment_of(session)
    swap = update(Deployment).where(Deployment.id == held.id)
    name = refused(session, lambda: session.execute(swap.values(officer_id=spare_officer(session))))
    assert name == "ck_deployment_keeps_its_person"


def test_mark_under_a_confirmed_register_is_refused(session: Session) -> None:
    held = deployment_of(session)

    def change(day: dt.date) -> str | None:
        return refused(
            session,
            lambda: session.execute(
                update(Mark)
                .where(Mark.deployment_id == held.id, Mark.day == day)
                .values(status="absent", minutes_late=None)
            ),
        )

    assert change(world.MONDAY) == "ck_mark_register_closed"
    assert change(world.YESTERDAY) is None


def test_mark_needs_a_published_deployment_of_that_day(session: Session) -> None:
    held = deployment_of(session)
    yesterday = session.scalars(
        select(Mark).where(Mark.deployment_id == held.id, Mark.day == world.YESTERDAY)
    ).one()
    freed(session, held)
    values = {c.key: getattr(yesterday, c.key) for c in Mark.__table__.columns if c.key != "id"}
    opened = Register(
        series_id=held.series_id,
        centre_id=held.centre_id,
        sub_county_id=held.sub_county_id,
        day=world.TODAY,
        opened_at=world.NOW,
    )
    session.add(opened)
    session.flush()
    today = Mark(**(values | {"day": world.TODAY, "register_id": opened.id}))
    assert refused(session, lambda: session.add(today)) == "ck_mark_covered_by_deployment"


def test_mark_is_never_deleted(session: Session) -> None:
    name = refused(session, lambda: session.execute(text("DELETE FROM mark")))
    assert name == "ck_mark_never_deleted"


def test_officer_is_marked_once_a_day(session: Session) -> None:
    mark = session.scalars(select(Mark).order_by(Mark.id)).first()
    assert mark is not None
    values = {c.key: getattr(mark, c.key) for c in Mark.__table__.columns if c.key != "id"}
    open_register = update(Register).where(Register.id == mark.register_id)
    session.execute(open_register.values(state="open"))
    name = refused(session, lambda: session.add(Mark(**values)))
    assert name in {"uq_mark_officer_id_day", "uq_mark_deployment_id_day"}


def test_late_mark_needs_minutes(session: Session) -> None:
    held = deployment_of(session)
    name = refused(
        session,
        lambda: session.execute(
            update(Mark)
            .where(Mark.deployment_id == held.id, Mark.day == world.YESTERDAY)
            .values(status="late", minutes_late=None)
        ),
    )
    assert name == "ck_mark_late_has_minutes"


@pytest.mark.parametrize("table", ["event", "mark_history", "register_move"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {}"])
def test_history_only_grows_for_the_application(
    session: Session, table: str, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", ["event", "mark_history", "register_move"])
def test_history_only_grows_even_for_the_owner(database_urls: Urls, table: str) -> None:
    engine = create_engine(database_urls.owner)
    with engine.connect() as owner, pytest.raises(DBAPIError) as refusal:
        owner.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
    assert constraint(refusal.value) == "ck_append_only"


def test_history_accepts_a_new_row(session: Session) -> None:
    row = session.scalars(select(MarkHistory).order_by(MarkHistory.id)).first()
    assert row is not None
    values = {c.key: getattr(row, c.key) for c in MarkHistory.__table__.columns if c.key != "id"}
    assert refused(session, lambda: session.add(MarkHistory(**values))) is None


@pytest.mark.parametrize("entity", [RatioRule, DayRate])
def test_rule_in_use_is_never_deleted(session: Session, entity: Any) -> None:
    table = entity.__tablename__
    name = refused(session, lambda: session.execute(text(f"DELETE FROM {table}")))
    assert name == "ck_used_rule_stays"


def test_rule_not_yet_in_use_is_deleted(session: Session) -> None:
    role = session.scalars(select(StaffRole).where(StaffRole.code == "driver")).one()
    examination = session.scalars(select(Examination).where(Examination.code == "KCSE")).one()
    future = DayRate(
        examination_id=examination.id,
        role_id=role.id,
        kes_per_day=500,
        year=2031,
        effective_from=dt.date(2031, 1, 1),
        source="test",
    )
    session.add(future)
    session.flush()
    assert refused(session, lambda: session.delete(future)) is None


def test_two_rules_for_one_role_do_not_overlap(session: Session) -> None:
    rule = session.scalars(select(DayRate).order_by(DayRate.id)).first()
    assert rule is not None
    twin = DayRate(
        examination_id=rule.examination_id,
        role_id=rule.role_id,
        kes_per_day=1,
        year=2026,
        effective_from=dt.date(2026, 1, 1),
        source="test",
    )
    assert refused(session, lambda: session.add(twin)) == "ex_day_rate_one_at_a_time"


def test_hosting_centre_is_of_the_same_sub_county(session: Session) -> None:
    here, beside, far = (
        session.scalars(select(Centre).where(Centre.code == code)).one()
        for code in (world.CENTRE, world.SECOND_CENTRE, world.NEXT_DOOR)
    )
    host = update(Centre).where(Centre.id == here.id)
    foreign = refused(session, lambda: session.execute(host.values(hosting_centre_id=far.id)))
    own = refused(session, lambda: session.execute(host.values(hosting_centre_id=beside.id)))
    assert foreign == "fk_centre_hosting_in_same_sub_county"
    assert own is None


def test_application_role_is_no_superuser_and_owns_nothing(session: Session) -> None:
    role = session.execute(
        text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    owned = session.execute(
        text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
    ).scalar_one()
    assert (role.rolsuper, role.rolbypassrls, owned) == (False, False, 0)


def test_series_exists_for_every_examination(session: Session) -> None:
    codes = set(session.scalars(select(Series.code)))
    assert {"KCSE-2026", "KPSEA-2026"} <= codes
