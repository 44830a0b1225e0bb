"""Days that were worked stay in the calendar, and with them what they earned."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import RuleBroken
from app.exams.models import ExamDay, Examination, Series
from app.procedures import calendar
from tests.factories import world
from tests.factories.registers import Someone, acting_as

LAST = dt.date(2026, 11, 19)


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def admin(session: Session) -> Someone:
    return acting_as("admin")


def season(session: Session) -> Any:
    return session.scalars(select(Series).where(Series.code == "KCSE-2026")).one()


def day_of(session: Session, day: dt.date) -> Any:
    known = select(ExamDay).where(ExamDay.series_id == season(session).id, ExamDay.day == day)
    return session.scalars(known).one()


@pytest.mark.parametrize(
    "values", [{"payable": False}, {"day": dt.date(2026, 11, 15)}, {"kind": "oral"}]
)
def test_worked_day_keeps_what_decides_its_pay(
    session: Session, admin: Someone, values: dict[str, Any]
) -> None:
    worked = day_of(session, world.YESTERDAY).id
    with pytest.raises(RuleBroken) as refused:
        calendar.edit_day(admin.scope, admin.actor, pk=worked, values=values)
    assert refused.value.code == "day-worked"


def test_worked_day_is_not_deleted(session: Session, admin: Someone) -> None:
    worked = day_of(session, world.YESTERDAY).id
    with pytest.raises(RuleBroken) as refused:
        calendar.delete_day(admin.scope, admin.actor, pk=worked)
    assert refused.value.code == "day-worked"
    assert day_of(session, world.YESTERDAY).id == worked


def test_hours_of_a_worked_day_and_days_to_come_may_change(
    session: Session, admin: Someone
) -> None:
    worked, ahead = day_of(session, world.YESTERDAY), day_of(session, LAST)
    values = {"closes_at": dt.time(20), "payable": worked.payable}
    calendar.edit_day(admin.scope, admin.actor, pk=worked.id, values=values)
    calendar.edit_day(admin.scope, admin.actor, pk=ahead.id, values={"payable": False})
    assert (worked.closes_at, ahead.payable) == (dt.time(20), False)
    calendar.delete_day(admin.scope, admin.actor, pk=ahead.id)


def test_days_lie_in_their_series(session: Session, admin: Someone) -> None:
    ahead, values = day_of(session, LAST).id, {"day": LAST + dt.timedelta(days=1)}
    with pytest.raises(RuleBroken) as refused:
        calendar.edit_day(admin.scope, admin.actor, pk=ahead, values=values)
    assert (refused.value.code, refused.value.field) == ("outside-series", "day")
    new = {"series_id": season(session).id, "day": dt.date(2026, 12, 25), "kind": "written"}
    with pytest.raises(RuleBroken):
        calendar.add_day(admin.scope, admin.actor, values=new)


@pytest.mark.parametrize(
    ("field", "value"), [("ends_on", world.YESTERDAY), ("starts_on", world.MONDAY)]
)
def test_series_holds_its_whole_calendar(
    session: Session, admin: Someone, field: str, value: dt.date
) -> None:
    pk = season(session).id
    with pytest.raises(RuleBroken) as refused:
        calendar.edit_series(admin.scope, admin.actor, pk=pk, values={field: value})
    assert (refused.value.code, refused.value.field) == ("leaves-days-out", field)


def test_series_with_registers_keeps_its_examination(session: Session, admin: Someone) -> None:
    other = session.scalars(select(Examination.id).where(Examination.code == "KPSEA")).one()
    values = {"examination_id": other, "code": "OTHER-2026"}
    pk = season(session).id
    with pytest.raises(RuleBroken) as refused:
        calendar.edit_series(admin.scope, admin.actor, pk=pk, values=values)
    assert refused.value.code == "series-worked"


def test_series_may_be_extended_and_renamed(session: Session, admin: Someone) -> None:
    values = {"ends_on": LAST + dt.timedelta(days=3), "name": "KCSE 2026, extended"}
    pk = season(session).id
    assert calendar.edit_series(admin.scope, admin.actor, pk=pk, values=values).name.endswith("ed")
