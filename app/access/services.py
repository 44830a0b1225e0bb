"""Getting in and being put out: sign-in, passwords handed out and chosen, accounts opened and closed."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import Role as StoredRole
from sqlalchemy import select

from app import clock
from app.access import codes, limits, passwords, sessions
from app.access.accounts import (
    CENTRE_LOGINS,
    USERS,
    account_in_scope,
    account_named,
    note_centre_login,
    resource_of,
    stored_username,
    subject_of,
)
from app.access.models import User
from app.audit.services import record
from app.db.uow import unit_of_work
from app.errors import Conflict, NotAllowed, NotFound, NotSignedIn, RuleBroken
from app.permissions import Role, require
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_scope
from app.words import N_

_WRONG = N_("The user name or the password is not right. Check both and try again.")
BY_MESSAGE = dt.timedelta(hours=24)
"""How long a one-time password sent to a telephone waits for its one use."""
BY_SLIP = dt.timedelta(days=60)
"""How long one on paper waits: centres get theirs weeks before the season."""
SLIP_GRACE = dt.timedelta(hours=1)
"""How long a slip still opens the door after its first use: a centre whose line broke before it
chose a password cannot text for another."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from. `known` is True on a device this account has used before."""

    name: str
    address: str | None
    known: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the secret for the cookie, shown to nobody else."""

    user_id: int
    secret: str
    must_change_password: bool
    season_long: bool
    locale: str | None


def sign_in(
    session: Any,
    username: str,
    password: str,
    *,
    device: Device,
    keep: bool = False,
) -> SignedIn:
    """Opens a page session, or raises NotSignedIn (one sentence for all causes) or TooMany.

    `keep` makes it last for the season, for a centre's account only. The limits are counted and
    stored before any password is hashed, and no transaction is open while one is.
    """
    right = verified(session, username, password, device=device)
    with scoped_as(session, system_scope("sign-in")), unit_of_work(session):
        user = _enter(session, right, password)
        is_centre = {role.name for role in user.roles} == {str(Role.CENTRE)}
        season_long = keep and is_centre
        secret = sessions.open_session(session, user, device=device.name, season_long=season_long)
        note_centre_login(session, user, last_sign_in_at=clock.real_now())
        return SignedIn(user.id, secret, user.must_change_password, season_long, user.locale)


def issue_token(
    session: Any, username: str, password: str, *, device: Device, make: Any = None
) -> str:
    """Opens a program's session of 12 hours and returns its bearer token.

    `make(user_id)` writes the token; without it the token is a random secret. Refuses an account
    that must first choose a password of its own.
    """
    right = verified(session, username, password, device=device)
    with scoped_as(session, system_scope("sign-in")), unit_of_work(session):
        user = _enter(session, right, password)
        if user.must_change_password:
            raise must_choose_password()
        token: str = make(user.id) if make else secrets.token_urlsafe(32)
        return sessions.open_session(
            session, user, device=device.name, kind=sessions.TOKEN, secret=token
        )


def must_choose_password() -> NotAllowed:
    """The refusal of everything else to an account that still has a one-time password."""
    return NotAllowed(
        "must-change-password",
        N_("Choose a password of your own first: sign in on the portal's page."),
    )


@dataclass(frozen=True, slots=True)
class Verified:
    """The active account whose password it is, the hash that said so, and the counted try."""

    user_id: int
    stored: str | None
    attempt: limits.Try


def verified(session: Any, username: str, password: str, *, device: Device) -> Verified:
    """The active account whose password this is; else raises NotSignedIn or TooMany."""
    name = stored_username(username)
    attempt = limits.count_try(session, name, device.address, known=device.known)
    account = account_named(session, name) if "\0" not in name else None
    stored = account.password if account is not None and _may_enter(account) else None
    user_id = account.id if account is not None else 0
    session.rollback()
    right = len(password) <= passwords.LONGEST and passwords.matches(stored, password)
    if not right:
        raise NotSignedIn("sign-in-failed", _WRONG)
    return Verified(user_id, stored, attempt)


def _may_enter(user: Any) -> bool:
    """Whether the account is open and its password not a one-time one that is spent."""
    ends = user.password_expires_at
    return bool(user.active) and (ends is None or ends > clock.real_now())


def _enter(session: Any, right: Verified, password: str) -> Any:
    """The account at its sign-in: the try given back, an outdated hash renewed.

    A password that was replaced while this one was hashed opens nothing any more.
    """
    limits.give_back(session, right.attempt)
    user = _locked(session, right.user_id)
    if user is None or user.password != right.stored or not _may_enter(user):
        raise NotSignedIn("sign-in-failed", _WRONG)
    if user.must_change_password:
        _spend(user)
    elif passwords.is_outdated(user.password):
        user.password = passwords.hashed(password)
    user.last_login = clock.real_now().replace(tzinfo=None)
    user.login_count = (user.login_count or 0) + 1
    return user


def _locked(session: Any, user_id: int | None) -> Any:
    """The account, locked and as it is stored now; None where there is none."""
    return session.scalars(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _spend(user: Any) -> None:
    """A one-time password dies at its first use; one on paper an hour later.

    Whoever loses the line before choosing their own texts PASSWORD for another.
    """
    ends = clock.real_now() + (dt.timedelta(0) if user.officer_id else SLIP_GRACE)
    user.password_expires_at = min(ends, user.password_expires_at or ends)


def sign_out(session: Any, session_id: str) -> None:
    """Ends one session: its cookie or token is worth nothing from now on."""
    with unit_of_work(session):
        sessions.end_session(session, session_id)


def end_own_session(session: Any, actor: Actor, session_id: str) -> None:
    """Ends one of the actor's own sessions; raises NotFound for anybody else's."""
    with unit_of_work(session):
        if not sessions.end_session(session, session_id, user_id=actor.user_id):
            raise NotFound("not-found", N_("That device is signed out already."))


def end_other_sessions(session: Any, actor: Actor) -> None:
    """Signs the actor out everywhere else, programs included."""
    with unit_of_work(session):
        sessions.end_all(session, actor.user_id or 0, besides=actor.session_id)


def end_sessions(session: Any, user_id: int) -> None:
    """Ends every session and token of an account, in the caller's unit of work or its own."""
    with unit_of_work(session):
        sessions.end_all(session, user_id)


def issue_password(session: Any, scope: Scope, actor: Actor, user_id: int) -> str:
    """A one-time password for an account in scope, to be shown once; ends its sessions.

    It must be changed at first use, within 24 hours by an officer and 60 days by others. Raises
    NotFound for an account out of scope and NotAllowed where the actor's role hands out no
    passwords for such an account.
    """
    with scoped_as(session, scope), unit_of_work(session):
        user = account_in_scope(session, user_id)
        resource = resource_of(user)
        require(
            actor, resource, "issue_password" if resource == CENTRE_LOGINS else "reset_password"
        )
        new = passwords.one_time_password()
        _store(session, user, new, must_change=True)
        note_centre_login(session, user, issued_at=clock.now(), issued_by=actor.user_id)
        record(session, actor, "password.issued", subject_of(session, user))
    return new


def set_password(session: Any, scope: Scope, actor: Actor, user_id: int, new: str) -> None:
    """Gives an account in scope this password, to be changed at first use; for administrators."""
    with scoped_as(session, scope), unit_of_work(session):
        user = account_in_scope(session, user_id)
        require(actor, USERS, "reset_password")
        refuse_weak(new, again=new, username=user.username)
        _store(session, user, new, must_change=True)
        record(session, actor, "password.set", subject_of(session, user))


def change_own_password(
    session: Any, actor: Actor, *, old: str, new: str, again: str, device: Device
) -> str:
    """Gives the actor a password of their own choice; returns the secret of their new session.

    Asks the old one, within the limits of sign-in, and ends every session there was. A one-time
    password is not asked again: it opened this very session, as nothing else could. Raises
    RuleBroken with every fault of the form at once.
    """
    attempt = limits.count_try(session, actor.username, device.address, known=device.known)
    user: Any = session.get(User, actor.user_id)
    stored, first = user.password, user.must_change_password
    session.rollback()
    _refuse_wrong(stored, new if first else old, first=first)
    refuse_weak(new, again=again, username=actor.username, old="" if first else old)
    with scoped_as(session, system_scope("sign-in")), unit_of_work(session):
        user = _locked(session, actor.user_id)
        if user is None or user.password != stored or not user.active:
            raise NotSignedIn("sign-in-failed", _WRONG)
        limits.give_back(session, attempt)
        _store(session, user, new, must_change=False)
        record(session, actor, "password.changed", subject_of(session, user))
        return sessions.open_session(session, user, device=device.name)


def deactivate(
    session: Any, scope: Scope, actor: Actor, user_id: int, *, reason: str | None = None
) -> None:
    """Closes an account in scope: no sign-in, and every session and token ends at once."""
    with scoped_as(session, scope), unit_of_work(session):
        user = account_in_scope(session, user_id)
        require(actor, resource_of(user), "deactivate")
        if user.id == actor.user_id:
            raise RuleBroken("own-account", N_("You cannot close your own account."))
        user.active = False
        note_centre_login(session, user, active=False)
        sessions.end_all(session, user.id)
        record(session, actor, "user.deactivated", subject_of(session, user), reason=reason)


def activate(session: Any, scope: Scope, actor: Actor, user_id: int) -> None:
    """Opens a closed account in scope again; its holder signs in anew."""
    with scoped_as(session, scope), unit_of_work(session):
        user = account_in_scope(session, user_id)
        require(actor, resource_of(user), "deactivate")
        user.active = True
        note_centre_login(session, user, active=True)
        record(session, actor, "user.activated", subject_of(session, user))


def change_roles(
    session: Any, scope: Scope, actor: Actor, user_id: int, roles: Iterable[str]
) -> None:
    """Gives an account exactly these roles; its sessions end, so that none keeps the old ones."""
    with scoped_as(session, scope), unit_of_work(session):
        user = account_in_scope(session, user_id)
        require(actor, USERS, "edit")
        before = sorted(role.name for role in user.roles)
        user.roles = _roles(session, roles)
        sessions.end_all(session, user.id)
        after = sorted(role.name for role in user.roles)
        record(session, actor, "user.roles", subject_of(session, user), before=before, after=after)


def create_account(
    session: Any,
    scope: Scope,
    actor: Actor,
    *,
    username: str,
    name: str,
    roles: Iterable[str],
    **place: Any,
) -> tuple[int, str]:
    """Opens an account; returns its id and the one-time password to hand over.

    `place` may name `email`, `county_id`, `sub_county_id`, `centre_id` or `officer_id`. Raises
    Conflict where the user name is taken in any spelling of its letters.
    """
    stored = stored_username(username)
    with scoped_as(session, scope), unit_of_work(session):
        require(actor, CENTRE_LOGINS if place.get("centre_id") else USERS, "add")
        if account_named(session, stored) is not None:
            words = N_("Somebody has this user name already. Choose another.")
            raise Conflict("username-taken", words, field="username")
        first, _, last = name.strip().partition(" ")
        new = passwords.one_time_password()
        user: Any = User(
            username=stored,
            first_name=first[:64],
            last_name=last[:64],
            password=passwords.hashed(new),
            active=True,
            session_epoch=0,
            must_change_password=True,
            password_expires_at=clock.real_now() + BY_SLIP,
            **place,
        )
        user.roles = _roles(session, roles)
        session.add(user)
        session.flush()
        held = sorted(role.name for role in user.roles)
        record(session, actor, "user.created", subject_of(session, user), after=held)
        return user.id, new


def choose_language(session: Any, user_id: int, locale: str) -> None:
    """Stores the language in which the account's holder reads the portal."""
    with unit_of_work(session):
        user: Any = session.get(User, user_id)
        user.locale = locale


def _store(session: Any, user: Any, new: str, *, must_change: bool) -> None:
    lasts = (BY_MESSAGE if user.officer_id else BY_SLIP) if must_change else None
    store_hash(session, user, passwords.hashed(new), one_time=lasts)


def store_hash(session: Any, user: Any, stored: str, *, one_time: dt.timedelta | None) -> None:
    """Gives the account a hashed password and ends all its sessions, in the open transaction.

    `one_time` says how long it waits for its one use; None means the holder chose it.
    """
    now = clock.real_now()
    user.password = stored
    user.must_change_password = one_time is not None
    user.password_expires_at = None if one_time is None else now + one_time
    user.credentials_changed_at = now
    codes.forget(session, user.id)
    sessions.end_all(session, user.id)


def _refuse_wrong(stored: str, typed: str, *, first: bool) -> None:
    """Refuses a wrong old password; at the first choice, the one-time password itself."""
    right = len(typed) <= passwords.LONGEST and passwords.matches(stored, typed)
    if first and right:
        words = N_("This is the password you have now. Choose another.")
        raise RuleBroken("password-same", words, field="new_password")
    if not first and not right:
        words = N_("This is not the password you have now.")
        raise RuleBroken("old-password-wrong", words, field="old_password")


def refuse_weak(new: str, *, again: str, username: str, old: str = "") -> None:
    """Raises RuleBroken with everything that is wrong with a chosen password."""
    faults = passwords.faults_of(new, again=again, username=username, old=old)
    if faults:
        raise RuleBroken(faults[0].code, faults[0].message, field=faults[0].field, problems=faults)


def _roles(session: Any, names: Iterable[str]) -> list[Any]:
    """The stored roles of these names; a role that is derived or unknown is refused."""
    wanted = {str(name) for name in names}
    allowed = {str(role) for role in Role} - {str(Role.CENTRE_MANAGER)}
    found = list(session.scalars(select(StoredRole).where(StoredRole.name.in_(wanted & allowed))))
    if not wanted or len(found) != len(wanted):
        raise RuleBroken("role-unknown", N_("Choose one of the roles listed."), field="roles")
    return found
