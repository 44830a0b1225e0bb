"""A director vets profiles: verifies one or many with one word, or flags a field with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.access.models import User
from app.db.uow import unit_of_work
from app.errors import Conflict, NotAllowed, NotFound, PortalError, RuleBroken
from app.extensions import db
from app.messages.enums import MessageKind
from app.messages.quoting import quoted
from app.messages.services import post
from app.people.enums import ProfileAct, ProfileGroup, ProfileState
from app.people.fields import FIELD
from app.people.machine import OFFICE, move_for
from app.people.models import IdentityClaim, Officer
from app.people.services.profiles import refuse_incomplete, write_move
from app.people.texts import FIELD_SW, FLAGGED
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_

LONGEST_REASON, SHORTEST_REASON, SAID_BY_SMS = 300, 5, 60


@dataclass(frozen=True, slots=True)
class Flag:
    """What is not right, and why; `version` is that of the profile as it was seen."""

    field: str
    reason: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A profile that was not verified, and why."""

    officer_id: int
    name: str
    error: PortalError


@dataclass
class Outcome:
    """What came of verifying several at once."""

    done: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def verify_profiles(scope: Scope, actor: Actor, seen: Mapping[int, int]) -> Outcome:
    """Verifies the profiles by id, each as it was seen (its version); the others say why not.

    Each is locked, so that an edit either comes before, and refuses it, or comes after, and
    re-opens what it touches.
    """
    require(actor, OFFICE, "verify")
    outcome = Outcome()
    with unit_of_work(db.session) as session:
        for officer_id in sorted(seen):
            officer = _officer(session, scope, officer_id)
            try:
                _verify(session, actor, officer, seen[officer_id])
            except PortalError as error:
                outcome.refused.append(Refusal(officer_id, str(officer), error))
            else:
                outcome.done.append(officer_id)
    return outcome


def flag_profile(
    scope: Scope,
    actor: Actor,
    officer_id: int,
    flag: Flag,
    *,
    site: str,
) -> None:
    """Flags one field with its reason and tells the officer by SMS, with a link to that field.

    `site` is the portal's address as people open it. Raises RuleBroken without a field or reason.
    """
    require(actor, OFFICE, "flag")
    name, said = flag.field, _reason(flag.reason)
    if name not in FIELD:
        raise RuleBroken("flag-field", N_("Choose the field that is not right."), field="field")
    with unit_of_work(db.session) as session:
        officer = _officer(session, scope, officer_id)
        _refuse_own(actor, officer)
        _refuse_unseen(officer, flag.version)
        state = ProfileState(officer.state)
        move = move_for(state, ProfileAct.FLAG)
        officer.flagged_field, officer.flag_reason = name, said
        if state is ProfileState.VERIFIED:
            others = [group for group in ProfileGroup if group is not FIELD[name].group]
            officer.verified_groups = [str(group) for group in others]
        line = write_move(session, actor, officer, move, fields=(name,), reason=said)
        _tell(session, officer, name, said, site=site, intent=f"profile-flag:{line}")


def _verify(session: Any, actor: Actor, officer: Officer, version: int) -> None:
    _refuse_own(actor, officer)
    _refuse_unseen(officer, version)
    move = move_for(ProfileState(officer.state), ProfileAct.VERIFY)
    refuse_incomplete(session, officer)
    _refuse_anothers_number(session, officer)
    officer.verified_groups = [str(group) for group in ProfileGroup]
    officer.flagged_field = officer.flag_reason = None
    write_move(session, actor, officer, move, fields=())


def _officer(session: Any, scope: Scope, officer_id: int) -> Officer:
    """The officer whose workstation is in the scope, locked and read afresh."""
    statement = select(Officer).where(Officer.id == officer_id)
    if not scope.is_everything:
        statement = statement.where(Officer.sub_county_id.in_(sorted(scope.sub_county_ids)))
    fresh = statement.with_for_update(of=Officer).execution_options(populate_existing=True)
    found: Officer | None = session.scalars(fresh).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def _refuse_own(actor: Actor, officer: Officer) -> None:
    if actor.officer_id is not None and actor.officer_id == officer.id:
        raise NotAllowed("own-profile", N_("Nobody verifies or flags their own profile."))


def _refuse_unseen(officer: Officer, version: int | None) -> None:
    """What was changed since the page was opened is looked at first."""
    if version is not None and officer.profile_version != version:
        said = N_("This profile was changed since you opened the page. Look at it again.")
        raise Conflict("profile-changed", said, facts={"version": officer.profile_version})


def _refuse_anothers_number(session: Any, officer: Officer) -> None:
    """Nobody is verified with a number that stands on another record.

    The review of the two says whose it is; whoever gave a wrong one corrects the field that is
    flagged, and a number that its holder lets go settles by itself.
    """
    claimed = session.scalars(
        select(IdentityClaim.kind)
        .where(IdentityClaim.officer_id == officer.id, IdentityClaim.settled_at.is_(None))
        .order_by(IdentityClaim.kind)
        .limit(1)
    ).first()
    if claimed is not None:
        said = N_("Another record holds this number. Settle the look-alike, or flag the number.")
        raise RuleBroken("number-claimed", said, field=claimed)


def _reason(reason: str) -> str:
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        words = N_("Say in a few words what is not right: the officer reads it.")
        raise RuleBroken("reason", words, field="reason")
    return said


def _tell(
    session: Any, officer: Officer, name: str, reason: str, *, site: str, intent: str
) -> None:
    """An SMS in the officer's language, with the address of the very field."""
    one = FIELD[name]
    locale = session.scalar(select(User.locale).where(User.officer_id == officer.id))
    facts = {
        "field_en": one.label.lower() if one.label[1:].islower() else one.label,
        "field_sw": FIELD_SW.get(name, one.label),
        "reason": (quoted(reason, most=SAID_BY_SMS) or "-").rstrip(".") + ".",
        "link": f"{site.rstrip('/')}/me/profile/mend/{name}",
    }
    post(
        session,
        to=officer.mobile,
        text=FLAGGED,
        kind=MessageKind.PROFILE,
        facts=facts,
        locale=locale,
        intent=intent,
    )
