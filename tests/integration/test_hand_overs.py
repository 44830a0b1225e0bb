"""The hand-over form: written at the end of a stay, submitted once, carried to the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.attendance.models import HandOver
from app.attendance.queries import hand_overs as queries
from app.attendance.services.hand_overs import Written, write_hand_over
from app.errors import IllegalMove, NotAllowed, NotFound, RuleBroken
from app.procedures import rotation
from app.scoping.guard import scoped_as
from app.scoping.scope import centre_scope, officer_scope, sub_county_scope
from tests.factories import world
from tests.factories.registers import EVERYTHING, Someone, acting_as
from tests.factories.world_redeploy import (
    FIRST_MONDAY,
    ISSUE,
    arranging,
    holders,
    one_on_duty,
    rotating_season,
)

WHOLE = Written(
    issues=(("The key of room 2 is lost.", True), ("Papers were counted twice.", False)),
    absent_candidates=3,
    absentees="007, 019 and 044",
    hardships="052 gave birth on Tuesday.",
)


@pytest.fixture
def supervisor(session: Session) -> Someone:
    """The supervisor of Nyamasaria, where no form is written."""
    mobile = one_on_duty(session, "supervisor", world.SECOND_CENTRE).officer.mobile
    return acting_as(mobile)


def stay_of(session: Session, who: Someone) -> int:
    return int(
        world.one(
            session,
            "SELECT id FROM deployment WHERE officer_id = :officer",
            officer=who.actor.officer_id,
        )
    )


def write(session: Session, who: Someone, written: Written = WHOLE, **said: Any) -> int:
    return write_hand_over(who.scope, who.actor, stay_of(session, who), written, **said)


def test_form_begins_with_the_roster(session: Session, supervisor: Someone) -> None:
    form = queries.form_of(supervisor.scope, supervisor.actor, stay_of(session, supervisor))
    assert form.station == "Nyamasaria Secondary"
    roles = [one.role for one in form.people]
    assert roles.count("Invigilator") == 4
    assert "Supervisor" not in roles
    assert all(one.name for one in form.people)
    assert (form.issues, form.submitted_at, form.before) == ((), None, None)


def test_a_draft_is_kept_and_written_again(session: Session, supervisor: Someone) -> None:
    stay = stay_of(session, supervisor)
    form = queries.form_of(supervisor.scope, supervisor.actor, stay)
    noted = form.people[2].deployment_id
    first = write(session, supervisor, Written(notes={noted: "Always early", 999999: "Nobody"}))
    again = write(session, supervisor, Written(notes={noted: "Reads braille"}, absent_candidates=0))
    assert first == again
    form = queries.form_of(supervisor.scope, supervisor.actor, stay)
    assert [one.note for one in form.people if one.note] == ["Reads braille"]
    assert (form.absent_candidates, form.submitted_at) == (0, None)


def test_a_submitted_form_stands_as_written(session: Session, supervisor: Someone) -> None:
    key = write(session, supervisor, submit=True)
    with pytest.raises(IllegalMove):
        write(session, supervisor, Written(absentees="nobody"))
    with (
        pytest.raises(DBAPIError, match="stands as written"),
        scoped_as(session, EVERYTHING),
        session.begin_nested(),
    ):
        session.execute(text(f"UPDATE hand_over SET absentees = '' WHERE id = {key}"))


def test_too_long_and_impossible_values_are_said_together(
    session: Session, supervisor: Someone
) -> None:
    wrong = Written(issues=(("x" * 301, True),), absent_candidates=10_000, hardships="y" * 2001)
    with pytest.raises(RuleBroken) as refused:
        write(session, supervisor, wrong)
    assert {one.field for one in refused.value.problems} == {
        "issue-0", "absent_candidates", "hardships",
    }  # fmt: skip


def test_only_ones_own_stay_in_a_role_that_rotates(session: Session, supervisor: Someone) -> None:
    other = one_on_duty(session, "supervisor", world.CENTRE).id
    invigilator = acting_as(one_on_duty(session, "invigilator").officer.mobile)
    for who, stay in ((supervisor, other), (invigilator, stay_of(session, invigilator))):
        with pytest.raises(NotFound):
            queries.form_of(who.scope, who.actor, stay)
    director = acting_as("tsc.kisumu-east")
    with pytest.raises(NotAllowed):
        write_hand_over(director.scope, director.actor, other, WHOLE)


def test_a_draft_is_read_by_its_author_alone(session: Session, supervisor: Someone) -> None:
    key = write(session, supervisor)
    readers = ("tsc.kisumu-east", "scde.kisumu-east", f"KCSE{world.SECOND_CENTRE}")
    for reader in readers:
        who = acting_as(reader)
        assert key not in [one.hand_over.id for one in queries.hand_overs_in(who.scope)]
        with pytest.raises(NotFound):
            queries.hand_over_of(who.scope, key)


def test_submitted_form_is_read_by_centre_and_sub_county_and_nobody_else(
    session: Session, supervisor: Someone
) -> None:
    key = write(session, supervisor, submit=True)
    for reader in ("tsc.kisumu-east", "scde.kisumu-east", f"KCSE{world.SECOND_CENTRE}", "monitor"):
        who = acting_as(reader)
        assert key in [one.hand_over.id for one in queries.hand_overs_in(who.scope)]
    invigilator = one_on_duty(session, "invigilator", world.SECOND_CENTRE).officer.mobile
    for reader in ("tsc.kisumu-west", f"KCSE{world.CENTRE}", f"KCSE{world.NEXT_DOOR}", invigilator):
        who = acting_as(reader)
        assert key not in [one.hand_over.id for one in queries.hand_overs_in(who.scope)]
        with pytest.raises(NotFound):
            queries.hand_over_of(who.scope, key)


def test_the_database_keeps_a_draft_to_its_author(session: Session, supervisor: Someone) -> None:
    """The second wall, without any statement of ours: drafts by author, submitted ones by place."""
    key = write(session, supervisor)
    place = world.one(session, "SELECT id FROM sub_county WHERE slug = 'kisumu-east'")
    with scoped_as(session, EVERYTHING):
        row = session.get(HandOver, key)
        scopes = [
            officer_scope(row.officer_id), sub_county_scope([place]), centre_scope([row.centre_id]),
            officer_scope(row.officer_id + 1),
        ]  # fmt: skip

    def seen() -> list[int]:
        counts = []
        for scope in scopes:
            with scoped_as(session, scope):
                count = text("SELECT count(*) FROM hand_over WHERE id = :key")
                counts.append(session.execute(count, {"key": key}).scalar_one())
        return counts

    assert seen() == [1, 0, 0, 0]
    acting = acting_as(_mobile(session, scopes[0]))
    write(session, acting, submit=True)
    assert seen() == [1, 1, 1, 0]


def _mobile(session: Session, scope: Any) -> str:
    (officer_id,) = scope.officer_ids
    with scoped_as(session, EVERYTHING):
        return str(world.one(session, "SELECT mobile FROM officer WHERE id = :id", id=officer_id))


@pytest.fixture
def rotated(session: Session) -> Iterator[int]:
    """A series whose rotation is published, on Friday of the first week."""
    clock.configure(frozen=clock.instant_at(FIRST_MONDAY + dt.timedelta(days=4), dt.time(16)))
    series, role, _made = rotating_season(session)
    _open_accounts(session, series)
    who = acting_as("tsc.kisumu-east")
    now = rotation.rotation_now(who.scope, who.actor, series_id=series, role_id=role)
    plan, _found = rotation.planned(now)
    rotation.publish(
        who.scope, who.actor, series_id=series, role_id=role, plan=plan, reason="Weekly"
    )
    yield series
    world.freeze()


def _open_accounts(session: Session, series: int) -> None:
    """The supervisors of the series sign in with their numbers."""
    with arranging(session):
        session.execute(
            text(
                "INSERT INTO ab_user (id, first_name, last_name, username, active, session_epoch,"
                " must_change_password, officer_id) SELECT 900000 + o.id, o.full_name, '', o.mobile,"
                " true, 0, false, o.id FROM officer o JOIN deployment d ON d.officer_id = o.id"
                " WHERE d.series_id = :series"
            ),
            {"series": series},
        )
        session.execute(
            text(
                "INSERT INTO ab_user_role (id, user_id, role_id) SELECT 900000 + u.id, u.id, r.id"
                " FROM ab_user u, ab_role r WHERE u.id > 900000 AND r.name = 'Officer'"
            )
        )


def test_next_supervisor_reads_it_before_and_during_the_stay(
    session: Session, rotated: int
) -> None:
    rows = holders(session, rotated)
    first = next(one for one in rows if one.follows_id is None)
    following = next(
        one for one in rows if one.name == first.name and one.starts_on > first.starts_on
    )
    author = acting_as(_of(session, first.full_name))
    key = write_hand_over(author.scope, author.actor, first.id, WHOLE, submit=True)
    reader = acting_as(_of(session, following.full_name))
    form = queries.form_of(reader.scope, reader.actor, following.id)
    assert form.before is not None
    assert form.before.id == key
    assert [one["text"] for one in form.issues] == ["The key of room 2 is lost."]
    assert queries.hand_over_of(reader.scope, key).author == first.full_name


def test_open_issues_are_carried_and_settled_ones_are_not(session: Session, rotated: int) -> None:
    rows = [one for one in holders(session, rotated) if one.name == "Rotation 1"]
    rows.sort(key=lambda one: one.starts_on)
    first, second, third = rows[:3]
    who = acting_as(_of(session, first.full_name))
    write_hand_over(who.scope, who.actor, first.id, WHOLE, submit=True)
    clock.configure(frozen=clock.instant_at(second.ends_on, dt.time(16)))
    who = acting_as(_of(session, second.full_name))
    form = queries.form_of(who.scope, who.actor, second.id)
    settled = tuple((one["text"], False) for one in form.issues)
    write_hand_over(
        who.scope, who.actor, second.id, Written(issues=(*settled, ("New", True))), submit=True
    )
    who = acting_as(_of(session, third.full_name))
    form = queries.form_of(who.scope, who.actor, third.id)
    assert [one["text"] for one in form.issues] == ["New"]


def test_nothing_is_written_before_the_stay_begins(session: Session, rotated: int) -> None:
    later = max(holders(session, rotated), key=lambda one: one.starts_on)
    who = acting_as(_of(session, later.full_name))
    with pytest.raises(RuleBroken, match="has not begun"):
        write_hand_over(who.scope, who.actor, later.id, WHOLE)


def _of(session: Session, name: str) -> str:
    with scoped_as(session, EVERYTHING):
        return str(world.one(session, "SELECT mobile FROM officer WHERE full_name = :n", n=name))


def test_world_s_forms_stay_in_their_places(session: Session) -> None:
    for reader, code in (("tsc.kisumu-east", world.CENTRE), ("tsc.kisumu-west", world.NEXT_DOOR)):
        who = acting_as(reader)
        found = queries.hand_overs_in(who.scope)
        assert [one.code for one in found] == [code]
        assert found[0].hand_over.issues == [{"text": ISSUE, "open": True}]
    with scoped_as(session, EVERYTHING):
        assert len(session.scalars(select(HandOver.id)).all()) == 3
