"""The screen of officers: identity numbers masked, and kept from whoever only watches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from marshmallow import fields, validate
from sqlalchemy import Select
from wtforms import StringField, validators

from app.people import services
from app.people.fields import EMPLOYERS, LEVELS, LEVELS_TAUGHT
from app.people.models import Officer
from app.permissions import Role, may
from app.procedures import officer_accounts
from app.reference.services import Values
from app.scoping.scope import Actor, Scope
from views.base import RecordView
from views.base_data import RecordInterface
from views.base_forms import RecordConverter, tidy
from views.crud.choices import GENDERS, PROFILE
from views.crud.deployments import DeploymentView
from views.crud.lookups import officer_words

NUMBERS = ("national_id", "kra_pin")
CONTACT_ONLY = (
    "email", "year_of_birth", "gender", "tsc_number", "staff_number", "employer", "designation",
    "workstation", "remark", "national_id_masked", "sub_county",
)  # fmt: skip
PROFILE_COLUMNS = (
    "mpesa_name", "bank_name", "account_masked", "qualification_level", "qualification_course",
    "employer_kind", "teaches_at", "started_on", "reads_braille",
)  # fmt: skip
"""Of the profile only this: people deployed here from elsewhere are on this screen too. Their next
of kin and the rest are on the profile's own page, for their own director."""
IDENTITY = ("national_id_masked", "tsc_number", "mobile", "email", "year_of_birth", "remark")


def add_officer(scope: Scope, actor: Actor, *, values: Values) -> Officer:
    """Adds the officer with this portal's vault for the identity numbers, and their account."""
    vault = current_app.extensions["vault"]
    return officer_accounts.add_officer(scope, actor, vault=vault, values=values)


def number_field(label: Any, hint: Any) -> StringField:
    """A field for an identity number, which is sealed and never shown again."""
    given = [validators.Optional(), validators.Length(max=12)]
    return StringField(label, description=hint, validators=given, filters=[tidy])


def people_once(statement: Select[Any]) -> Select[Any]:
    """Without the records that were merged into another: whoever looks finds the one that stays."""
    return statement.where(Officer.merged_into_id.is_(None))


class OfficerView(RecordView):
    datamodel = RecordInterface(Officer, narrow=people_once)
    resource = "officers"
    noun = _("Officer")
    list_title, show_title = _("Officers"), _("Officer")
    add_title, edit_title = _("Add an officer"), _("Change the officer")
    list_noun, list_noun_one = _("officers"), _("officer")
    empty_text = _("Officers register themselves, or the TSC office adds them.")
    list_columns = ["full_name", "mobile", "tsc_number", "workstation", "sub_county", "state"]
    show_columns = [
        "full_name", "mobile", "email", "national_id_masked", "tsc_number", "staff_number",
        "gender", "year_of_birth", "employer", "designation", "workstation", "sub_county",
        "remark", "state", *PROFILE_COLUMNS,
    ]  # fmt: skip
    add_columns = [
        "full_name", "mobile", "email", "gender", "year_of_birth", "tsc_number", "staff_number",
        "employer", "designation", "workstation", "sub_county", "remark",
    ]  # fmt: skip
    edit_columns = add_columns
    editable = {Role.TSC_DIRECTOR: services.DIRECTORS_COLUMNS}
    withheld_from = {
        Role.COUNTY_DIRECTOR: (*IDENTITY, *PROFILE_COLUMNS),
        Role.MONITOR: (*IDENTITY, *PROFILE_COLUMNS),
        Role.CENTRE: (*CONTACT_ONLY, *PROFILE_COLUMNS),
        Role.CENTRE_MANAGER: (*CONTACT_ONLY, *PROFILE_COLUMNS),
    }
    search_columns = ["sub_county", "state", "gender", "tsc_number", "employer"]
    order_columns = ["full_name", "state"]
    base_order = ("full_name", "asc")
    quick_columns = lookup_columns = ("full_name",)
    pill_columns = {"state": "person"}
    choices = {
        "gender": GENDERS,
        "state": PROFILE,
        "qualification_level": [(value, _(words)) for value, words in LEVELS],
        "employer_kind": [(value, _(words)) for value, words in EMPLOYERS],
        "teaches_at": [(value, _(words)) for value, words in LEVELS_TAUGHT],
    }
    label_columns = {
        "mpesa_name": _("Name on M-Pesa"),
        "bank_name": _("Bank"),
        "account_masked": _("Account number"),
        "qualification_level": _("Highest qualification"),
        "qualification_course": _("Course"),
        "employer_kind": _("Kind of employer"),
        "teaches_at": _("Teaches at"),
        "started_on": _("Working there since"),
        "reads_braille": _("Reads braille"),
        "staff_number": _("PF or service number"),
    }
    related_views = [DeploymentView]
    writes = {"add": add_officer, "edit": services.edit_officer}
    export_asks_purpose = True
    rest_fields = {
        name: fields.String(allow_none=True, validate=validate.Length(max=12)) for name in NUMBERS
    }

    def _init_forms(self) -> None:
        """The add form also asks for identity numbers, which are no column that anybody reads."""
        asked = {
            "national_id": number_field(_("National ID"), _("Stored encrypted, shown masked.")),
            "kra_pin": number_field(_("KRA PIN"), _("Stored encrypted, never shown.")),
        }
        converter = RecordConverter(self.datamodel, self.choices)
        columns = [*self.add_columns, *NUMBERS]
        self.add_form = converter.form(self, columns, asked)
        super()._init_forms()

    @property
    def add_form_columns(self) -> Sequence[str]:
        return [*self.add_columns, *NUMBERS]

    def about(self, record: Officer) -> dict[str, Any]:
        """The way to the profile, for those whose officer this is."""
        scope = g.scope
        own = scope.is_everything or record.sub_county_id in scope.sub_county_ids
        if not own or not may(g.actor, "profiles", "show"):
            return {}
        action = {"label": gettext("Profile"), "href": f"/profiles/{record.id}/"}
        return {"primary_action": action}

    def lookup_words(self, record: Officer) -> str:
        return officer_words(record)
