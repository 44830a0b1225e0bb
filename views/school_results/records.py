"""The administrator's screen of the days within which schools may raise queries."""

from __future__ import annotations

from functools import partial

from flask_babel import lazy_gettext as _

from app.reference.services import Records, end_record
from app.school_results.models import ResultQueryPeriod
from views.base import RecordView
from views.base_data import RecordInterface
from views.crud.season import ending

PERIODS = Records(ResultQueryPeriod, "result-query-periods")


class ResultQueryPeriodView(RecordView):
    datamodel = RecordInterface(ResultQueryPeriod)
    resource = "result-query-periods"
    noun = _("Period of queries")
    list_title, show_title = _("Periods of queries"), _("Period of queries")
    add_title, edit_title = _("Add a period"), _("Change the period")
    list_noun, list_noun_one = _("periods"), _("period")
    list_columns = ["days", "source", "effective_from", "effective_to"]
    show_columns = list_columns
    add_columns = edit_columns = list_columns
    search_columns = ["effective_from"]
    order_columns = ["days", "effective_from"]
    base_order = ("effective_from", "desc")
    numeric_columns = ("days",)
    rest = False
    label_columns = {
        "days": _("Days after the release"),
        "source": _("Source"),
    }
    acts = (ending(partial(end_record, PERIODS)),)

    def title_of(self, record: ResultQueryPeriod) -> str:
        return f"{record.effective_from}: {record.days}"
