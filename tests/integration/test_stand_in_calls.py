"""A call for a stand-in ends by itself as soon as nobody is needed, and whoever was asked hears it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.attendance.enums import MarkStatus
from app.attendance.rules import GivenMark
from app.audit.models import Event
from app.deployments.services import Placing
from app.extensions import db
from app.procedures import registers, stand_in_calls
from app.procedures.duties import place_officer
from app.scoping.guard import scoped_as
from app.stand_ins.enums import CallState, OfferAct, OfferState
from app.stand_ins.models import StandInOffer
from tests.factories import world
from tests.factories.registers import (
    ABSENT,
    EVERYTHING,
    LATE,
    acting_as,
    centre_id,
    everybody,
    marking,
    stored,
)
from tests.factories.texted import texted
from tests.integration.test_stand_ins import (
    CENTRE_LOGIN,
    DIRECTOR,
    answer,
    deployment,
    deployment_of_call,
    mark_absent,
    offer_of,
    offered,
    spare_ids,
    spare_mobiles,
)

NO_LONGER = "Sajili: no stand-in is needed any more at Kisumu Day Secondary, Wed 11 Nov. Thank you."
PRESENT = GivenMark(0, MarkStatus.PRESENT)


def mark(said: GivenMark, *, submit: bool) -> None:
    """The centre's word about the invigilator who was absent, and everybody else present."""
    who, page = acting_as(CENTRE_LOGIN), stored(world.CENTRE)
    sent = marking(page, submit=submit, marks=everybody(page, invigilator=said))
    registers.mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, sent)


def states(session: Session) -> tuple[str, set[str]]:
    """How the newest call stands, and its offers."""
    call = deployment_of_call(session)
    with scoped_as(session, EVERYTHING):
        session.refresh(call)
        offers = session.query(StandInOffer).where(StandInOffer.call_id == call.id)
        return call.state, {one.state for one in offers.populate_existing()}


@pytest.mark.parametrize(("said", "submit"), [(PRESENT, True), (PRESENT, False), (LATE, True)])
def test_whoever_comes_after_all_ends_the_call(
    session: Session, said: GivenMark, submit: bool
) -> None:
    mark(ABSENT, submit=submit)
    missed = next(one for one in stored(world.CENTRE).lines if one.status == MarkStatus.ABSENT)
    offered(missed.deployment_id)
    mark(said, submit=submit)
    assert states(session) == (CallState.WITHDRAWN, {OfferState.WITHDRAWN})
    for mobile in spare_mobiles():
        assert texted(session, mobile)[-1] == NO_LONGER
    with scoped_as(session, EVERYTHING):
        event = session.query(Event).where(Event.action == "stand_in.settled").all()[-1]
    assert (event.actor_name, event.after) == ("stand-ins", {"state": "withdrawn"})


def test_who_said_no_is_not_told_again(session: Session) -> None:
    offered(mark_absent())
    refusing, waiting = spare_mobiles()
    answer(refusing, OfferAct.REFUSE)
    before = len(texted(session, refusing))
    mark(PRESENT, submit=True)
    assert (len(texted(session, refusing)), texted(session, waiting)[-1]) == (before, NO_LONGER)


def test_absent_still_keeps_the_call(session: Session) -> None:
    offered(mark_absent())
    mark(ABSENT, submit=True)
    stand_in_calls.close_filled_calls(session)
    assert states(session) == (CallState.OPEN, {OfferState.OFFERED})
    assert answer(spare_mobiles()[0]) is OfferState.ACCEPTED


def test_a_place_filled_at_another_desk_ends_the_call(session: Session) -> None:
    """Every minute, whichever act it was that filled the place."""
    held = deployment(mark_absent("security"))
    (first, second), who = spare_ids(), acting_as(DIRECTOR)
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE post SET required = required + 1 WHERE id = :p"), {"p": held.post_id}
        )
        session.commit()
    slot = 3
    offered(held.id, slot=slot, officer_ids=(first,))
    stand_in_calls.close_filled_calls(session)
    assert states(session)[0] == CallState.OPEN
    who = acting_as(DIRECTOR)
    placing = Placing(second, held.post_id, world.TODAY, world.TODAY, reason="By hand", slot=slot)
    place_officer(session, who.actor, placing)
    session.commit()
    stand_in_calls.close_filled_calls(session)
    assert states(session) == (CallState.WITHDRAWN, {OfferState.WITHDRAWN})
    assert texted(session, spare_mobiles()[0])[-1] == NO_LONGER


def test_the_worker_looks_every_minute(session: Session) -> None:
    import views
    from app import worker

    task = worker.known([views]).by_name["stand_ins.expire"]
    assert task.cron == "* * * * *"
    offered(mark_absent())
    who, page = acting_as(CENTRE_LOGIN), stored(world.CENTRE)
    from app.attendance.services import mark_register

    sent = marking(page)
    mark_register(who.scope, who.actor, centre_id(world.CENTRE), world.TODAY, sent)
    assert states(session)[0] == CallState.OPEN
    with scoped_as(db.session, EVERYTHING):
        task.work()
    assert states(session)[0] == CallState.WITHDRAWN


def test_a_program_that_marks_ends_the_call(session: Session, client: Any, token_of: Any) -> None:
    offered(mark_absent())
    page = stored(world.CENTRE)
    body = {
        "request_id": str(uuid.uuid4()),
        "version": page.version,
        "submit": True,
        "marked_by": page.lines[0].deployment_id,
        "marks": [
            {"deployment_id": line.deployment_id, "status": "present"} for line in page.lines
        ],
    }
    address = f"/api/v1/registers/{world.CENTRE}/{world.TODAY}"
    done = client.put(address, json=body, headers=token_of(CENTRE_LOGIN))
    assert done.status_code == 200
    assert states(session) == (CallState.WITHDRAWN, {OfferState.WITHDRAWN})


def test_calls_of_other_days_and_centres_stay(session: Session) -> None:
    offered(mark_absent())
    stand_in_calls.close_calls_at(session, centre_id(world.SECOND_CENTRE), world.TODAY)
    tomorrow = world.TODAY + dt.timedelta(days=1)
    stand_in_calls.close_calls_at(session, centre_id(world.CENTRE), tomorrow)
    assert states(session)[0] == CallState.OPEN
    assert offer_of(spare_mobiles()[0])
