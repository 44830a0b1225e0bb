"""Small random worlds of rules, people and posts, from a seed."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from app.exams.enums import EligibilityKind as Kind
from app.vacancies.eligibility import EligibilityRules, PersonFacts, PostFacts, Rule, Served, Stay

PARAMETERS: dict[Kind, dict[str, Any]] = {
    Kind.NUMBER_GIVEN: {"any_of": ["tsc_number"]},
    Kind.NOT_SERVED_HERE: {"years": 3},
    Kind.TEACHES_AT: {"levels": ["primary"]},
    Kind.EXPERIENCE: {"years": 3},
    Kind.QUALIFICATION: {"at_least": "diploma"},
    Kind.WEEKLY_ROTATION: {"weeks": 1},
}
OF_2024: dict[Kind, dict[str, Any]] = {
    Kind.NOT_SERVED_HERE: {"years": 2},
    Kind.TEACHES_AT: {"levels": ["secondary"]},
}
SINCE = dt.date(2025, 1, 1)
DAY = dt.date(2026, 11, 2)
SCHOOLS = range(1, 6)


def rules_of(rng: random.Random) -> EligibilityRules:
    """Some of the rules; those that flipped were otherwise in 2024."""
    found = []
    for kind in Kind:
        role = rng.choice((None, "invigilator"))
        if rng.random() < 0.5:
            said = PARAMETERS.get(kind, {})
            found.append(Rule(kind, "KCSE", SINCE, "circular", 2025, role, said))
        if kind in OF_2024 and rng.random() < 0.5:
            year = (dt.date(2024, 1, 1), "circular", 2024)
            ends = SINCE - dt.timedelta(1)
            found.append(Rule(kind, "KCSE", *year, role, OF_2024[kind], ends))
    return EligibilityRules(tuple(found))


def person_of(rng: random.Random) -> PersonFacts:
    """Somebody with gaps, interests, seasons served and perhaps a posting of these weeks."""

    def stay() -> Stay:
        first = DAY + dt.timedelta(rng.randrange(-20, 20))
        role = rng.choice(("invigilator", "supervisor"))
        return Stay(rng.choice(SCHOOLS), "KCSE", 2026, role, first, first + dt.timedelta(4))

    stays = tuple(stay() for _ in range(rng.randrange(2)))
    return PersonFacts(
        verified=rng.random() < 0.9,
        employer_kind=rng.choice(("tsc", "tsc", "police")),
        teaches_at=rng.choice(("primary", "secondary")),
        qualification_level=rng.choice(("certificate", "diploma", "degree")),
        started_on=rng.choice((None, dt.date(2015, 1, 1), dt.date(2025, 1, 1))),
        reads_braille=rng.random() < 0.5,
        numbers=frozenset(rng.sample(["tsc_number", "staff_number"], rng.randrange(3))),
        workstation_school_id=rng.choice((None, *SCHOOLS)),
        interests=frozenset(rng.sample(SCHOOLS, rng.randrange(2))),
        served=frozenset(
            Served(rng.choice(SCHOOLS), rng.randrange(2021, 2026), "KCSE", "invigilator")
            for _ in range(rng.randrange(3))
        ),
        stays=stays,
        busy=tuple((one.first, one.last) for one in stays),
    )


def post_of(rng: random.Random) -> PostFacts:
    """A week's post of this season, or of 2024 where other rules held."""
    first = rng.choice((DAY, DAY + dt.timedelta(7), dt.date(2024, 11, 4)))
    return PostFacts(
        "KCSE", first.year, rng.choice(("invigilator", "supervisor")), first, first + dt.timedelta(4),
        school_id=rng.choice((None, *SCHOOLS)), needs_braille=rng.random() < 0.3,
    )  # fmt: skip
