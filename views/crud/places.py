"""Screens of places: counties, sub-counties, schools, centres, office contacts."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.db.uow import unit_of_work
from app.errors import NotAllowed, NotFound
from app.extensions import db
from app.permissions import Role, may
from app.places.models import Centre, County, OfficeContact, School, SubCounty
from app.procedures import needs
from app.procedures.what_if_posts import what_centre_would_do
from app.reference.services import Records, Values, add_record, delete_record, edit_record
from app.results.services import ask_to_say
from app.scoping.scope import Actor, Scope
from app.words import N_
from views.base import RecordView
from views.base_data import RecordInterface
from views.base_previews import ShowsFirst
from views.crud.choices import CENTRE_KINDS, OFFICES
from views.crud.deployments import DeploymentView
from views.crud.lookups import host_field, school_words
from views.what_if.posts import page_before_storing

CONTACTS = Records(OfficeContact, "office-contacts", frozenset({"telephone", "email", "name"}))
COUNTED = ("candidates", "hosting_centre_id")
"""What the posts of a centre follow from."""
OFFICE_OF = {Role.TSC_DIRECTOR: "tsc", Role.SCDE: "scde"}


class CountyView(RecordView):
    datamodel = RecordInterface(County)
    resource = "counties"
    list_title, show_title = _("Counties"), _("County")
    add_title, edit_title = _("Add a county"), _("Change the county")
    list_noun, list_noun_one = _("counties"), _("county")
    list_columns = show_columns = add_columns = edit_columns = ["code", "name"]
    search_columns = order_columns = ["code", "name"]
    quick_columns = ("name", "code")


class SubCountyView(RecordView):
    datamodel = RecordInterface(SubCounty)
    resource = "sub-counties"
    list_title, show_title = _("Sub-counties"), _("Sub-county")
    add_title, edit_title = _("Add a sub-county"), _("Change the sub-county")
    list_noun, list_noun_one = _("sub-counties"), _("sub-county")
    list_columns = ["name", "code", "county"]
    show_columns = ["name", "code", "county", "slug", "boundary_name"]
    add_columns = edit_columns = ["county", "code", "name", "slug", "boundary_name"]
    search_columns = ["county"]
    order_columns = ["name", "code", "county.name"]
    quick_columns = ("name", "code")


class SchoolView(RecordView):
    datamodel = RecordInterface(School)
    resource = "schools"
    list_title, show_title = _("Schools"), _("School")
    add_title, edit_title = _("Add a school"), _("Change the school")
    list_noun, list_noun_one = _("schools"), _("school")
    list_columns = ["name", "moe_code", "level", "ownership", "sub_county"]
    show_columns = [*list_columns, "ward", "lat", "lon", "synthetic"]
    add_columns = edit_columns = [
        "name", "moe_code", "level", "ownership", "sub_county", "ward", "lat", "lon",
    ]  # fmt: skip
    search_columns = ["level", "ownership", "sub_county", "synthetic"]
    order_columns = ["name", "moe_code", "level"]
    quick_columns = ("name", "moe_code")
    lookup_columns = ("name",)

    def lookup_words(self, record: School) -> str:
        return school_words(record)


class CentreView(ShowsFirst, RecordView):
    datamodel = RecordInterface(Centre)
    resource = "centres"
    noun = _("Centre")
    list_title, show_title = _("Centres"), _("Centre")
    add_title, edit_title = _("Add a centre"), _("Change the centre")
    list_noun, list_noun_one = _("centres"), _("centre")
    empty_text = _("KNEC adds the centres of each series.")
    list_columns = ["name", "code", "sub_county", "series", "candidates", "telephone"]
    show_columns = [
        "code", "name", "kind", "series", "sub_county", "candidates", "rooms", "contact_name",
        "telephone", "email", "hosting_centre", "lat", "lon", "synthetic",
    ]  # fmt: skip
    add_columns = edit_columns = [
        "series", "school", "sub_county", "kind", "code", "name", "candidates", "rooms",
        "contact_name", "telephone", "email", "hosting_centre", "lat", "lon",
    ]  # fmt: skip
    search_columns = ["series", "sub_county", "kind", "candidates", "synthetic"]
    order_columns = ["name", "code", "candidates", "sub_county.name"]
    base_order = ("name", "asc")
    quick_columns = lookup_columns = ("name", "code")
    numeric_columns = ("candidates", "rooms")
    choices = {"kind": CENTRE_KINDS}
    lookups = {"hosting_centre": host_field}
    related_views = [DeploymentView]
    writes = {"add": needs.add_centre, "edit": needs.edit_centre, "delete": needs.delete_centre}

    def columns_to_change(self) -> list[str]:
        """The columns that the centre's own service lets this role change."""
        allowed = needs.columns_of(g.actor)
        keys = {name: self.stored_name(name) for name in self.edit_columns}
        return [name for name, key in keys.items() if allowed is None or key in allowed]

    def preview(self, values: dict[str, Any], pk: int | None, *, asked: bool) -> Any:
        """What other candidates or another host do to the posts, where they do anything."""
        changed = {key: said for key, said in values.items() if key in COUNTED}
        if pk is None or not changed or not may(g.actor, "what-ifs", "show"):
            return None
        outcome = what_centre_would_do(db.session, g.scope, g.actor, pk=pk, values=changed)
        return page_before_storing(self, outcome, request.form) if outcome.steps or asked else None

    def stored_name(self, name: str) -> str:
        return self.datamodel.key_of(name) if self.datamodel.is_relation(name) else name


def edit_contact(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Any:
    """Changes an office's contact: KNEC every one, a director their own office's only."""
    with unit_of_work(db.session) as session:
        contact = session.scalars(
            RecordInterface(OfficeContact).rows().where(OfficeContact.id == pk)
        ).one_or_none()
        if contact is None:
            raise NotFound("not-found", N_("That record was not found."))
        own = {office for role, office in OFFICE_OF.items() if role in actor.roles}
        if Role.ADMINISTRATOR not in actor.roles and contact.office not in own:
            raise NotAllowed("not-your-office", N_("Each office keeps its own telephone numbers."))
        if contact.office == "knec":
            ask_to_say(session)
        return edit_record(CONTACTS, scope, actor, pk=pk, values=values)


def add_contact(scope: Scope, actor: Actor, *, values: Values) -> Any:
    """Adds an office's contact; KNEC's own number is on the public pages of results in seconds."""
    with unit_of_work(db.session) as session:
        ask_to_say(session)
        return add_record(CONTACTS, scope, actor, values=values)


def delete_contact(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes an office's contact."""
    with unit_of_work(db.session) as session:
        ask_to_say(session)
        delete_record(CONTACTS, scope, actor, pk=pk)


class OfficeContactView(RecordView):
    datamodel = RecordInterface(OfficeContact)
    resource = "office-contacts"
    list_title, show_title = _("Office contacts"), _("Office contact")
    add_title, edit_title = _("Add a contact"), _("Change the contact")
    list_noun, list_noun_one = _("contacts"), _("contact")
    list_columns = ["name", "office", "sub_county", "telephone", "email"]
    show_columns = ["name", "office", "sub_county", "telephone", "email", "address", "hours"]
    add_columns = edit_columns = show_columns
    editable = dict.fromkeys(OFFICE_OF, ("name", "telephone", "email", "address", "hours"))
    search_columns = ["office", "sub_county"]
    order_columns = ["name", "office"]
    quick_columns = ("name", "telephone")
    choices = {"office": OFFICES}
    writes = {"add": add_contact, "edit": edit_contact, "delete": delete_contact}

    def row_actions(self, pk: int, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Only one's own office's row is offered for a change."""
        own = {office for role, office in OFFICE_OF.items() if role in g.actor.roles}
        mine = item["office"] in own or Role.ADMINISTRATOR in g.actor.roles
        return [{"label": gettext("Edit"), "href": self.address("edit", pk=pk)}] if mine else []
