"""Accounts: how a typed name becomes a stored one, and which accounts a scope reaches."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from sqlalchemy import ColumnElement, func, select, update

from app.access.models import User
from app.audit.services import Subject
from app.errors import NotFound
from app.extensions import Model
from app.permissions import Role
from app.scoping.guard import current_scope
from app.words import N_

CENTRE_LOGINS, USERS = "centre-logins", "users"


def stored_username(typed: str) -> str:
    """The user name as stored: a Kenyan mobile number in any form becomes 254 and nine digits."""
    plain = typed.strip()[:128]
    if not any(letter.isalpha() for letter in plain):
        try:
            number = phonenumbers.parse(re.sub(r"^\s*00", "+", plain), "KE")
        except phonenumbers.NumberParseException:
            return plain
        if number.country_code == 254 and phonenumbers.is_possible_number(number):
            return f"254{number.national_number}"
    return plain


def account_named(session: Any, username: str) -> Any:
    """The account with this stored name in any case, or None."""
    return session.scalars(
        select(User).where(func.lower(User.username) == username.lower())
    ).one_or_none()


def account_name(user: Any = User) -> ColumnElement[Any]:
    """First and last name of the account joined as User; NULL where no account was."""
    return func.nullif(func.trim(func.concat_ws(" ", user.first_name, user.last_name)), "")


def account_in_scope(session: Any, user_id: int) -> Any:
    """The account, locked for a change, where the session's scope reaches it; else NotFound.

    A director reaches the sign-ins of the centres of their own sub-county, and nobody else's.
    """
    user: Any = session.scalars(
        select(User).where(User.id == user_id).with_for_update()
    ).one_or_none()
    scope = current_scope(session)
    place = user and place_of(session, user)
    reached = scope.is_everything or bool(place and place in scope.sub_county_ids)
    if user is None or not reached:
        raise NotFound("not-found", N_("That record was not found."))
    return user


def place_of(session: Any, user: Any) -> int | None:
    """The sub-county of a centre's account, where the session may see the centre."""
    if user.centre_id is None:
        return None
    centre = Model.metadata.tables["centre"]
    found: int | None = session.execute(
        select(centre.c.sub_county_id).where(centre.c.id == user.centre_id)
    ).scalar_one_or_none()
    return found


def resource_of(user: Any) -> str:
    """Which resource's permissions govern an account."""
    names = {role.name for role in user.roles}
    return CENTRE_LOGINS if user.centre_id and names <= {str(Role.CENTRE)} else USERS


def subject_of(session: Any, user: Any) -> Subject:
    """The account as the subject of an event."""
    place = place_of(session, user) or user.sub_county_id
    return Subject("user", user.id, place, user.centre_id if place else None, user.officer_id)


def note_centre_login(session: Any, user: Any, **values: Any) -> None:
    """Stores facts on the record of a centre's sign-in, where the account has one."""
    login = Model.metadata.tables["centre_login"]
    if user.centre_id is not None:
        session.execute(update(login).where(login.c.user_id == user.id).values(**values))
