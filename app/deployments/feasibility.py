"""Who may sit where in a whole sub-county, from the one rule of eligibility.

Each rule looks at one fact of a person. So it is asked once for each different fact and each shape
of post (examination, role, days, braille), not for each person and post; and what depends on the
school only at the schools that a person touches: workstation, declared interests, schools served.
The answer equals `bars` for every pair, which a test proves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.vacancies.eligibility import (
    CHECKS,
    LOOKS_AT,
    EligibilityRules,
    PersonFacts,
    PostFacts,
    Rule,
)

__all__ = ["Asked", "Bools", "allowed", "by_shape", "only_bars", "only_bars_of"]

Bools = np.ndarray[Any, np.dtype[np.bool_]]
SCHOOLS_IN: Mapping[str, Callable[[PersonFacts], Iterable[int]]] = {
    "workstation_school_id": lambda one: (
        () if (own := one.workstation_school_id) is None else (own,)
    ),
    "interests": lambda one: one.interests,
    "served": lambda one: {season.school_id for season in one.served},
    "stays": lambda one: {stay.school_id for stay in one.stays},
}
"""The facts that name schools: nowhere but at these do they bar anybody."""


def allowed(
    people: Sequence[PersonFacts], posts: Sequence[PostFacts], rules: EligibilityRules
) -> Bools:
    """`allowed[person, post]`: True where nothing bars the person from the post."""
    found = np.zeros((len(people), len(posts)), dtype=bool)
    asked = Asked(people)
    for shape, at in by_shape(posts).items():
        held = rules.for_post(shape)
        free = np.ones(len(people), dtype=bool)
        for rule in held:
            free &= ~asked.barred(rule, shape)
        found[:, [column for columns in at.values() for column in columns]] = free[:, None]
        for rule in held:
            for row, school in asked.barred_at(rule, shape, at, among=free):
                found[row, at[school]] = False
    return found


def only_bars(
    people: Sequence[PersonFacts], post: PostFacts, rules: EligibilityRules
) -> Mapping[str, int]:
    """How many of the people one single rule keeps from the post, by the rule's kind: what it
    would bring to relax it."""
    return only_bars_of(people, [post], rules)[0]


def only_bars_of(
    people: Sequence[PersonFacts], posts: Sequence[PostFacts], rules: EligibilityRules
) -> list[Mapping[str, int]]:
    """The `only_bars` of each post, in their order."""
    asked, everybody = Asked(people), np.ones(len(people), dtype=bool)
    found: list[Mapping[str, int]] = [{} for _ in posts]
    for shape, at in by_shape(posts).items():
        held = rules.for_post(shape)
        plain = np.zeros((len(held), len(people)), dtype=bool)
        for number, rule in enumerate(held):
            plain[number] = asked.barred(rule, shape)
        near: dict[int | None, list[tuple[int, int]]] = {school: [] for school in at}
        for number, rule in enumerate(held):
            for row, school in asked.barred_at(rule, shape, at, among=everybody):
                near[school].append((number, row))
        for where, columns in at.items():
            barred = plain.copy()
            for number, row in near[where]:
                barred[number, row] = True
            alone = barred[:, barred.sum(axis=0) == 1].sum(axis=1).tolist()
            kinds = Counter[str]()
            for rule, count in zip(held, alone, strict=True):
                kinds[str(rule.kind)] += count
            for column in columns:
                found[column] = +kinds
    return found


def by_shape(posts: Sequence[PostFacts]) -> Mapping[PostFacts, Mapping[int | None, list[int]]]:
    """The columns of the posts of each shape, by school."""
    found: dict[PostFacts, dict[int | None, list[int]]] = {}
    shapes: dict[Any, PostFacts] = {}
    for column, post in enumerate(posts):
        alike = (post.examination_code, post.year, post.role_code, post.first, post.last)
        shape = shapes.get((*alike, post.needs_braille))
        if shape is None:
            shape = shapes[(*alike, post.needs_braille)] = replace(post, school_id=None)
        found.setdefault(shape, {}).setdefault(post.school_id, []).append(column)
    return found


class Asked:
    """The people whom rules are asked about, and how their facts repeat."""

    def __init__(self, people: Sequence[PersonFacts]) -> None:
        self.people = people
        self._alike: dict[str, tuple[list[int], Any]] = {}
        self._touched: dict[str, list[tuple[int, int]]] = {}

    def barred(self, rule: Rule, shape: PostFacts) -> Bools:
        """Whom the rule bars at whatever school; facts that name schools bar nobody here."""
        fact = LOOKS_AT[rule.kind]
        if fact in SCHOOLS_IN:
            return np.zeros(len(self.people), dtype=bool)
        firsts, same_as = self._alike.get(fact) or self._found_alike(fact)
        check, said = CHECKS[rule.kind], rule.parameters
        one_of_each = [check(self.people[row], shape, said) is not None for row in firsts]
        barred: Bools = np.array(one_of_each, dtype=bool)[same_as]
        return barred

    def barred_at(
        self, rule: Rule, shape: PostFacts, at: Mapping[int | None, Any], *, among: Bools
    ) -> Iterator[tuple[int, int]]:
        """The people whom the rule bars at one of these schools, and the school."""
        fact = LOOKS_AT[rule.kind]
        if fact not in SCHOOLS_IN:
            return
        if fact not in self._touched:
            self._touched[fact] = [
                (row, school)
                for row, person in enumerate(self.people)
                for school in SCHOOLS_IN[fact](person)
            ]
        check, said, wanted = CHECKS[rule.kind], rule.parameters, among.tolist()
        here: dict[int, PostFacts] = {}
        for row, school in self._touched[fact]:
            if wanted[row] and school in at:
                post = here.get(school) or here.setdefault(school, replace(shape, school_id=school))
                if check(self.people[row], post, said) is not None:
                    yield row, school

    def _found_alike(self, fact: str) -> tuple[list[int], Any]:
        """The first person with each value of a fact, and which of them everybody is like."""
        seen: dict[Any, int] = {}
        values = [getattr(one, fact) for one in self.people]
        same_as = np.array([seen.setdefault(one, len(seen)) for one in values], dtype=np.int64)
        firsts = [0] * len(seen)
        for row in range(len(values) - 1, -1, -1):
            firsts[same_as[row]] = row
        self._alike[fact] = firsts, same_as
        return firsts, same_as
