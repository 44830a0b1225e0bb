"""What worked days earned is never rewritten: not by ending a rate, nor by adding or changing one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.claims.frames import claims_by_place_and_role
from app.errors import RuleBroken
from app.exams.models import DayRate, Examination, Series, StaffRole
from app.exams.slices import slice_from
from app.places.models import County
from app.procedures import needs
from app.scoping.scope import NATIONAL
from tests.factories import world
from tests.factories.registers import acting_as

KISUMU = "42"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def rate_of(session: Session, role: str, examination: str = "KCSE") -> Any:
    return session.scalars(
        select(DayRate)
        .join(StaffRole, StaffRole.id == DayRate.role_id)
        .where(StaffRole.code == role, DayRate.examination.has(code=examination))
    ).one()


def earned(session: Session) -> list[Any]:
    words = {"series": "KCSE-2026", "by": "role", "day": "all"}
    part = slice_from(session, NATIONAL, words, today=world.TODAY)
    return list(claims_by_place_and_role(session, NATIONAL, part)["earned_kes"])


def regional(session: Session, role: str, since: dt.date) -> dict[str, Any]:
    """A rate of one county for a role, from a day."""
    examination = select(Examination.id).where(Examination.code == "KCSE")
    return {
        "examination_id": session.scalars(examination).one(),
        "role_id": session.scalars(select(StaffRole.id).where(StaffRole.code == role)).one(),
        "county_id": session.scalars(select(County.id).where(County.code == KISUMU)).one(),
        "kes_per_day": 9_999,
        "year": 2026,
        "effective_from": since,
        "source": "circular",
    }


@pytest.mark.parametrize("last_day", [dt.date(2026, 11, 5), world.YESTERDAY])
def test_rate_is_not_ended_before_days_it_paid(session: Session, last_day: dt.date) -> None:
    admin, before = acting_as("admin"), earned(session)
    rate = rate_of(session, "supervisor")
    with pytest.raises(RuleBroken) as refused:
        needs.end_rates(admin.scope, admin.actor, [rate.id], last_day=last_day)
    assert refused.value.code == "ends-before-use"
    assert refused.value.facts == {"day": world.TODAY}
    assert str(refused.value) == "This was in use up to Wed 11 Nov. End it on that day or later."
    session.expire_all()
    assert (rate.effective_to, earned(session)) == (None, before)


def test_rate_ends_today_and_the_next_begins_tomorrow(session: Session) -> None:
    admin, before = acting_as("admin"), earned(session)
    rate = rate_of(session, "supervisor")
    needs.end_rates(admin.scope, admin.actor, [rate.id], last_day=world.TODAY)
    tomorrow = world.TODAY + dt.timedelta(days=1)
    values = regional(session, "supervisor", tomorrow) | {"county_id": None}
    assert needs.add_rate(admin.scope, admin.actor, values=values).id
    assert earned(session) == before


def test_rule_is_not_ended_before_days_it_served(session: Session) -> None:
    admin = acting_as("admin")
    rule = session.scalars(select(needs.RatioRule).order_by(needs.RatioRule.id)).first()
    assert rule is not None
    with pytest.raises(RuleBroken) as refused:
        needs.end_rules(admin.scope, admin.actor, [rule.id], last_day=world.YESTERDAY)
    assert refused.value.code == "ends-before-use"


def test_county_rate_does_not_take_the_place_of_what_worked_days_earned(session: Session) -> None:
    admin, before = acting_as("admin"), earned(session)
    values = regional(session, "supervisor", world.YESTERDAY)
    with pytest.raises(RuleBroken) as refused:
        needs.add_rate(admin.scope, admin.actor, values=values)
    assert refused.value.code == "overrides-used-rate"
    assert earned(session) == before


def test_county_rate_from_tomorrow_and_the_first_rate_of_a_role_are_taken(
    session: Session,
) -> None:
    admin = acting_as("admin")
    tomorrow = world.TODAY + dt.timedelta(days=1)
    values = regional(session, "supervisor", tomorrow)
    assert needs.add_rate(admin.scope, admin.actor, values=values).id
    first_ever = regional(session, "clerk", dt.date(2025, 1, 1)) | {"county_id": None}
    assert needs.add_rate(admin.scope, admin.actor, values=first_ever).id


def test_season_said_to_be_planned_again_still_holds_its_rates(session: Session) -> None:
    admin = acting_as("admin")
    session.execute(update(Series).values(status="planned"))
    rate = rate_of(session, "supervisor")
    with pytest.raises(RuleBroken) as refused:
        needs.edit_rate(admin.scope, admin.actor, pk=rate.id, values={"kes_per_day": 9})
    assert refused.value.code == "rule-in-use"
