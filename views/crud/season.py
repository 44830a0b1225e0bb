"""Screens of the season: examinations, series, days, deadlines, staff roles, ratio rules, rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from flask import g, request
from flask_babel import lazy_gettext as _

from app.errors import RuleBroken
from app.exams.models import (
    DayRate,
    Deadline,
    ExamDay,
    Examination,
    RatioRule,
    Series,
    StaffRole,
)
from app.extensions import db
from app.procedures import calendar, needs
from app.procedures.what_if_posts import what_ratio_rule_would_do
from app.scoping.scope import Actor, Scope
from app.words import N_, NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.base_previews import ShowsFirst
from views.crud.choices import BASES, CENTRE_KINDS, DAY_KINDS, SERIES_STATUS
from views.what_if.posts import page_before_storing


class ExaminationView(RecordView):
    datamodel = RecordInterface(Examination)
    resource = "examinations"
    list_title, show_title = _("Examinations"), _("Examination")
    add_title, edit_title = _("Add an examination"), _("Change the examination")
    list_noun, list_noun_one = _("examinations"), _("examination")
    list_columns = show_columns = add_columns = edit_columns = ["code", "name", "historic"]
    search_columns = ["historic"]
    order_columns = ["code", "name"]
    quick_columns = ("code", "name")


class ExamDayView(RecordView):
    datamodel = RecordInterface(ExamDay)
    resource = "exam-days"
    list_title, show_title = _("Calendar"), _("Day of the calendar")
    add_title, edit_title = _("Add a day"), _("Change the day")
    list_noun, list_noun_one = _("days"), _("day")
    list_columns = [
        "day",
        "series",
        "kind",
        "first_session",
        "second_session",
        "submit_by",
        "payable",
    ]
    show_columns = [*list_columns, "opens_at", "closes_at", "late_days"]
    add_columns = edit_columns = [
        "series", "day", "kind", "payable", "first_session", "second_session", "opens_at",
        "submit_by", "closes_at", "late_days",
    ]  # fmt: skip
    search_columns = ["series", "kind", "payable", "day"]
    order_columns = ["day"]
    base_order = ("day", "desc")
    choices = {"kind": DAY_KINDS}
    writes = {
        "add": calendar.add_day,
        "edit": calendar.edit_day,
        "delete": calendar.delete_day,
    }

    def title_of(self, record: ExamDay) -> str:
        return f"{record.series}: {record}"


class DeadlineView(RecordView):
    datamodel = RecordInterface(Deadline)
    resource = "deadlines"
    list_title, show_title = _("Deadlines"), _("Deadline")
    add_title, edit_title = _("Add a deadline"), _("Change the deadline")
    list_noun, list_noun_one = _("deadlines"), _("deadline")
    list_columns = show_columns = ["name", "series", "falls_at", "code"]
    add_columns = edit_columns = ["series", "code", "name", "falls_at"]
    search_columns = ["series"]
    order_columns = ["falls_at", "name"]
    base_order = ("falls_at", "asc")
    quick_columns = ("name", "code")


class SeriesView(RecordView):
    datamodel = RecordInterface(Series)
    resource = "series"
    list_title, show_title = _("Series"), _("Series")
    add_title, edit_title = _("Add a series"), _("Change the series")
    list_noun = list_noun_one = _("series")
    list_columns = ["name", "examination", "year", "starts_on", "ends_on", "status"]
    show_columns = ["name", "code", "examination", "year", "starts_on", "ends_on", "status"]
    add_columns = edit_columns = [
        "examination", "code", "name", "year", "starts_on", "ends_on", "status",
    ]  # fmt: skip
    search_columns = ["examination", "year", "status"]
    order_columns = ["name", "year", "starts_on"]
    base_order = ("starts_on", "desc")
    quick_columns = ("name", "code")
    choices = {"status": SERIES_STATUS}
    writes = {"edit": calendar.edit_series}
    related_views = [ExamDayView, DeadlineView]


class StaffRoleView(RecordView):
    datamodel = RecordInterface(StaffRole)
    resource = "staff-roles"
    list_title, show_title = _("Staff roles"), _("Staff role")
    add_title, edit_title = _("Add a staff role"), _("Change the staff role")
    list_noun, list_noun_one = _("roles"), _("role")
    list_columns = ["name", "name_sw", "code", "works_at", "position"]
    show_columns = [*list_columns, "manages_centre", "needs_tsc_number"]
    add_columns = edit_columns = [
        "code", "name", "name_sw", "position", "works_at", "manages_centre", "needs_tsc_number",
    ]  # fmt: skip
    search_columns = ["works_at"]
    order_columns = ["position", "name"]
    base_order = ("position", "asc")
    quick_columns = ("name", "name_sw", "code")
    choices = {"works_at": CENTRE_KINDS}


def ending(end: Callable[..., None]) -> Act:
    """The act that ends dated rules on the day that is asked for."""

    def run(scope: Scope, actor: Actor, ids: Sequence[int], said: str) -> None:
        try:
            last_day = dt.date.fromisoformat(said)
        except ValueError:
            words = N_("Write the day as year, month and day: 2026-11-30.")
            raise RuleBroken("not-a-day", words, field="reason") from None
        end(scope, actor, ids, last_day=last_day)

    return Act(
        name="end",
        label=_("End"),
        run=run,
        asks=_("Last day on which it holds, for instance 2026-11-30"),
        says=_("A rule that was used is ended and stays on record; nothing paid is rewritten."),
        done=NN_("Ended.", "%(num)s ended."),
        offered=lambda rule: rule.effective_to is None,
    )


class RatioRuleView(ShowsFirst, RecordView):
    datamodel = RecordInterface(RatioRule)
    resource = "ratio-rules"
    noun = _("Rule")
    list_title, show_title = _("Ratio rules"), _("Ratio rule")
    add_title, edit_title = _("Add a rule"), _("Change the rule")
    list_noun, list_noun_one = _("rules"), _("rule")
    list_columns = [
        "role", "examination", "fixed", "candidates_per", "extra", "effective_from", "effective_to",
    ]  # fmt: skip
    show_columns = [
        "role", "examination", "basis", "county", "fixed", "candidates_per", "extra", "extra_over",
        "day_kinds", "assumed", "effective_from", "effective_to", "source",
    ]  # fmt: skip
    add_columns = edit_columns = [
        "examination", "role", "basis", "county", "fixed", "candidates_per", "extra",
        "extra_over", "day_kinds", "assumed", "effective_from", "effective_to", "source",
    ]  # fmt: skip
    search_columns = ["examination", "role", "basis", "assumed"]
    order_columns = ["effective_from", "role.name"]
    base_order = ("effective_from", "desc")
    numeric_columns = ("fixed", "candidates_per", "extra")
    choices = {"basis": BASES, "day_kinds": DAY_KINDS}
    writes = {"add": needs.add_rule, "edit": needs.edit_rule, "delete": needs.delete_rule}
    acts = (ending(needs.end_rules),)

    def preview(self, values: dict[str, Any], pk: int | None, *, asked: bool) -> Any:
        """What the rule does to the posts of the seasons it governs, where it does anything."""
        outcome = what_ratio_rule_would_do(db.session, g.scope, g.actor, values=values, pk=pk)
        return page_before_storing(self, outcome, request.form) if outcome.steps or asked else None

    def title_of(self, record: RatioRule) -> str:
        return f"{record.examination}: {record.role}"


class DayRateView(RecordView):
    datamodel = RecordInterface(DayRate)
    resource = "day-rates"
    noun = _("Rate")
    list_title, show_title = _("Rates"), _("Rate")
    add_title, edit_title = _("Add a rate"), _("Change the rate")
    list_noun, list_noun_one = _("rates"), _("rate")
    list_columns = [
        "role", "examination", "county", "kes_per_day", "effective_from", "effective_to", "year",
    ]  # fmt: skip
    show_columns = [*list_columns, "source"]
    add_columns = edit_columns = [
        "examination", "role", "county", "kes_per_day", "effective_from", "effective_to",
        "year", "source",
    ]  # fmt: skip
    search_columns = ["examination", "role", "year"]
    order_columns = ["effective_from", "kes_per_day", "role.name"]
    base_order = ("effective_from", "desc")
    numeric_columns = ("kes_per_day",)
    writes = {"add": needs.add_rate, "edit": needs.edit_rate}
    acts = (ending(needs.end_rates),)

    def title_of(self, record: DayRate) -> str:
        return f"{record.examination}: {record.role}, {record}"
