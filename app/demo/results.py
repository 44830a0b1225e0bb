"""Results of candidates who do not exist, as a release file: mean grades by sex as in 2024.

Subjects and their grades are made up around the mean grade, which is given and never computed. The
same number of candidates at the same centres gives the same file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, TextIO

from sqlalchemy import insert, select

from app.demo.people import full_name, names_by_kind
from app.demo.world import SEED, World
from app.places.models import Centre
from app.results.enums import Grade
from app.results.grades import POINTS

CANDIDATES = 962_512
GRADED = 958_928
LETTERS = {"Y": 840, "X": 1_700, "U": 420, "P": 300, "W": 324}
"""Of those without a grade: Y as published, the others an assumption."""
MOST_AT_A_CENTRE = 999
_DATA = Path(__file__).resolve().parents[1] / "results" / "data"
_COMBINATIONS = 10_000
_PATTERNS = 2_000
_BY_POINTS = {points: str(grade) for grade, points in POINTS.items()}
_OFFSETS = (-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3)
_HUMANITIES = {"313": 55, "312": 36, "311": 44, "314": 4, "315": 0.1}
_ELECTIVES = {
    "443": 420, "565": 400, "451": 40, "441": 30, "442": 10, "511": 8, "501": 12, "502": 6,
    "503": 5, "449": 5, "444": 4, "446": 4, "448": 3, "445": 2, "447": 2, "450": 1,
}  # fmt: skip
_SCIENCES = ((62, ("231", "233")), (26, ("231", "232", "233")), (10, ("232", "233")),
             (1.6, ("237",)), (0.4, ("233", "236")))  # fmt: skip


def subject_codes() -> list[str]:
    """The codes of the subjects, in the order of the file's columns."""
    with (_DATA / "kcse_subjects.csv").open(encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file)]


def combinations(seed: int = SEED) -> list[tuple[str, ...]]:
    """Subjects that one candidate may sit together, each as often as it is common."""
    rng = Random(f"{seed}:subjects")
    return [_combination(rng) for _ in range(_COMBINATIONS)]


def _combination(rng: Random) -> tuple[str, ...]:
    chosen = {
        "101",
        "504" if rng.random() < 0.003 else "102",
        "122" if rng.random() < 0.012 else "121",
        *rng.choices([one for _, one in _SCIENCES], [weight for weight, _ in _SCIENCES])[0],
    }
    chosen.update(_some(rng, _HUMANITIES, 2 if rng.random() < 0.4 else 1))
    wanted = rng.choices((7, 8, 9), (62, 35, 3))[0]
    chosen.update(_some(rng, _ELECTIVES, max(0, wanted - len(chosen))))
    if len(chosen) < 7:
        chosen.update(_some(rng, _HUMANITIES, 3))
    return tuple(sorted(chosen))


def _some(rng: Random, weights: Mapping[str, float], number: int) -> set[str]:
    found: set[str] = set()
    while len(found) < number:
        found.add(rng.choices(list(weights), list(weights.values()))[0])
    return found


def means(candidates: int) -> list[tuple[str, str]]:
    """A mean grade, or letter, and a sex for each candidate: 2024's numbers, or the same in small."""
    found: list[tuple[str, str]] = []
    for grade, number, male in _published():
        found += [(grade, "M")] * male + [(grade, "F")] * (number - male)
    for letter, number in LETTERS.items():
        found += [(letter, "MF"[nth % 2]) for nth in range(number)]
    if candidates == len(found):
        return found
    step = len(found) / candidates
    return [found[int((nth + 0.5) * step)] for nth in range(candidates)]


def _published() -> Iterator[tuple[str, int, int]]:
    """Grade, candidates, and how many of them are male; where the sexes fall short by one, male."""
    path = _DATA / "kcse_2024_grade_distribution.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number = int(row["candidates"])
            yield row["mean_grade"], number, number - int(row["female"])


def seats(centres: Sequence[tuple[str, int]], candidates: int) -> dict[str, int]:
    """How many of the candidates each centre has, in proportion to those registered there.

    Raises ValueError where the index numbers of the centres do not reach.
    """
    weights = [(code, max(1, registered)) for code, registered in centres]
    if candidates > MOST_AT_A_CENTRE * len(weights):
        raise ValueError("there are not enough centres for so many candidates")
    whole = sum(weight for _, weight in weights)
    found: dict[str, int] = {}
    done = before = 0
    for code, weight in weights:
        before += weight
        number = min(MOST_AT_A_CENTRE, before * candidates // whole - done)
        found[code] = number
        done += number
    for code, number in list(found.items()):
        more = min(candidates - done, MOST_AT_A_CENTRE - number)
        found[code] = number + more
        done += more
    return found


def add_centres(session: Any, series_id: int, candidates: int) -> None:
    """Gives the series the nation's centres where those it has are too few for the candidates."""
    known = dict(
        session.execute(
            select(Centre.code, Centre.candidates).where(
                Centre.series_id == series_id, Centre.kind == "school"
            )
        )
        .tuples()
        .all()
    )
    if sum(known.values()) >= candidates:
        return
    from app.demo.scales import SCALES

    world = World(SCALES["national"])
    places = {one.code: one.id for one in world.country.sub_counties}
    schools = dict(
        session.execute(select(Centre.code, Centre.school_id).where(Centre.school_id.is_not(None)))
        .tuples()
        .all()
    )
    missing = [
        {
            "series_id": series_id,
            "school_id": schools.get(one.code),
            "sub_county_id": places[place],
            "code": one.code,
            "name": one.school.name,
            "candidates": one.candidates,
            "synthetic": True,
        }
        for place, centres in world.plan.items()
        for one in centres
        if one.code not in known
    ]
    session.execute(insert(Centre), missing)


def write_results(
    stream: TextIO, centres: Sequence[tuple[str, int]], candidates: int, *, seed: int = SEED
) -> Iterator[int]:
    """Writes the release file; yields how many candidates are written, now and then.

    `centres` are codes and registered candidates, in the order of the codes.
    """
    codes = subject_codes()
    stream.write(",".join(("index_number", "names", "sex", "mean_grade", *codes)) + "\n")
    given = means(candidates)
    Random(f"{seed}:who has which grade").shuffle(given)
    written = 0
    for code, number in seats(centres, candidates).items():
        own = given[written : written + number]
        stream.writelines(_lines(code, own, codes, seed=seed))
        written += number
        yield written


_shared: dict[int, tuple[list[tuple[int, ...]], list[tuple[int, ...]], dict[str, list[str]]]] = {}


def _parts(
    seed: int, codes: Sequence[str]
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]], dict[str, list[str]]]:
    """Combinations as columns, patterns of grades around the mean, and the names; made once."""
    if seed not in _shared:
        rng = Random(f"{seed}:patterns")
        at = {code: nth for nth, code in enumerate(codes)}
        _shared[seed] = (
            [tuple(at[code] for code in one) for one in combinations(seed)],
            [_pattern(rng) for _ in range(_PATTERNS)],
            names_by_kind(),
        )
    return _shared[seed]


def _pattern(rng: Random) -> tuple[int, ...]:
    """How far the grades of up to nine subjects lie from the mean; one of the first six is there."""
    near = [0, *(rng.choice(_OFFSETS) for _ in range(5))]
    rng.shuffle(near)
    return (*near, *(rng.choice(_OFFSETS) for _ in range(6)))


def _lines(
    centre: str, given: Iterable[tuple[str, str]], codes: Sequence[str], *, seed: int
) -> Iterator[str]:
    chosen, patterns, names = _parts(seed, codes)
    rng = Random(f"{seed}:results:{centre}")
    points_of = {str(grade): points for grade, points in POINTS.items()}
    for number, (mean, sex) in enumerate(given, 1):
        person = full_name(centre[:2], "female" if sex == "F" else "male", names, rng)
        columns = chosen[int(rng.random() * _COMBINATIONS)]
        pattern = patterns[int(rng.random() * _PATTERNS)]
        cells = [""] * len(codes)
        middle = points_of.get(mean, 0) or 2 + int(rng.random() * 9)
        for nth, at in enumerate(columns[:-1] if mean == Grade.UNMET else columns):
            points = middle + pattern[nth]
            cells[at] = mean if mean in "XY" else _BY_POINTS[min(12, max(1, points))]
        yield f"{centre}{number:03d},{person},{sex},{mean},{','.join(cells)}\n"
