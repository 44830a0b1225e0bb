"""The two values every service receives: the Scope (which rows) and the Actor (who acts)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class ScopeKind(StrEnum):
    """How wide a scope reaches; `nobody` is what there is without a scope."""

    NOBODY = "nobody"
    OFFICER = "officer"
    CENTRE = "centre"
    SUB_COUNTY = "sub_county"
    COUNTY = "county"
    NATIONAL = "national"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows a person may reach: whole kinds (national) or the ids of what is theirs.

    A county scope lists all its sub-counties. An officer's scope has their own officer id and,
    while a published deployment makes them centre manager, the id of that centre. `name` tells a
    system scope apart in the log and in the test that counts them; of the national ones, that of
    the two results roles bears one, because candidates' results are read by nobody else.
    """

    kind: ScopeKind
    county_ids: frozenset[int] = frozenset()
    sub_county_ids: frozenset[int] = frozenset()
    centre_ids: frozenset[int] = frozenset()
    officer_ids: frozenset[int] = frozenset()
    name: str = ""

    @property
    def is_everything(self) -> bool:
        return self.kind in (ScopeKind.NATIONAL, ScopeKind.SYSTEM)

    @property
    def reads_results(self) -> bool:
        """Whether results of candidates are within reach: the results roles, and jobs."""
        return self.kind is ScopeKind.SYSTEM or self == RESULTS

    @property
    def cache_key(self) -> str:
        """A text equal for equal scopes, to key caches of scoped answers."""
        parts = (
            self.county_ids,
            self.sub_county_ids,
            self.centre_ids,
            self.officer_ids,
        )
        return f"{self.kind}:{self.name}:" + "/".join(",".join(map(str, sorted(p))) for p in parts)


NOBODY = Scope(ScopeKind.NOBODY)
NATIONAL = Scope(ScopeKind.NATIONAL)
RESULTS = Scope(ScopeKind.NATIONAL, name="results")
"""The country, results of candidates included."""


def system_scope(name: str) -> Scope:
    """A scope over everything for a named job (sign-in, command line), never for a person."""
    return Scope(ScopeKind.SYSTEM, name=name)


def sub_county_scope(ids: Iterable[int], *, kind: ScopeKind = ScopeKind.SUB_COUNTY) -> Scope:
    return Scope(kind, sub_county_ids=frozenset(ids))


def centre_scope(ids: Iterable[int]) -> Scope:
    return Scope(ScopeKind.CENTRE, centre_ids=frozenset(ids))


def officer_scope(
    officer_id: int, managed_centre_ids: Iterable[int] = (), *, merged_ids: Iterable[int] = ()
) -> Scope:
    """An officer's own rows; history written for a record that was merged into theirs included."""
    return Scope(
        ScopeKind.OFFICER,
        officer_ids=frozenset({officer_id, *merged_ids}),
        centre_ids=frozenset(managed_centre_ids),
    )


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account, its roles, and the request, for permissions and for the events."""

    user_id: int | None
    username: str
    name: str
    roles: frozenset[str]
    officer_id: int | None = None
    session_id: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def system_actor(name: str) -> Actor:
    """The actor of a job or command; holds no role and therefore no permission of a person."""
    return Actor(user_id=None, username=name, name=name, roles=frozenset({"System"}))
