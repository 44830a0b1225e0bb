"""Somebody on duty moves, or two change places: deployment, letters, registers and messages at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.attendance.enums import MarkStatus
from app.attendance.models import CentreDay
from app.attendance.rules import GivenMark
from app.attendance.services import confirm_register, mark_register, open_register
from app.deployments.models import Deployment
from app.deployments.queries.moves import moves_around, open_places
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, RuleBroken
from app.letters.models import Letter
from app.procedures import redeployment
from app.procedures.redeployment import Wish
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, centre_id, marking, stored
from tests.factories.texted import texted
from tests.factories.world_redeploy import one_on_duty, open_place

DIRECTOR = "tsc.kisumu-east"
TODAY = world.TODAY
SERIES_ENDS = dt.date(2026, 11, 19)
WHY = "The centre has nobody who reads braille."


def moved(session: Session, deployment: Deployment, post_id: int, **changes: Any) -> Deployment:
    who = acting_as(DIRECTOR)
    wish = replace(Wish(post_id, TODAY, WHY), **changes)
    return redeployment.redeploy(who.scope, who.actor, deployment.id, wish)


def letters_of(session: Session, *deployments: int) -> list[tuple[int, str]]:
    with scoped_as(session, EVERYTHING):
        return list(
            session.execute(
                select(Letter.deployment_id, Letter.state)
                .where(Letter.deployment_id.in_(deployments))
                .order_by(Letter.id)
            ).tuples()
        )


def names_on(code: str, day: dt.date = TODAY) -> set[str]:
    return {line.name for line in stored(code, day).lines}


def expected_on(session: Session, code: str, day: dt.date = TODAY) -> dict[str, tuple[int, int]]:
    """(expected, unmarked) of each role in the day's summary."""
    with scoped_as(session, EVERYTHING):
        rows = session.execute(
            text(
                "SELECT r.code, d.expected, d.unmarked FROM centre_day d JOIN staff_role r"
                " ON r.id = d.role_id WHERE d.centre_id = :centre AND d.day = :day"
            ),
            {"centre": centre_id(code), "day": day},
        ).all()
    return {row.code: (row.expected, row.unmarked) for row in rows}


def test_old_duty_ends_new_one_follows_and_both_letters_stay(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    new = moved(session, old, post)
    session.expire_all()
    with scoped_as(session, EVERYTHING):
        assert (old.status, old.ends_on, old.reason) == ("replaced", world.YESTERDAY, WHY)
        assert (new.status, new.starts_on, new.ends_on) == ("published", TODAY, SERIES_ENDS)
        assert (new.follows_id, new.centre.code) == (old.id, world.SECOND_CENTRE)
    assert letters_of(session, old.id, new.id) == [(old.id, "replaced"), (new.id, "valid")]


def test_officer_and_both_centres_are_told(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    with scoped_as(session, EVERYTHING):
        name, mobile = old.officer.full_name, old.officer.mobile
        here, there = (
            one_on_duty(session, "centre_manager", code).officer.mobile
            for code in (world.CENTRE, world.SECOND_CENTRE)
        )
    moved(session, old, post)
    (said,) = texted(session, mobile)
    assert said.startswith("Sajili: your duty has moved: invigilator at Nyamasaria Secondary")
    assert texted(session, here) == [
        f"Sajili: {name}, invigilator, leaves Kisumu Day Secondary for Nyamasaria Secondary on"
        " Wed 11 Nov. Your register no longer lists them from that day."
    ]
    assert texted(session, there) == [
        f"Sajili: {name} comes to Nyamasaria Secondary as invigilator on Wed 11 Nov, from Kisumu"
        " Day Secondary. Your register lists them from that day."
    ]


def test_open_register_rows_follow(session: Session) -> None:
    """Both registers of today are open without a mark: the row leaves the one, appears on the other."""
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    with scoped_as(session, EVERYTHING):
        name = old.officer.full_name
    for code in (world.CENTRE, world.SECOND_CENTRE):
        who = acting_as(f"KCSE{code}")
        open_register(who.scope, who.actor, centre_id(code), TODAY)
    assert name in names_on(world.CENTRE)
    moved(session, old, post)
    assert name not in names_on(world.CENTRE)
    assert name in names_on(world.SECOND_CENTRE)
    assert expected_on(session, world.CENTRE)["invigilator"] == (3, 3)
    assert expected_on(session, world.SECOND_CENTRE)["invigilator"] == (5, 5)


def test_both_centres_submit_what_they_now_have(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    moved(session, old, post)
    for code, people in ((world.CENTRE, 8), (world.SECOND_CENTRE, 10)):
        who = acting_as(f"KCSE{code}")
        answer = mark_register(who.scope, who.actor, centre_id(code), TODAY, marking(stored(code)))
        assert (answer["state"], len(answer["rows"])) == ("submitted", people)


def test_whoever_read_a_submitted_register_reads_it_again_after_somebody_came(
    session: Session,
) -> None:
    """The newcomer is not marked yet: confirmed unread, they would not be paid."""
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who, scde = acting_as(f"KCSE{world.SECOND_CENTRE}"), acting_as("scde.kisumu-east")
    where = centre_id(world.SECOND_CENTRE)
    page = marking(stored(world.SECOND_CENTRE))
    read = mark_register(who.scope, who.actor, where, TODAY, page)["version"]
    moved(session, old, post)
    with pytest.raises(Conflict):
        confirm_register(scde.scope, scde.actor, where, TODAY, version=read)


def test_days_that_are_marked_stay_and_the_first_possible_day_is_named(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who = acting_as(f"KCSE{world.CENTRE}")
    page = stored(world.CENTRE)
    here = (GivenMark(old.id, MarkStatus.PRESENT),)
    mark_register(
        who.scope,
        who.actor,
        centre_id(world.CENTRE),
        TODAY,
        marking(page, marks=here, submit=False),
    )
    with pytest.raises(RuleBroken) as refused:
        moved(session, old, post)
    assert "can move on Thu 12 Nov at the earliest" in refused.value.problems[0].spoken()
    new = moved(session, old, post, from_day=TODAY + dt.timedelta(days=1))
    with scoped_as(session, EVERYTHING):
        assert (old.ends_on, new.starts_on) == (TODAY, TODAY + dt.timedelta(days=1))
        worked = session.scalars(
            text(f"SELECT deployment_id FROM mark WHERE officer_id = {old.officer_id}"
                 " ORDER BY day DESC LIMIT 1")
        ).one()  # fmt: skip
    assert worked == old.id
    assert old.officer.full_name in names_on(world.CENTRE)


def test_somebody_who_moves_tomorrow_is_still_on_duty_today(session: Session) -> None:
    manager, post = one_on_duty(session, "centre_manager"), open_place(session, "centre_manager")
    moved(session, manager, post, from_day=TODAY + dt.timedelta(days=1))
    with scoped_as(session, EVERYTHING):
        mobile = manager.officer.mobile
    assert acting_as(mobile).scope.centre_ids == frozenset({centre_id(world.CENTRE)})
    markers = [one.deployment_id for one in stored(world.CENTRE).markers if one.on_duty_today]
    assert manager.id in markers


@pytest.mark.parametrize(
    ("days", "code"),
    [(-1, "day-too-early"), (30, "day-too-late")],
    ids=["gone by", "after the end"],
)
def test_a_day_outside_what_is_left_is_refused(session: Session, days: int, code: str) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    with pytest.raises(RuleBroken) as refused:
        moved(session, old, post, from_day=TODAY + dt.timedelta(days=days))
    assert refused.value.problems[0].code == code


def test_a_register_that_is_confirmed_at_the_new_centre_takes_nobody_in(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    from tests.factories.registers import bring_to

    bring_to("confirmed", world.SECOND_CENTRE)
    with pytest.raises(RuleBroken) as refused:
        moved(session, old, post)
    assert "Thu 12 Nov" in refused.value.problems[0].spoken()


def test_a_full_post_and_every_bar_are_refused_and_nothing_changes(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "supervisor")
    with pytest.raises(RuleBroken) as refused:
        moved(session, old, post)
    assert [one.code for one in refused.value.problems] == ["barred-teaches-at"]
    session.expire_all()
    with scoped_as(session, EVERYTHING):
        assert old.status in {"published", "accepted"}
    assert [state for _id, state in letters_of(session, old.id)] == ["valid"]


def test_what_the_officer_asked_is_answered_with_the_move(session: Session) -> None:
    from app.deployments.models import DeploymentCorrection
    from app.deployments.services import corrections

    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    with scoped_as(session, EVERYTHING):
        mobile = old.officer.mobile
    me = acting_as(mobile)
    asked = corrections.open_correction(me.scope, me.actor, old.id, kind="station", words="Too far")
    moved(session, old, post, correction_id=asked)
    with scoped_as(session, EVERYTHING):
        found = session.get(DeploymentCorrection, asked)
        assert (found.state, found.answer) == ("redeployed", WHY)
    other = open_place(session, "invigilator")
    with pytest.raises(NotFound):
        moved(session, one_on_duty(session, "invigilator", number=1), other, correction_id=9_999)


def test_a_reason_is_needed_and_the_same_post_is_no_move(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    with pytest.raises(RuleBroken, match="reason"):
        moved(session, old, post, reason="  ")
    with pytest.raises(RuleBroken, match="holds this post already"):
        moved(session, old, old.post_id)


def test_second_redeployment_of_the_same_duty_is_refused(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    moved(session, old, post)
    with pytest.raises(IllegalMove):
        moved(session, old, post)


def test_nothing_leaves_the_sub_county(session: Session) -> None:
    old = one_on_duty(session, "invigilator")
    foreign = open_place(session, "invigilator", world.NEXT_DOOR)
    with pytest.raises(NotFound):
        moved(session, old, foreign)
    post = open_place(session, "invigilator")
    theirs = one_on_duty(session, "invigilator", world.NEXT_DOOR)
    with pytest.raises(NotFound):
        moved(session, theirs, post)


def test_scde_redeploys_nobody(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who = acting_as("scde.kisumu-east")
    with pytest.raises(NotAllowed):
        redeployment.redeploy(who.scope, who.actor, old.id, Wish(post, TODAY, WHY))


def test_places_to_move_to_are_those_with_a_place_free(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who = acting_as(DIRECTOR)
    found, total = open_places(session, who.scope, old, first=TODAY)
    assert [(row.post_id, row.free) for row in found] == [(post, 1)]
    assert total == 1
    assert open_places(session, who.scope, old, first=TODAY, words="Nyama") == (found, 1)
    assert open_places(session, who.scope, old, first=TODAY, words="Maseno%") == ([], 0)


def test_both_centres_read_who_comes_and_who_leaves(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    new = moved(session, old, post)
    days = {"since": TODAY, "until": TODAY}
    for centre, comes, other in (
        (old.centre_id, False, "Nyamasaria Secondary"),
        (new.centre_id, True, "Kisumu Day Secondary"),
    ):
        (said,) = moves_around(session, centre_id=centre, sub_county_id=new.sub_county_id, **days)
        assert (said.comes, said.other, said.first) == (comes, other, TODAY)


def swapped(a: Deployment, b: Deployment, **changes: Any) -> tuple[Deployment, Deployment]:
    who = acting_as(DIRECTOR)
    asked = {"from_day": TODAY, "reason": WHY} | changes
    return redeployment.swap(who.scope, who.actor, a=a.id, b=b.id, **asked)


def test_two_people_exchange_their_full_posts(session: Session) -> None:
    """Neither post has a place free: the exchange works because both old duties end first."""
    a = one_on_duty(session, "supervisor", world.CENTRE)
    b = one_on_duty(session, "supervisor", world.SECOND_CENTRE)
    first, second = swapped(a, b)
    with scoped_as(session, EVERYTHING):
        assert (first.post_id, first.officer_id, first.follows_id) == (
            b.post_id,
            a.officer_id,
            a.id,
        )
        assert (second.post_id, second.officer_id) == (a.post_id, b.officer_id)
        assert [one.status for one in (a, b, first, second)] == [
            "replaced", "replaced", "published", "published",
        ]  # fmt: skip
    assert letters_of(session, a.id, b.id, first.id, second.id) == [
        (a.id, "replaced"), (b.id, "replaced"), (first.id, "valid"), (second.id, "valid"),
    ]  # fmt: skip


def test_every_bar_of_either_refuses_the_swap(session: Session) -> None:
    a = one_on_duty(session, "supervisor", world.CENTRE)
    b = one_on_duty(session, "invigilator", world.SECOND_CENTRE)
    with pytest.raises(RuleBroken) as refused:
        swapped(a, b)
    with scoped_as(session, EVERYTHING):
        names = [a.officer.full_name, b.officer.full_name]
    said = [one.spoken() for one in refused.value.problems]
    assert [line.startswith(name) for line, name in zip(said, names, strict=True)] == [True, True]
    assert all("teach" in line for line in said)


def test_a_swap_with_somebody_withdrawn_is_refused(session: Session) -> None:
    a = one_on_duty(session, "supervisor", world.CENTRE)
    b = one_on_duty(session, "supervisor", world.SECOND_CENTRE)
    from app.procedures import duties

    who = acting_as(DIRECTOR)
    duties.withdraw_deployments(who.scope, who.actor, [b.id], "Ill")
    with pytest.raises(IllegalMove):
        swapped(a, b)


def test_plan_says_what_would_happen_and_stores_nothing(session: Session) -> None:
    old, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who = acting_as(DIRECTOR)
    plan = redeployment.plan_move(
        who.scope, who.actor, deployment_id=old.id, post_id=post, from_day=TODAY
    )
    assert (plan.old_ends, plan.first, plan.last, plan.bars) == (
        world.YESTERDAY, TODAY, old.ends_on, (),
    )  # fmt: skip
    a = one_on_duty(session, "supervisor", world.CENTRE)
    b = one_on_duty(session, "supervisor", world.SECOND_CENTRE)
    acting_as(DIRECTOR)
    both = redeployment.plan_swap(who.scope, who.actor, a=a.id, b=b.id, from_day=TODAY)
    assert [one.post.id for one in both] == [b.post_id, a.post_id]
    assert a.status in {"published", "accepted"}


def test_day_s_summary_keeps_what_was_marked(session: Session) -> None:
    """Marks of the others stand in the summary after somebody left the roster."""
    leaving, post = one_on_duty(session, "invigilator"), open_place(session, "invigilator")
    who = acting_as(f"KCSE{world.CENTRE}")
    page = stored(world.CENTRE)
    others = tuple(
        GivenMark(line.deployment_id, MarkStatus.PRESENT)
        for line in page.lines
        if line.role_code == "invigilator" and line.deployment_id != leaving.id
    )
    sent = marking(page, marks=others, submit=False)
    mark_register(who.scope, who.actor, centre_id(world.CENTRE), TODAY, sent)
    moved(session, leaving, post)
    with scoped_as(session, EVERYTHING):
        day = session.scalars(
            select(CentreDay).where(
                CentreDay.centre_id == leaving.centre_id,
                CentreDay.day == TODAY,
                CentreDay.role_id == leaving.role_id,
            )
        ).one()
        assert (day.expected, day.present, day.unmarked) == (3, 3, 0)
