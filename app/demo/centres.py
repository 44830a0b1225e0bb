"""The nation's KCSE centres: real schools first, then synthetic ones, with the published totals.

The candidates are chosen so that the dated ratio rules give exactly the posts published for 2025:
10,765 managers, 12,126 supervisors, 54,782 invigilators and 22,247 security officers.
Every smaller scale is a part of this one plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from app.demo.places import PRIMARY, SECONDARY, Country, School, SubCounty
from app.demo.shares import shares

CENTRES = 10_765
SUPERVISORS = 12_126
INVIGILATORS = 54_782
SECURITY = 22_247
CANDIDATES = 993_226
"""Candidates registered in 2025; within what the staffing totals allow."""

SYNTHETIC_FROM = 100_000
_OVER_400 = 110
_OVER_250 = SECURITY - 2 * CENTRES
_OVER_200 = SUPERVISORS - CENTRES - _OVER_400
_FEWEST, _BODY_MOST = 30, 200
_QUANTILES = ((0.0, 30), (0.25, 38), (0.5, 55), (0.75, 80), (0.92, 130), (1.0, 200))
_KINDS = ("Mixed", "Day", "Girls", "Boys", "Mixed Day")


@dataclass(frozen=True, slots=True)
class CentrePlan:
    """A school that is a KCSE centre; `hosted_by` is the code of the centre where it sits."""

    code: str
    school: School
    candidates: int
    hosted_by: str | None = None
    guests: int = 0

    @property
    def sitting(self) -> int:
        """How many sit here: its own unless they sit elsewhere, and its guests."""
        return (0 if self.hosted_by else self.candidates) + self.guests


def national_centres(country: Country, seed: int) -> dict[str, list[CentrePlan]]:
    """The KCSE centres by sub-county code, in the order of their own codes."""
    schools = secondary_schools(country, seed)
    sizes = _in_order_of_size(schools, Random(f"{seed}:which centre is large"))
    candidates = dict(zip(sizes, _candidates(Random(f"{seed}:candidates")), strict=True))
    return {
        sub_county.code: [
            CentrePlan(centre_code(sub_county, number), school, candidates[school.id])
            for number, school in enumerate(schools[sub_county.code], 1)
        ]
        for sub_county in country.sub_counties
    }


def centre_code(sub_county: SubCounty, number: int) -> str:
    """County 2, sub-county 3, school 3."""
    return f"{sub_county.county.code}{sub_county.code}{number:03d}"


def with_a_hosted_school(centres: list[CentrePlan]) -> list[CentrePlan]:
    """The centres of a sub-county after the smallest fell under 30 and sits at the first."""
    host, *others = centres
    small = min(others, key=lambda one: (one.candidates, one.code))
    few = 22
    changed = {
        host.code: CentrePlan(host.code, host.school, host.candidates, guests=few),
        small.code: CentrePlan(small.code, small.school, few, hosted_by=host.code),
    }
    return [changed.get(centre.code, centre) for centre in centres]


def secondary_schools(country: Country, seed: int) -> dict[str, list[School]]:
    """Real secondary schools by sub-county, followed by the synthetic ones that population asks."""
    real = {
        code: [school for school in schools if school.level == SECONDARY]
        for code, schools in country.schools.items()
    }
    missing = CENTRES - sum(map(len, real.values()))
    by_county = shares(missing, country.population)
    number = SYNTHETIC_FROM
    for county in country.counties:
        own = [s for s in country.sub_counties if s.county.code == county.code]
        weights = {
            s.code: 1 + sum(one.level == PRIMARY for one in country.schools[s.code]) for s in own
        }
        wanted = shares(by_county[county.code], weights)
        for sub_county in own:
            rng = Random(f"{seed}:synthetic schools:{sub_county.code}")
            made = _synthetic(
                country.schools[sub_county.code], wanted[sub_county.code], number, rng
            )
            real[sub_county.code] += made
            number += len(made)
    return real


def _synthetic(schools: list[School], wanted: int, number: int, rng: Random) -> list[School]:
    """New day schools beside primary schools of the sub-county, named after them."""
    taken = {school.name.lower() for school in schools}
    beside = [school for school in schools if school.level == PRIMARY] or schools
    made: list[School] = []
    while len(made) < wanted:
        near = rng.choice(beside)
        place = near.name.removesuffix(" School").removesuffix(" Primary").strip()
        name = f"{place} {rng.choice(_KINDS)} Secondary School"
        if name.lower() in taken or len(place) < 3:
            continue
        taken.add(name.lower())
        number += 1
        made.append(
            School(
                id=number,
                moe_code=None,
                name=name,
                level=SECONDARY,
                ownership="Public" if rng.random() < 0.8 else "Private",
                sub_county=near.sub_county,
                ward=near.ward,
                lon=near.lon and round(near.lon + 0.002, 5),
                lat=near.lat and round(near.lat + 0.002, 5),
                synthetic=True,
            )
        )
    return made


def _in_order_of_size(schools: dict[str, list[School]], rng: Random) -> list[int]:
    """School ids from the smallest centre to the largest; the new day schools tend to be small."""
    everyone = [school for code in sorted(schools) for school in schools[code]]
    keyed = [(rng.random() + (0.0 if one.synthetic else 0.35), one.id) for one in everyone]
    return [school_id for _, school_id in sorted(keyed)]


def _candidates(rng: Random) -> list[int]:
    """The candidates of all centres in ascending order: a skewed body and three upper ranges."""
    very_large = [between(401, 600, low_share(rng)) for _ in range(_OVER_400)]
    large = [between(251, 400, low_share(rng)) for _ in range(_OVER_250 - _OVER_400)]
    middle = [between(201, 250, rng.random()) for _ in range(_OVER_200 - _OVER_250)]
    upper = middle + large + very_large
    body = [quantile(rng.random()) for _ in range(CENTRES - len(upper))]
    match_rooms(body, INVIGILATORS - rooms(upper), rng)
    _match_candidates(body, CANDIDATES - sum(upper), rng)
    return sorted(body) + sorted(upper)


def between(low: int, high: int, share: float) -> int:
    """The whole number that lies this share of the way from low to high."""
    return low + int(share * (high - low + 1))


def low_share(rng: Random) -> float:
    """A share from 0 to 1 that is more often small."""
    share = rng.random()
    return share * share


def quantile(share: float) -> int:
    """A size on the straight lines between the quantiles; plain arithmetic, the same everywhere."""
    for (left, low), (right, high) in pairwise(_QUANTILES):
        if share < right:
            return low + int((share - left) / (right - left) * (high - low))
    return _BODY_MOST


def rooms(candidates: Iterable[int]) -> int:
    """The rooms of 20 that these centres need, which is an invigilator each."""
    return sum(-(-number // 20) for number in candidates)


def match_rooms(body: list[int], wanted: int, rng: Random) -> None:
    """Moves centres up or down by a room of 20 until the invigilators are exact."""
    missing = wanted - rooms(body)
    step = 20 if missing > 0 else -20
    while missing:
        at = rng.randrange(len(body))
        if _FEWEST <= body[at] + step <= _BODY_MOST:
            body[at] += step
            missing -= 1 if step > 0 else -1


def _match_candidates(body: list[int], wanted: int, rng: Random) -> None:
    """Moves single candidates without changing any room until the sum is exact."""
    missing = wanted - sum(body)
    step = 1 if missing > 0 else -1
    while missing:
        at = rng.randrange(len(body))
        moved = body[at] + step
        if _FEWEST <= moved <= _BODY_MOST and -(-moved // 20) == -(-body[at] // 20):
            body[at] = moved
            missing -= step
