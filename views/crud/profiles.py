"""The generated screens of the rules: what a profile needs, and how many numbers one may read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.people.fields import FIELDS
from app.people.models import ProfileRequirement, UnmaskLimit
from app.people.requirements import WORK_NUMBER
from app.people.services import requirements
from app.words import N_
from views.base import RecordView
from views.base_data import RecordInterface
from views.crud.season import ending

FIELD_CHOICES = (
    *((field.name, _(field.label)) for field in FIELDS),
    (WORK_NUMBER, _(N_("PF, service or identity number"))),
)
NEEDED_FOR = (("submit", _("Verification")), ("pay", _("Pay")))


class ProfileRequirementView(RecordView):
    datamodel = RecordInterface(ProfileRequirement)
    resource = "profile-requirements"
    noun = _("Rule")
    list_title, show_title = _("What a profile needs"), _("Requirement of a profile")
    add_title, edit_title = _("Add a requirement"), _("Change the requirement")
    list_noun, list_noun_one = _("requirements"), _("requirement")
    list_columns = [
        "field", "role", "examination", "needed_for", "effective_from", "effective_to",
    ]  # fmt: skip
    show_columns = [*list_columns, "source"]
    add_columns = edit_columns = [
        "field", "role", "examination", "needed_for", "effective_from", "effective_to", "source",
    ]  # fmt: skip
    search_columns = ["field", "role", "examination", "needed_for"]
    order_columns = ["field", "effective_from"]
    base_order = ("field", "asc")
    label_columns = {"field": _("Field"), "needed_for": _("Needed for")}
    choices = {"field": FIELD_CHOICES, "needed_for": NEEDED_FOR}
    writes = {
        "add": requirements.add_requirement,
        "edit": requirements.edit_requirement,
        "delete": requirements.delete_requirement,
    }
    acts = (ending(requirements.end_requirements),)

    def title_of(self, record: ProfileRequirement) -> str:
        return str(self.words_for("field", record.field))


class UnmaskLimitView(RecordView):
    datamodel = RecordInterface(UnmaskLimit)
    resource = "unmask-limits"
    noun = _("Limit")
    list_title, show_title = _("Numbers read in full"), _("Limit of numbers read in full")
    add_title, edit_title = _("Add a limit"), _("Change the limit")
    list_noun, list_noun_one = _("limits"), _("limit")
    list_columns = ["per_day", "effective_from", "effective_to"]
    show_columns = [*list_columns, "source"]
    add_columns = edit_columns = ["per_day", "effective_from", "effective_to", "source"]
    search_columns = ["per_day"]
    order_columns = ["effective_from"]
    base_order = ("effective_from", "desc")
    numeric_columns = ("per_day",)
    label_columns = {"per_day": _("Numbers a person may read on a day")}
    writes = {"edit": requirements.edit_limit, "delete": requirements.delete_limit}
    acts = (ending(requirements.end_limits),)

    def title_of(self, record: UnmaskLimit) -> str:
        return str(record.per_day)
