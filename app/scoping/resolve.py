"""From a signed-in account to its Scope and Actor: the only function that decides jurisdiction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import null, select, union_all

from app.extensions import Model
from app.scoping.roles import NATIONAL_ROLES, RESULTS_ROLES, SUB_COUNTY_ROLES, Role
from app.scoping.scope import (
    NATIONAL,
    NOBODY,
    RESULTS,
    Actor,
    Scope,
    ScopeKind,
    centre_scope,
    officer_scope,
    sub_county_scope,
)


def resolve(session: Any, user: Any, *, today: dt.date) -> tuple[Scope, frozenset[str]]:
    """The scope of the account today, and its effective roles.

    The roles are those of the account, plus Centre Manager while a published deployment makes the
    officer manager of a centre; one replaced from a later day on does until then. Read afresh on
    every request: a redeployment takes effect at once.
    An account whose roles need a place it has not got sees nothing.
    """
    roles = frozenset(role.name for role in user.roles)
    if roles & {str(r) for r in RESULTS_ROLES | NATIONAL_ROLES}:
        return RESULTS if roles & {str(r) for r in RESULTS_ROLES} else NATIONAL, roles
    if roles & {str(r) for r in SUB_COUNTY_ROLES} and user.sub_county_id:
        return sub_county_scope([user.sub_county_id]), roles
    if Role.COUNTY_DIRECTOR in roles and user.county_id:
        return _county(session, user.county_id), roles
    if Role.CENTRE in roles and user.centre_id:
        return centre_scope([user.centre_id]), roles
    if Role.OFFICER in roles and user.officer_id:
        return _officer(session, user.officer_id, today, roles)
    return NOBODY, roles


def actor_for(
    user: Any, roles: frozenset[str], *, session_id: str | None, request_id: str
) -> Actor:
    """The acting account as a value; centre accounts are named by their user name."""
    name = f"{user.first_name} {user.last_name}".strip() or user.username
    return Actor(
        user_id=user.id,
        username=user.username,
        name=name,
        roles=roles,
        officer_id=user.officer_id,
        session_id=session_id,
        request_id=request_id,
    )


def _county(session: Any, county_id: int) -> Scope:
    table = Model.metadata.tables["sub_county"]
    ids = session.execute(select(table.c.id).where(table.c.county_id == county_id)).scalars()
    scope = sub_county_scope(ids, kind=ScopeKind.COUNTY)
    return Scope(scope.kind, frozenset({county_id}), scope.sub_county_ids)


def _officer(
    session: Any, officer_id: int, today: dt.date, roles: frozenset[str]
) -> tuple[Scope, frozenset[str]]:
    """The officer's own records, also those merged into theirs, and the centre they manage today."""
    d = Model.metadata.tables["deployment"]
    r = Model.metadata.tables["staff_role"]
    o = Model.metadata.tables["officer"]
    managed = (
        select(d.c.centre_id, null())
        .join(r, r.c.id == d.c.role_id)
        .where(
            d.c.officer_id == officer_id,
            r.c.manages_centre,
            d.c.status.in_(("published", "accepted", "replaced")),
            d.c.starts_on <= today,
            d.c.ends_on >= today,
        )
    )
    merged = select(null(), o.c.id).where(o.c.merged_into_id == officer_id)
    found = session.execute(union_all(managed, merged)).all()
    scope = officer_scope(
        officer_id,
        [centre for centre, _ in found if centre],
        merged_ids=[other for _, other in found if other],
    )
    return scope, roles | {Role.CENTRE_MANAGER} if scope.centre_ids else roles
