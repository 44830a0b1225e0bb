"""What a changed rule of eligibility would do: which posts people lose that they may hold today, and
which they win, judged by the one function of eligibility."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.deployments.feasibility import touched_schools
from app.vacancies.eligibility import EligibilityRules, PersonFacts, PostFacts, Rule, bars

__all__ = ["Effect", "RuleChange", "effects", "loses"]


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
    """What the change does to a person (by number) in the posts of one role: how many posts they
    would lose, win, and be left with."""

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
    after = change.applied(rules)
    found: dict[tuple[int, str], Effect] = {}
    for shape, at in _by_shape(post for post in posts if change.concerns(post)).items():
        for number, person in enumerate(people):
            lost, won, left = _judged(replace(person, busy=()), shape, at, (rules, after, change))
            if lost or won:
                key = (number, shape.role_code)
                known = found.get(key, Effect(*key, 0, 0, 0))
                found[key] = Effect(*key, known.lost + lost, known.won + won, known.left + left)
    return [found[key] for key in sorted(found)]


def loses(
    person: PersonFacts, post: PostFacts, rules: EligibilityRules, change: RuleChange
) -> bool:
    """Whether nothing bars the person from the post today, and something would."""
    free = replace(person, busy=())
    return (
        change.concerns(post)
        and not bars(free, post, rules)
        and bool(bars(free, post, change.applied(rules)))
    )


def _by_shape(posts: Iterable[PostFacts]) -> Mapping[PostFacts, Mapping[int | None, int]]:
    """How many posts there are of each shape at each school."""
    found: dict[PostFacts, dict[int | None, int]] = {}
    for post in posts:
        at = found.setdefault(replace(post, school_id=None), {})
        at[post.school_id] = at.get(post.school_id, 0) + 1
    return found


def _judged(
    person: PersonFacts,
    shape: PostFacts,
    at: Mapping[int | None, int],
    asked: tuple[EligibilityRules, EligibilityRules, RuleChange],
) -> tuple[int, int, int]:
    """How many posts of the shape the person would lose, win and be left with."""
    rules, after, change = asked
    touched = touched_schools(person) & at.keys()
    cases = [(replace(shape, school_id=one), at[one]) for one in touched]
    cases.append((shape, sum(at.values()) - sum(number for _post, number in cases)))
    if not any(number and _differs(person, post, change) for post, number in cases):
        return 0, 0, 0
    lost = won = left = 0
    for post, number in cases:
        was, would = not bars(person, post, rules), not bars(person, post, after)
        lost += number * (was and not would)
        won += number * (would and not was)
        left += number * would
    return lost, won, left


def _differs(person: PersonFacts, post: PostFacts, change: RuleChange) -> bool:
    """Whether the two rules themselves say different things of the person in the post."""
    old, new = (
        bool(bars(person, post, EligibilityRules((rule,)))) if rule else False
        for rule in (change.old, change.new)
    )
    return old != new
