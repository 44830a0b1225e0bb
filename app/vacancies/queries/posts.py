"""The posts that candidates and rules give, and those stored and held: for the service that stores
them, and for whoever asks what a change would do before it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.db.arrays import one_of
from app.exams.enums import RuleBasis
from app.exams.models import Series, StaffRole
from app.exams.policy import RatioRule
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

__all__ = [
    "HOLDS_A_SLOT",
    "Key",
    "Sitting",
    "changes",
    "filled_posts",
    "needs_of",
    "needs_of_stores",
    "stored_posts",
]

HOLDS_A_SLOT = ("proposed", "published", "accepted")
Key = tuple[int, int]
"""A centre and a role."""


class Sitting(NamedTuple):
    """A centre's own candidates, and the centre where they sit if that is another one."""

    candidates: int
    host_id: int | None = None


def needs_of(
    session: Any,
    series_id: int,
    ids: Iterable[int],
    *,
    rules: Sequence[RatioRule] | None = None,
    changed: Mapping[int, Sitting] | None = None,
) -> tuple[dict[Key, int], dict[int, int]]:
    """Posts by centre and role of these school centres, and each centre's sub-county.

    By the stored rules of the series' first day and the stored candidates, unless other rules, or
    other candidates and hosts of some centres, are given.
    """
    wanted, changed = sorted(set(ids)), changed or {}
    series = session.get(Series, series_id)
    if rules is None:
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
        .where(Centre.id == one_of(wanted), Centre.kind == CentreKind.SCHOOL)
    ).all()
    guests = _guests(session, wanted, changed)
    apart = {rule.county_code for rule in rules if rule.basis is RuleBasis.CENTRE}

    @cache
    def needs_for(sitting: int, county_code: str | None) -> Mapping[str, int]:
        return posts_for(sitting, rules, on=series.starts_on, county_code=county_code)

    posts: dict[Key, int] = {}
    for centre_id, candidates, host_id, _sub_county, county_code in found:
        own = changed.get(centre_id, Sitting(candidates, host_id))
        sitting = candidates_sitting(
            own.candidates, hosted=own.host_id is not None, guests=guests[centre_id]
        )
        where = county_code if county_code in apart else None
        for code, number in needs_for(sitting, where).items():
            posts[centre_id, roles[code]] = number
    return posts, {row[0]: row[3] for row in found}


def _guests(
    session: Any, ids: Sequence[int], changed: Mapping[int, Sitting]
) -> Mapping[int, list[int]]:
    """The candidates of the centres that each of these centres hosts, or would."""
    guests: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(Centre.hosting_centre_id, Centre.candidates).where(
            Centre.hosting_centre_id == one_of(ids), Centre.id.not_in(sorted(changed))
        )
    )
    moved = [(one.host_id, one.candidates) for one in changed.values() if one.host_id is not None]
    for host, candidates in [*rows, *moved]:
        guests[host].append(candidates)
    return guests


def needs_of_stores(
    session: Any, series_id: int, county_id: int, *, rules: Sequence[RatioRule] | None = None
) -> tuple[dict[Key, int], dict[int, int]]:
    """Posts by store and role of a county, its own rules' posts shared among its stores, and each
    store's sub-county; by the stored rules of the series' first day unless others are given."""
    rows = session.execute(
        select(Centre.id, Centre.sub_county_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .where(Centre.series_id == series_id, Centre.kind == CentreKind.STORE)
        .where(SubCounty.county_id == county_id)
    )
    stores: dict[int, int] = dict(rows.all())
    stored, filled = stored_posts(session, stores), filled_posts(session, stores)
    series, county = session.get(Series, series_id), session.get(County, county_id)
    if rules is None:
        rules = ratio_rules(session, series.examination_id)
    roles = dict(session.execute(select(StaffRole.code, StaffRole.id)).all())
    wanted: dict[Key, int] = {}
    needs = county_posts_for(0, rules, on=series.starts_on, county_code=county.code)
    for code, total in needs.items():
        role_id = roles[code]
        shares = shared_among_stores(
            total,
            {store: stored.get((store, role_id), 0) for store in stores},
            {store: filled.get((store, role_id), 0) for store in stores},
        )
        wanted |= {(store, role_id): n for store, n in shares.items()}
    return wanted, stores


def changes(wanted: Mapping[Key, int], stored: Mapping[Key, int]) -> dict[Key, int]:
    """The posts that differ from those stored, and what they become; 0 where no rule gives any."""
    changed = {key: n for key, n in wanted.items() if n != stored.get(key, 0)}
    return changed | {key: 0 for key in stored if key not in wanted and stored[key]}


def stored_posts(
    session: Any, ids: Iterable[int], *, roles: Collection[str] | None = None
) -> dict[Key, int]:
    """The posts of these centres as they stand, of all roles or of those with these codes."""
    post = Model.metadata.tables["post"]
    wanted = select(post.c.centre_id, post.c.role_id, post.c.required).where(
        post.c.centre_id == one_of(sorted(set(ids)))
    )
    if roles is not None:
        known = select(StaffRole.id).where(StaffRole.code.in_(sorted(roles)))
        wanted = wanted.where(post.c.role_id.in_(known))
    rows = session.execute(wanted).all()
    return {(centre, role): required for centre, role, required in rows}


def filled_posts(session: Any, centres: Iterable[int]) -> dict[Key, int]:
    """The highest place that somebody holds, by centre and role."""
    deployment = Model.metadata.tables["deployment"]
    rows = session.execute(
        select(deployment.c.centre_id, deployment.c.role_id, func.max(deployment.c.slot))
        .where(
            deployment.c.centre_id == one_of(sorted(set(centres))),
            deployment.c.status.in_(HOLDS_A_SLOT),
        )
        .group_by(deployment.c.centre_id, deployment.c.role_id)
    )
    return {(centre, role): filled for centre, role, filled in rows}
