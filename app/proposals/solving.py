"""From what is known of a sub-county to a problem, and from its plan to rows: no writes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.deployments.feasibility import Bools, allowed
from app.deployments.proposal import Candidate, Problem, Seat
from app.exams.enums import EligibilityKind
from app.proposals.asks import Asks
from app.proposals.queries.season import OpenPost, Season
from app.vacancies.adverts import with_braille
from app.vacancies.eligibility import EligibilityRules, PostFacts, bars
from app.vacancies.queries.facts import Known

__all__ = ["Chair", "bars_everywhere", "candidate_of", "chairs_of", "problem_of"]

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chair:
    """Some places of a post that ask for the same: a post where blind candidates sit has two."""

    season: Season
    post: OpenPost
    facts: PostFacts
    places: int


def chairs_of(
    season: Season, posts: Sequence[OpenPost], known: Mapping[int, Known], rules: EligibilityRules
) -> list[Chair]:
    """The posts as the rules see them; one place asks for braille where nobody there reads it."""
    found = []
    for post in posts:
        facts = PostFacts(
            season.examination_code,
            season.year,
            post.role_code,
            post.first,
            post.last,
            school_id=post.school_id,
        )
        asks = any(rule.kind is EligibilityKind.READS_BRAILLE for rule in rules.for_post(facts))
        readers = sum(known[one].facts.reads_braille for one in post.holders if one in known)
        plain, apart = with_braille(
            len(post.free), blind_candidates=int(asks and post.needs_braille), readers=readers
        )
        if plain:
            found.append(Chair(season, post, facts, plain))
        if apart:
            braille = PostFacts(
                facts.examination_code,
                facts.year,
                facts.role_code,
                facts.first,
                facts.last,
                school_id=facts.school_id,
                needs_braille=True,
            )
            found.append(Chair(season, post, braille, apart))
    return found


def problem_of(
    chairs: Sequence[Chair],
    people: Sequence[Row[Any]],
    known: Mapping[int, Known],
    rules: EligibilityRules,
    *,
    asks: Asks,
    homes: Mapping[int, Place],
) -> Problem:
    """The assignment problem: seats by their number in `chairs`, candidates by officer.

    Whoever has a post on such a day, anywhere, or asked for other work, is allowed nowhere on it.
    """
    facts = [known[row.id].facts for row in people]
    may = allowed(facts, [chair.facts for chair in chairs], rules)
    _only_wanted(may, chairs, people)
    _only_free(may, chairs, [one.busy for one in facts])
    genders = {row.id: row.gender for row in people}
    seats = [_seat(number, chair, known, genders, asks) for number, chair in enumerate(chairs)]
    season = chairs[0].season if chairs else None
    candidates = [candidate_of(row, known[row.id], season, homes) for row in people]
    return Problem(seats, candidates, may)


def candidate_of(
    row: Row[Any], known: Known, season: Season | None, homes: Mapping[int, Place]
) -> Candidate:
    """Somebody of the pool as the solver knows them."""
    return Candidate(
        row.id,
        woman={"female": True, "male": False}.get(row.gender),
        seasons=known.years_served,
        chosen_last_year=season is not None
        and (season.examination_code, season.year - 1) in known.chosen,
        workstation=_known_place(known.place),
        home=homes.get(row.home_sub_county_id),
    )


def _known_place(place: tuple[float | None, float | None]) -> Place | None:
    lon, lat = place
    return None if lon is None or lat is None else (lon, lat)


def _seat(
    number: int,
    chair: Chair,
    known: Mapping[int, Known],
    genders: Mapping[int, str | None],
    asks: Asks,
) -> Seat:
    post = chair.post
    there = [genders.get(one) for one in post.holders]
    tried = sum(known[one].years_served > 0 for one in post.holders if one in known)
    return Seat(
        number,
        chair.places,
        post.lon,
        post.lat,
        max(0, asks.of(asks.women_share, post.required) - there.count("female")),
        max(0, asks.of(asks.men_share, post.required) - there.count("male")),
        max(0, asks.of(asks.experienced_share, post.required) - tried),
    )


def _only_wanted(may: Bools, chairs: Sequence[Chair], people: Sequence[Row[Any]]) -> None:
    """Leaves out work that a person did not ask for; who named none is open to all."""
    columns: dict[str, list[int]] = {}
    for number, chair in enumerate(chairs):
        columns.setdefault(chair.post.role_code, []).append(number)
    for row, person in enumerate(people):
        if person.wanted_roles:
            for role in columns.keys() - set(person.wanted_roles):
                may[row, columns[role]] = False


def _only_free(may: Bools, chairs: Sequence[Chair], busy: Sequence[Any]) -> None:
    """Leaves out days on which a person has a post already, whatever the rules say."""
    spans: dict[tuple[Any, Any], list[int]] = {}
    for number, chair in enumerate(chairs):
        spans.setdefault((chair.post.first, chair.post.last), []).append(number)
    for row, periods in enumerate(busy):
        for (first, last), columns in spans.items():
            if any(start <= last and end >= first for start, end in periods):
                may[row, columns] = False


def bars_everywhere(known: Known, chairs: Sequence[Chair], rules: EligibilityRules) -> list[str]:
    """The kinds of the rules that keep somebody from one post of each role, for who fits nowhere."""
    seen: dict[str, Chair] = {}
    for chair in chairs:
        seen.setdefault(chair.post.role_code, chair)
    found = {
        str(bar.kind) for chair in seen.values() for bar in bars(known.facts, chair.facts, rules)
    }
    return sorted(found)
