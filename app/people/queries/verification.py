"""The director's queue: profiles that need a human, with what a machine can check beforehand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import joinedload

from app.errors import NotFound
from app.extensions import db
from app.people.enums import NeededFor, ProfileGroup, ProfileState
from app.people.fields import FIELD, Kind
from app.people.machine import verified_groups
from app.people.matching_names import Match, Verdict
from app.people.models import IdentityClaim, Lookalike, Officer, ProfileMove, Unmasking
from app.people.queries.profiles import facts_of, match_of, requirements
from app.people.requirements import Missing, Requirement, missing
from app.places.models import SubCounty
from app.scoping.scope import Scope
from app.words import N_

PAGE = 50
MOST = 500
"""So many of a queue are checked at once; who has more works on the oldest first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A profile in the queue and what was found about it before a human looks."""

    officer: Officer
    missing: tuple[Missing, ...]
    match: Match | None
    lookalike: bool
    claims: tuple[str, ...]
    open_groups: tuple[ProfileGroup, ...]

    @property
    def lacks(self) -> tuple[Missing, ...]:
        """What it may not be verified without."""
        return tuple(one for one in self.missing if one.needed_for is NeededFor.SUBMIT)

    @property
    def is_unlisted(self) -> bool:
        """Whether a teacher's workplace is no school of the list: none can be barred as their own."""
        one = self.officer
        written = bool(one.workstation and one.sub_county_id)
        return written and one.employer_kind == "tsc" and one.workstation_school_id is None

    @property
    def is_clear(self) -> bool:
        """Whether no check found anything that a human has to look into."""
        named = self.match is not None and self.match.verdict is Verdict.MATCH
        return named and not (self.missing or self.lookalike or self.claims or self.is_unlisted)


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue, the states' counts, and how many wait in each sub-county."""

    lines: tuple[Checked, ...]
    total: int
    counts: Mapping[ProfileState, int]
    clear: int
    places: tuple[tuple[int, str, int], ...]


def queue(
    scope: Scope,
    *,
    state: ProfileState,
    on: dt.date,
    clear: bool | None = None,
    sub_county_id: int | None = None,
    page: int = 0,
) -> Queue:
    """Profiles of the scope in a state, longest waiting first; `clear` keeps those (not) clear."""
    session = db.session
    mine = _standing(scope, sub_county_id)
    oldest = (
        select(Officer)
        .where(mine, Officer.state == state)
        .order_by(Officer.submitted_at.asc().nulls_first(), Officer.id)
        .options(joinedload(Officer.sub_county))
        .limit(MOST)
    )
    found = checked(session, session.scalars(oldest).all(), on=on)
    kept = [one for one in found if clear is None or one.is_clear is clear]
    return Queue(
        tuple(kept[page * PAGE : (page + 1) * PAGE]),
        len(kept),
        _counts(session, mine),
        sum(1 for one in found if one.is_clear),
        _places(session, scope, state) if len(scope.sub_county_ids) != 1 else (),
    )


def waiting(scope: Scope) -> int:
    """How many profiles of the scope wait for verification."""
    statement = select(func.count()).where(_standing(scope), Officer.state == "submitted")
    return int(db.session.scalar(statement) or 0)


def profile_in(scope: Scope, officer_id: int) -> Officer:
    """An officer whose workstation lies in the scope; anybody else is not found.

    Being deployed here does not bring a person's profile before this sub-county's director.
    """
    found: Officer | None = db.session.scalars(
        select(Officer).where(Officer.id == officer_id, _mine(scope, None))
    ).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def checked(session: Any, officers: Sequence[Officer], *, on: dt.date) -> list[Checked]:
    """What can be checked of each of these profiles, in a fixed number of statements."""
    ids = [one.id for one in officers]
    rules, doubles, claims = requirements(session), _lookalikes(session, ids), _claims(session, ids)
    return [
        Checked(
            officer,
            _missing(officer, claims.get(officer.id, ()), rules, on=on),
            match_of(officer),
            officer.id in doubles,
            claims.get(officer.id, ()),
            _open(officer),
        )
        for officer in officers
    ]


def history(officer_id: int) -> Sequence[ProfileMove]:
    """The lines of a profile's history that the scope reaches, newest first."""
    found: Sequence[ProfileMove] = db.session.scalars(
        select(ProfileMove)
        .where(ProfileMove.officer_id == officer_id)
        .order_by(ProfileMove.id.desc())
        .limit(100)
    ).all()
    return found


def unmaskings(officer_id: int) -> Sequence[Unmasking]:
    """Who read a number of this officer in full, newest first."""
    found: Sequence[Unmasking] = db.session.scalars(
        select(Unmasking)
        .where(Unmasking.officer_id == officer_id)
        .order_by(Unmasking.id.desc())
        .limit(100)
    ).all()
    return found


def _mine(scope: Scope, sub_county_id: int | None) -> ColumnElement[bool]:
    """Officers whose workstation is in the scope, of one sub-county where it is named."""
    own = true() if scope.is_everything else Officer.sub_county_id.in_(sorted(scope.sub_county_ids))
    return own if sub_county_id is None else own & (Officer.sub_county_id == sub_county_id)


def _standing(scope: Scope, sub_county_id: int | None = None) -> ColumnElement[bool]:
    """Those of them that were not merged into another record: nobody works on these any more."""
    return _mine(scope, sub_county_id) & Officer.merged_into_id.is_(None)


def _open(officer: Officer) -> tuple[ProfileGroup, ...]:
    done = verified_groups(ProfileState(officer.state), officer.verified_groups)
    return tuple(group for group in ProfileGroup if group not in done)


def _missing(
    officer: Officer, claims: Collection[str], rules: Iterable[Requirement], *, on: dt.date
) -> tuple[Missing, ...]:
    numbers = dict.fromkeys(claims, "given")
    for name, field in FIELD.items():
        if field.kind in (Kind.NUMBER, Kind.SEALED) and getattr(officer, _held_in(name)):
            numbers[name] = "given"
    return missing(facts_of(officer, numbers), rules, officer.wanted_roles, on=on)


def _held_in(name: str) -> str:
    """The column that tells whether a number is given; the blind index where there is one."""
    indexed = {"national_id": "national_id_index", "kra_pin": "kra_pin_index"}
    return indexed.get(name, FIELD[name].stored_in)


def _lookalikes(session: Any, ids: Sequence[int]) -> set[int]:
    rows = session.execute(
        select(Lookalike.officer_id, Lookalike.other_id).where(
            Lookalike.state.in_(("open", "proposed")),
            or_(Lookalike.officer_id.in_(ids), Lookalike.other_id.in_(ids)),
        )
    )
    return {one for row in rows for one in row}


def _claims(session: Any, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    rows = session.execute(
        select(IdentityClaim.officer_id, IdentityClaim.kind)
        .where(IdentityClaim.officer_id.in_(ids), IdentityClaim.settled_at.is_(None))
        .order_by(IdentityClaim.officer_id, IdentityClaim.kind)
    )
    for officer_id, kind in rows:
        found[officer_id] = (*found.get(officer_id, ()), kind)
    return found


def _counts(session: Any, mine: ColumnElement[bool]) -> dict[ProfileState, int]:
    rows = session.execute(select(Officer.state, func.count()).where(mine).group_by(Officer.state))
    found = {ProfileState(state): int(count) for state, count in rows}
    first = (
        ProfileState.SUBMITTED,
        ProfileState.FLAGGED,
        ProfileState.DRAFT,
        ProfileState.VERIFIED,
    )
    return {state: found.get(state, 0) for state in first}


def _places(session: Any, scope: Scope, state: ProfileState) -> tuple[tuple[int, str, int], ...]:
    statement: Select[Any] = (
        select(SubCounty.id, SubCounty.name, func.count())
        .join(Officer, Officer.sub_county_id == SubCounty.id)
        .where(_standing(scope), Officer.state == state)
        .group_by(SubCounty.id, SubCounty.name)
        .order_by(func.count().desc(), SubCounty.name)
    )
    return tuple((int(i), str(name), int(count)) for i, name, count in session.execute(statement))
