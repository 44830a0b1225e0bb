"""Who may sit where in a whole sub-county, from the one rule of eligibility.

Most bars do not depend on the school. So each person is judged once for each shape of post
(examination, role, days, braille) and again only at the few schools that touch them: workstation,
declared interests, schools served. The answer equals `bars` for every pair, which a test proves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.vacancies.eligibility import CHECKS, EligibilityRules, PersonFacts, PostFacts, Rule, bars

__all__ = ["allowed", "only_bars", "touched_schools"]

Bools = np.ndarray[Any, np.dtype[np.bool_]]


def allowed(
    people: Sequence[PersonFacts], posts: Sequence[PostFacts], rules: EligibilityRules
) -> Bools:
    """`allowed[person, post]`: True where nothing bars the person from the post."""
    found = np.zeros((len(people), len(posts)), dtype=bool)
    shapes: dict[PostFacts, list[int]] = {}
    for column, post in enumerate(posts):
        shapes.setdefault(replace(post, school_id=None), []).append(column)
    for shape, columns in shapes.items():
        held = rules.for_post(shape)
        at: dict[int | None, list[int]] = {}
        for column in columns:
            at.setdefault(posts[column].school_id, []).append(column)
        for row, person in enumerate(people):
            if _barred(person, shape, held):
                continue
            found[row, columns] = True
            for school in touched_schools(person) & at.keys():
                if _barred(person, replace(shape, school_id=school), held):
                    found[row, at[school]] = False
    return found


def only_bars(
    people: Sequence[PersonFacts], post: PostFacts, rules: EligibilityRules
) -> Mapping[str, int]:
    """How many of the people one single rule keeps from the post, by the rule's kind: what it
    would bring to relax it."""
    reasons = (bars(person, post, rules) for person in people)
    return Counter(str(found[0].kind) for found in reasons if len(found) == 1)


def touched_schools(person: PersonFacts) -> frozenset[int]:
    """The schools at which a rule may look at this person differently than anywhere else."""
    own = {person.workstation_school_id} if person.workstation_school_id is not None else set()
    served = {one.school_id for one in person.served} | {one.school_id for one in person.stays}
    return frozenset(own | served | person.interests)


def _barred(person: PersonFacts, post: PostFacts, held: Sequence[Rule]) -> bool:
    return any(CHECKS[rule.kind](person, post, rule.parameters) is not None for rule in held)
