"""An officer contests a day: it is held, it reaches the TSC director, and it is answered once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.attendance import services
from app.attendance.models import CentreDay, Dispute
from app.attendance.queries import Line, count_of_disputes, disputes_in
from app.attendance.queries.histories import with_own_centres
from app.audit.models import Event
from app.errors import Conflict, IllegalMove, NotAllowed, NotFound, RuleBroken
from app.scoping.guard import current_scope, scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world
from tests.factories.registers import EVERYTHING, acting_as, bring_to, stored

TSC = "tsc.kisumu-east"


def invigilator(code: str = world.CENTRE, day: dt.date = world.TODAY) -> Line:
    return next(line for line in stored(code, day).lines if line.role_code == "invigilator")


def contest(line: Line, day: dt.date = world.TODAY, claim: str = "I was there.") -> int:
    who = acting_as(line.telephone)
    return services.raise_dispute(who.scope, who.actor, line.deployment_id, day, claim=claim)


def held(session: Session, role_id: int) -> int:
    with scoped_as(session, EVERYTHING):
        return session.scalars(
            select(CentreDay.held).where(
                CentreDay.centre_id == stored(world.CENTRE).place.centre_id,
                CentreDay.day == world.TODAY,
                CentreDay.role_id == role_id,
            )
        ).one()


def test_a_dispute_of_a_worked_day_holds_it(session: Session) -> None:
    bring_to("submitted")
    line = invigilator()
    contest(line)
    assert (held(session, line.role_id), invigilator().disputed) == (1, True)


def test_a_dispute_raised_before_the_marking_is_held_by_it(session: Session) -> None:
    line = invigilator()
    contest(line)
    bring_to("submitted")
    assert held(session, line.role_id) == 1


@pytest.mark.parametrize("state", ["upheld", "refused"])
def test_an_answered_day_is_held_no_longer(session: Session, state: str) -> None:
    bring_to("submitted")
    line = invigilator()
    one = contest(line)
    who = acting_as(TSC)
    dispute = services.answer_dispute(who.scope, who.actor, one, state=state, answer="I asked.")
    assert (dispute.state, dispute.answer, dispute.answered_by) == (
        state,
        "I asked.",
        who.actor.user_id,
    )
    assert held(session, line.role_id) == 0


def test_a_dispute_is_answered_once(session: Session) -> None:
    one = contest(invigilator())
    who = acting_as(TSC)
    services.answer_dispute(who.scope, who.actor, one, state="refused", answer="No.")
    with pytest.raises(IllegalMove):
        services.answer_dispute(who.scope, who.actor, one, state="upheld", answer="Yes.")


def test_a_day_is_disputed_once_at_a_time(session: Session) -> None:
    line = invigilator()
    contest(line)
    with pytest.raises(Conflict) as caught:
        contest(line)
    assert caught.value.code == "already-disputed"


def test_an_officer_contests_only_their_own_days(session: Session) -> None:
    line = invigilator()
    other = stored(world.CENTRE).lines[-1]
    who = acting_as(other.telephone)
    with pytest.raises(NotFound):
        services.raise_dispute(who.scope, who.actor, line.deployment_id, world.TODAY, claim="x")


def test_a_manager_contests_no_other_persons_day(session: Session) -> None:
    line = invigilator()
    manager = next(one for one in stored(world.CENTRE).lines if one.manages_centre)
    who = acting_as(manager.telephone)
    with pytest.raises(NotFound):
        services.raise_dispute(who.scope, who.actor, line.deployment_id, world.TODAY, claim="x")


def test_a_day_to_come_is_not_contested(session: Session) -> None:
    with pytest.raises(RuleBroken) as caught:
        contest(invigilator(), world.TODAY + dt.timedelta(1))
    assert caught.value.code == "day-to-come"


@pytest.mark.parametrize("claim", ["", "   ", "x" * 501])
def test_a_dispute_says_what_is_wrong(session: Session, claim: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        contest(invigilator(), claim=claim)
    assert caught.value.field == "claim"


@pytest.mark.parametrize(
    ("account", "refusal"),
    [("scde.kisumu-east", NotAllowed), ("monitor", NotAllowed), ("tsc.kisumu-west", NotFound)],
)
def test_only_the_tsc_director_of_the_place_answers(
    session: Session, account: str, refusal: type[Exception]
) -> None:
    one = contest(invigilator())
    who = acting_as(account)
    with pytest.raises(refusal):
        services.answer_dispute(who.scope, who.actor, one, state="upheld", answer="Yes.")


def test_the_dispute_reaches_the_director_of_the_place_alone(session: Session) -> None:
    one = contest(invigilator())
    here, there = acting_as(TSC), acting_as("tsc.kisumu-west")
    acting_as(TSC)
    assert one in [line.dispute_id for line in disputes_in(here.scope)]
    assert count_of_disputes(here.scope) == len(disputes_in(here.scope)) > 0
    acting_as("tsc.kisumu-west")
    assert one not in [line.dispute_id for line in disputes_in(there.scope)]
    assert count_of_disputes(there.scope) == len(disputes_in(there.scope))


def test_count_of_disputes_is_that_of_the_scope_alone(session: Session) -> None:
    """Asked for next door's from inside the nation's session, only the query's own wall counts."""
    contest(invigilator())
    there = acting_as("tsc.kisumu-west")
    with scoped_as(session, NATIONAL):
        assert count_of_disputes(there.scope, state=None) == len(
            disputes_in(there.scope, state=None)
        )
        assert count_of_disputes(NATIONAL, state=None) > count_of_disputes(there.scope, state=None)


def test_raising_and_answering_are_events(session: Session) -> None:
    one = contest(invigilator())
    who = acting_as(TSC)
    services.answer_dispute(who.scope, who.actor, one, state="upheld", answer="Seen there.")
    with scoped_as(session, EVERYTHING):
        events: list[Any] = session.execute(
            select(Event.action, Event.reason)
            .where(Event.entity == "dispute", Event.entity_id == str(one))
            .order_by(Event.id)
        ).all()
    assert [tuple(event) for event in events] == [
        ("dispute.raised", "I was there."),
        ("dispute.answered", "Seen there."),
    ]


def test_the_officers_scope_is_as_narrow_as_before(session: Session) -> None:
    line = invigilator()
    contest(line)
    assert list(session.scalars(select(CentreDay))) == []
    assert {one.officer_id for one in session.scalars(select(Dispute))} == {line.officer_id}


def test_a_refusal_of_the_database_in_a_wider_scope_is_the_one_that_is_heard(
    session: Session,
) -> None:
    line = invigilator()
    who = acting_as(line.telephone)
    wider = with_own_centres(who.scope)
    with pytest.raises(DBAPIError) as caught, session.begin_nested(), wider:
        session.execute(text("UPDATE centre_day SET held = -1"))
    assert caught.value.orig.diag.constraint_name == "ck_centre_day_held"
    assert current_scope(session) == who.scope
