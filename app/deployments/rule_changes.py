"""What a changed rule of eligibility would do: which posts people lose that they may hold today, and
which they win, judged by the one function of eligibility."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.deployments.feasibility import Asked, Bools, by_shape
from app.vacancies.eligibility import (
    LOOKS_AT,
    EligibilityRules,
    PersonFacts,
    PostFacts,
    Rule,
    bars,
)

__all__ = ["Effect", "RuleChange", "effects", "loses"]

Counts = np.ndarray[Any, np.dtype[np.int64]]
At = Mapping[int | None, Sequence[int]]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule in the place of another. Without `new` the old one is switched off, without `old` a
    rule comes in new."""

    old: Rule | None
    new: Rule | None

    def applied(self, rules: EligibilityRules) -> EligibilityRules:
        """The rules as they would be."""
        kept = tuple(rule for rule in rules.rules if rule != self.old)
        return EligibilityRules((*kept, self.new) if self.new else kept)

    def concerns(self, post: PostFacts) -> bool:
        """Whether the change can make a difference to anybody in the post."""
        return any(rule is not None and rule.concerns(post) for rule in (self.old, self.new))


@dataclass(frozen=True, slots=True)
class Effect:
    """What the change does to a person (by number) in the posts of one role that it concerns: how
    many posts they would lose, win, and be left with."""

    person: int
    role_code: str
    lost: int
    won: int
    left: int


def effects(
    people: Sequence[PersonFacts],
    posts: Sequence[PostFacts],
    rules: EligibilityRules,
    change: RuleChange,
) -> list[Effect]:
    """The effect on every person to whom the change makes a difference, by person and role.

    The days that a person's present posts take are not held against them: the question is who
    could hold a post, not who is free.
    """
    asked, after = Asked(people), change.applied(rules)
    shapes = by_shape([post for post in posts if change.concerns(post)])
    concerned = np.zeros(len(people), dtype=bool)
    for shape, at in shapes.items():
        concerned |= _differing(asked, shape, at, change)
    counts: dict[str, Counts] = {}
    if concerned.any():
        for shape, at in shapes.items():
            nobody = np.zeros((3, len(people)), dtype=np.int64)
            held = _held(rules.for_post(shape), after.for_post(shape))
            found = _counted(asked, shape, at, held, concerned)
            counts[shape.role_code] = counts.get(shape.role_code, nobody) + found
    return [
        Effect(person, role, *(int(number) for number in counts[role][:, person]))
        for person in np.flatnonzero(concerned).tolist()
        for role in sorted(counts)
        if counts[role][:2, person].any()
    ]


def loses(
    person: PersonFacts, post: PostFacts, rules: EligibilityRules, change: RuleChange
) -> bool:
    """Whether nothing bars the person from the post today, and something would."""
    free = replace(person, busy=())
    return (
        change.new is not None
        and bool(bars(free, post, EligibilityRules((change.new,))))
        and not bars(free, post, rules)
    )


def _differing(asked: Asked, shape: PostFacts, at: At, change: RuleChange) -> Bools:
    """For whom the two rules themselves differ, in some post of the shape."""
    everybody = np.ones(len(asked.people), dtype=bool)
    told = [rule for rule in (change.old, change.new) if rule and rule.concerns(shape)]
    barred, pairs = ~everybody, set[tuple[int, int]]()
    for rule in told:
        barred ^= asked.barred(rule, shape)
        pairs ^= set(asked.barred_at(rule, shape, at, among=everybody))
    for row, _school in pairs:
        barred[row] = True
    return barred


def _held(before: Sequence[Rule], after: Sequence[Rule]) -> list[tuple[Rule, bool, bool]]:
    """Each rule that holds before or after, and whether it holds before and after.

    Rules about the days of other posts hold in neither: those days count against nobody here.
    """
    both = [*before, *(rule for rule in after if rule not in before)]
    return [(rule, rule in before, rule in after) for rule in both if LOOKS_AT[rule.kind] != "busy"]


def _counted(
    asked: Asked,
    shape: PostFacts,
    at: At,
    held: Sequence[tuple[Rule, bool, bool]],
    among: Bools,
) -> Counts:
    """How many posts of the shape each of these people would lose, win and be left with."""
    was, would = among.copy(), among.copy()
    for rule, before, after in held:
        free = ~asked.barred(rule, shape)
        was &= free | (not before)
        would &= free | (not after)
    everywhere = sum(map(len, at.values()))
    found = everywhere * np.array([was & ~would, would & ~was, would], dtype=np.int64)
    here: dict[tuple[int, int], list[bool]] = {}
    for rule, before, after in held:
        for pair in asked.barred_at(rule, shape, at, among=was | would):
            known = here.setdefault(pair, [False, False])
            here[pair] = [known[0] or before, known[1] or after]
    for (row, school), barred in here.items():
        elsewhere = bool(was[row]), bool(would[row])
        at_school = tuple(may and not no for may, no in zip(elsewhere, barred, strict=True))
        found[:, row] += len(at[school]) * (_verdict(*at_school) - _verdict(*elsewhere))
    return found


def _verdict(was: bool, would: bool) -> Counts:  # noqa: FBT001 (the two answers, in their order)
    """One post as lost, won and left."""
    return np.array([was and not would, would and not was, would], dtype=np.int64)
