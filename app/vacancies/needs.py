"""How many posts a centre or a county needs, from its candidates and the dated ratio rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app.exams.enums import DayKind, RuleBasis
from app.exams.policy import RatioRule, rule_on

__all__ = [
    "RatioRule",
    "candidates_sitting",
    "county_posts_for",
    "posts_by_rule",
    "posts_for",
    "shared_among_stores",
]


def candidates_sitting(own: int, *, hosted: bool, guests: Iterable[int] = ()) -> int:
    """How many candidates sit at a centre: its own unless they sit elsewhere, and its guests'."""
    return (0 if hosted else own) + sum(guests)


def posts_by_rule(candidates: int, rule: RatioRule) -> int:
    """The posts that one rule gives for so many candidates; nobody sitting needs nobody.

    A county rule with a fixed count (drivers) does not ask for candidates.
    """
    if candidates < 0:
        raise ValueError("candidates cannot be fewer than none")
    if candidates == 0 and rule.basis is RuleBasis.CENTRE:
        return 0
    posts = rule.fixed
    if rule.candidates_per is not None:
        posts += -(-candidates // rule.candidates_per)
    if rule.extra_over is not None and candidates > rule.extra_over:
        posts += rule.extra
    return posts


def posts_for(
    candidates: int,
    rules: Iterable[RatioRule],
    *,
    on: date,
    hosted: bool = False,
    county_code: str | None = None,
    day_kind: DayKind | None = None,
) -> dict[str, int]:
    """The posts of a centre by role code, for all who sit there (own candidates and guests).

    A hosted centre's candidates sit elsewhere, so that every role has 0 posts there. With a
    `day_kind`, only the roles that serve on such days.
    """
    sitting = 0 if hosted else candidates
    if day_kind is not None:
        rules = [rule for rule in rules if day_kind in rule.day_kinds]
    return _posts(sitting, rules, on, RuleBasis.CENTRE, county_code)


def county_posts_for(
    candidates: int, rules: Iterable[RatioRule], *, on: date, county_code: str
) -> dict[str, int]:
    """The posts of a county's own pool by role code, drivers for instance."""
    return _posts(candidates, rules, on, RuleBasis.COUNTY, county_code)


def shared_among_stores(
    total: int, stored: Mapping[int, int], filled: Mapping[int, int]
) -> dict[int, int]:
    """A county's posts of one role among its stores: those that stand, made to add up to `total`.

    More go to the store with the fewest, fewer come from the one with the most that nobody holds,
    and a store without any gets one that another can spare. No store falls below who is there.
    """
    posts = {store: max(n, filled.get(store, 0)) for store, n in stored.items()}

    def richest(*, least: int) -> int | None:
        spare = [s for s, n in posts.items() if n > max(filled.get(s, 0), least)]
        return max(spare, key=lambda s: (posts[s], s), default=None)

    while posts and sum(posts.values()) < total:
        posts[min(posts, key=lambda s: (posts[s], s))] += 1
    while sum(posts.values()) > total and (giver := richest(least=0)) is not None:
        posts[giver] -= 1
    for store in [s for s, n in posts.items() if n == 0]:
        if (giver := richest(least=1)) is not None:
            posts[giver], posts[store] = posts[giver] - 1, 1
    return posts


def _posts(
    candidates: int,
    rules: Iterable[RatioRule],
    on: date,
    basis: RuleBasis,
    county_code: str | None,
) -> dict[str, int]:
    by_role: dict[str, list[RatioRule]] = {}
    for rule in rules:
        if rule.basis == basis:
            by_role.setdefault(rule.role_code, []).append(rule)
    chosen = {
        role: rule_on(of_role, on, county_code=county_code) for role, of_role in by_role.items()
    }
    return {
        role: posts_by_rule(candidates, rule) for role, rule in chosen.items() if rule is not None
    }
