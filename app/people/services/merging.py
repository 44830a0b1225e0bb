"""Two records of one person: dismissed as different people, or made one by two of the office.

A merge cannot be undone. What can move moves to the record that stands; histories stay under the
record they were written for, which points to it. Tables are found by their keys to officers, so
that a new one moves by itself or is listed below with its reason.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    exists,
    select,
    tuple_,
    update,
)

from app import clock
from app.access.models import User
from app.access.services import end_sessions
from app.audit.services import Subject, record
from app.db.retries import in_one_transaction
from app.db.vault import vault_of
from app.errors import Conflict, IllegalMove, RuleBroken
from app.extensions import Model, db
from app.messages.enums import MessageKind
from app.messages.services import post
from app.people.identity_texts import MADE_ONE
from app.people.models import IdentityClaim, Lookalike, NameKey, Officer, OfficerMerge
from app.people.queries.lookalikes import days_in_the_way, is_readable, review
from app.people.services.lookalikes import check_lookalikes, settle_free_claims
from app.permissions import require
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_scope
from app.words import N_

__all__ = [
    "CHOICES",
    "STAYS",
    "approve_merge",
    "dismiss",
    "moved_columns",
    "propose_merge",
    "refuse_merge",
]

RESOURCE = "lookalikes"
SEALED = "officer_merge.sealed"
SURVIVOR, MERGED = "survivor", "merged"
MERGING = system_scope("merge")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "mobile": ("mobile",),
    "name": ("full_name", "mpesa_name"),
    "year_of_birth": ("year_of_birth",),
    "gender": ("gender",),
    "national_id": ("national_id_index", "national_id_cipher", "national_id_last"),
    "kra_pin": ("kra_pin_index", "kra_pin_cipher", "kra_pin_last"),
    "tsc_number": ("tsc_number",),
    "workplace": ("workstation", "workstation_school_id", "sub_county_id", "employer"),
    "account": ("bank_name", "bank_branch", "account_cipher", "account_last"),
    "kin": ("kin_name", "kin_telephone", "kin_relationship"),
}
"""What may be kept of either record, with the columns that go together; the first one tells."""

UNIQUE = ("mobile", "national_id", "kra_pin", "tsc_number")

STAYS: Mapping[str, str] = {
    "event.officer_id": "append-only and chained: what was said of the record then",
    "mark_history.officer_id": "append-only: whom the register named when it was marked",
    "profile_move.officer_id": "append-only: the moves of that record's own profile",
    "application_move.officer_id": "append-only: who applied, under the name of then",
    "letter.officer_id": "stands as it was written; one that holds is written anew",
    "letter_move.officer_id": "append-only: to whom the letter was written then",
    "stand_in_offer.officer_id": "append-only: whom the office asked then",
    "unmasking.officer_id": "append-only: whose number was read",
    "number_change.officer_id": "a change under way ends with its account",
    "mark.officer_id": "moved by its deployment, in the database",
    "hand_over.officer_id": "moved by its deployment, in the database",
    "ab_user.officer_id": "the account: closed, or taken over, by name",
    "officer.merged_into_id": "set by the merge itself",
    "officer_merge.survivor_id": "append-only",
    "officer_merge.merged_id": "append-only",
    "lookalike.officer_id": "reviews of the merged record end with it",
    "lookalike.other_id": "reviews of the merged record end with it",
    "lookalike.survivor_id": "what was proposed",
    "identity_claim.officer_id": "settled, or given up with the record",
    "name_key.officer_id": "nobody looks for a merged record",
}
"""Columns that point to officers and are not rewritten, each with its reason."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """The two records, locked, and what was proposed of them."""

    case: Lookalike
    survivor: Officer
    merged: Officer


def dismiss(scope: Scope, actor: Actor, lookalike_id: int, *, reason: str) -> None:
    """Says that they are different people; their likeness is not proposed again."""
    require(actor, RESOURCE, "dismiss")
    said = _said(reason)

    def work() -> None:
        case = review(scope, lookalike_id, for_update=True)
        _refuse_unless(case, "open")
        _decide(case, actor, "dismissed", said)
        _note(case, actor, "lookalike.dismissed", said)

    in_one_transaction(db.session, work)


def propose_merge(
    scope: Scope,
    actor: Actor,
    lookalike_id: int,
    *,
    survivor_id: int,
    kept: Mapping[str, str],
    reason: str,
) -> None:
    """Proposes that the two are one: which record stands, and whose values where they differ.

    Raises RuleBroken `days-in-the-way` where both worked, or are deployed, on the same days. Who
    does not read both records in full leaves the values to the record that stands.
    """
    require(actor, RESOURCE, "propose_merge")
    said = _said(reason)

    def work() -> None:
        case = review(scope, lookalike_id, for_update=True)
        _refuse_unless(case, "open")
        if survivor_id not in (case.officer_id, case.other_id):
            raise RuleBroken(
                "survivor-unknown", N_("Choose which record stays."), field="survivor_id"
            )
        _refuse_days_in_the_way(case)
        both = all(is_readable(scope, at) for at in (case.sub_county_id, case.other_sub_county_id))
        chosen = {what: whose for what, whose in kept.items() if what in CHOICES}
        case.kept = {w: s for w, s in chosen.items() if s in (SURVIVOR, MERGED)} if both else {}
        case.survivor_id, case.proposal_reason = survivor_id, said
        case.proposed_by, case.proposed_at = actor.user_id, clock.now()
        case.state = "proposed"
        _note(case, actor, "merge.proposed", said)

    in_one_transaction(db.session, work)


def refuse_merge(scope: Scope, actor: Actor, lookalike_id: int, *, reason: str) -> None:
    """Sends a proposal back: the review is open again, with the reason in the history."""
    require(actor, RESOURCE, "refuse_merge")
    said = _said(reason)

    def work() -> None:
        case = review(scope, lookalike_id, for_update=True)
        _refuse_unless(case, "proposed")
        _decide(case, actor, "open", said)
        _note(case, actor, "merge.refused", said)

    in_one_transaction(db.session, work)


def print_of(survivor_id: int | None, kept: Mapping[str, str] | None) -> str:
    """What is approved, as a page carries it: which record stays, and whose values are kept."""
    return ";".join([str(survivor_id), *(f"{k}={v}" for k, v in sorted((kept or {}).items()))])


def approve_merge(scope: Scope, actor: Actor, lookalike_id: int, *, seen: str | None = None) -> int:
    """Makes the two records one, for good; returns the id of the record of it.

    `seen` is the `print_of` the proposal that was looked at. Raises RuleBroken `own-proposal` for
    whoever proposed it, and `days-in-the-way`; Conflict where another proposal stands by now.
    """
    require(actor, RESOURCE, "approve_merge")

    def work() -> int:
        case = review(scope, lookalike_id, for_update=True)
        _refuse_unless(case, "proposed")
        if case.proposed_by == actor.user_id:
            raise RuleBroken(
                "own-proposal", N_("You proposed this. Somebody else has to approve it.")
            )
        if seen is not None and seen != print_of(case.survivor_id, case.kept):
            said = N_("Another proposal stands by now. Look at it before you approve.")
            raise Conflict("proposal-changed", said)
        _refuse_days_in_the_way(case)
        with scoped_as(db.session, MERGING):
            merged = _locked(case)
            found = _make_one(merged, actor)
            db.session.flush()
        return found

    return in_one_transaction(db.session, work)


def _make_one(both: _Merge, actor: Actor) -> int:
    """Everything that the approval does, in the order that the constraints ask for."""
    case, survivor, merged = both.case, both.survivor, both.merged
    moving = {name: _ids(column, merged.id, survivor.id) for name, column in _movable().items()}
    kept = _kept_values(both)
    stands = OfficerMerge(
        lookalike_id=case.id,
        survivor_id=survivor.id,
        merged_id=merged.id,
        sub_county_id=survivor.sub_county_id,
        other_sub_county_id=merged.sub_county_id,
        reason=case.proposal_reason,
        proposed_by=case.proposed_by,
        proposed_at=case.proposed_at,
        approved_by=actor.user_id,
        before={"officer_id": merged.id, "state": merged.state, "moved": moving},
        after={"officer_id": survivor.id, "kept": sorted(kept)},
        sealed=_sealed(both, kept),
    )
    db.session.add(stands)
    _decide(case, actor, "merged", case.proposal_reason or "")
    db.session.flush()
    _retire(merged, survivor)
    for name, column in _movable().items():
        _move(column, moving[name], survivor)
    for column_name, value in kept.items():
        setattr(survivor, column_name, value)
    db.session.flush()
    _accounts(both)
    _end_reviews(both, actor)
    settle_free_claims(db.session)
    check_lookalikes(db.session, survivor)
    _tell(survivor)
    _note(case, actor, "merge.approved", case.proposal_reason or "")
    return stands.id


def moved_columns() -> dict[str, Any]:
    """Every column of the schema that says whose a row is, by its name: moved, or in `STAYS`."""
    found = {}
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            points = any(key.column.table.name == "officer" for key in column.foreign_keys)
            if points or column.name == "officer_id":
                found[f"{table.name}.{column.name}"] = column
    return found


def _movable() -> dict[str, Any]:
    return {name: column for name, column in moved_columns().items() if name not in STAYS}


def _ids(column: Any, merged_id: int, survivor_id: int) -> list[list[int]]:
    """The keys of a table's rows that move; what the record that stands has already stays behind."""
    table = column.table
    clashes = [_has_twin(table, column, rest, survivor_id) for rest in _unique_with(table, column)]
    rows = select(*table.primary_key).where(column == merged_id, *(~clash for clash in clashes))
    return [list(row) for row in db.session.execute(rows.order_by(*table.primary_key))]


def _has_twin(table: Table, column: Any, rest: tuple[str, ...], survivor_id: int) -> Any:
    twin = table.alias()
    same = and_(*(twin.c[name] == table.c[name] for name in rest))
    return exists().where(twin.c[column.name] == survivor_id, same)


def _unique_with(table: Table, column: Any) -> list[tuple[str, ...]]:
    """The other columns of every uniqueness that the officer's column is part of."""
    kinds = (UniqueConstraint, PrimaryKeyConstraint)
    sets = [c.columns for c in table.constraints if isinstance(c, kinds)]
    sets += [index.columns for index in table.indexes if index.unique]
    names = [tuple(one.name for one in columns) for columns in sets]
    return [
        tuple(name for name in found if name != column.name)
        for found in names
        if column.name in found and "id" not in found
    ]


def _move(column: Any, ids: list[list[int]], survivor: Officer) -> None:
    """Gives the rows to the record that stands, and to its sub-county where that follows people."""
    if not ids:
        return
    table = column.table
    values: dict[str, Any] = {column.name: survivor.id}
    if "sub_county_id" in table.c and table.c.sub_county_id.nullable:
        values["sub_county_id"] = survivor.sub_county_id
    mine = tuple_(*table.primary_key).in_([tuple(one) for one in ids])
    db.session.execute(update(table).where(mine).values(**values))


def _kept_values(both: _Merge) -> dict[str, Any]:
    """The survivor's new values: what was chosen of the other, or what only the other has."""
    kept: dict[str, Any] = {}
    for what, columns in CHOICES.items():
        theirs = getattr(both.merged, columns[0])
        mine = getattr(both.survivor, columns[0])
        chosen = (both.case.kept or {}).get(what)
        if theirs and (chosen == MERGED or (chosen is None and not mine)):
            kept |= {name: getattr(both.merged, name) for name in columns}
    return kept


def _retire(merged: Officer, survivor: Officer) -> None:
    """The merged record: it points to the other, holds no number, and waits for nobody."""
    merged.merged_into_id, merged.state = survivor.id, "draft"
    for what in UNIQUE:
        for name in CHOICES[what]:
            setattr(merged, name, None)
    db.session.flush()
    db.session.execute(
        update(Officer)
        .where(Officer.merged_into_id == merged.id)
        .values(merged_into_id=survivor.id)
        .execution_options(synchronize_session=False)
    )
    gone = NameKey.__table__
    db.session.execute(gone.delete().where(gone.c.officer_id == merged.id))
    claims = IdentityClaim.__table__
    db.session.execute(
        claims.update()
        .where(claims.c.officer_id == merged.id, claims.c.settled_at.is_(None))
        .values(settled_at=clock.real_now())
    )


def _accounts(both: _Merge) -> None:
    """One account stays, named by the number that was kept; the other is closed and signed out."""
    mine, theirs = (_account_of(officer) for officer in (both.survivor, both.merged))
    if theirs is not None and mine is None:
        theirs.officer_id, mine, theirs = both.survivor.id, theirs, None
    if theirs is not None:
        theirs.active, theirs.username = False, f"merged-{both.merged.id}"
        end_sessions(db.session, theirs.id)
        db.session.flush()
    if mine is not None:
        first, _, last = both.survivor.full_name.partition(" ")
        mine.first_name, mine.last_name = first[:64], last[:64]
        if mine.username != both.survivor.mobile:
            mine.username = both.survivor.mobile
            end_sessions(db.session, mine.id)
    db.session.flush()


def _account_of(officer: Officer) -> Any:
    user: Any = User
    return db.session.scalars(select(user).where(user.officer_id == officer.id)).one_or_none()


def _end_reviews(both: _Merge, actor: Actor) -> None:
    """Other reviews of the merged record end; the record that stands is looked at anew."""
    of_merged = (Lookalike.officer_id == both.merged.id) | (Lookalike.other_id == both.merged.id)
    for case in db.session.scalars(
        select(Lookalike).where(of_merged, Lookalike.state.in_(("open", "proposed")))
    ):
        _decide(case, actor, "dismissed", "One of the two was merged into another record.")


def _sealed(both: _Merge, kept: Mapping[str, Any]) -> bytes:
    """The values that no longer stand, of both records, encrypted."""
    gone: dict[str, Any] = {}
    for columns in CHOICES.values():
        for name in columns:
            loser = both.survivor if name in kept else both.merged
            value = getattr(loser, name)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            gone[name] = value
    return vault_of(db.session).seal(json.dumps(gone), context=SEALED)


def _tell(survivor: Officer) -> None:
    if survivor.mobile:
        intent = f"merged:{survivor.id}:{clock.real_now().isoformat()}"
        post(
            db.session,
            to=survivor.mobile,
            text=MADE_ONE,
            kind=MessageKind.IDENTITY,
            intent=intent,
        )


def _locked(case: Lookalike) -> _Merge:
    """Both officers, the lower number first, so that two merges never wait for each other."""
    rows = db.session.scalars(
        select(Officer)
        .where(Officer.id.in_((case.officer_id, case.other_id)))
        .order_by(Officer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    survivor, merged = sorted(rows, key=lambda one: one.id != case.survivor_id)
    if survivor.merged_into_id or merged.merged_into_id:
        raise IllegalMove("merged-already", N_("One of the two was merged meanwhile."))
    return _Merge(case, survivor, merged)


def _refuse_days_in_the_way(case: Lookalike) -> None:
    """Raises RuleBroken with the days that have to be settled first, where there are any."""
    days = days_in_the_way(case.officer_id, case.other_id)
    if days:
        raise RuleBroken(
            "days-in-the-way",
            N_("Both records have duty on the same days. Settle those days first."),
            facts={"days": [(one.first, one.last, one.is_marked) for one in days]},
        )


def _refuse_unless(case: Lookalike, state: str) -> None:
    if case.state != state:
        raise IllegalMove(
            "review-decided", N_("Somebody has decided this meanwhile. Look at it again.")
        )


def _decide(case: Lookalike, actor: Actor, state: str, reason: str) -> None:
    case.state, case.decision_reason = state, reason
    case.decided_by, case.decided_at = actor.user_id, clock.now()


def _note(case: Lookalike, actor: Actor, action: str, reason: str) -> None:
    db.session.flush()
    subject = Subject("lookalike", case.id, sub_county_id=case.sub_county_id)
    after = {"officers": [case.officer_id, case.other_id], "survivor": case.survivor_id}
    record(db.session, actor, action, subject, after=after, reason=reason)


def _said(reason: str) -> str:
    said = " ".join(reason.split())
    if not said:
        raise RuleBroken("reason-missing", N_("Write the reason."), field="reason")
    if len(said) > 500:
        raise RuleBroken("reason-long", N_("Write at most 500 letters."), field="reason")
    return said
