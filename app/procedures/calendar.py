"""The calendar of a season changes freely until registers rest on it: what was worked stays worked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.attendance.models import Register
from app.db.uow import unit_of_work
from app.errors import Problems, RuleBroken
from app.exams.models import ExamDay, Series
from app.extensions import db
from app.reference.services import Records, Values, add_record, delete_record, edit_record
from app.scoping.scope import Actor, Scope
from app.words import N_

DAYS = Records(ExamDay, "exam-days")
SERIES = Records(Series, "series")
DECIDES_PAY = ("series_id", "day", "kind", "payable")
"""What of a day says who was due and what it pays; hours and lateness may always change."""


def add_day(scope: Scope, actor: Actor, *, values: Values) -> ExamDay:
    """A new day of the calendar, within its series."""
    with unit_of_work(db.session) as session:
        day: ExamDay = add_record(DAYS, scope, actor, values=values)
        _refuse_outside_series(session, day)
    return day


def edit_day(scope: Scope, actor: Actor, *, pk: int, values: Values) -> ExamDay:
    """Changes a day; once registers rest on it, only its hours."""
    with unit_of_work(db.session) as session:
        stored: Any = session.get(ExamDay, pk)
        given = {name: values[name] for name in DECIDES_PAY if name in values}
        if stored and any(getattr(stored, name) != value for name, value in given.items()):
            _refuse_worked(session, stored)
        day: ExamDay = edit_record(DAYS, scope, actor, pk=pk, values=values)
        _refuse_outside_series(session, day)
    return day


def delete_day(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Takes a day out of the calendar, where no register rests on it."""
    with unit_of_work(db.session) as session:
        if stored := session.get(ExamDay, pk):
            _refuse_worked(session, stored)
        delete_record(DAYS, scope, actor, pk=pk)


def edit_series(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Series:
    """Changes a series; its dates hold its whole calendar, and registers keep its examination."""
    with unit_of_work(db.session) as session:
        stored: Any = session.get(Series, pk)
        other = stored and values.get("examination_id", stored.examination_id)
        if stored and other != stored.examination_id:
            _refuse_started(session, stored)
        series: Series = edit_record(SERIES, scope, actor, pk=pk, values=values)
        _refuse_days_left_out(session, series)
    return series


def _refuse_worked(session: Any, day: ExamDay) -> None:
    worked = select(Register.id).where(Register.series_id == day.series_id, Register.day == day.day)
    if session.scalar(worked.limit(1)) is not None:
        raise RuleBroken(
            "day-worked",
            N_("Registers rest on this day, so that it stays as it is; its hours may change."),
            field="day",
        )


def _refuse_started(session: Any, series: Series) -> None:
    registers = select(Register.id).where(Register.series_id == series.id)
    if session.scalar(registers.limit(1)) is not None:
        raise RuleBroken(
            "series-worked",
            N_("Registers rest on this series, so that its examination stays."),
            field="examination_id",
        )


def _refuse_outside_series(session: Any, day: ExamDay) -> None:
    series = session.get(Series, day.series_id)
    if not series.starts_on <= day.day <= series.ends_on:
        raise RuleBroken(
            "outside-series",
            N_("The series runs from %(first)s to %(last)s."),
            field="day",
            facts={"first": series.starts_on, "last": series.ends_on},
        )


def _refuse_days_left_out(session: Any, series: Series) -> None:
    first, last = session.execute(
        select(func.min(ExamDay.day), func.max(ExamDay.day)).where(ExamDay.series_id == series.id)
    ).one()
    faults = Problems()
    said = N_("The calendar holds days from %(first)s to %(last)s.")
    facts = {"first": str(first), "last": str(last)}
    if first is not None and series.starts_on > first:
        faults.add("leaves-days-out", said, field="starts_on", facts=facts)
    if last is not None and series.ends_on < last:
        faults.add("leaves-days-out", said, field="ends_on", facts=facts)
    faults.refuse_if_any()
