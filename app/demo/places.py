"""Counties, sub-counties and schools as the product's own data files give them, cleaned."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app import places as places_package

DATA = Path(places_package.__file__).parent / "data"
PRIMARY, SECONDARY = "Primary", "Secondary"
KENYA_LON, KENYA_LAT = (33.5, 42.2), (-4.9, 5.6)

_SPELT_OUT = (
    (re.compile(r"\b(?:Sec|Secondary) Sch(?:ool)?\.?$|\bSec\.?$"), "Secondary School"),
    (re.compile(r"\bPri(?:m|mary)? Sch(?:ool)?\.?$|\bPri(?:m)?\.?$"), "Primary School"),
)


@dataclass(frozen=True, slots=True)
class County:
    """A county; `code` in two digits."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SubCounty:
    """A sub-county as the boundaries give it; `code` in three digits."""

    id: int
    county: County
    code: str
    name: str
    slug: str
    boundary_name: str


@dataclass(frozen=True, slots=True)
class School:
    """A school; `id` is the list's own number, above 100,000 for a synthetic one."""

    id: int
    moe_code: str | None
    name: str
    level: str
    ownership: str
    sub_county: SubCounty
    ward: str
    lon: float | None
    lat: float | None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Country:
    """All places, in the order of their codes; schools by sub-county code."""

    counties: tuple[County, ...]
    sub_counties: tuple[SubCounty, ...]
    schools: dict[str, list[School]]
    population: dict[str, int]


def tidy(text: str) -> str:
    """The words on one line with straight apostrophes and single spaces."""
    straight = text.replace("\u2019", "'").replace("`", "'").replace("\xa0", " ")
    return " ".join(straight.split()).strip(" '\",;.$")


def country() -> Country:
    """Everything the data files say about places, read once."""
    counties = {letters(c.name): c for c in _counties()}
    sub_counties = _sub_counties(counties)
    population: dict[str, int] = defaultdict(int)
    for row in _rows("sub_counties_census_2019.csv"):
        name = row["County"].removesuffix(" City").removesuffix(" County")
        population[counties[letters(name)].code] += int(row["Total"])
    return Country(
        counties=tuple(sorted(counties.values(), key=lambda c: c.code)),
        sub_counties=tuple(sorted(sub_counties, key=lambda s: s.code)),
        schools=_schools(sub_counties),
        population=dict(population),
    )


def letters(name: str) -> str:
    """Only the letters, for names that differ in hyphens, slashes and apostrophes."""
    return re.sub(r"[^a-z]", "", name.lower())


def slug_of(name: str) -> str:
    """The name in kebab-case."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")


def _rows(file_name: str) -> Iterator[dict[str, str]]:
    with (DATA / file_name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _counties() -> list[County]:
    return [
        County(int(row["county_code"]), row["county_code"][-2:], row["county"])
        for row in _rows("kenya_counties.csv")
    ]


def _sub_counties(counties: dict[str, County]) -> list[SubCounty]:
    text = (DATA / "sub_counties_290.geojson").read_text(encoding="utf-8")
    features = [feature["properties"] for feature in json.loads(text)["features"]]
    found, slugs = [], set[str]()
    for own in sorted(features, key=lambda one: str(one["code"])):
        county = counties[letters(own["county"])]
        name = tidy(own["sub_county"])
        slug = slug_of(name)
        slug = slug if slug not in slugs else f"{slug}-{slug_of(county.name)}"
        slugs.add(slug)
        found.append(
            SubCounty(int(own["code"]), county, own["code"], name, slug, own["sub_county"])
        )
    return found


def _schools(sub_counties: Iterable[SubCounty]) -> dict[str, list[School]]:
    """The listed schools by sub-county code; the few in another county's sub-county follow it."""
    by_name = {sub_county.boundary_name: sub_county for sub_county in sub_counties}
    found: dict[str, list[School]] = {sub_county.code: [] for sub_county in sub_counties}
    for row in _rows("schools_moe_2016.csv"):
        sub_county = by_name[row["sub_county"]]
        lon, lat = _point(row["lon"], row["lat"])
        found[sub_county.code].append(
            School(
                id=int(row["objectid"]),
                moe_code=row["moe_code"],
                name=_spelt_out(tidy(row["name"])),
                level=row["level"],
                ownership=row["status"],
                sub_county=sub_county,
                ward=tidy(row["ward"]).replace("/ ", "/"),
                lon=lon,
                lat=lat,
            )
        )
    return {code: _distinct(schools) for code, schools in found.items()}


def _point(lon: str, lat: str) -> tuple[float | None, float | None]:
    """The coordinates, or nothing where they lie outside Kenya."""
    if not lon or not lat:
        return None, None
    x, y = float(lon), float(lat)
    inside = KENYA_LON[0] <= x <= KENYA_LON[1] and KENYA_LAT[0] <= y <= KENYA_LAT[1]
    return (x, y) if inside else (None, None)


def _spelt_out(name: str) -> str:
    for pattern, words in _SPELT_OUT:
        name = pattern.sub(words, name)
    return name


def _distinct(schools: list[School]) -> list[School]:
    """The schools of one sub-county; a repeated name of one level is told apart by its ward."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for school in sorted(schools, key=lambda one: one.id):
        key = (school.level, school.name.lower())
        seen[key] += 1
        if seen[key] > 1:
            again = f" {seen[key]}" if seen[key] > 2 else ""
            found.append(replace(school, name=f"{school.name} ({school.ward}){again}"))
        else:
            found.append(school)
    return found
