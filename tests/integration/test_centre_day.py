"""The summary a submit keeps equals what its marks say, after whatever sequence of acts."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.attendance import services
from app.attendance.enums import WORKED, MarkStatus
from app.attendance.models import CentreDay, Dispute
from app.attendance.queries import RegisterPage
from app.attendance.rules import GivenMark
from app.errors import PortalError
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.newcomers import newcomer
from tests.factories.registers import EVERYTHING, acting_as, centre_id, marking, stored

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
SCDE, TSC = "scde.kisumu-east", "tsc.kisumu-east"
COUNTS = ("expected", "present", "late", "absent", "unmarked", "held", "state")


def summary(session: Session) -> dict[int, tuple[Any, ...]]:
    """What is stored, by role."""
    with scoped_as(session, EVERYTHING):
        rows = session.scalars(
            select(CentreDay)
            .where(CentreDay.centre_id == centre_id(world.CENTRE), CentreDay.day == world.TODAY)
            .execution_options(populate_existing=True)
        )
        return {row.role_id: tuple(getattr(row, name) for name in COUNTS) for row in rows}


def recomputed(session: Session) -> dict[int, tuple[Any, ...]]:
    """What the marks and disputes say, by role, counted without SQL."""
    page = stored(world.CENTRE)
    if page.state is None:
        return {}
    with scoped_as(session, EVERYTHING):
        disputed = set(
            session.scalars(
                select(Dispute.deployment_id).where(
                    Dispute.day == world.TODAY, Dispute.state == "open"
                )
            )
        )
    counts: dict[int, Counter[str]] = {}
    for line in page.lines:
        count = counts.setdefault(line.role_id, Counter())
        count["expected"] += 1
        count[str(line.status) if line.status else "unmarked"] += 1
        count["held"] += line.status in WORKED and line.deployment_id in disputed
    return {
        role: (*(count[name] for name in COUNTS[:-1]), str(page.state))
        for role, count in counts.items()
    }


def random_mark(dice: random.Random, deployment_id: int) -> GivenMark:
    status = dice.choice(list(MarkStatus))
    minutes = dice.randint(1, 600) if status is MarkStatus.LATE else None
    reason = None if status is MarkStatus.PRESENT else "Transport"
    return GivenMark(deployment_id, status, minutes, reason)


def random_act(dice: random.Random, page: RegisterPage) -> None:
    """One act by somebody who may do it; whether the state allows it is left to chance."""
    key = (centre_id(world.CENTRE), world.TODAY)
    act = dice.choice(
        ["open", "save", "submit", "submit", "confirm", "return", "reopen", "dispute", "answer"]
    )
    if act in {"open", "save", "submit"}:
        who = acting_as(CENTRE_LOGIN)
        if act == "open":
            services.open_register(who.scope, who.actor, *key)
            return
        marks = tuple(random_mark(dice, line.deployment_id) for line in page.lines)
        some = marks if act == "submit" else tuple(dice.sample(marks, dice.randint(0, len(marks))))
        marker = dice.choice(page.lines).deployment_id
        given = marking(page, submit=act == "submit", marks=some, marked_by=marker)
        services.mark_register(who.scope, who.actor, *key, given)
    elif act in {"confirm", "return", "reopen"}:
        who = acting_as(SCDE)
        reason = {} if act == "confirm" else {"reason": "Look again."}
        getattr(services, f"{act}_register")(who.scope, who.actor, *key, **reason)
    elif act == "dispute":
        line = dice.choice(page.lines)
        who = acting_as(line.telephone)
        services.raise_dispute(
            who.scope, who.actor, line.deployment_id, world.TODAY, claim="I was there."
        )
    else:
        answer_one(dice)


def answer_one(dice: random.Random) -> None:
    who = acting_as(TSC)
    with scoped_as(services.disputes.db.session, EVERYTHING):
        ids = services.disputes.db.session.scalars(
            select(Dispute.id).where(Dispute.day == world.TODAY, Dispute.state == "open")
        ).all()
    if ids:
        state = dice.choice(["upheld", "refused"])
        services.answer_dispute(
            who.scope, who.actor, dice.choice(sorted(ids)), state=state, answer="Seen."
        )


@pytest.mark.parametrize("seed", range(6))
def test_the_summary_equals_its_marks_after_any_sequence_of_acts(
    session: Session, seed: int
) -> None:
    dice = random.Random(seed)
    stored_acts = 0
    for _ in range(25):
        session.commit()
        try:
            random_act(dice, stored(world.CENTRE))
        except PortalError:
            continue
        stored_acts += 1
        assert summary(session) == recomputed(session)
    assert stored_acts > 5


def test_the_comparison_can_fail(session: Session) -> None:
    who = acting_as(CENTRE_LOGIN)
    services.mark_register(
        who.scope,
        who.actor,
        centre_id(world.CENTRE),
        world.TODAY,
        marking(stored(world.CENTRE)),
    )
    with scoped_as(session, EVERYTHING):
        session.execute(text("UPDATE centre_day SET present = present - 1, absent = absent + 1"))
    assert summary(session) != recomputed(session)


def test_a_role_that_left_the_roster_leaves_the_summary(session: Session) -> None:
    who = acting_as(CENTRE_LOGIN)
    key = (centre_id(world.CENTRE), world.TODAY)
    services.open_register(who.scope, who.actor, *key)
    clerk = stored(world.CENTRE).lines[-1]
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE deployment SET status = 'withdrawn', ends_on = :day WHERE id = :one"),
            {"day": world.TODAY - dt.timedelta(1), "one": clerk.deployment_id},
        )
    acting_as(CENTRE_LOGIN)
    services.mark_register(who.scope, who.actor, *key, marking(stored(world.CENTRE)))
    assert clerk.role_id not in summary(session)
    assert summary(session) == recomputed(session)


def test_somebody_deployed_after_the_submit_is_unmarked_until_a_correction(
    session: Session,
) -> None:
    page = stored(world.CENTRE)
    late_comer = newcomer(session, beside=page.lines[-1].deployment_id, status="proposed")
    who = acting_as(CENTRE_LOGIN)
    key = (centre_id(world.CENTRE), world.TODAY)
    services.mark_register(who.scope, who.actor, *key, marking(stored(world.CENTRE)))
    with scoped_as(session, EVERYTHING):
        show = text("UPDATE deployment SET status = 'published' WHERE id = :one")
        session.execute(show, {"one": late_comer})
    acting_as(CENTRE_LOGIN)
    after = stored(world.CENTRE)
    assert after.lines[-1].status is None
    given = replace(marking(after), marks=marking(after).marks)
    services.mark_register(who.scope, who.actor, *key, given)
    assert summary(session) == recomputed(session)
    assert stored(world.CENTRE).lines[-1].status is MarkStatus.PRESENT
