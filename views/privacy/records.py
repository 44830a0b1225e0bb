"""The administrator's screens of privacy: retention periods, and requests about own data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.privacy.models import DataRequest, RetentionPeriod
from app.privacy.services import own, periods
from app.words import NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.crud.season import ending
from views.privacy.words import REQUEST_STATES, REQUESTS, RETENTION_RULES


class RetentionPeriodView(RecordView):
    datamodel = RecordInterface(RetentionPeriod)
    resource = "retention-periods"
    noun = _("Retention period")
    list_title, show_title = _("Retention periods"), _("Retention period")
    add_title, edit_title = _("Add a period"), _("Change the period")
    list_noun, list_noun_one = _("periods"), _("period")
    list_columns = ["rule", "keep_days", "legal_basis", "effective_from", "effective_to"]
    show_columns = list_columns
    add_columns = edit_columns = list_columns
    search_columns = ["rule"]
    order_columns = ["rule", "keep_days", "effective_from"]
    base_order = ("rule", "asc")
    numeric_columns = ("keep_days",)
    choices = {"rule": RETENTION_RULES}
    rest = False
    label_columns = {
        "rule": _("What is kept"),
        "keep_days": _("Days"),
        "legal_basis": _("Legal basis"),
    }
    acts = (ending(periods.end_periods),)

    def state_sentence(self) -> Any:
        said = gettext("Applied every night at half past one.")
        words = gettext("What would be removed now")
        return Markup('{} <a href="/retention-periods/preview">{}</a>').format(said, words)

    def title_of(self, record: RetentionPeriod) -> str:
        return str(self.words_for("rule", record.rule))


class DataRequestView(RecordView):
    datamodel = RecordInterface(DataRequest)
    resource = "data-requests"
    noun = _("Request")
    list_title, show_title = _("Requests about own data"), _("Request about own data")
    list_noun, list_noun_one = _("requests"), _("request")
    empty_text = _("Officers ask on the page of their own data.")
    list_columns = ["officer.full_name", "kind", "state", "due_on", "asked_at"]
    show_columns = [
        "officer.full_name", "officer.mobile", "kind", "words", "state", "asked_at", "due_on",
        "answer", "answered_at",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["kind", "state", "due_on"]
    order_columns = ["due_on", "asked_at", "state"]
    base_order = ("due_on", "asc")
    choices = {"kind": REQUESTS, "state": REQUEST_STATES}
    rest = False
    label_columns = {
        "words": _("What is asked"),
        "due_on": _("Answer by"),
        "asked_at": _("Asked"),
        "answered_at": _("Answered"),
    }
    acts = (
        Act(
            name="answer",
            label=_("Answer: done"),
            run=own.answer_requests,
            asks=_("What was done? The officer reads this."),
            done=NN_("Answered.", "%(num)s answered."),
            many=False,
            offered=lambda row: row.state == "open",
        ),
        Act(
            name="refuse",
            label=_("Answer: refused"),
            run=own.refuse_requests,
            asks=_("Why not? The officer reads this and may complain."),
            done=NN_("Answered.", "%(num)s answered."),
            many=False,
            permission="answer",
            offered=lambda row: row.state == "open",
        ),
    )

    def title_of(self, record: DataRequest) -> str:
        return str(self.words_for("kind", record.kind))
