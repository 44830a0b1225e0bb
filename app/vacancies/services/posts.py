"""Posts follow candidates and rules: computed again when either changes, never below who is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from app.errors import RuleBroken
from app.exams.models import Series, StaffRole
from app.exams.queries import ratio_rules
from app.extensions import Model
from app.places.enums import CentreKind
from app.places.models import Centre, County, SubCounty
from app.vacancies.needs import (
    candidates_sitting,
    county_posts_for,
    posts_for,
    shared_among_stores,
)
from app.words import N_

HOLDS_A_SLOT = ("proposed", "published", "accepted")
Key = tuple[int, int]


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
    wanted, centres = _wanted(session, series_id, ids)
    stored = _stored(session, ids)
    changed = {key: n for key, n in wanted.items() if n != stored.get(key, 0)}
    changed |= {key: 0 for key in stored if key not in wanted and stored[key]}
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
    rows = session.execute(
        select(Centre.id, Centre.sub_county_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .where(Centre.series_id == series_id, Centre.kind == CentreKind.STORE)
        .where(SubCounty.county_id == county_id)
    )
    stores: dict[int, int] = dict(rows.all())
    stored, filled = _stored(session, list(stores)), _filled(session, stores)
    wanted: dict[Key, int] = {}
    for role_id, total in _of_county(session, series_id, county_id).items():
        shares = shared_among_stores(
            total,
            {store: stored.get((store, role_id), 0) for store in stores},
            {store: filled.get((store, role_id), 0) for store in stores},
        )
        wanted |= {(store, role_id): n for store, n in shares.items()}
    changed = {key: n for key, n in wanted.items() if n != stored.get(key, 0)}
    _store_posts(session, series_id, changed, stored, stores)
    return len(changed)


def _of_county(session: Any, series_id: int, county_id: int) -> dict[int, int]:
    """The posts that the county's own rules give on the series' first day, by role."""
    series, county = session.get(Series, series_id), session.get(County, county_id)
    rules = ratio_rules(session, series.examination_id)
    needs = county_posts_for(0, rules, on=series.starts_on, county_code=county.code)
    roles = dict(session.execute(select(StaffRole.code, StaffRole.id)).all())
    return {roles[code]: n for code, n in needs.items()}


def _wanted(session: Any, series_id: int, ids: list[int]) -> tuple[dict[Key, int], dict[int, int]]:
    """Posts by centre and role as the rules give them, and each centre's sub-county."""
    series = session.get(Series, series_id)
    rules = ratio_rules(session, series.examination_id)
    roles = dict(session.execute(select(StaffRole.code, StaffRole.id)).all())
    found = session.execute(
        select(
            Centre.id,
            Centre.candidates,
            Centre.hosting_centre_id,
            Centre.sub_county_id,
            County.code,
        )
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .join(County, County.id == SubCounty.county_id)
        .where(Centre.id.in_(ids), Centre.kind == CentreKind.SCHOOL)
    ).all()
    guests = _guests(session, ids)
    wanted: dict[Key, int] = {}
    for centre_id, own, host, _sub_county, county_code in found:
        sitting = candidates_sitting(own, hosted=host is not None, guests=guests[centre_id])
        needs = posts_for(sitting, rules, on=series.starts_on, county_code=county_code)
        wanted |= {(centre_id, roles[code]): n for code, n in needs.items()}
    return wanted, {row[0]: row[3] for row in found}


def _guests(session: Any, ids: list[int]) -> Mapping[int, list[int]]:
    """The candidates of the centres that each of these centres hosts."""
    guests: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(Centre.hosting_centre_id, Centre.candidates).where(Centre.hosting_centre_id.in_(ids))
    )
    for host, candidates in rows:
        guests[host].append(candidates)
    return guests


def _stored(session: Any, ids: list[int]) -> dict[Key, int]:
    post = Model.metadata.tables["post"]
    rows = session.execute(
        select(post.c.centre_id, post.c.role_id, post.c.required).where(post.c.centre_id.in_(ids))
    )
    return {(centre, role): required for centre, role, required in rows}


def _refuse_below_filled(
    session: Any, changed: Mapping[Key, int], stored: Mapping[Key, int]
) -> None:
    fewer = {key: n for key, n in changed.items() if n < stored.get(key, 0)}
    if not fewer:
        return
    filled_now = _filled(session, {centre for centre, _ in fewer})
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


def _filled(session: Any, centres: Iterable[int]) -> dict[Key, int]:
    """The highest place that somebody holds, by centre and role."""
    deployment = Model.metadata.tables["deployment"]
    rows = session.execute(
        select(deployment.c.centre_id, deployment.c.role_id, func.max(deployment.c.slot))
        .where(
            deployment.c.centre_id.in_(set(centres)),
            deployment.c.status.in_(HOLDS_A_SLOT),
        )
        .group_by(deployment.c.centre_id, deployment.c.role_id)
    )
    return {(centre, role): filled for centre, role, filled in rows}
