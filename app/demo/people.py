"""Officers who do not exist: names of their region's people, numbers in valid formats.

Mobile numbers carry "00" after the operator's prefix, so that they are recognised as made up.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from app.demo.places import DATA, PRIMARY, SECONDARY, School
from app.demo.staffing import Person

_PREFIXES = (
    *range(700, 730),
    *range(740, 747),
    *range(757, 760),
    *range(790, 800),
    *range(110, 116),
)
_HIGHLAND, _LUHYA, _KALENJIN = "kikuyu_meru_embu", "luhya", "kalenjin"
_HOME = {
    _HIGHLAND: "12 13 14 18 19 20 21 22 31 32",
    _LUHYA: "37 38 39 26",
    _KALENJIN: "24 27 28 29 30 35 36",
    "luo": "41 42 43 44",
    "kamba": "15 16 17",
    "kisii": "45 46",
    "coast": "01 02 03 04 05 06",
    "somali": "07 08 09",
    "pastoral_north_rift": "10 11 23 25 33 34",
}
_KIND_OF = {county: kind for kind, counties in _HOME.items() for county in counties.split()}
_MUSLIM_SHARE = {"somali": 1.0, "coast": 0.5}
_NOT_TEACHERS = {
    "security": ("National Police Service", "Police constable", "{} Police Station"),
    "clerk": ("School board of management", "Accounts clerk", "{} Sub-County Education Office"),
    "driver": ("Ministry of Education", "Driver", "{} Sub-County Education Office"),
    "store_keeper": ("Ministry of Education", "Supplies officer", "{} Sub-County Education Office"),
}
_TEACHERS = {
    "centre_manager": (SECONDARY, "Principal"),
    "supervisor": (SECONDARY, "Senior teacher"),
    "invigilator": (PRIMARY, "Primary school teacher"),
    "primary centre_manager": (PRIMARY, "Head teacher"),
    "primary supervisor": (PRIMARY, "Deputy head teacher"),
    "primary invigilator": (PRIMARY, "Primary school teacher"),
}


_OF_SPARE = {1: "submitted", 2: "flagged", 3: "draft"}
"""Of those whom nobody deployed in a sub-county: every director has somebody in every state."""


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer as stored, identity numbers still in clear."""

    id: int
    full_name: str
    mobile: str
    year_of_birth: int
    gender: str
    state: str
    national_id: str
    kra_pin: str
    tsc_number: str | None
    staff_number: str | None
    employer: str
    designation: str
    workstation: str
    workstation_school_id: int | None
    sub_county_id: int
    calling: str


def officers(
    people: Iterable[Person],
    schools: dict[str, list[School]],
    names: dict[str, list[str]],
    *,
    seed: int,
) -> Iterator[Officer]:
    """The people as officers; each works at a school where they never served, or at an office."""
    by_level: dict[tuple[str, str], list[School]] = defaultdict(list)
    for code, listed in schools.items():
        for school in listed:
            by_level[code, school.level].append(school)
    place, rng, spare = None, Random(), 0
    for person in people:
        if person.sub_county is not place:
            place, spare = person.sub_county, 0
            rng = Random(f"{seed}:people:{place.code}")
        officer = _officer(person, names, by_level, rng)
        if not person.deployed:
            spare += 1
            officer = replace(officer, state=_OF_SPARE.get(spare, officer.state))
        yield officer


def _officer(
    person: Person,
    names: dict[str, list[str]],
    schools: dict[tuple[str, str], list[School]],
    rng: Random,
) -> Officer:
    gender = "female" if rng.random() < 0.52 else "male"
    teacher = _TEACHERS.get(person.calling)
    if teacher:
        school = _workstation(person, teacher[0], schools, rng)
        employer, designation = "Teachers Service Commission", teacher[1]
        workstation, school_id = school.name, school.id
    else:
        role = person.calling.removeprefix("primary ")
        employer, designation, where = _NOT_TEACHERS[role]
        workstation, school_id = where.format(person.sub_county.name), None
    return Officer(
        id=person.id,
        full_name=full_name(person.sub_county.county.code, gender, names, rng),
        mobile=mobile(person.id),
        year_of_birth=rng.randrange(1967, 1999),
        gender=gender,
        state=_state(person, rng),
        national_id=str(10_000_000 + person.id * 6_700_417 % 29_999_999),
        kra_pin=f"A{person.id * 982_451_653 % 999_999_937:09d}{_letter(person.id)}",
        tsc_number=str(250_000 + person.id * 104_729 % 699_967) if teacher else None,
        staff_number=None if teacher else f"PF/{person.id:07d}",
        employer=employer,
        designation=designation,
        workstation=workstation,
        workstation_school_id=school_id,
        sub_county_id=person.sub_county.id,
        calling=person.calling,
    )


def _workstation(
    person: Person, level: str, schools: dict[tuple[str, str], list[School]], rng: Random
) -> School:
    """A school of the sub-county where the officer never served."""
    code = person.sub_county.code
    for choice in (level, PRIMARY, SECONDARY):
        listed = schools[code, choice]
        for _ in range(8):
            if listed and (school := rng.choice(listed)).id not in person.served:
                return school
    raise LookupError(f"no workstation is left in {person.sub_county.name}")


def _state(person: Person, rng: Random) -> str:
    """Whoever is deployed is verified; some of the others are not yet."""
    chance = rng.random()
    if person.deployed or chance < 0.6:
        return "verified"
    return "submitted" if chance < 0.9 else "draft" if chance < 0.97 else "flagged"


def _letter(number: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number * 7 % 26]


def mobile(number: int) -> str:
    """A mobile number of a Kenyan operator, different for each of 560,000 numbers."""
    prefix = _PREFIXES[number % len(_PREFIXES)]
    return f"254{prefix}00{number // len(_PREFIXES) * 7_919 % 10_000:04d}"


def full_name(county_code: str, gender: str, names: dict[str, list[str]], rng: Random) -> str:
    """Given name, middle name and surname, four times in five of the county's own people."""
    kinds = list(_HOME)
    kind = _KIND_OF.get(county_code) if rng.random() < 0.8 else None
    kind = kind or rng.choice(kinds)
    muslim = rng.random() < _MUSLIM_SHARE.get(kind, 0.0)
    given = rng.choice(names[f"given_{gender}_muslim" if muslim else f"given_{gender}"])
    middle = rng.choice(names[f"middle_{gender}_{kind}"])
    surname = rng.choice(names[f"surname_{kind}"])
    while surname in {given, middle}:
        surname = rng.choice(names[f"surname_{kind}"])
    return f"{given} {middle} {surname}" if middle != given else f"{given} {surname}"


def names_by_kind() -> dict[str, list[str]]:
    """The names of the data file by their kind, such as `surname_luo`."""
    found: dict[str, list[str]] = defaultdict(list)
    with (DATA / "kenyan_names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["kind"]].append(row["name"])
    return found
