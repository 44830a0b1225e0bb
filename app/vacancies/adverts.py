"""Which posts still have nobody, and how many of them no advert covers yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Key = tuple[int, int]
"""Centre and role."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What one centre lacks in one role: posts of the rules, people, on offer, still to advertise."""

    centre_id: int
    role_id: int
    required: int
    deployed: int
    on_offer: int
    to_advertise: int


def missing(
    required: Mapping[Key, int],
    deployed: Mapping[Key, int],
    on_offer: Mapping[Key, int],
    pools: Mapping[int, int],
) -> tuple[Missing, ...]:
    """Every post that nobody holds, by centre and role.

    `on_offer` are posts of a centre's own adverts, `pools` by role those offered for anywhere in
    the sub-county: they cover what the centres lack in the centres' order. Nothing is advertised
    twice.
    """
    left = dict(pools)
    found = []
    for (centre_id, role_id), posts in sorted(required.items()):
        key = (centre_id, role_id)
        lacking = posts - deployed.get(key, 0)
        if lacking <= 0:
            continue
        own = min(on_offer.get(key, 0), lacking)
        pooled = min(left.get(role_id, 0), lacking - own)
        left[role_id] = left.get(role_id, 0) - pooled
        found.append(
            Missing(
                centre_id,
                role_id,
                required=posts,
                deployed=deployed.get(key, 0),
                on_offer=own + pooled,
                to_advertise=lacking - own - pooled,
            )
        )
    return tuple(found)


def with_braille(posts: int, *, blind_candidates: int, readers: int) -> tuple[int, int]:
    """How many of a centre's posts to offer to anybody, and how many to a reader of braille.

    One reader is needed where blind candidates sit, unless one is there or on offer already.
    """
    apart = 1 if posts and blind_candidates and not readers else 0
    return posts - apart, apart
