"""An officer keeps their own profile: a step is saved, the whole is sent, a series is confirmed.

Saves of a draft write the profile's own append-only history and no event of the chain: hundreds of
thousands are saved in the last days of a deadline, and one chain's head would make them queue.
From submission on every move has its event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.access.models import User
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import Conflict, NotFound, Problem, RuleBroken
from app.extensions import db
from app.people.enums import NeededFor, ProfileAct, ProfileGroup, ProfileState, SeriesAnswer
from app.people.fields import FIELD, Kind
from app.people.machine import OWN, Move, move_for, still_verified, verified_groups
from app.people.models import (
    DeclaredInterest,
    IdentityClaim,
    Officer,
    ProfileMove,
    SeriesConfirmation,
)
from app.people.queries.profiles import (
    CONTEXTS,
    facts_of,
    requirements,
    school_called,
    school_named,
    staff_roles,
    unanswered_series,
)
from app.people.readings import Reading, Typed, read_step
from app.people.requirements import missing, needed
from app.people.services.identity import give_numbers
from app.people.services.officers import KRA_PIN, NATIONAL_ID
from app.permissions import require
from app.places.models import SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_

INDEXED = {
    "national_id": (NATIONAL_ID, "national_id_index"),
    "kra_pin": (KRA_PIN, "kra_pin_index"),
    "tsc_number": ("officer.tsc_number", None),
}

MOST_NUMBERS, NUMBERS_WITHIN = 6, dt.timedelta(hours=1)
"""How often identity numbers may be changed, however many of them at once."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a step: fields changed, what was not valid, the state, the next version."""

    changed: tuple[str, ...]
    problems: tuple[Problem, ...]
    state: ProfileState
    version: int


def save_step(
    scope: Scope, actor: Actor, group: ProfileGroup, typed: Typed, *, version: int, vault: Vault
) -> Saved:
    """Stores what is valid of a step and says what is not; the same step again changes nothing.

    `version` is the profile's when the form was opened: Conflict where this very step has been
    changed since, by another telephone or by an office, and what is typed now differs.
    """
    require(actor, OWN, "edit")
    with unit_of_work(db.session) as session:
        officer = own_officer(session, scope, actor)
        asks_roles = group is ProfileGroup.DUTIES
        roles = [role.code for role in staff_roles(session)] if asks_roles else []
        reading = read_step(group, typed, roles)
        _settle(session, officer, reading)
        changes = _changes(session, officer, reading.values, vault)
        _refuse_trying(session, officer, changes, reading)
        if changes and officer.group_versions.get(group, 0) > version:
            raise Conflict(
                "profile-changed",
                N_("This step was changed on another phone meanwhile. Choose what is right."),
                facts={"fields": sorted(changes)},
            )
        if changes:
            _store(session, actor, officer, group, changes, vault=vault)
        return Saved(
            tuple(sorted(changes)),
            tuple(reading.problems),
            ProfileState(officer.state),
            officer.profile_version,
        )


def submit_profile(scope: Scope, actor: Actor) -> Officer:
    """Sends the profile for verification; sending it twice sends it once.

    Raises RuleBroken with one problem for each field that is needed first.
    """
    require(actor, OWN, "submit")
    with unit_of_work(db.session) as session:
        officer = own_officer(session, scope, actor)
        if officer.state in (ProfileState.SUBMITTED, ProfileState.VERIFIED):
            return officer
        move = move_for(ProfileState(officer.state), ProfileAct.SUBMIT)
        refuse_incomplete(session, officer)
        _send(officer)
        write_move(session, actor, officer, move, fields=())
        _confirm(session, officer, SeriesAnswer.SAME)
        return officer


def confirm_series(scope: Scope, actor: Actor, answer: SeriesAnswer) -> int:
    """Stores, once for each series not yet asked about, whether things are as they were."""
    require(actor, OWN, "edit")
    with unit_of_work(db.session) as session:
        officer = own_officer(session, scope, actor)
        asked = _confirm(session, officer, answer)
        if asked:
            subject = Subject("officer", officer.id, officer.sub_county_id, None, officer.id)
            after = {"series": asked, "answer": str(answer)}
            record(session, actor, "profile.confirmed", subject, after=after)
        return len(asked)


def own_officer(session: Any, scope: Scope, actor: Actor) -> Officer:
    """The actor's own record, locked for a change and read afresh."""
    statement = select(Officer).where(Officer.id == (actor.officer_id or 0))
    found: Officer | None = session.scalars(
        restrict(statement, Officer, scope)
        .with_for_update(of=Officer)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("no-profile", N_("This account has no profile."))
    return found


def refuse_incomplete(session: Any, officer: Officer) -> None:
    """Raises RuleBroken naming every field that is needed before somebody may verify."""
    given = dict.fromkeys(_numbers_given(session, officer), "given")
    lacks = missing(
        facts_of(officer, given), requirements(session), officer.wanted_roles, on=clock.today()
    )
    problems = [
        Problem("needed", N_("%(field)s is needed."), one.name, {"field": one.field.label})
        for one in lacks
        if one.needed_for is NeededFor.SUBMIT
    ]
    if problems:
        said = N_("The profile lacks something that is needed first.")
        raise RuleBroken("profile-incomplete", said, problems=problems)


def write_move(
    session: Any,
    actor: Actor,
    officer: Officer,
    move: Move,
    *,
    fields: tuple[str, ...],
    reason: str | None = None,
) -> int:
    """Moves the profile along the line of the table, with its history and, after a draft, event.

    Returns the number of the history's line.
    """
    before = officer.state
    officer.state = str(move.after)
    officer.profile_version += 1
    session.flush()
    line = {
        "officer_id": officer.id,
        "sub_county_id": officer.sub_county_id,
        "act": str(move.act),
        "from_state": before,
        "to_state": officer.state,
        "fields": list(fields),
        "reason": reason,
        "version": officer.profile_version,
        "moved_at": clock.now(),
        "moved_by": actor.user_id,
        "actor_name": actor.name[:128],
    }
    stored = session.execute(insert(ProfileMove).values(line).returning(ProfileMove.id))
    move_id = int(stored.scalar_one())
    if not before == officer.state == ProfileState.DRAFT:
        subject = Subject("officer", officer.id, officer.sub_county_id, None, officer.id)
        said = {"state": officer.state, "fields": list(fields)}
        before_words = {"state": before}
        record(
            session, actor, move.audit_word, subject, before=before_words, after=said, reason=reason
        )
    return move_id


def _settle(session: Any, officer: Officer, reading: Reading) -> None:
    """Checks places against the lists, and that nothing needed is emptied once it was sent."""
    values = reading.values
    for name in ("sub_county", "home_sub_county"):
        if values.get(name) is not None and session.get(SubCounty, values[name]) is None:
            reading.refuse(name, "choice", N_("Choose one of the list."))
    if "workstation_school" in values:
        _settle_school(officer, reading)
    if values.get("kin_telephone") and values["kin_telephone"] == officer.mobile:
        said = N_("This is your own number. Write one on which they answer.")
        reading.refuse("kin_telephone", "own-number", said)
    if officer.state == ProfileState.DRAFT:
        return
    roles: Any = values.get("wanted_roles") or officer.wanted_roles
    kept = needed(requirements(session), roles, on=clock.today())
    for name in [n for n in kept if n in values and not values[n]]:
        reading.refuse(name, "needed", N_("This is needed, so that it cannot be emptied."))
    if "wanted_roles" in values:
        _refuse_roles_beyond(session, officer, reading)


def _settle_school(officer: Officer, reading: Reading) -> None:
    """The school that was chosen or is called exactly so; any other workplace is kept as written."""
    values: Any = reading.values
    place = values.get("sub_county", officer.sub_county_id)
    school = school_named(values["workstation_school"], place)
    school = school or school_called(values.get("workstation"), place)
    values["workstation_school"] = school.id if school else None
    if school:
        values["workstation"] = school.name


def _refuse_roles_beyond(session: Any, officer: Officer, reading: Reading) -> None:
    """Other work may need what a profile that was sent does not have yet: that comes first."""
    given = dict.fromkeys(_numbers_given(session, officer), "given")
    roles: Any = reading.values["wanted_roles"]
    facts = facts_of(officer, given) | {"wanted_roles": roles}
    lacks = missing(facts, requirements(session), roles, on=clock.today())
    first = next((one for one in lacks if one.needed_for is NeededFor.SUBMIT), None)
    if first is not None and first.name != "wanted_roles":
        said = N_("This work needs more first: %(field)s.")
        reading.values.pop("wanted_roles")
        facts_said = {"field": first.field.label}
        reading.problems.append(Problem("needed-first", said, "wanted_roles", facts_said))


def _numbers_given(session: Any, officer: Officer) -> set[str]:
    """The sealed fields that are given, claims included."""
    own = {name for name, field in FIELD.items() if field.kind is Kind.SEALED}
    given = {name for name in own if getattr(officer, FIELD[name].stored_in)}
    columns = {"national_id": "national_id_index", "kra_pin": "kra_pin_index"}
    columns["tsc_number"] = "tsc_number"
    given |= {name for name, column in columns.items() if getattr(officer, column)}
    return given | set(_claims(session, officer))


def _claims(session: Any, officer: Officer) -> dict[str, bytes]:
    rows = session.execute(
        select(IdentityClaim.kind, IdentityClaim.number_index).where(
            IdentityClaim.officer_id == officer.id, IdentityClaim.settled_at.is_(None)
        )
    )
    return {kind: bytes(index) for kind, index in rows}


def _changes(
    session: Any, officer: Officer, values: Mapping[str, object], vault: Vault
) -> dict[str, object]:
    """The values that differ from what is stored, or claimed; sealed numbers compare unseen."""
    claims = _claims(session, officer) if set(INDEXED) & set(values) else {}
    changed: dict[str, object] = {}
    for name, value in values.items():
        if name in INDEXED:
            context, column = INDEXED[name]
            index = vault.index(str(value), context=context)
            own = getattr(officer, column) if column else _tsc_index(officer, vault)
            stored = claims.get(name, own)
            same = stored is not None and bytes(stored) == index
        elif name in CONTEXTS:
            cipher = getattr(officer, FIELD[name].stored_in)
            same = bool(cipher) and vault.unseal(bytes(cipher), context=CONTEXTS[name]) == value
        else:
            same = (getattr(officer, _column(name)) or None) == (value or None)
        if not same:
            changed[name] = value
    return changed


def _refuse_trying(
    session: Any, officer: Officer, changes: dict[str, object], reading: Reading
) -> None:
    """Nobody tries one number after the other: each that is held opens a review and sends an SMS."""
    numbers = sorted(set(INDEXED) & set(changes))
    if not numbers:
        return
    lately = session.scalar(
        select(func.count(ProfileMove.id)).where(
            ProfileMove.officer_id == officer.id,
            ProfileMove.moved_at > clock.now() - NUMBERS_WITHIN,
            or_(*(ProfileMove.fields.contains([name]) for name in INDEXED)),
        )
    )
    if lately < MOST_NUMBERS:
        return
    said = N_("Too many attempts. Wait %(minutes)s minutes, then try again.")
    for name in numbers:
        del changes[name]
        facts = {"minutes": int(NUMBERS_WITHIN.total_seconds() // 60)}
        reading.problems.append(Problem("numbers-too-often", said, name, facts))


def _tsc_index(officer: Officer, vault: Vault) -> bytes | None:
    number = officer.tsc_number
    return vault.index(number, context=INDEXED["tsc_number"][0]) if number else None


def _column(name: str) -> str:
    return "workstation_school_id" if name == "workstation_school" else FIELD[name].stored_in


def _store(
    session: Any,
    actor: Actor,
    officer: Officer,
    group: ProfileGroup,
    changes: Mapping[str, object],
    *,
    vault: Vault,
) -> None:
    """Writes the changes, re-opens the group they touch, and moves the state."""
    state = ProfileState(officer.state)
    act = ProfileAct.SAVE
    if state is ProfileState.FLAGGED and officer.flagged_field in changes:
        act = ProfileAct.ANSWER
    move = move_for(state, act)
    numbers = {name: str(value) for name, value in changes.items() if name in INDEXED}
    for name, value in changes.items():
        if name not in INDEXED:
            _write(officer, name, value, vault)
    officer.verified_groups = [
        str(g) for g in still_verified(state, officer.verified_groups, group)
    ]
    officer.group_versions = {**officer.group_versions, str(group): officer.profile_version + 1}
    if move.after is ProfileState.SUBMITTED and state is not ProfileState.SUBMITTED:
        _send(officer)
    write_move(session, actor, officer, move, fields=tuple(sorted(changes)))
    if numbers:
        give_numbers(session, actor, officer, vault, numbers)
    _follow(session, officer, changes)


def _write(officer: Officer, name: str, value: object, vault: Vault) -> None:
    if name in CONTEXTS:
        cipher = vault.seal(str(value), context=CONTEXTS[name])
        setattr(officer, FIELD[name].stored_in, cipher)
        if name == "account":
            officer.account_last = str(value)[-3:]
        return
    empty: Any = "" if name == "full_name" else [] if name == "wanted_roles" else None
    setattr(officer, _column(name), empty if value in (None, "", []) else value)


def _send(officer: Officer) -> None:
    """The profile waits for its director from now on; what was flagged is no longer."""
    officer.submitted_at = clock.now()
    officer.flagged_field = officer.flag_reason = None


def _follow(session: Any, officer: Officer, changes: Mapping[str, object]) -> None:
    """The account bears the new name; rows of the person follow them to another sub-county."""
    if "full_name" in changes and officer.full_name:
        first, _, last = officer.full_name.partition(" ")
        named = update(User).where(User.officer_id == officer.id)
        session.execute(named.values(first_name=first[:64], last_name=last[:64]))
    if "sub_county" in changes:
        for table in (DeclaredInterest, SeriesConfirmation):
            rows = update(table).where(table.officer_id == officer.id)
            session.execute(rows.values(sub_county_id=officer.sub_county_id))


def _confirm(session: Any, officer: Officer, answer: SeriesAnswer) -> list[int]:
    """One row for each series not asked about yet; returns those series."""
    asked = [one.id for one in unanswered_series(session, officer.id, on=clock.today())]
    for series_id in asked:
        row: dict[str, Any] = {"officer_id": officer.id, "sub_county_id": officer.sub_county_id}
        row |= {"series_id": series_id, "answer": str(answer), "answered_at": clock.now()}
        session.execute(insert(SeriesConfirmation).values(row).on_conflict_do_nothing())
    return asked


def open_groups(officer: Officer) -> tuple[ProfileGroup, ...]:
    """The groups of a profile that wait for a director's eyes."""
    done = verified_groups(ProfileState(officer.state), officer.verified_groups)
    return tuple(group for group in ProfileGroup if group not in done)
