"""How officers come to an account and back into it, by telephone alone.

Whatever a stranger asks about a number, the page answers the same: the holder of the number is
told the truth by SMS (ADR 0010). Both ways do the same work: one hash, the same statements.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.access import codes, limits, passwords, reach, sessions
from app.access.accounts import subject_of
from app.access.models import User
from app.access.services import BY_MESSAGE, Device, SignedIn, refuse_weak, store_hash
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.retries import in_one_transaction
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import Problems, RuleBroken
from app.extensions import db
from app.messages.enums import MessageKind, MessageState
from app.messages.inbound import InboundText, keyword
from app.messages.services import calls_from, post
from app.messages.texts import SmsText
from app.people import formats
from app.people import services as people
from app.people.models import Officer
from app.procedures import account_texts as texts
from app.reference.services import Values
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_actor, system_scope
from app.words import N_

TELL = "accounts.tell_added"
TOLD_AT_ONCE = 500
JUST_NOW = dt.timedelta(minutes=10)
"""A second tap on the button within this time sends no second message."""

_REGISTER = text(
    """
    WITH asked AS (SELECT CAST(:mobile AS text) AS mobile),
    made AS (
      INSERT INTO officer (mobile, full_name, state) SELECT asked.mobile, '', 'draft' FROM asked
      WHERE NOT EXISTS (SELECT 1 FROM ab_user WHERE lower(username) = asked.mobile)
      ON CONFLICT (mobile) DO NOTHING RETURNING id, mobile, full_name),
    person AS (
      SELECT id, mobile, full_name FROM made
      UNION ALL SELECT o.id, o.mobile, o.full_name
      FROM officer o JOIN asked ON asked.mobile = o.mobile),
    opened AS (
      INSERT INTO ab_user (first_name, last_name, username, password, active, created_on,
        officer_id, session_epoch, must_change_password, password_expires_at, locale)
      SELECT left(split_part(p.full_name, ' ', 1), 64),
        left(substr(p.full_name, strpos(p.full_name || ' ', ' ') + 1), 64),
        p.mobile, :hash, true, :made, p.id, 0, true, CAST(:ends AS timestamptz), CAST(:locale AS text)
      FROM person p
      WHERE NOT EXISTS (
        SELECT 1 FROM ab_user u WHERE u.officer_id = p.id OR lower(u.username) = p.mobile)
      ON CONFLICT DO NOTHING RETURNING id),
    given AS (
      INSERT INTO ab_user_role (user_id, role_id)
      SELECT o.id, r.id FROM opened o CROSS JOIN ab_role r WHERE r.name = 'Officer')
    SELECT id FROM opened
    """
)
"""A number that nobody has becomes an officer with an account; an officer whom an office added
gets the account only; of a number that has one nothing changes. One statement for all."""

_OPEN = text(
    """
    WITH opened AS (
      INSERT INTO ab_user (first_name, last_name, username, password, active, created_on,
        officer_id, session_epoch, must_change_password, password_expires_at)
      SELECT left(split_part(p.full_name, ' ', 1), 64),
        left(substr(p.full_name, strpos(p.full_name || ' ', ' ') + 1), 64),
        p.mobile, :hash, true, :made, p.id, 0, true, CAST(:ends AS timestamptz)
      FROM officer p
      WHERE p.id = ANY (:ids) AND NOT EXISTS (
        SELECT 1 FROM ab_user u WHERE u.officer_id = p.id OR lower(u.username) = p.mobile)
      ON CONFLICT DO NOTHING RETURNING id, officer_id),
    given AS (
      INSERT INTO ab_user_role (user_id, role_id)
      SELECT o.id, r.id FROM opened o CROSS JOIN ab_role r WHERE r.name = 'Officer')
    SELECT officer_id FROM opened ORDER BY officer_id
    """
)
_WHOSE = text(
    "SELECT id, active, officer_id, locale, created_on, last_login FROM ab_user"
    " WHERE lower(username) = :mobile"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The account behind a number, as far as messages need it."""

    id: int
    active: bool
    officer_id: int | None
    locale: str | None
    created_on: dt.datetime | None
    last_login: dt.datetime | None

    @property
    def may_get_in(self) -> bool:
        """Whether a secret may be sent: an officer's account that is open."""
        return self.active and self.officer_id is not None

    @property
    def is_just_made(self) -> bool:
        """Whether its first message is still on the way and unused."""
        made = self.created_on and self.created_on.replace(tzinfo=dt.UTC)
        return bool(made and not self.last_login and clock.real_now() - made < JUST_NOW)


def register_number(
    session: Any, mobile: str, *, device: Device, locale: str | None = None
) -> None:
    """Opens an account for a number (as `formats.mobile` gives it), or tells its holder by SMS
    that it has one. The caller cannot tell which. Raises TooMany.
    """
    limits.count_ask(session, mobile, device.address)
    password = passwords.one_time_password()
    values = _values(passwords.hashed(password), ends=clock.real_now() + BY_MESSAGE)
    calls_from(session, device.address)

    def work() -> None:
        made = session.execute(
            _REGISTER, {"mobile": mobile, "locale": locale, **values}
        ).scalar_one_or_none()
        holder = _holder_or_none(session, mobile)
        _note(session, "account.registered" if made else "account.asked_again", holder)
        _tell_registered(session, mobile, holder, password if made else None, locale)

    with scoped_as(session, system_scope("accounts")):
        in_one_transaction(session, work)


def _tell_registered(
    session: Any, mobile: str, holder: Holder | None, password: str | None, locale: str | None
) -> None:
    """A new account's sign-in, or that there is one; a second tap on the button sends nothing.

    The number of an officer whose account has another name is nobody's sign-in: they are told.
    """
    if holder is None:
        _send(session, mobile, texts.CLOSED, locale=locale)
        return
    if password is not None:
        words = texts.WELCOME
    else:
        words = texts.ALREADY if holder.may_get_in else texts.CLOSED
    intent = f"registered:{holder.id}"
    if password is None and not holder.is_just_made:
        intent = f"registered-again:{holder.id}:{clock.real_now():%Y%m%d%H}"
    _send(session, mobile, words, locale=locale, intent=intent, username=mobile, password=password)


def add_officer(scope: Scope, actor: Actor, *, vault: Vault, values: Values) -> Officer:
    """A new officer whom an office adds, with an account whose sign-in goes to their number.

    The number in any spelling. Raises RuleBroken with everything that is missing.
    """
    given = {**values, "mobile": _number_of_added(values)}
    with unit_of_work(db.session) as session:
        officer = people.add_officer(scope, actor, vault=vault, values=given)
        open_account(session, actor, officer)
    return officer


def _number_of_added(values: Values) -> str:
    """The normal form of the number; an office also knows name and workstation."""
    faults, mobile = Problems(), ""
    if not values.get("full_name"):
        faults.add("name-missing", N_("Write the officer's name."), field="full_name")
    try:
        mobile = formats.mobile(str(values.get("mobile") or ""))
    except RuleBroken as refusal:
        faults.add(refusal.code, refusal.message, field="mobile")
    if values.get("sub_county_id") is None:
        words = N_("Choose the sub-county of the workstation.")
        faults.add("sub-county-missing", words, field="sub_county")
    faults.refuse_if_any()
    return mobile


def open_account(session: Any, actor: Actor, officer: Officer) -> None:
    """Opens the sign-in of an officer whom an office added, and sends it to their number.

    Joins the caller's unit of work. Where the number has an account already nothing happens.
    """
    password = passwords.one_time_password()
    values = _values(passwords.hashed(password), ends=clock.real_now() + BY_MESSAGE)
    with unit_of_work(session):
        opened = session.execute(_OPEN, {"ids": [officer.id], **values}).scalars().all()
        if not opened:
            return
        holder = _holder(session, officer.mobile)
        about = Subject("user", holder.id, officer.sub_county_id, None, officer.id)
        record(session, actor, "account.opened", about)
        _send(
            session,
            officer.mobile,
            texts.WELCOME,
            intent=f"registered:{holder.id}",
            username=officer.mobile,
            password=password,
        )


def open_accounts(
    session: Any, actor: Actor, officer_ids: Sequence[int], *, tell: bool = False
) -> int:
    """Opens the sign-ins of many officers at once, in the caller's unit of work; how many.

    No password is right for them until they text PASSWORD; with `tell` an SMS says so, posted by
    the queue. Officers who have an account keep it.
    """
    values = _values(passwords.UNUSABLE, ends=None)
    with unit_of_work(session):
        found = session.execute(_OPEN, {"ids": list(officer_ids), **values}).scalars().all()
        if found:
            about = Subject("user", "many")
            record(session, actor, "accounts.opened", about, after={"accounts": len(found)})
        for start in range(0, len(found) if tell else 0, TOLD_AT_ONCE):
            defer(session, TELL, officer_ids=list(found[start : start + TOLD_AT_ONCE]))
    return len(found)


def tell_added(session: Any, officer_ids: Iterable[int]) -> None:
    """Tells officers of an imported list how to get in, each once; a task of the queue."""
    with unit_of_work(session):
        mobiles = session.execute(
            select(Officer.id, Officer.mobile).where(Officer.id.in_(list(officer_ids)))
        )
        for officer_id, mobile in mobiles.all():
            _send(session, mobile, texts.ADDED, intent=f"added:{officer_id}")


def answer_password(session: Any, mobile: str, *, locale: str | None = None) -> None:
    """Answers a number that sent PASSWORD: fresh credentials, or how to register.

    Every session and token of the account ends, and a password of one's own is chosen again.
    Where the message is withheld (a budget is spent) the account stays as it is: nobody is
    locked out by what cannot be sent.
    """
    password = passwords.one_time_password()
    stored = passwords.hashed(password)
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        holder = _holder_or_none(session, mobile)
        if holder is None or not holder.may_get_in:
            words = texts.UNKNOWN if holder is None else texts.CLOSED
            _note(session, "account.asked_password", holder)
            _send(session, mobile, words, locale=locale)
            return
        user = _locked(session, holder.id)
        spoken = locale or holder.locale
        facts = {"username": user.username, "password": password}
        message = _send(session, mobile, texts.FRESH, locale=spoken, **facts)
        if message.state == MessageState.WITHHELD:
            _note(session, "account.asked_password", holder)
            return
        store_hash(session, user, stored, one_time=BY_MESSAGE)
        record(session, system_actor("accounts"), "password.sent", subject_of(session, user))


def ask_code(session: Any, mobile: str, *, device: Device, locale: str | None = None) -> str:
    """Sends a code for a forgotten password; returns the ticket that belongs to it.

    A number without an account gets a ticket that no code fits, and is told by SMS how to
    register. Raises TooMany.
    """
    limits.count_ask(session, mobile, device.address)
    calls_from(session, device.address)
    asked = codes.fresh()
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        holder = _holder_or_none(session, mobile)
        known = holder is not None and holder.may_get_in
        codes.keep(session, asked, mobile=mobile, user_id=holder.id if holder and known else None)
        _note(session, "account.asked_code", holder)
        words = texts.CODE if known else texts.UNKNOWN if holder is None else texts.CLOSED
        _send(session, mobile, words, locale=locale, code=asked.spoken)
    return asked.ticket


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What the page of the code sends: the ticket it holds, and what was typed."""

    ticket: str
    code: str
    new: str
    again: str


def reset_with_code(session: Any, mobile: str, typed: NewPassword, *, device: Device) -> SignedIn:
    """Gives the account the password its holder chose, ends all its sessions and opens one here.

    Raises RuleBroken for the faults of the password before any try is counted, and with one
    sentence for every reason why a code is not accepted; TooMany. Tries are counted by ticket, of
    which a number gets few: strangers who type codes for it do not keep its holder from theirs.
    """
    refuse_weak(typed.new, again=typed.again, username=mobile)
    limits.count_ask(session, f"code:{typed.ticket}", device.address)
    if not codes.is_right(session, typed.ticket, typed.code, mobile=mobile):
        raise _code_wrong()
    stored = passwords.hashed(typed.new)
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        user_id = codes.use(session, typed.ticket)
        user = _locked(session, user_id) if user_id else None
        if user is None or not user.active or user.username != mobile:
            raise _code_wrong()
        store_hash(session, user, stored, one_time=None)
        record(session, system_actor("accounts"), "password.recovered", subject_of(session, user))
        secret = sessions.open_session(session, user, device=device.name)
        return SignedIn(user.id, secret, False, False, user.locale)  # noqa: FBT003


def _code_wrong() -> RuleBroken:
    words = N_(
        "This code is not right, or its time is over. Check the message or ask for a new one."
    )
    return RuleBroken("code-wrong", words, field="code")


def _values(stored: str, *, ends: dt.datetime | None) -> dict[str, Any]:
    return {"hash": stored, "made": clock.real_now().replace(tzinfo=None), "ends": ends}


def _holder(session: Any, mobile: str) -> Holder:
    found = _holder_or_none(session, mobile)
    if found is None:
        raise LookupError("a registered number has an account")
    return found


def _holder_or_none(session: Any, mobile: str) -> Holder | None:
    row = session.execute(_WHOSE, {"mobile": mobile}).one_or_none()
    return None if row is None else Holder(*row)


def _locked(session: Any, user_id: int) -> Any:
    """The account, locked and as it is stored now."""
    return session.scalars(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _note(session: Any, action: str, holder: Holder | None) -> None:
    """The event of a wish; it names ids and never a number."""
    about = Subject("user", "unknown")
    if holder is not None:
        about = Subject("user", holder.id, None, None, holder.officer_id)
    record(session, system_actor("accounts"), action, about)


def _send(
    session: Any,
    mobile: str,
    words: SmsText,
    *,
    locale: str | None = None,
    intent: str | None = None,
    **facts: object,
) -> Any:
    """Posts a message about an account, with how to reach the portal among its facts."""
    return post(
        session,
        to=mobile,
        text=words,
        kind=MessageKind.CREDENTIALS,
        facts={**reach.facts(), **facts},
        locale=locale,
        intent=intent,
    )


@keyword("PASSWORD")
def answer_password_text(session: Any, inbound: InboundText) -> None:
    """Answers PASSWORD texted to the short code, in the language of the account."""
    answer_password(session, inbound.number)


@keyword("NYWILA")
def answer_nywila_text(session: Any, inbound: InboundText) -> None:
    """Answers the same word in Kiswahili, in Kiswahili."""
    answer_password(session, inbound.number, locale="sw")
