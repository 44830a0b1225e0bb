"""The list of moves to another number that wait for the director, who sees each person."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.access.models import NumberChange
from app.procedures import number_changes as changes
from app.words import NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface

STATES = (
    ("waiting", _("Waiting")),
    ("made", _("Changed")),
    ("refused", _("Refused")),
)


class NumberChangeView(RecordView):
    datamodel = RecordInterface(NumberChange)
    resource = "number-changes"
    noun = _("Change of number")
    list_title, show_title = _("Changes of number"), _("Change of number")
    list_noun, list_noun_one = _("changes"), _("change")
    empty_text = _(
        "An officer whose old telephone is lost asks here for another number. With both telephones"
        " in hand nobody needs to ask."
    )
    list_columns = ["officer.full_name", "old_masked", "new_masked", "asked_at", "state"]
    show_columns = [
        "officer.full_name", "officer.national_id_masked", "officer.year_of_birth",
        "officer.workstation", "old_masked", "new_masked", "asked_at", "in_person", "state",
        "reason", "decided_at",
    ]  # fmt: skip
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["state"]
    order_columns = ["asked_at", "state"]
    base_order = ("asked_at", "desc")
    quick_columns = ("officer.full_name",)
    choices = {"state": STATES}
    label_columns = {
        "officer.national_id_masked": _("National ID"),
        "officer.year_of_birth": _("Year of birth"),
        "officer.workstation": _("Workstation"),
        "old_masked": _("Old number"),
        "new_masked": _("New number"),
        "asked_at": _("Asked"),
        "in_person": _("Old telephone lost"),
        "decided_at": _("Decided"),
    }
    rest = False
    acts = (
        Act(
            name="approve",
            label=_("Approve the new number"),
            run=changes.approve,
            asks=_("How did you make sure who it is?"),
            says=_(
                "Only after the person stood before you with their identity card, and its last"
                " digits are those of the record. Both numbers are told."
            ),
            done=NN_("The number is changed.", "%(num)s numbers are changed."),
            offered=lambda change: change.state == "waiting",
        ),
        Act(
            name="refuse",
            label=_("Refuse"),
            run=changes.refuse,
            asks=_("Why is it refused?"),
            danger=True,
            done=NN_("Refused.", "%(num)s refused."),
            offered=lambda change: change.state == "waiting",
        ),
    )

    def title_of(self, record: NumberChange) -> str:
        name = record.officer.full_name if record.officer else ""
        return f"{name or gettext('Somebody')}, {record.old_masked}"

    def state_sentence(self) -> str | None:
        waiting = self.datamodel.rows().where(NumberChange.state == "waiting")
        count = self.datamodel.count(waiting)
        return ngettext("%(num)s waits.", "%(num)s wait.", count) if count else None
