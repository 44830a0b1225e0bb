"""Screens of access: the sign-ins of centres, accounts and roles, and the history of events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, make_response, render_template, request
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import select
from wtforms import SelectMultipleField, StringField, validators

from app import clock
from app.access import services as access
from app.access.models import User
from app.audit.models import Event
from app.db.uow import unit_of_work
from app.errors import RuleBroken
from app.extensions import db
from app.people.models import CentreLogin
from app.permissions import Role
from app.places.models import SubCounty
from app.procedures import sign_ins
from app.reference.services import Records, Values, edit_record
from app.scoping.scope import Actor, Scope
from app.words import N_, NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.crud.lookups import centre_field

GIVEN_ROLES = tuple(str(role) for role in Role if role is not Role.CENTRE_MANAGER)


def slips_page(slips: Sequence[sign_ins.Slip], back: str, place: str = "") -> Any:
    """The slips, shown this once: nothing keeps the passwords on the server or in the browser."""
    page = make_response(
        render_template(
            "slips.html",
            slips=[
                {
                    "centre": slip.centre,
                    "code": slip.code,
                    "username": slip.username,
                    "password": slip.password,
                    "address": request.host_url,
                }
                for slip in slips
            ],
            issued_at=clock.now(),
            issued_by=g.actor.name,
            sub_county=place,
            done_url=back,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def hand_out(scope: Scope, actor: Actor, ids: Sequence[int]) -> Any:
    """New passwords for the sign-ins, as slips."""
    slips = sign_ins.issue_centre_passwords(scope, actor, ids)
    names = db.session.scalars(select(SubCounty.name).where(SubCounty.id.in_(scope.sub_county_ids)))
    return slips_page(slips, "/centre-logins/list/", ", ".join(names))


class CentreLoginView(RecordView):
    datamodel = RecordInterface(CentreLogin)
    resource = "centre-logins"
    noun = _("Sign-in")
    list_title, show_title = _("Centre sign-ins"), _("Centre sign-in")
    add_title, edit_title = _("Open a sign-in"), _("Change the sign-in")
    list_noun, list_noun_one = _("sign-ins"), _("sign-in")
    list_columns = ["centre.name", "username", "active", "issued_at", "last_sign_in_at"]
    show_columns = ["centre.code", *list_columns]
    add_columns = ["centre"]
    edit_columns = ["active"]
    search_columns = ["active"]
    order_columns = ["centre.name", "username", "issued_at", "last_sign_in_at"]
    base_order = ("username", "asc")
    quick_columns = ("centre.name", "username")
    lookups = {"centre": centre_field}
    rest = False
    writes = {
        "add": sign_ins.open_centre_login,
        "edit": sign_ins.change_centre_login,
        "delete": sign_ins.delete_centre_login,
    }
    acts = (
        Act(name="issue_password", label=_("Issue passwords"), run=hand_out, danger=True),
        Act(
            name="deactivate",
            label=_("Deactivate"),
            run=sign_ins.deactivate_centre_logins,
            asks=_("Why is it closed?"),
            says=_("Whoever is signed in with it is out at once."),
            danger=True,
            done=NN_("Deactivated.", "%(num)s deactivated."),
            offered=lambda login: login.active,
        ),
    )


def add_user(scope: Scope, actor: Actor, *, values: Values) -> Any:
    """Opens an account; its one-time password is kept for the slip that follows."""
    given = dict(values)
    first, last = given.pop("first_name"), given.pop("last_name")
    user_id, password = access.create_account(
        db.session,
        scope,
        actor,
        username=given.pop("username"),
        name=f"{first} {last}",
        roles=given.pop("roles"),
        **given,
    )
    g.new_password = password
    return db.session.get(User, user_id)


def edit_user(scope: Scope, actor: Actor, *, pk: int, values: Values) -> Any:
    """Changes names, place and roles; new roles or a new place end the account's sessions."""
    given = dict(values)
    given.pop("username", None)
    roles = given.pop("roles", None)
    with unit_of_work(db.session) as session:
        user = edit_record(USERS, scope, actor, pk=pk, values=given)
        held = sorted(role.name for role in user.roles)
        refuse_self(actor, pk, roles, held)
        if roles is not None and sorted(roles) != held:
            access.change_roles(session, scope, actor, pk, roles)
        elif any(name.endswith("_id") for name in given):
            access.end_sessions(session, pk)
    return user


def refuse_self(actor: Actor, pk: int, roles: Sequence[str] | None, held: Sequence[str]) -> None:
    """Nobody changes their own roles, so that nobody locks themself out or lifts themself up."""
    if pk == actor.user_id and roles is not None and sorted(roles) != sorted(held):
        raise RuleBroken("own-account", N_("Somebody else changes your roles."), field="roles")


def close_accounts(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Closes accounts for a reason; their sessions end at once."""
    with unit_of_work(db.session) as session:
        for pk in ids:
            access.deactivate(session, scope, actor, pk, reason=reason)


def reset_passwords(scope: Scope, actor: Actor, ids: Sequence[int]) -> Any:
    """One-time passwords for accounts, as slips."""
    with unit_of_work(db.session) as session:
        users: Mapping[int, Any] = {pk: session.get(User, pk) for pk in ids}
        slips = [
            slip_of(user, access.issue_password(session, scope, actor, pk))
            for pk, user in users.items()
        ]
    return slips_page(slips, "/users/list/")


def slip_of(user: Any, password: str) -> sign_ins.Slip:
    """The slip of a person's account."""
    name = f"{user.first_name} {user.last_name}".strip()
    roles = ", ".join(role.name for role in user.roles)
    return sign_ins.Slip(name, roles, user.username, password)


USERS = Records(User, "users", frozenset({"first_name", "last_name", "email"}))


class RolesField(SelectMultipleField):
    """Ticks for roles, by their names; an account holds them as stored roles."""

    def process_data(self, value: Any) -> None:
        self.data = [getattr(role, "name", role) for role in value or []]


def roles_field() -> Any:
    """The field that asks for roles."""
    return RolesField(
        _("Roles"),
        choices=[(name, name) for name in GIVEN_ROLES],
        validators=[validators.InputRequired()],
        description=_("A director also needs a sub-county, a county director a county."),
    )


def username_field() -> Any:
    """The field that asks for a user name."""
    letters = validators.Regexp(r"^[A-Za-z0-9._+-]{3,64}$", message=_("Letters, digits, . _ + -"))
    return StringField(_("User name"), validators=[validators.InputRequired(), letters])


class UserView(RecordView):
    datamodel = RecordInterface(User)
    resource = "users"
    noun = _("Account")
    list_title, show_title = _("Users and roles"), _("Account")
    add_title, edit_title = _("Open an account"), _("Change the account")
    list_noun, list_noun_one = _("accounts"), _("account")
    list_columns = ["username", "first_name", "last_name", "roles", "active"]
    show_columns = [
        "username", "first_name", "last_name", "email", "roles", "active", "county",
        "sub_county", "last_login",
    ]  # fmt: skip
    add_columns = [
        "username",
        "first_name",
        "last_name",
        "email",
        "roles",
        "county",
        "sub_county",
    ]
    edit_columns = ["first_name", "last_name", "email", "roles", "county", "sub_county"]
    label_columns = {"last_login": _("Last sign-in")}
    search_columns = ["active"]
    order_columns = ["username", "last_name"]
    base_order = ("username", "asc")
    quick_columns = ("username", "first_name", "last_name")
    lookups = {"roles": roles_field, "username": username_field}
    rest = False
    writes = {"add": add_user, "edit": edit_user}
    acts = (
        Act(
            name="deactivate",
            label=_("Deactivate"),
            run=close_accounts,
            asks=_("Why is it closed?"),
            danger=True,
            done=NN_("Deactivated.", "%(num)s deactivated."),
            offered=lambda user: user.active,
        ),
        Act(name="reset_password", label=_("Issue passwords"), run=reset_passwords, danger=True),
    )

    def title_of(self, record: User) -> str:
        return str(record.username)

    def after_add(self, record: Any) -> Any:
        """The new account's slip, shown this once."""
        return slips_page([slip_of(record, g.new_password)], self.address("list"))


class EventView(RecordView):
    datamodel = RecordInterface(Event)
    resource = "events"
    list_title, show_title = _("History"), _("Event")
    list_noun, list_noun_one = _("events"), _("event")
    list_columns = ["at", "actor_name", "action", "entity", "entity_id", "reason"]
    show_columns = [*list_columns, "before", "after", "request_id", "chain"]
    label_columns = {"request_id": _("Request"), "chain": _("Chain of events")}
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns = ["actor_name", "action", "entity", "entity_id", "at"]
    order_columns = ["at"]
    base_order = ("at", "desc")
    quick_columns = ("actor_name", "action", "entity_id")
    rest = False
    formatters_columns = {
        name: lambda value: (
            Markup("<code>{}</code>").format(json.dumps(value, ensure_ascii=False)) if value else ""
        )
        for name in ("before", "after")
    }
