"""Screens of attendance: registers, marks with their history, disputes, incident reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, g
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.attendance.models import Dispute, Incident, Mark, Register
from app.attendance.queries import history_of
from app.attendance.services import (
    answer_dispute,
    confirm_registers,
    reopen_register,
    return_register,
)
from app.attendance.services.incidents import add_incident, edit_incident, submit_incidents
from app.errors import RuleBroken
from app.extensions import db
from app.permissions import may
from app.reference.services import within
from app.scoping.scope import Actor, Scope
from app.words import N_, NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.crud.choices import DISPUTE, INCIDENT, MARK, REGISTER


def confirm(scope: Scope, actor: Actor, ids: Sequence[int]) -> None:
    """Confirms the registers that can be; says of the others why not."""
    rows = [within(db.session, Register, scope, pk) for pk in ids]
    outcome = confirm_registers(scope, actor, [(row.centre_id, row.day) for row in rows])
    for refusal in outcome.refused:
        said = refusal.error.spoken(gettext)
        flash(f"{refusal.place.name}: {said}", "warning")
    if not outcome.done:
        raise RuleBroken("none-confirmed", N_("No register was confirmed."))


def give_back(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Returns registers to their centres, each with the reason."""
    for pk in ids:
        row = within(db.session, Register, scope, pk)
        return_register(scope, actor, row.centre_id, row.day, reason=reason)


def reopen(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Opens confirmed registers again, each with the reason."""
    for pk in ids:
        row = within(db.session, Register, scope, pk)
        reopen_register(scope, actor, row.centre_id, row.day, reason=reason)


class RegisterListView(RecordView):
    datamodel = RecordInterface(Register)
    resource = "registers"
    noun = _("Register")
    list_title, show_title = _("Registers"), _("Register")
    list_noun, list_noun_one = _("registers"), _("register")
    empty_text = _("A register appears here once its centre has opened it.")
    list_columns = ["centre.name", "day", "state", "submitted_at", "confirmed_at", "centre.code"]
    show_columns = [
        "centre.code", "centre.name", "day", "series", "state", "opened_at", "submitted_at",
        "confirmed_at", "return_reason", "version",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["state", "day", "series"]
    drill_columns = ("centre",)
    order_columns = ["day", "state", "centre.name", "submitted_at"]
    base_order = ("day", "desc")
    quick_columns = ("centre.name", "centre.code")
    pill_columns = {"state": "register"}
    choices = {"state": REGISTER}
    acts = (
        Act(
            name="confirm",
            label=_("Confirm"),
            run=confirm,
            done=NN_("Confirmed.", "Confirmed what could be."),
            offered=lambda row: row.state == "submitted",
        ),
        Act(
            name="return",
            label=_("Return with a reason"),
            run=give_back,
            asks=_("What must the centre put right?"),
            done=NN_("Returned to the centre.", "%(num)s returned to their centres."),
            offered=lambda row: row.state == "submitted",
        ),
        Act(
            name="reopen",
            label=_("Reopen with a reason"),
            run=reopen,
            asks=_("Why is it opened again?"),
            done=NN_("Open again.", "%(num)s open again."),
            offered=lambda row: row.state == "confirmed",
        ),
        Act(
            name="reopen_locked",
            label=_("Reopen the locked register"),
            run=reopen,
            asks=_("Why is it opened again?"),
            done=NN_("Open again.", "%(num)s open again."),
            offered=lambda row: row.state == "locked",
        ),
    )

    def title_of(self, record: Register) -> str:
        return f"{record.centre.name}, {self.formatters_columns['day'](record.day)}"

    def row_actions(self, _pk: int, item: dict[str, Any]) -> list[dict[str, Any]]:
        """The register's own page, where people are marked and read."""
        return [{"label": gettext("Open the register"), "href": self._page_of(item)}]

    def about(self, record: Register) -> dict[str, Any]:
        item = {"centre.code": record.centre.code, "day": record.day}
        action = {"label": gettext("Open the register"), "href": self._page_of(item)}
        return {"item_pill": ("register", record.state), "primary_action": action}

    @staticmethod
    def _page_of(item: dict[str, Any]) -> str:
        return f"/register/{item['centre.code']}/{item['day'].isoformat()}"


class MarkView(RecordView):
    datamodel = RecordInterface(Mark)
    resource = "marks"
    list_title, show_title = _("Marks"), _("Mark")
    list_noun, list_noun_one = _("marks"), _("mark")
    empty_text = _("Marks appear here once registers are submitted.")
    list_columns = ["officer.full_name", "day", "status", "minutes_late", "role", "centre.name"]
    show_columns = [
        "officer.full_name", "role", "centre.code", "centre.name", "day", "status", "minutes_late",
        "reason", "remark", "self_marked", "marked_at",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["status", "day", "role", "self_marked", "minutes_late"]
    drill_columns = ("officer", "centre", "register")
    order_columns = ["day", "status", "minutes_late"]
    base_order = ("day", "desc")
    quick_columns = ("officer.full_name", "centre.name", "centre.code")
    numeric_columns = ("minutes_late",)
    pill_columns = {"status": "mark"}
    choices = {"status": MARK}
    export_columns = (
        "day", "centre.code", "centre.name", "officer.full_name", "role", "status", "minutes_late",
        "reason", "remark",
    )  # fmt: skip
    show_template = "crud/mark.html"

    def title_of(self, record: Mark) -> str:
        name = record.officer.full_name if record.officer else gettext("Somebody")
        return f"{name}, {self.formatters_columns['day'](record.day)}"

    def about(self, record: Mark) -> dict[str, Any]:
        rows = history_of(g.scope, record.deployment_id, record.day)
        return {"item_pill": ("mark", record.status), "history": rows}


def answering(state: str, label: Any) -> Act:
    """One of the two answers to a dispute, as an act of its own."""

    def run(scope: Scope, actor: Actor, ids: Sequence[int], said: str) -> None:
        for pk in ids:
            answer_dispute(scope, actor, pk, state=state, answer=said)

    return Act(
        name=f"answer_{state}",
        permission="answer",
        label=label,
        run=run,
        asks=_("Your answer to the officer"),
        done=NN_("Answered.", "%(num)s answered."),
        offered=lambda dispute: dispute.state == "open",
    )


class DisputeView(RecordView):
    datamodel = RecordInterface(Dispute)
    resource = "disputes"
    list_title, show_title = _("Disputes"), _("Dispute")
    list_noun, list_noun_one = _("disputes"), _("dispute")
    empty_text = _("An officer who disagrees with a mark disputes that day; it is answered here.")
    list_columns = ["officer.full_name", "day", "centre.name", "claim", "state"]
    show_columns = [
        "officer.full_name", "day", "centre.code", "centre.name", "claim", "state", "created_at",
        "answer", "answered_at",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["state", "day"]
    order_columns = ["day", "state", "created_at"]
    base_order = ("created_at", "desc")
    choices = {"state": DISPUTE}
    quick_columns = ("officer.full_name", "centre.name", "centre.code")
    exclude_route_methods = {"add"}
    """Officers raise a dispute on their own page, at the day that it is about."""
    acts = (
        answering("upheld", _("Uphold: the officer is right")),
        answering("refused", _("Refuse: the mark stands")),
    )

    def title_of(self, record: Dispute) -> str:
        name = record.officer.full_name if record.officer else gettext("Somebody")
        return f"{name}, {self.formatters_columns['day'](record.day)}"


class IncidentView(RecordView):
    datamodel = RecordInterface(Incident)
    resource = "incidents"
    noun = _("Report")
    list_title, show_title = _("Incidents and hand-over reports"), _("Report")
    add_title, edit_title = _("Write a report"), _("Change the report")
    list_noun, list_noun_one = _("reports"), _("report")
    empty_text = _("The centre reports what happened, and hands over each week.")
    list_columns = ["title", "day", "kind", "centre.name", "submitted_at"]
    show_columns = [
        "title", "kind", "day", "centre.code", "centre.name", "details", "absent_candidates",
        "submitted_at",
    ]  # fmt: skip
    add_columns = edit_columns = ["day", "kind", "title", "details", "absent_candidates"]
    search_columns = ["kind", "day"]
    drill_columns = ("centre",)
    order_columns = ["day", "kind", "submitted_at", "centre.name"]
    base_order = ("day", "desc")
    quick_columns = ("title", "centre.name", "centre.code")
    choices = {"kind": INCIDENT}
    writes = {"add": add_incident, "edit": edit_incident}
    acts = (
        Act(
            name="submit",
            label=_("Submit"),
            run=submit_incidents,
            done=NN_("The sub-county has it.", "The sub-county has %(num)s reports."),
            offered=lambda report: report.submitted_at is None,
        ),
    )

    def may_change(self, record: Incident) -> bool:
        return record.submitted_at is None

    def row_actions(self, pk: int, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Only a report that is not submitted is offered for a change."""
        open_still = item["submitted_at"] is None and may(g.actor, self.resource, "edit")
        return (
            [{"label": gettext("Edit"), "href": self.address("edit", pk=pk)}] if open_still else []
        )

    def state_sentence(self) -> str | None:
        count = self.datamodel.count(self.datamodel.rows().where(Incident.submitted_at.is_(None)))
        return (
            ngettext("%(num)s is not submitted.", "%(num)s are not submitted.", count)
            if count
            else None
        )
