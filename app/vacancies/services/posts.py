"""Posts follow candidates and rules: computed again when either changes, never below who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from app.errors import RuleBroken
from app.exams.models import StaffRole
from app.extensions import Model
from app.places.enums import CentreKind
from app.places.models import Centre
from app.vacancies.queries.posts import (
    Key,
    changes,
    filled_posts,
    needs_of,
    needs_of_stores,
    stored_posts,
)
from app.words import N_


def recompute_series(session: Any, series_id: int) -> int:
    """Computes the posts of every school centre of a series again; returns how many changed."""
    ids = session.scalars(
        select(Centre.id).where(Centre.series_id == series_id, Centre.kind == CentreKind.SCHOOL)
    ).all()
    return recompute_posts(session, series_id, ids)


def recompute_posts(session: Any, series_id: int, centre_ids: Iterable[int]) -> int:
    """Makes the posts of these school centres what the rules of the series' first day give.

    Works in the caller's transaction and returns how many posts changed. Raises RuleBroken when
    a post would fall below the places that people fill.
    """
    ids = sorted(set(centre_ids))
    if not ids:
        return 0
    wanted, centres = needs_of(session, series_id, ids)
    stored = stored_posts(session, ids)
    changed = changes(wanted, stored)
    _refuse_below_filled(session, changed, stored)
    _store_posts(session, series_id, changed, stored, centres)
    return len(changed)


def _store_posts(
    session: Any,
    series_id: int,
    changed: Mapping[Key, int],
    stored: Mapping[Key, int],
    sub_counties: Mapping[int, int],
) -> None:
    post = Model.metadata.tables["post"]
    old = [{"c": c, "r": r, "n": n} for (c, r), n in changed.items() if (c, r) in stored]
    new = [
        {
            "series_id": series_id,
            "centre_id": c,
            "role_id": r,
            "required": n,
            "sub_county_id": sub_counties[c],
        }
        for (c, r), n in changed.items()
        if (c, r) not in stored
    ]
    if old:
        matching = (post.c.centre_id == bindparam("c"), post.c.role_id == bindparam("r"))
        session.connection().execute(
            update(post).where(*matching).values(required=bindparam("n")), old
        )
    if new:
        session.execute(insert(post), new)
    session.expire_all()


def recompute_stores(session: Any, series_id: int, county_id: int) -> int:
    """Shares the posts of a county's rules (drivers, store keepers) among its stores again.

    Works in the caller's transaction and returns how many posts changed; posts of roles without
    such a rule stay.
    """
    wanted, stores = needs_of_stores(session, series_id, county_id)
    stored = stored_posts(session, stores)
    changed = {key: n for key, n in wanted.items() if n != stored.get(key, 0)}
    _store_posts(session, series_id, changed, stored, stores)
    return len(changed)


def _refuse_below_filled(
    session: Any, changed: Mapping[Key, int], stored: Mapping[Key, int]
) -> None:
    fewer = {key: n for key, n in changed.items() if n < stored.get(key, 0)}
    if not fewer:
        return
    filled_now = filled_posts(session, {centre for centre, _ in fewer})
    for (centre_id, role_id), filled in filled_now.items():
        if filled > fewer.get((centre_id, role_id), filled):
            centre, role = session.get(Centre, centre_id), session.get(StaffRole, role_id)
            raise RuleBroken(
                "posts-filled",
                N_(
                    "%(centre)s has people in %(filled)s posts of %(role)s, and the change leaves "
                    "%(posts)s. Withdraw the others first."
                ),
                facts={
                    "centre": str(centre),
                    "role": role.name,
                    "filled": filled,
                    "posts": fewer[centre_id, role_id],
                },
            )
