"""Whether two spellings of a name are one person's, as the pay office would see it.

Order, capitals, accents, apostrophes and hyphens count for nothing; an initial stands for a name;
a third name may be missing. Everything else lowers the score: that is a payment coming back.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.fuzz import ratio

MATCH_FROM, CLOSE_FROM = 90, 70
MOST_NAMES = 6
_APOSTROPHES = re.compile(r"['\u2019\u2018\u02bc`\u00b4]")
_ALIKE, _INITIAL, _ALONE, _INITIALS_ONLY, _MISSPELT = 0.8, 0.95, 0.5, 0.85, 0.89
_TITLES = frozenset({"mr", "mrs", "miss", "ms", "dr", "prof", "rev", "mwalimu", "mwl"})


class Verdict(StrEnum):
    MATCH = "match"
    CLOSE = "close"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One name that is spelled otherwise (`left` and `right`), or stands on one side only."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Match:
    """How well two names agree, 0 to 100, what that means, and where they differ."""

    score: int
    verdict: Verdict
    differences: tuple[Difference, ...]


def name_match(a: str, b: str) -> Match:
    """The match of two names; the score is the same whichever comes first."""
    left, right = tokens(a), tokens(b)
    if not left or not right:
        return Match(0, Verdict.DIFFERENT, ())
    turned = len(left) > len(right)
    short, long = (right, left) if turned else (left, right)
    pairs = _paired(tuple(sorted(short)), tuple(sorted(long)))
    score = _score(pairs, len(short), len(long))
    verdict = (
        Verdict.MATCH
        if score >= MATCH_FROM
        else Verdict.CLOSE
        if score >= CLOSE_FROM
        else Verdict.DIFFERENT
    )
    return Match(score, verdict, _differences(pairs, long, turned=turned))


def tokens(name: str) -> tuple[str, ...]:
    """The names in a name, folded: no case, accents or apostrophes, hyphens apart, titles off."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFKD", name))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    found = [one for one in re.split(r"[^\w]+|_", plain) if one and not one.isdecimal()]
    return tuple(one for one in found if one not in _TITLES)[:MOST_NAMES]


@dataclass(frozen=True, slots=True)
class _Pair:
    left: str
    right: str
    worth: float


@lru_cache(maxsize=4096)
def _paired(short: tuple[str, ...], long: tuple[str, ...]) -> tuple[_Pair, ...]:
    """Each of the shorter names with the longer's that suits it, so that the sum is greatest."""
    if not short:
        return ()
    first, rest = short[0], short[1:]
    best: tuple[_Pair, ...] = ()
    for number, other in enumerate(long):
        left_over = long[:number] + long[number + 1 :]
        found = (_Pair(first, other, _worth(first, other)), *_paired(rest, left_over))
        if not best or _strength(found) > _strength(best):
            best = found
    return best


def _strength(pairs: tuple[_Pair, ...]) -> tuple[float, int]:
    """What makes one pairing better than another: the sum, then how many names are whole."""
    return round(sum(p.worth for p in pairs), 6), sum(map(_is_whole, pairs))


def _is_whole(pair: _Pair) -> bool:
    return pair.worth >= _ALIKE and min(len(pair.left), len(pair.right)) > 1


def _worth(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if 1 in (len(a), len(b)):
        return _INITIAL if a[0] == b[0] else 0.0
    alike = ratio(*sorted((a, b))) / 100
    return float(alike) if alike >= _ALIKE else 0.0


def _score(pairs: tuple[_Pair, ...], short: int, long: int) -> int:
    """The mean worth; one name too many is forgiven where two whole names agree, a second is not."""
    mean = sum(p.worth for p in pairs) / short
    whole = sum(map(_is_whole, pairs))
    if whole == 0:
        mean = min(mean, _INITIALS_ONLY if short > 1 else _ALONE)
    elif short == 1:
        mean = min(mean, 1.0 if long == 1 else _ALONE)
    if any(p.worth < _INITIAL for p in pairs):
        mean = min(mean, _MISSPELT)
    spare = long - short - (1 if whole >= 2 else 0)
    return max(0, round(100 * mean - 10 * max(0, spare)))


def _differences(
    pairs: tuple[_Pair, ...], long: tuple[str, ...], *, turned: bool
) -> tuple[Difference, ...]:
    found = [Difference(p.left, p.right) for p in pairs if p.worth < _INITIAL]
    spare = list(long)
    for pair in pairs:
        spare.remove(pair.right)
    found += [Difference("", one) for one in spare]
    return tuple(Difference(d.right, d.left) if turned else d for d in found)
