"""Are these two officers one person? A score from 0 to 100 with its reasons in words of the trade.

Names are folded first: case, accents, apostrophes (Ng'ang'a), hyphens and order do not count, an
initial agrees with every name that begins so, and a missing third name is forgiven. The year of
birth, workplace and next of kin then speak for or against. The weights are our own decision; what
they find and miss is measured in tests/unit/test_matching.py.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from rapidfuzz.distance import OSA, JaroWinkler

__all__ = ["REVIEW_FROM", "Likeness", "Person", "folded", "keys_of", "likeness", "sought_by"]

REVIEW_FROM = 80
"""The score from which two officers are put before a person."""

SAME_NAME, CLOSE_NAME, SAME_INITIAL, OTHER_NAME = 24, 18, 8, -12
MOST_FOR_NAMES = 72
SAME_YEAR, NEXT_YEAR, OTHER_YEAR = 14, 4, -30
SAME_WORKPLACE, SAME_SUB_COUNTY, SAME_KIN, OTHER_GENDER = 14, 6, 20, -15
LONGEST = 6
_CLOSE = 0.92
_MARKS = re.compile(r"[^a-z ]+")


@dataclass(frozen=True, slots=True)
class Person:
    """What the score reads of an officer; what is not known is None or empty."""

    name: str
    year_of_birth: int | None = None
    gender: str | None = None
    workplace: str | None = None
    sub_county_id: int | None = None
    kin_telephone: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two people are, and why: stable words, said by the screens."""

    score: int
    reasons: tuple[str, ...]


@lru_cache(maxsize=65_536)
def folded(name: str) -> tuple[str, ...]:
    """The name's parts without case, accents, apostrophes and hyphens, in alphabetical order."""
    plain = unicodedata.normalize("NFKD", name).lower()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"['\u2018\u2019\u02bc`\u00b4\-\u2010-\u2015]", "", plain)
    parts = _MARKS.sub(" ", plain).split()
    return tuple(sorted(set(parts)))[:LONGEST]


@lru_cache(maxsize=65_536)
def sounded(part: str) -> str:
    """A part of a name as it is heard: doubled letters, and vowels that spellings confuse, as one."""
    heard = re.sub(r"(?<=.)h|(?<=[aeiou])[wy](?=[aeiou])", "", part)
    for written, said in (
        ("ck", "k"),
        ("ph", "f"),
        ("sh", "s"),
        ("c", "k"),
        ("z", "s"),
        ("v", "f"),
    ):
        heard = heard.replace(written, said)
    heard = heard.translate(str.maketrans("lbdgy", "rptki"))
    heard = re.sub(r"(.)\1+", r"\1", heard)
    return heard[:1] + re.sub(r"[aeiou]", "", heard[1:])


def placed(workplace: str) -> str:
    """A workplace's name without case, accents and signs; its numbers count."""
    plain = unicodedata.normalize("NFKD", workplace).lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def likeness(one: Person, other: Person) -> Likeness:
    """How alike the two are; the same whichever comes first."""
    names, clear = _names(folded(one.name), folded(other.name))
    found = [("name" if clear else "similar_name", names)]
    found += [fact for fact in _facts(one, other) if fact[1]]
    total = sum(points for _reason, points in found)
    return Likeness(
        max(0, min(100, total)), tuple(reason for reason, points in found if points > 0)
    )


def _names(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, bool]:
    """Points for the names, and whether every name that could agree is the very same."""
    if not one or not other:
        return 0, False
    same = {part for part in one if part in other and len(part) > 1}
    mine = [part for part in one if part not in same]
    theirs = [part for part in other if part not in same]
    points, clear = SAME_NAME * len(same), not (mine and theirs)
    for worth, agrees in ((CLOSE_NAME, _close), (SAME_INITIAL, _initial)):
        for a, b in _agreeing(mine, theirs, agrees):
            points += worth
            mine.remove(a)
            theirs.remove(b)
    points += OTHER_NAME * min(len(mine), len(theirs))
    return max(-MOST_FOR_NAMES, min(MOST_FOR_NAMES, points)), clear


def _agreeing(
    mine: list[str], theirs: list[str], agrees: Callable[[str, str], bool]
) -> list[tuple[str, str]]:
    """Pairs of parts that agree, the most alike first, each part in one pair only."""
    pairs = [(a, b) for a in mine for b in theirs if agrees(a, b)]
    if len(pairs) > 1:
        pairs.sort(key=lambda pair: (-JaroWinkler.similarity(*pair), min(pair), max(pair)))
    taken: list[tuple[str, str]] = []
    for a, b in pairs:
        if all(a != one and b != other for one, other in taken):
            taken.append((a, b))
    return taken


def _close(one: str, other: str) -> bool:
    """One slip of the pen, or another spelling of the same sound."""
    if min(len(one), len(other)) < 3:
        return False
    if sounded(one) == sounded(other) and one[0] == other[0]:
        return JaroWinkler.similarity(one, other) >= 0.8
    slips = OSA.distance(one, other, score_cutoff=1)
    return (slips <= 1 and min(len(one), len(other)) >= 5) or _nearly(one, other)


def _nearly(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 7 and JaroWinkler.similarity(one, other) >= _CLOSE + 0.03


def _initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _facts(one: Person, other: Person) -> Iterator[tuple[str, int]]:
    """What speaks for or against besides the names; what is not known says nothing."""
    if one.year_of_birth and other.year_of_birth:
        apart = abs(one.year_of_birth - other.year_of_birth)
        yield {0: ("same_year", SAME_YEAR), 1: ("next_year", NEXT_YEAR)}.get(
            apart, ("other_year", OTHER_YEAR)
        )
    if one.gender and other.gender and one.gender != other.gender:
        yield "other_gender", OTHER_GENDER
    if one.workplace and other.workplace and placed(one.workplace) == placed(other.workplace):
        yield "same_workplace", SAME_WORKPLACE
    if one.sub_county_id is not None and one.sub_county_id == other.sub_county_id:
        yield "same_sub_county", SAME_SUB_COUNTY
    if one.kin_telephone and one.kin_telephone == other.kin_telephone:
        yield "same_kin", SAME_KIN


Key = tuple[int, int | None]
"""An entry of the index: a hash, and the year of birth where that must be near."""


def keys_of(person: Person) -> frozenset[Key]:
    """The entries under which somebody is found: each two of their names as heard.

    Those with whole names also stand under each initial, for whoever wrote only that.
    """
    parts = folded(person.name)
    found = {_key(*pair) for pair in _pairs(parts)}
    for one, other in combinations(parts, 2):
        found |= {_key("~", *sorted(pair)) for pair in _shortened(one, other)}
    return _dated(found, person)


def sought_by(person: Person) -> frozenset[Key]:
    """The entries under which those are found who may be this person."""
    parts = folded(person.name)
    found = {_key(*pair) for pair in _pairs(parts)}
    for one, other in combinations(parts, 2):
        found |= {_key(*sorted(pair)) for pair in _shortened(one, other)}
        if 1 in (len(one), len(other)):
            found.add(_key("~", *sorted((sounded(one), sounded(other)))))
    return _dated(found, person)


def _dated(names: set[int], person: Person) -> frozenset[Key]:
    """Entries of names hold the year; those of kin and workplace forgive a wrong one."""
    dated: set[Key] = {(key, person.year_of_birth) for key in names}
    return frozenset(dated | {(key, None) for key in _anchors(person)})


def _pairs(parts: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    return (tuple(sorted((sounded(a), sounded(b)))) for a, b in combinations(parts, 2))


def _shortened(one: str, other: str) -> Iterator[tuple[str, str]]:
    if len(one) > 1:
        yield one[0], sounded(other)
    if len(other) > 1:
        yield sounded(one), other[0]


def _anchors(person: Person) -> Iterator[int]:
    """What finds somebody whose name is written quite otherwise: next of kin, and workplace."""
    parts = folded(person.name)
    if person.kin_telephone:
        yield _key("kin", person.kin_telephone)
    if person.workplace and parts:
        yield _key("at", placed(person.workplace), *sorted(part[0] for part in parts))


def _key(*parts: str) -> int:
    """A number of 63 bits for the parts, the same in every process."""
    digest = hashlib.blake2b("|".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
