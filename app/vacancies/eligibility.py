"""Who may hold which post, and every reason why not: one pure function over dated rules.

Vacancies, proposals, deployments and letters all ask `bars`. A rule only ever adds a bar, so that
each can be switched on and off by itself ("3 years instead of 2 bars 412 people here").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app.errors import Problems
from app.exams.enums import EligibilityKind as Kind
from app.words import N_, Sentence, day_words

LEVELS = ("certificate", "diploma", "degree", "masters", "doctorate")
"""Qualifications, the lowest first."""

TEACHES = {
    "primary": N_("primary school"),
    "junior": N_("junior school"),
    "secondary": N_("secondary school"),
}
QUALIFICATIONS = {
    "certificate": N_("certificate"),
    "diploma": N_("diploma"),
    "degree": N_("degree"),
    "masters": N_("master's degree"),
    "doctorate": N_("doctorate"),
}
NUMBERS = {
    "tsc_number": N_("TSC number"),
    "staff_number": N_("PF or service number"),
    "national_id": N_("identity number"),
}


@dataclass(frozen=True, slots=True)
class Served:
    """One season served at a school in a role."""

    school_id: int
    year: int
    examination_code: str
    role_code: str | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A posting of a season at a school, both days included."""

    school_id: int
    examination_code: str
    year: int
    role_code: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the rules look at in a person. `numbers` names the identity numbers that were given.

    `served` are seasons with worked days, `stays` the postings at schools, `busy` the days on which
    the person has a post anywhere in the country.
    """

    verified: bool = False
    employer_kind: str | None = None
    teaches_at: str | None = None
    qualification_level: str | None = None
    started_on: date | None = None
    reads_braille: bool = False
    numbers: frozenset[str] = frozenset()
    workstation_school_id: int | None = None
    interests: frozenset[int] = frozenset()
    served: frozenset[Served] = frozenset()
    stays: tuple[Stay, ...] = ()
    busy: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What the rules look at in a post. `school_id` is None where no single school is meant."""

    examination_code: str
    year: int
    role_code: str
    first: date
    last: date
    school_id: int | None = None
    needs_braille: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A dated rule: its kind, whom it concerns (a role, or all) and where it was published."""

    kind: Kind
    examination_code: str
    effective_from: date
    source: str
    year: int
    role_code: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    effective_to: date | None = None

    def concerns(self, post: PostFacts) -> bool:
        """Whether the rule holds for the post, by examination, role and its first day."""
        ended = self.effective_to is not None and self.effective_to < post.first
        return (
            self.examination_code == post.examination_code
            and self.role_code in {None, post.role_code}
            and self.effective_from <= post.first
            and not ended
        )


@dataclass(frozen=True, slots=True)
class EligibilityRules:
    """Every rule of the examinations in question, of all dates."""

    rules: tuple[Rule, ...] = ()

    def for_post(self, post: PostFacts) -> tuple[Rule, ...]:
        """The rules that hold for the post."""
        return tuple(rule for rule in self.rules if rule.concerns(post))


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason why a person may not hold a post, with the circular it rests on and its year."""

    kind: Kind
    sentence: Sentence
    source: str
    year: int


Check = Callable[[PersonFacts, PostFacts, Mapping[str, Any]], Sentence | None]


def bars(person: PersonFacts, post: PostFacts, rules: EligibilityRules) -> tuple[Bar, ...]:
    """Every reason why the person may not hold the post, in the order of the rules; () if none."""
    return tuple(
        Bar(rule.kind, said, rule.source, rule.year)
        for rule in rules.for_post(post)
        if (said := CHECKS[rule.kind](person, post, rule.parameters)) is not None
    )


def _verified(person: PersonFacts, _post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    said = N_("The profile is not verified yet: it must be complete and checked.")
    return None if person.verified else Sentence(said)


def _tsc_employed(person: PersonFacts, _post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    said = N_("This post is for teachers employed by the TSC.")
    return None if person.employer_kind == "tsc" else Sentence(said)


def _number_given(
    person: PersonFacts, _post: PostFacts, said: Mapping[str, Any]
) -> Sentence | None:
    wanted: list[str] = list(said["any_of"])
    if person.numbers & set(wanted):
        return None
    if len(wanted) == 1:
        facts = {"number": Sentence(NUMBERS[wanted[0]])}
        return Sentence(N_("The profile lacks the %(number)s."), facts)
    facts = {"first": Sentence(NUMBERS[wanted[0]]), "second": Sentence(NUMBERS[wanted[-1]])}
    return Sentence(N_("The profile lacks the %(first)s or the %(second)s."), facts)


def _not_served(person: PersonFacts, post: PostFacts, said: Mapping[str, Any]) -> Sentence | None:
    years: int = said["years"]
    here = [
        one.year
        for one in person.served
        if one.school_id == post.school_id
        and one.examination_code == post.examination_code
        and post.year - years <= one.year < post.year
    ]
    if not here:
        return None
    words = N_("Served here in %(served)s; nobody returns to a centre within %(years)s years.")
    return Sentence(words, {"served": max(here), "years": years})


def _workstation(person: PersonFacts, post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    own = post.school_id is not None and post.school_id == person.workstation_school_id
    return Sentence(N_("This school is the workstation.")) if own else None


def _interest(person: PersonFacts, post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    declared = post.school_id in person.interests
    return Sentence(N_("An interest in this school is declared.")) if declared else None


def _teaches(person: PersonFacts, _post: PostFacts, said: Mapping[str, Any]) -> Sentence | None:
    if person.teaches_at in said["levels"]:
        return None
    facts = {"level": Sentence(TEACHES[said["levels"][0]])}
    return Sentence(N_("This post is for teachers who teach at %(level)s."), facts)


def _experience(person: PersonFacts, post: PostFacts, said: Mapping[str, Any]) -> Sentence | None:
    years: int = said["years"]
    since = person.started_on
    if since is not None and _years_after(since, years) <= post.first:
        return None
    return Sentence(
        N_("This post asks for %(years)s years in service on its first day."), {"years": years}
    )


def _qualification(
    person: PersonFacts, _post: PostFacts, said: Mapping[str, Any]
) -> Sentence | None:
    least, level = said["at_least"], person.qualification_level
    if level in LEVELS and LEVELS.index(level) >= LEVELS.index(least):
        return None
    facts = {"level": Sentence(QUALIFICATIONS[least])}
    return Sentence(N_("This post asks for a qualification of %(level)s or more."), facts)


def _braille(person: PersonFacts, post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    if not post.needs_braille or person.reads_braille:
        return None
    return Sentence(N_("Blind candidates sit here: the post needs somebody who reads braille."))


def _one_post(person: PersonFacts, post: PostFacts, _: Mapping[str, Any]) -> Sentence | None:
    clashes = [(a, b) for a, b in person.busy if a <= post.last and b >= post.first]
    if not clashes:
        return None
    first, last = min(clashes)
    facts = {"first": day_words(max(first, post.first)), "last": day_words(min(last, post.last))}
    said = N_("There is a post on these days already (%(first)s to %(last)s).")
    return Sentence(said, facts)


def _rotation(person: PersonFacts, post: PostFacts, said: Mapping[str, Any]) -> Sentence | None:
    """Bars a return to a school where as many whole weeks as allowed were served before."""
    weeks: int = said["weeks"]
    this_week = _monday(post.first)
    before = {
        monday
        for stay in person.stays
        if (stay.school_id, stay.role_code) == (post.school_id, post.role_code)
        and (stay.examination_code, stay.year) == (post.examination_code, post.year)
        for monday in _mondays(stay.first, stay.last)
        if monday < this_week
    }
    if len(before) < weeks:
        return None
    return Sentence(N_("Served here in an earlier week of this season; the role rotates."))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _mondays(first: date, last: date) -> Iterable[date]:
    monday = _monday(first)
    while monday <= last:
        yield monday
        monday += timedelta(days=7)


def _years_after(day: date, years: int) -> date:
    """The same day some years later; a 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


CHECKS: Mapping[Kind, Check] = {
    Kind.PROFILE_VERIFIED: _verified,
    Kind.TSC_EMPLOYED: _tsc_employed,
    Kind.NUMBER_GIVEN: _number_given,
    Kind.NOT_SERVED_HERE: _not_served,
    Kind.NOT_OWN_WORKSTATION: _workstation,
    Kind.NO_DECLARED_INTEREST: _interest,
    Kind.TEACHES_AT: _teaches,
    Kind.EXPERIENCE: _experience,
    Kind.QUALIFICATION: _qualification,
    Kind.READS_BRAILLE: _braille,
    Kind.ONE_POST_A_DAY: _one_post,
    Kind.WEEKLY_ROTATION: _rotation,
}

LOOKS_AT: Mapping[Kind, str] = {
    Kind.PROFILE_VERIFIED: "verified",
    Kind.TSC_EMPLOYED: "employer_kind",
    Kind.NUMBER_GIVEN: "numbers",
    Kind.NOT_SERVED_HERE: "served",
    Kind.NOT_OWN_WORKSTATION: "workstation_school_id",
    Kind.NO_DECLARED_INTEREST: "interests",
    Kind.TEACHES_AT: "teaches_at",
    Kind.EXPERIENCE: "started_on",
    Kind.QUALIFICATION: "qualification_level",
    Kind.READS_BRAILLE: "reads_braille",
    Kind.ONE_POST_A_DAY: "busy",
    Kind.WEEKLY_ROTATION: "stays",
}
"""The one fact of a person that a rule looks at: whoever has the same fact is judged alike."""

_NEEDS: Mapping[Kind, tuple[str, frozenset[str] | None]] = {
    Kind.NUMBER_GIVEN: ("any_of", frozenset(NUMBERS)),
    Kind.NOT_SERVED_HERE: ("years", None),
    Kind.TEACHES_AT: ("levels", frozenset(TEACHES)),
    Kind.EXPERIENCE: ("years", None),
    Kind.QUALIFICATION: ("at_least", frozenset(LEVELS)),
    Kind.WEEKLY_ROTATION: ("weeks", None),
}
"""The one parameter of a kind, and the words it may hold; None for a whole number from 1 to 40."""


def parameter_of(kind: Kind) -> tuple[str, frozenset[str] | None] | None:
    """The name of the one parameter of a kind and the words it may hold (None for a whole number
    from 1 to 40); None for a kind without any."""
    return _NEEDS.get(kind)


def checked_parameters(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a rule of this kind holds them; raises RuleBroken with what is wrong."""
    faults = Problems()
    name, words = _NEEDS.get(kind, ("", None))
    wanted = {name} if name else set()
    if set(given) != wanted:
        said = N_("A rule of this kind takes: %(names)s.")
        faults.add("parameters", said, field="parameters", facts={"names": name or "{}"})
        faults.refuse_if_any()
    if name and not _is_sound(given[name], name, words):
        allowed = "1-40" if words is None else ", ".join(sorted(words))
        said = N_("%(name)s must be of: %(allowed)s.")
        facts = {"name": name, "allowed": allowed}
        faults.add("parameters", said, field="parameters", facts=facts)
        faults.refuse_if_any()
    return dict(given)


def _is_sound(value: Any, name: str, words: frozenset[str] | None) -> bool:
    if words is None:
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 40
    if name == "at_least":
        return isinstance(value, str) and value in words
    listed = isinstance(value, list) and bool(value)
    return listed and all(isinstance(one, str) and one in words for one in value)
