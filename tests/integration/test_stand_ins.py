"""A no-show is replaced: the board's places, offers by SMS, the first yes, and what the database holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.attendance.enums import MarkStatus
from app.attendance.services import mark_register
from app.deployments.enums import DeploymentAct
from app.deployments.models import Deployment
from app.errors import IllegalMove, NotFound, RuleBroken
from app.exams.models import StaffRole
from app.extensions import db
from app.people.models import Officer
from app.places.models import Centre
from app.procedures import stand_in_calls, stand_ins
from app.procedures.duties import answer_duty
from app.procedures.stand_ins import Ask
from app.scoping.guard import scoped_as
from app.stand_ins.enums import CallState, Cause, OfferAct, OfferState, Span, Urgency
from app.stand_ins.models import StandInCall, StandInOffer
from app.stand_ins.queries.centres import centres_of, morning
from app.stand_ins.queries.people import Wanted, stand_ins_for
from app.stand_ins.queries.places import places_ahead, places_on
from app.stand_ins.rules import judged
from tests.factories import world
from tests.factories.registers import (
    ABSENT,
    EVERYTHING,
    acting_as,
    centre_id,
    everybody,
    marking,
    office_time,
    statements,
    stored,
)
from tests.factories.texted import texted

DIRECTOR = "tsc.kisumu-east"
CENTRE_LOGIN = f"KCSE{world.CENTRE}"
END = dt.date(2026, 11, 19)


@pytest.fixture
def session(app: Flask, session: Session) -> Iterator[Session]:
    return session


def mark_absent(role: str = "invigilator", code: str = world.CENTRE) -> int:
    """The register of today submitted with the first of the role absent; their deployment."""
    who = acting_as(f"KCSE{code}")
    page = stored(code)
    mark_register(
        who.scope,
        who.actor,
        centre_id(code),
        world.TODAY,
        marking(page, marks=everybody(page, **{role: ABSENT})),
    )
    return next(line.deployment_id for line in page.lines if line.role_code == role)


def spare_mobiles(place: str = "Kisumu East") -> list[str]:
    with scoped_as(db.session, EVERYTHING):
        return list(
            db.session.scalars(
                select(Officer.mobile)
                .where(Officer.workstation == f"{place} Boys")
                .order_by(Officer.id)
            )
        )


def spare_ids(place: str = "Kisumu East") -> tuple[int, ...]:
    with scoped_as(db.session, EVERYTHING):
        return tuple(
            db.session.scalars(
                select(Officer.id)
                .where(Officer.workstation == f"{place} Boys")
                .order_by(Officer.id)
            )
        )


def deployment(pk: int) -> Deployment:
    with scoped_as(db.session, EVERYTHING):
        return db.session.get_one(Deployment, pk, populate_existing=True)


def ask_for(absent: int, *, span: Span = Span.TODAY, **changes: Any) -> Ask:
    held = deployment(absent)
    return replace(Ask(held.post_id, held.slot, world.TODAY, span, spare_ids()), **changes)


def offer_of(mobile: str) -> int:
    with scoped_as(db.session, EVERYTHING):
        return (
            db.session.scalars(
                select(StandInOffer.id)
                .join(Officer, Officer.id == StandInOffer.officer_id)
                .where(Officer.mobile == mobile)
                .order_by(StandInOffer.id.desc())
            ).first()
            or 0
        )


def offered(absent: int, **changes: Any) -> StandInCall:
    who = acting_as(DIRECTOR)
    return stand_ins.offer_place(who.scope, who.actor, ask_for(absent, **changes))


def answer(mobile: str, act: OfferAct = OfferAct.ACCEPT) -> OfferState:
    pk = offer_of(mobile)
    me = acting_as(mobile)
    return stand_ins.answer_offer(me.scope, me.actor, pk, act)


def holders(post_id: int, day: dt.date = world.TODAY) -> int:
    with scoped_as(db.session, EVERYTHING):
        return db.session.scalar(
            text(
                "SELECT count(*) FROM deployment WHERE post_id = :p AND holds @> CAST(:d AS date)"
            ),
            {"p": post_id, "d": day},
        )


def test_the_board_sees_the_absent_and_who_could_come(session: Session) -> None:
    absent = mark_absent()
    who = acting_as(DIRECTOR)
    of = morning(session, world.TODAY)
    centres = {one.code: one for one in centres_of(session, who.scope, of)}
    assert sorted(centres) == [world.CENTRE, world.SECOND_CENTRE, world.PRIMARY]
    here = centres[world.CENTRE]
    assert (here.opened, here.required, here.missing) == (True, 9, 1)
    assert judged(here, clock.now()).urgency is Urgency.SHORT
    assert judged(centres[world.SECOND_CENTRE], clock.now()).urgency is Urgency.NOT_OPENED
    (place,) = places_on(session, who.scope, of, [here.centre_id])
    assert (place.open.cause, place.open.follows.deployment_id) == (Cause.ABSENT, absent)
    assert (place.name, place.said) == (deployment(absent).officer.full_name, "Illness")
    best = stand_ins_for(session, [Wanted(place, world.TODAY, world.TODAY)])
    assert {one.officer_id for one in best[place.key]} >= set(spare_ids())
    assert len(best[place.key]) <= 3
    assert best[place.key][0].distance_km == pytest.approx(1.1, abs=0.1)


def test_who_lives_near_comes_first_among_the_same_workstation(session: Session) -> None:
    """Home is a sub-county: the middle of its schools stands for it."""
    absent, (first, second) = mark_absent(), spare_ids()
    with scoped_as(session, EVERYTHING):
        homes = dict(session.execute(text("SELECT slug, id FROM sub_county")).all())
        for officer, slug in ((first, "nakuru-town-east"), (second, "kisumu-east")):
            session.execute(
                text("UPDATE officer SET home_sub_county_id = :home WHERE id = :id"),
                {"home": homes[slug], "id": officer},
            )
    who = acting_as(DIRECTOR)
    places = places_on(session, who.scope, morning(session, world.TODAY), [centre_id(world.CENTRE)])
    place = next(one for one in places if one.open.follows.deployment_id == absent)
    best = stand_ins_for(session, [Wanted(place, world.TODAY, world.TODAY)])[place.key]
    told = {one.officer_id: one for one in best}
    assert [one.officer_id for one in best if one.officer_id in (first, second)][:1] == [second]
    assert told[second].home_km == pytest.approx(0, abs=15)
    assert first not in told or told[first].home_km > 100


def test_three_queries_more_do_not_come_with_more_places(session: Session) -> None:
    mark_absent()
    who = acting_as(DIRECTOR)
    of = morning(session, world.TODAY)
    ids = [one.centre_id for one in centres_of(session, who.scope, of)]
    place = places_on(session, who.scope, of, ids)[0]
    with statements() as one:
        stand_ins_for(session, [Wanted(place, world.TODAY, world.TODAY)])
    with statements() as many:
        stand_ins_for(session, [Wanted(place, world.TODAY, END)] * 5)
    assert len(one) == len(many)


def test_the_first_yes_gets_the_place_and_the_others_are_told(session: Session) -> None:
    absent = mark_absent()
    call = offered(absent)
    first, second = spare_mobiles()
    said = texted(session, first)[-1]
    assert "stand in as invigilator at Kisumu Day Secondary, Wed 11 Nov" in said
    assert "by 08:15" in said
    assert answer(second) is OfferState.ACCEPTED
    assert answer(first) is OfferState.TAKEN
    with scoped_as(session, EVERYTHING):
        made = session.scalars(select(Deployment).where(Deployment.follows_id == absent)).one()
        held = deployment(absent)
        assert (made.status, made.slot, made.post_id) == ("accepted", held.slot, held.post_id)
        assert (made.starts_on, made.ends_on) == (world.TODAY, world.TODAY)
        assert (held.starts_on, held.ends_on) != (world.TODAY, world.TODAY)
        assert held.status in {"accepted", "published"}
        session.refresh(call)
        assert call.state == CallState.FILLED
        assert "the place is yours" in texted(session, second)[-1]
        assert "call " in texted(session, second)[-1]
        assert "somebody said yes first" in texted(session, first)[-1]
    page = stored(world.CENTRE)
    names = [line.name for line in page.lines]
    assert len(names) == 10
    assert {line.status for line in page.lines if line.deployment_id == absent} == {
        MarkStatus.ABSENT
    }
    assert holders(held.post_id) == 4


def test_to_the_end_the_absent_duty_ends_with_its_marked_day(session: Session) -> None:
    absent = mark_absent()
    offered(absent, span=Span.END)
    assert answer(spare_mobiles()[0]) is OfferState.ACCEPTED
    held = deployment(absent)
    assert (held.status, held.ends_on) == ("withdrawn", world.TODAY)
    with scoped_as(session, EVERYTHING):
        made = session.scalars(select(Deployment).where(Deployment.follows_id == absent)).one()
        mobile = session.get(Officer, held.officer_id).mobile
        assert "withdrawn" in texted(session, mobile)[-1]
    assert (made.starts_on, made.ends_on) == (world.TODAY, END)


def test_a_declined_place_is_offered_to_the_end(session: Session) -> None:
    with scoped_as(session, EVERYTHING):
        held = session.scalars(
            select(Deployment)
            .join(Centre, Centre.id == Deployment.centre_id)
            .join(StaffRole, StaffRole.id == Deployment.role_id)
            .where(Centre.code == world.SECOND_CENTRE, StaffRole.code == "invigilator")
            .order_by(Deployment.id)
        ).first()
        session.execute(
            text("UPDATE deployment SET starts_on = :d WHERE id = :i AND NOT EXISTS"
                 " (SELECT 1 FROM mark WHERE deployment_id = :i)"),
            {"d": world.TODAY, "i": held.id},
        )  # fmt: skip
    spare = spare_ids()[0]
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE post SET required = required + 1 WHERE id = :p"), {"p": held.post_id}
        )
        fresh = Deployment(
            series_id=held.series_id, centre_id=held.centre_id, sub_county_id=held.sub_county_id,
            post_id=held.post_id, role_id=held.role_id, officer_id=spare, slot=5,
            starts_on=dt.date(2026, 11, 12), ends_on=END, status="published",
        )  # fmt: skip
        session.add(fresh)
        session.flush()
    me = acting_as(spare_mobiles()[0])
    answer_duty(me.scope, me.actor, fresh.id, DeploymentAct.DECLINE, "A funeral")
    who = acting_as(DIRECTOR)
    ahead = [one for one in places_ahead(session, who.scope, world.TODAY) if one.open.slot == 5]
    assert [(one.open.cause, one.said, one.open.day) for one in ahead] == [
        (Cause.DECLINED, "A funeral", dt.date(2026, 11, 12))
    ]
    other = spare_ids()[1]
    best = stand_ins_for(session, [Wanted(ahead[0], dt.date(2026, 11, 12), END)])[ahead[0].key]
    ids = {one.officer_id for one in best}
    assert (spare in ids, other in ids) == (False, True)
    call = stand_ins.offer_place(
        who.scope, who.actor, Ask(held.post_id, 5, dt.date(2026, 11, 12), Span.END, (other,))
    )
    assert call.last_day == END
    assert answer(spare_mobiles()[1]) is OfferState.ACCEPTED


def test_after_the_time_a_yes_is_too_late(session: Session) -> None:
    offered(mark_absent())
    with office_time(8, 16):
        assert answer(spare_mobiles()[0]) is OfferState.EXPIRED
    assert holders(deployment_of_call(session).post_id) == 4


def deployment_of_call(session: Session) -> StandInCall:
    with scoped_as(session, EVERYTHING):
        return session.scalars(select(StandInCall).order_by(StandInCall.id.desc())).first()


def test_calls_that_run_out_are_closed(session: Session) -> None:
    offered(mark_absent())
    with office_time(8, 16), scoped_as(session, EVERYTHING):
        stand_in_calls.expire_calls(session)
    assert deployment_of_call(session).state == CallState.EXPIRED


def test_a_foreign_post_is_not_found(session: Session) -> None:
    absent = mark_absent()
    stranger = acting_as("tsc.kisumu-west")
    with pytest.raises(NotFound):
        stand_ins.offer_place(stranger.scope, stranger.actor, ask_for(absent))


def test_what_the_office_takes_back_nobody_gets(session: Session) -> None:
    absent = mark_absent()
    call = offered(absent)
    who = acting_as(DIRECTOR)
    stand_ins.withdraw_call(who.scope, who.actor, call.id)
    assert answer(spare_mobiles()[0]) is OfferState.WITHDRAWN
    assert "no stand-in is needed" in texted(session, spare_mobiles()[0])[-1]
    who = acting_as(DIRECTOR)
    with pytest.raises(IllegalMove) as refused:
        stand_ins.withdraw_call(who.scope, who.actor, call.id)
    assert refused.value.code == "call-settled"


def test_whoever_comes_after_all_keeps_the_place(session: Session) -> None:
    absent = mark_absent()
    offered(absent)
    who = acting_as(CENTRE_LOGIN)
    page = stored(world.CENTRE)
    mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, marking(page))
    assert answer(spare_mobiles()[0]) is OfferState.WITHDRAWN
    assert holders(deployment(absent).post_id) == 4


def test_on_a_yielded_day_the_absent_one_is_not_marked_present(session: Session) -> None:
    """Never more at work than the post requires: the mark stays absent while somebody stands in."""
    absent = mark_absent()
    offered(absent)
    answer(spare_mobiles()[0])
    who = acting_as(CENTRE_LOGIN)
    page = stored(world.CENTRE)
    with pytest.raises(RuleBroken) as refused:
        mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, marking(page))
    assert refused.value.code == "stand-in-serves"
