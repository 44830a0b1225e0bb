"""A rotation of all weeks is published in one act, also mid-season, and marked days stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.errors import NotAllowed, NotFound, RuleBroken
from app.procedures import rotation
from app.procedures.rotation import Assigned
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, statements
from tests.factories.texted import texted
from tests.factories.world_redeploy import FIRST_MONDAY, arranging, holders, rotating_season

DIRECTOR = "tsc.kisumu-east"
WHY = "Supervisors rotate every week."
WEEK = dt.timedelta(days=7)
FRIDAY = FIRST_MONDAY + dt.timedelta(days=4)


@pytest.fixture(autouse=True)
def in_the_first_week() -> Iterator[None]:
    """Tuesday of the first week."""
    at(FIRST_MONDAY + dt.timedelta(days=1))
    yield
    world.freeze()


def at(day: dt.date) -> None:
    clock.configure(frozen=clock.instant_at(day, dt.time(9)))


def planned(series: int, role: int) -> tuple[Any, list[Assigned], Any]:
    who = acting_as(DIRECTOR)
    now = rotation.rotation_now(who.scope, who.actor, series_id=series, role_id=role)
    return now, *rotation.planned(now)


def publish(series: int, role: int, plan: list[Assigned]) -> rotation.Published:
    who = acting_as(DIRECTOR)
    return rotation.publish(
        who.scope, who.actor, series_id=series, role_id=role, plan=plan, reason=WHY
    )


def test_all_weeks_are_planned_at_once_and_nobody_returns(session: Session) -> None:
    series, role, _made = rotating_season(session)
    now, plan, found = planned(series, role)
    assert (len(now.weeks), now.standing.last, len(plan)) == (3, FRIDAY, 12)
    assert (found.is_optimal, found.gap, found.left_open) == (True, 0, 0)
    own = {stay.officer_id: stay.post_id for one in now.people for stay in one.stays}
    pairs = [(one.officer_id, one.post_id) for one in plan]
    assert len(set(pairs)) == 12
    assert not set(pairs) & set(own.items())


def test_publishing_shortens_the_running_week_and_deploys_the_others(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    done = publish(series, role, plan)
    assert (done.people, done.stays, done.shortened) == (4, 12, 4)
    rows = holders(session, series)
    assert len(rows) == 16
    for number in range(4):
        mine = rows[number * 4 : number * 4 + 4]
        assert [(one.starts_on, one.ends_on) for one in mine] == [
            (FIRST_MONDAY + week * WEEK, FRIDAY + week * WEEK) for week in range(4)
        ]
        assert [one.status for one in mine] == ["accepted", *["published"] * 3]
        assert [one.follows_id for one in mine] == [None, *[one.id for one in mine[:3]]]
        assert len({one.name for one in mine}) == 4


def test_each_stay_has_its_letter_and_each_person_one_message(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    publish(series, role, plan)
    with scoped_as(session, EVERYTHING):
        letters = session.execute(
            text(
                "SELECT l.state, count(*) FROM letter l WHERE l.series_id = :series"
                " GROUP BY l.state ORDER BY l.state"
            ),
            {"series": series},
        ).all()
        mobile = "254723800001"
        said = texted(session, mobile)
    assert [tuple(row) for row in letters] == [("replaced", 4), ("valid", 16)]
    (only,) = said
    assert only.startswith("Sajili: the weekly rotation is out. On Mon 8 Nov you move to Rotation ")


def test_a_plan_published_twice_changes_nothing(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    publish(series, role, plan)
    with pytest.raises(RuleBroken, match="published already"):
        publish(series, role, plan)


def test_mid_season_only_weeks_to_come_are_planned_anew(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    publish(series, role, plan)
    before = {one.id: tuple(one) for one in holders(session, series)}
    at(FIRST_MONDAY + 8 * dt.timedelta(days=1))
    now, again, found = planned(series, role)
    assert [one.first for one in now.weeks] == [FIRST_MONDAY + 2 * WEEK, FIRST_MONDAY + 3 * WEEK]
    assert found.is_optimal
    turned = [replace(one, week=now.weeks[1 - now.weeks.index(one.week)]) for one in again]
    publish(series, role, turned)
    after = {one.id: tuple(one) for one in holders(session, series)}
    begun = [row for row in before.values() if row[2] < now.weeks[0].first]
    assert all(after[row[5]] == row for row in begun)
    standing = [row for row in after.values() if row[3] >= row[2] and row[4] != "replaced"]
    assert len(standing) == 16
    pairs = [(row[0], row[1]) for row in standing]
    assert len(set(pairs)) == 16


def test_marked_days_of_a_week_to_come_refuse_the_plan(session: Session) -> None:
    series, role, made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    day = FIRST_MONDAY + WEEK
    with arranging(session):
        session.execute(
            text(
                "WITH r AS (INSERT INTO register (series_id, centre_id, sub_county_id, day,"
                " opened_at) SELECT series_id, centre_id, sub_county_id, :day, now()"
                " FROM deployment WHERE id = :id RETURNING id, centre_id, sub_county_id)"
                " INSERT INTO mark (register_id, centre_id, sub_county_id, day, deployment_id,"
                " officer_id, role_id, status, marked_at) SELECT r.id, r.centre_id,"
                " r.sub_county_id, :day, d.id, d.officer_id, d.role_id, 'present', now()"
                " FROM r, deployment d WHERE d.id = :id"
            ),
            {"day": day, "id": made[0]},
        )
    with pytest.raises(RuleBroken, match="is marked already"):
        publish(series, role, plan)


def test_a_cell_changed_by_hand_must_be_eligible(session: Session) -> None:
    series, role, _made = rotating_season(session)
    now, plan, _found = planned(series, role)
    first = plan[0]
    own = next(one for one in now.people if one.officer_id == first.officer_id).stays[0].post_id
    wrong = [replace(first, post_id=own), *plan[1:]]
    with pytest.raises(RuleBroken) as refused:
        publish(series, role, wrong)
    codes = {one.code for one in refused.value.problems}
    assert "not-eligible" in codes
    twice = [*plan, replace(plan[0], officer_id=plan[1].officer_id)]
    with pytest.raises(RuleBroken) as refused:
        publish(series, role, twice)
    assert {"planned-twice", "too-many"} <= {one.code for one in refused.value.problems}


def test_next_door_and_the_scde_plan_nothing_here(session: Session) -> None:
    series, role, _made = rotating_season(session)
    who = acting_as("tsc.kisumu-west")
    with pytest.raises(NotFound):
        rotation.rotation_now(who.scope, who.actor, series_id=series, role_id=role)
    scde = acting_as("scde.kisumu-east")
    with pytest.raises(NotAllowed):
        rotation.series_that_rotate(scde.scope, scde.actor)


def test_reading_a_rotation_costs_the_same_for_few_and_many(session: Session) -> None:
    series, role, _made = rotating_season(session, centres=3, weeks=2)
    with statements() as few:
        planned(series, role)
    other, same_role, _made = rotating_season(
        session, centres=9, weeks=3, slug="kisumu-west", year=2028
    )
    who = acting_as("tsc.kisumu-west")
    with statements() as many:
        now = rotation.rotation_now(who.scope, who.actor, series_id=other, role_id=same_role)
        rotation.planned(now)
    assert len(many) <= len(few)


# Somebody without a station in a week of their duty.


def without(plan: list[Assigned], officer_id: int, week: int) -> list[Assigned]:
    """The plan with somebody taken out of a week, counted from the first to come."""
    day = FIRST_MONDAY + week * WEEK
    return [one for one in plan if (one.officer_id, one.week.first) != (officer_id, day)]


def letters_by_week(session: Session, officer_id: int) -> list[tuple[dt.date, str, str]]:
    """First day, state of the deployment and of its newest letter, of each stay that was planned."""
    with scoped_as(session, EVERYTHING):
        rows = session.execute(
            text(
                "SELECT d.starts_on, d.status, (SELECT l.state FROM letter l"
                " WHERE l.deployment_id = d.id ORDER BY l.version DESC LIMIT 1)"
                " FROM deployment d WHERE d.officer_id = :officer ORDER BY d.starts_on, d.id"
            ),
            {"officer": officer_id},
        )
        return [tuple(row) for row in rows]


def mobile_of(session: Session, officer_id: int) -> str:
    with scoped_as(session, EVERYTHING):
        statement = text("SELECT mobile FROM officer WHERE id = :officer")
        return str(session.scalar(statement, {"officer": officer_id}))


def test_who_is_left_out_of_a_week_is_told_and_holds_no_letter_for_it(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    officer = plan[0].officer_id
    done = publish(series, role, without(plan, officer, 2))
    assert (done.people, done.left_out) == (4, 1)
    moves, alone = texted(session, mobile_of(session, officer))
    assert moves.startswith("Sajili: the weekly rotation is out. On Mon 8 Nov you move to ")
    assert alone == (
        "Sajili: the weekly rotation is out. You have no station in the week of Mon 15 Nov, and no"
        " letter of yours holds for it. Your duties: http://127.0.0.1:8080/me/deployments/"
    )
    assert letters_by_week(session, officer) == [
        (FIRST_MONDAY, "accepted", "valid"),
        (FIRST_MONDAY + WEEK, "published", "valid"),
        (FIRST_MONDAY + 3 * WEEK, "published", "valid"),
    ]


def test_a_week_lost_to_a_later_plan_is_withdrawn_and_told_once(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    publish(series, role, plan)
    officer = plan[0].officer_id
    mobile = mobile_of(session, officer)
    before = len(texted(session, mobile))
    done = publish(series, role, without(plan, officer, 3))
    assert (done.people, done.stays, done.left_out) == (0, 0, 1)
    assert letters_by_week(session, officer)[-1] == (
        FIRST_MONDAY + 3 * WEEK,
        "withdrawn",
        "withdrawn",
    )
    (alone,) = texted(session, mobile)[before:]
    assert "no station in the week of Mon 22 Nov" in alone
    with pytest.raises(RuleBroken, match="published already"):
        publish(series, role, without(plan, officer, 3))
    assert len(texted(session, mobile)) == before + 1


def test_nobody_is_told_where_everybody_has_a_station(session: Session) -> None:
    series, role, _made = rotating_season(session)
    _now, plan, _found = planned(series, role)
    assert publish(series, role, plan).left_out == 0
    said = [
        one for person in plan for one in texted(session, mobile_of(session, person.officer_id))
    ]
    assert not [one for one in said if "no station" in one]
