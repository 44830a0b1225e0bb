"""People who registered twice: in every sub-county three second records with something to review.

One gave the same national ID, one shortened a name, one slipped in the spelling and wrote another
sub-county where there is one. Made in the database, after everybody else is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from app.demo.copying import Rows, copy
from app.demo.people import mobile
from app.demo.world import World
from app.people.matching import Person, keys_of, likeness

_FIRST_NUMBER = 540_000
_DEPLOYED = """
    SELECT id, full_name, year_of_birth, gender, workstation, sub_county_id, kin_telephone
    FROM (SELECT o.*, row_number() OVER (PARTITION BY o.sub_county_id ORDER BY o.id) AS place
          FROM officer o WHERE EXISTS (SELECT 1 FROM deployment d WHERE d.officer_id = o.id)) known
    WHERE place BETWEEN 6 AND 8 ORDER BY sub_county_id, id
"""
_SECOND = """
    INSERT INTO officer (full_name, mobile, year_of_birth, gender, state, employer, employer_kind,
      designation, workstation, workstation_school_id, sub_county_id, kin_telephone, submitted_at,
      created_at)
    SELECT %(name)s, %(mobile)s, year_of_birth, gender, 'submitted', employer, employer_kind,
      designation, workstation, workstation_school_id, %(place)s, kin_telephone,
      created_at + interval '31 days', created_at + interval '30 days'
    FROM officer WHERE id = %(first)s RETURNING id
"""
_REVIEW = """
    INSERT INTO lookalike (officer_id, other_id, sub_county_id, other_sub_county_id, score, reasons,
      found_at)
    SELECT one.id, other.id, one.sub_county_id, other.sub_county_id, %s, %s, other.created_at
    FROM officer one, officer other WHERE one.id = %s AND other.id = %s
"""
_CLAIM = """
    INSERT INTO identity_claim (officer_id, sub_county_id, kind, cipher, number_index, last,
      created_at)
    SELECT other.id, other.sub_county_id, 'national_id', one.national_id_cipher,
      one.national_id_index, one.national_id_last, other.created_at
    FROM officer one, officer other WHERE one.id = %s AND other.id = %s
"""
_EVERYBODY = """
    SELECT id, full_name, year_of_birth, gender, workstation, sub_county_id, kin_telephone
    FROM officer WHERE merged_into_id IS NULL AND full_name <> '' ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Second:
    """A second record of somebody: the first one's number, and how the second differs."""

    first_id: int
    known: Person
    name: str
    place: int
    gives_same_id: bool


def second_records(connection: psycopg.Connection, world: World) -> dict[str, int]:
    """Stores the second records, their reviews and the index of names; how many rows of each."""
    everybody = sorted(place.id for place in world.scale.sub_counties(world.country))
    following = dict(pairwise([*everybody, everybody[0]]))
    made = list(_seconds(connection.execute(_DEPLOYED.encode()).fetchall(), following))
    for number, one in enumerate(made):
        _store(connection, one, mobile(_FIRST_NUMBER + number))
    claims = sum(one.gives_same_id for one in made)
    return {"lookalike": len(made), "identity_claim": claims, "name_key": _index(connection)}


def _seconds(rows: list[Any], following: dict[int, int]) -> Iterator[Second]:
    for number, (first_id, *facts) in enumerate(rows):
        known = Person(*facts)
        place = int(known.sub_county_id or 0)
        way = number % len(_WAYS)
        elsewhere = following.get(place, place) if way == 2 else place
        yield Second(first_id, known, _WAYS[way](known.name), elsewhere, way == 0)


def _turned(name: str) -> str:
    """Surname first and in capitals, as on some payslips."""
    first, *rest = name.upper().split()
    return " ".join([*reversed(rest), first])


def _shortened(name: str) -> str:
    """The middle name as an initial."""
    first, *rest = name.split()
    return " ".join([first, f"{rest[0][0]}.", *rest[1:]]) if len(rest) > 1 else name.upper()


def _slipped(name: str) -> str:
    """A letter of the last name written twice."""
    return f"{name[:-2]}{name[-2]}{name[-2:]}"


_WAYS = (_turned, _shortened, _slipped)


def _store(connection: psycopg.Connection, one: Second, number: str) -> None:
    values = {"name": one.name, "mobile": number, "place": one.place, "first": one.first_id}
    stored = connection.execute(_SECOND, values).fetchone()
    second_id = stored[0] if stored else 0
    found = likeness(one.known, replace(one.known, name=one.name, sub_county_id=one.place))
    score, reasons = found.score, list(found.reasons)
    if one.gives_same_id:
        score, reasons = 100, ["national_id", *reasons]
        connection.execute(_CLAIM, [one.first_id, second_id])
    connection.execute(_REVIEW, [score, Jsonb(sorted(reasons)), one.first_id, second_id])


def _index(connection: psycopg.Connection) -> int:
    """The index through which look-alikes are found, of everybody who is there."""
    people = connection.execute(_EVERYBODY.encode()).fetchall()
    rows = [
        (officer_id, key, year)
        for officer_id, *facts in people
        for key, year in sorted(keys_of(Person(*facts)), key=lambda entry: entry[0])
    ]
    columns = ("officer_id", "key", "year")
    return copy(connection, Rows("name_key", columns, rows, len(rows)), lambda *_: None)
