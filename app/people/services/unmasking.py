"""Reading a sealed number in full: with a reason, so many a day, and always on record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, or_, select, text

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import NotFound, RuleBroken, TooMany
from app.extensions import db
from app.people.machine import OFFICE
from app.people.models import Officer, Unmasking, UnmaskLimit
from app.people.queries.profiles import CONTEXTS
from app.people.queries.verification import profile_in
from app.people.services.officers import KRA_PIN, NATIONAL_ID
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_

SEALED_FOR = {"national_id": NATIONAL_ID, "kra_pin": KRA_PIN, **CONTEXTS}
"""The fields that may be read in full, and what each is sealed for."""
SHORTEST_REASON, LONGEST_REASON = 10, 300
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('unmasking'), :user_id)")


def unmask(
    scope: Scope, actor: Actor, officer_id: int, *, name: str, reason: str, vault: Vault
) -> str:
    """The number in full, after storing who read whose, which and why.

    Raises RuleBroken without a reason, TooMany beyond the day's limit (data: `unmask_limit`),
    NotFound outside the scope or where there is no such number.
    """
    require(actor, OFFICE, "unmask")
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        words = N_("Say why you need the number: it stays on record with your name.")
        raise RuleBroken("unmask-reason", words, field="reason")
    with unit_of_work(db.session) as session:
        officer = profile_in(scope, officer_id)
        number = _number(officer, name, vault)
        _keep_to_the_limit(session, actor)
        _write_down(session, actor, officer, name, said)
    return number


def left_today(session: Any, actor: Actor) -> int:
    """How many numbers the person may still read in full today."""
    now = clock.real_now()
    today = clock.day_of(now)
    limit = session.scalar(
        select(UnmaskLimit.per_day).where(
            UnmaskLimit.effective_from <= today,
            or_(UnmaskLimit.effective_to.is_(None), UnmaskLimit.effective_to >= today),
        )
    )
    since = clock.instant_at(today, dt.time())
    done = session.scalar(
        select(func.count())
        .select_from(Unmasking)
        .where(Unmasking.user_id == actor.user_id, Unmasking.unmasked_at >= since)
    )
    return max(0, int(limit or 0) - int(done or 0))


def _keep_to_the_limit(session: Any, actor: Actor) -> None:
    """One reading of a person at a time, so that two at once cannot both be the last."""
    session.execute(_ONE_AT_A_TIME, {"user_id": actor.user_id or 0})
    if left_today(session, actor) < 1:
        said = N_("You have read as many numbers in full today as one person may.")
        now = clock.real_now()
        midnight = clock.instant_at(clock.day_of(now) + dt.timedelta(days=1), dt.time())
        wait = int((midnight - now).total_seconds())
        raise TooMany("unmask-limit", said, facts={"retry_after": wait})


def _number(officer: Officer, name: str, vault: Vault) -> str:
    cipher = getattr(officer, f"{name}_cipher") if name in SEALED_FOR else None
    if not cipher:
        raise NotFound("not-found", N_("That record was not found."))
    return vault.unseal(bytes(cipher), context=SEALED_FOR[name])


def _write_down(session: Any, actor: Actor, officer: Officer, name: str, reason: str) -> None:
    line = Unmasking(
        officer_id=officer.id,
        sub_county_id=officer.sub_county_id,
        user_id=actor.user_id,
        actor_name=actor.name[:128],
        field=name,
        reason=reason,
        unmasked_at=clock.real_now(),
    )
    session.add(line)
    session.flush()
    subject = Subject("officer", officer.id, officer.sub_county_id, None, officer.id)
    record(session, actor, "officer.unmasked", subject, after={"field": name}, reason=reason)
