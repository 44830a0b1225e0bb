"""Moving an officer's account to another telephone number: never a second account.

With both telephones in hand, a code on each proves it. With the old one lost, a code proves the
new number and the sub-county's director sees the person with their identity card. That a number
is somebody else's is never said on a page: its code goes to nobody, and its holder is told by SMS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app import clock
from app.access import codes, limits, reach, sessions
from app.access.accounts import account_named
from app.access.models import NumberChange, User, masked
from app.access.services import Device
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import NotFound, PortalError, RuleBroken
from app.extensions import db
from app.messages.enums import MessageKind
from app.messages.services import calls_from, post
from app.messages.texts import SmsText
from app.people.models import Officer
from app.permissions import require
from app.procedures import account_texts as texts
from app.reference.services import within
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, system_actor, system_scope
from app.words import N_

_IN_USE = text(
    "SELECT EXISTS (SELECT 1 FROM officer WHERE mobile = CAST(:mobile AS text))"
    " OR EXISTS (SELECT 1 FROM ab_user WHERE lower(username) = CAST(:mobile AS text))"
)
_WITHDRAW = text(
    "UPDATE number_change c SET state = 'refused', reason = 'asked again', decided_at = :now"
    " FROM ab_user u WHERE u.id = :user_id AND c.officer_id = u.officer_id"
    " AND c.state = 'waiting' AND c.new_mobile <> :new"
)
"""What waits for another number ends, and what is asked now is a row of its own: a director who
looked at the one cannot approve the other unseen."""
_WAIT = text(
    "INSERT INTO number_change"
    " (officer_id, sub_county_id, old_mobile, new_mobile, in_person, state, asked_at)"
    " SELECT o.id, o.sub_county_id, :old, :new, true, 'waiting', :now"
    " FROM ab_user u JOIN officer o ON o.id = u.officer_id WHERE u.id = :user_id AND u.active"
    " ON CONFLICT (officer_id) WHERE state = 'waiting'"
    " DO UPDATE SET asked_at = excluded.asked_at WHERE number_change.new_mobile = :new"
    " RETURNING id, officer_id, sub_county_id"
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The number that is left, and the one that is wanted, both in normal form."""

    old: str
    new: str

    @property
    def subject(self) -> str:
        """What codes of this very move, and no other, are kept under."""
        return f"move:{self.old}:{self.new}"


@dataclass(frozen=True, slots=True)
class Tickets:
    """What the page keeps between asking and proving; `old` is empty where that phone is lost."""

    new: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class Codes:
    """The digits typed, one code from each telephone."""

    new: str
    old: str = ""


def ask_with_both(
    session: Any, actor: Actor, numbers: Numbers, *, device: Device, locale: str | None = None
) -> Tickets:
    """Sends a code to each of the two numbers of the officer who asks.

    A new number that is somebody's gets no code but a warning; the answer is the same. Raises
    RuleBroken where both numbers are one, and TooMany.
    """
    _count(session, numbers, device)
    new, old = codes.fresh(), codes.fresh()
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        for asked in (new, old):
            codes.keep(session, asked, mobile=numbers.subject, user_id=actor.user_id)
        record(session, actor, "number.asked", _own(actor))
        _tell_new(session, numbers, new, locale)
        facts = {"code": old.spoken, "new": masked(numbers.new, "*")}
        _send(session, numbers.old, texts.CODE_OLD_NUMBER, locale=locale, **facts)
    return Tickets(new.ticket, old.ticket)


def ask_with_new(
    session: Any, numbers: Numbers, *, device: Device, locale: str | None = None
) -> Tickets:
    """Sends a code to the new number of somebody whose old telephone is lost.

    Nobody learns whether the old number has an account: the new one gets its code either way.
    """
    _count(session, numbers, device)
    new = codes.fresh()
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        user = account_named(session, numbers.old)
        known = user is not None and user.officer_id is not None
        codes.keep(session, new, mobile=numbers.subject, user_id=user.id if known else None)
        about = Subject(
            "user", user.id if known else "unknown", None, None, known and user.officer_id
        )
        record(session, system_actor("accounts"), "number.asked", about)
        _tell_new(session, numbers, new, locale)
    return Tickets(new.ticket)


def prove_both(
    session: Any, actor: Actor, numbers: Numbers, tickets: Tickets, typed: Codes, *, device: Device
) -> str:
    """Moves the actor's account to the new number; returns the secret of their new session.

    Raises RuleBroken, with the same words whether a code is wrong, late or tried too often, or
    the number was taken meanwhile.
    """
    limits.count_ask(session, numbers.subject, device.address)
    right = [
        codes.is_right(session, tickets.new, typed.new, mobile=numbers.subject),
        codes.is_right(session, tickets.old, typed.old, mobile=numbers.subject),
    ]
    if not all(right):
        raise _codes_wrong()
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        used = {codes.use(session, tickets.new), codes.use(session, tickets.old)}
        user = _locked(session, actor.user_id or 0)
        if used != {user.id} or user.username != numbers.old:
            raise _codes_wrong()
        officer = session.get(Officer, user.officer_id)
        change = NumberChange(
            officer_id=officer.id,
            sub_county_id=officer.sub_county_id,
            old_mobile=numbers.old,
            new_mobile=numbers.new,
            in_person=False,
            state="made",
            decided_at=clock.real_now(),
        )
        session.add(change)
        _move(session, user, officer, change, refusal=_codes_wrong())
        record(session, actor, "number.changed", _subject(change))
        return sessions.open_session(session, user, device=device.name)


def prove_new(
    session: Any, numbers: Numbers, tickets: Tickets, typed: Codes, *, device: Device
) -> None:
    """Puts the move before the sub-county's director, and tells the old number so.

    The answer is the same where the old number has no account; then nothing is put before
    anybody. Raises RuleBroken for a wrong code.
    """
    limits.count_ask(session, numbers.subject, device.address)
    calls_from(session, device.address)
    if not codes.is_right(session, tickets.new, typed.new, mobile=numbers.subject):
        raise _codes_wrong()
    with scoped_as(session, system_scope("accounts")), unit_of_work(session):
        user_id = codes.use(session, tickets.new)
        values = {
            "old": numbers.old,
            "new": numbers.new,
            "user_id": user_id,
            "now": clock.real_now(),
        }
        session.execute(_WITHDRAW, values)
        row = session.execute(_WAIT, values).one_or_none()
        about = (
            Subject("number_change", row.id, row.sub_county_id, None, row.officer_id)
            if row
            else Subject("number_change", "unknown")
        )
        record(session, system_actor("accounts"), "number.waits", about)
        words = texts.WAITS_FOR_OFFICE if row else texts.UNKNOWN
        _send(session, numbers.old, words, new=masked(numbers.new, "*"))


def approve(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Moves the accounts to the numbers that wait, after the director has seen each person.

    Raises RuleBroken with one sentence whatever stands in the way, so that nobody learns at the
    counter whose number it is.
    """
    require(actor, "number-changes", "approve")
    with unit_of_work(db.session) as session:
        for pk in ids:
            change = _waiting(session, scope, pk)
            user = account_of_officer(session, change.officer_id)
            officer = within(session, Officer, scope, change.officer_id)
            _decide(change, actor, "made", reason)
            if user is None or user.username != change.old_mobile:
                raise _not_possible()
            _move(session, user, officer, change, refusal=_not_possible())
            record(session, actor, "number.approved", _subject(change), reason=reason)


def refuse(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Leaves the accounts where they are and tells the new numbers so."""
    require(actor, "number-changes", "refuse")
    with unit_of_work(db.session) as session:
        for pk in ids:
            change = _waiting(session, scope, pk)
            _decide(change, actor, "refused", reason)
            session.flush()
            record(session, actor, "number.refused", _subject(change), reason=reason)
            _send(session, change.new_mobile, texts.NOT_MOVED)


def changes_waiting(session: Any, scope: Scope) -> int:
    """How many moves wait for somebody within the scope to see the person."""
    waiting = select(func.count(NumberChange.id)).where(NumberChange.state == "waiting")
    return int(session.scalar(restrict(waiting, NumberChange, scope)) or 0)


def account_of_officer(session: Any, officer_id: int) -> Any:
    """The officer's account, locked and as it is stored now; None where there is none."""
    return session.scalars(
        select(User)
        .where(User.officer_id == officer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _count(session: Any, numbers: Numbers, device: Device) -> None:
    if numbers.old == numbers.new:
        words = N_("This is the number you have now. Write the new one.")
        raise RuleBroken("same-number", words, field="new_mobile")
    limits.count_ask(session, numbers.old, device.address)
    limits.count_ask(session, numbers.new, device.address)
    calls_from(session, device.address)


def _tell_new(session: Any, numbers: Numbers, asked: codes.Asked, locale: str | None) -> None:
    """The code to a number that is free, the warning to one that is not."""
    in_use = session.execute(_IN_USE, {"mobile": numbers.new}).scalar_one()
    words = texts.NUMBER_IN_USE if in_use else texts.CODE_NEW_NUMBER
    _send(session, numbers.new, words, locale=locale, code=asked.spoken)


def _move(
    session: Any, user: Any, officer: Any, change: NumberChange, *, refusal: PortalError
) -> None:
    """The officer and the account take the new number; everything open before ends, and both
    numbers are told."""
    now = clock.real_now()
    try:
        with session.begin_nested():
            officer.mobile = user.username = change.new_mobile
            user.credentials_changed_at = now
            if user.must_change_password:
                user.password_expires_at = now
            session.flush()
    except IntegrityError:
        raise refusal from None
    codes.forget(session, user.id)
    sessions.end_all(session, user.id)
    facts = {"new": masked(change.new_mobile, "*")}
    _send(session, change.old_mobile, texts.MOVED_FROM, locale=user.locale, **facts)
    _send(session, change.new_mobile, texts.MOVED_TO, locale=user.locale)


def _waiting(session: Any, scope: Scope, pk: int) -> NumberChange:
    change: NumberChange = within(session, NumberChange, scope, pk)
    session.refresh(change, with_for_update=True)
    if change.state != "waiting":
        raise RuleBroken("not-waiting", N_("This change was decided already."))
    return change


def _decide(change: NumberChange, actor: Actor, state: str, reason: str) -> None:
    change.state, change.reason = state, reason
    change.decided_at, change.decided_by = clock.real_now(), actor.user_id


def _locked(session: Any, user_id: int) -> Any:
    user = session.scalars(
        select(User)
        .where(User.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if user is None or user.officer_id is None:
        raise NotFound("not-found", N_("That record was not found."))
    return user


def _own(actor: Actor) -> Subject:
    return Subject("user", actor.user_id, None, None, actor.officer_id)


def _subject(change: NumberChange) -> Subject:
    return Subject("number_change", change.id, change.sub_county_id, None, change.officer_id)


def _codes_wrong() -> RuleBroken:
    words = N_(
        "These codes are not right, or their time is over. Check the messages or ask for new ones."
    )
    return RuleBroken("code-wrong", words, field="new_code")


def _not_possible() -> RuleBroken:
    words = N_("This change cannot be made. The KNEC help desk can look into it.")
    return RuleBroken("number-change-impossible", words)


def _send(
    session: Any, mobile: str, words: SmsText, *, locale: str | None = None, **facts: object
) -> Any:
    return post(
        session,
        to=mobile,
        text=words,
        kind=MessageKind.NUMBER_CHANGE,
        facts={**reach.facts(), **facts},
        locale=locale,
    )
