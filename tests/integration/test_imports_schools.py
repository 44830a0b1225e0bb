"""The Ministry's own list of schools, with its real dirt, as the centres of a series."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.demo import places
from app.extensions import db
from app.imports import services
from app.imports.enums import Kind, State
from app.imports.mapping import Choices
from app.imports.models import ImportLine
from app.places.models import Centre, County, School, SubCounty
from app.scoping.guard import scoped_as
from tests.factories import lists
from tests.factories.registers import EVERYTHING, Someone, acting_as

MADE = Choices(make_codes=True, only_level="Secondary")


@pytest.fixture
def hq(session: Session) -> Someone:
    """Headquarters, in a country with all its sub-counties."""
    with scoped_as(db.session, EVERYTHING):
        country = places.country()
        counties = {c.code: c for c in db.session.scalars(select(County))}
        codes = set(db.session.scalars(select(SubCounty.code)))
        known = set(db.session.scalars(select(SubCounty.slug)))
        for county in country.counties:
            if county.code not in counties:
                counties[county.code] = County(code=county.code, name=county.name)
                db.session.add(counties[county.code])
        db.session.flush()
        for one in country.sub_counties:
            if one.slug not in known:
                db.session.add(
                    SubCounty(
                        county_id=counties[one.county.code].id,
                        code=one.code if one.code not in codes else "999",
                        name=one.name,
                        slug=one.slug,
                        boundary_name=one.boundary_name,
                    )
                )
        db.session.flush()
    return acting_as("admin")


def the_list() -> bytes:
    return (places.DATA / "schools_moe_2016.csv").read_bytes()


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def counted(import_id: int, *, warning: bool) -> Counter[str]:
    return Counter(code for _, _, code in lists.faults(import_id, warning=warning))


def test_ministrys_list_becomes_the_centres_of_a_series(hq: Someone) -> None:
    import_id = lists.brought(hq, the_list(), Kind.CENTRES, series="KCSE-2026")
    guessed = dict(lists.imported(import_id).mapping)
    assert set(guessed) == {
        "name", "county", "sub_county", "lon", "lat", "moe_code", "level", "ownership", "ward",
    }  # fmt: skip
    one = lists.checked(hq, import_id, choices=MADE)
    listed = rows_of(the_list())
    counts = one.counts
    assert counts["rows"] == len(listed) == 29_542
    assert counts["left_out"] == 22_469
    assert counts["rejected"] + counts["new"] == 7_073
    assert counts["made_codes"] == counts["new"]
    refused, told = counted(import_id, warning=False), counted(import_id, warning=True)
    outside = sum(
        row["level"] == "Secondary" and row["point_in_sub_county"] != row["sub_county"]
        for row in listed
    )
    assert 0.8 * outside < told["point-elsewhere"] <= outside
    named = Counter(
        (row["sub_county"], row["name"].strip().lower())
        for row in listed
        if row["level"] == "Secondary"
    )
    assert told["same-name"] >= sum(n - 1 for n in named.values()) > 0
    assert sum(refused.values()) == counts["rejected"]
    stored = lists.stored(hq, import_id)
    assert stored.state == State.STORED
    _assert_stored_as_said(import_id, counts["new"])
    again = lists.checked(
        hq,
        lists.brought(hq, the_list(), Kind.CENTRES, series="KCSE-2026"),
        choices=MADE,
    )
    assert (again.counts["new"], again.counts["same"]) == (0, counts["new"])


def _assert_stored_as_said(import_id: int, new: int) -> None:
    with scoped_as(db.session, EVERYTHING):
        made = db.session.execute(
            select(Centre.code, Centre.name, School.moe_code).join(School).where(Centre.code_made)
        ).all()
        assert len(made) == new
        assert all(len(code) == 8 and code.isdecimal() for code, _, _ in made)
        names = [name for _, name, _ in made]
        assert not [n for n in names if "  " in n or "\n" in n or "\u2019" in n]
        wards = db.session.scalars(select(School.ward).where(School.ward.is_not(None))).all()
        assert not [ward for ward in wards if "\n" in ward or "  " in ward]
        kept = db.session.scalar(
            select(func.count()).select_from(ImportLine).where(ImportLine.import_id == import_id)
        )
        assert kept


def test_ministrys_list_becomes_the_reference_list_of_schools(hq: Someone) -> None:
    import_id = lists.brought(hq, the_list(), Kind.SCHOOLS)
    one = lists.checked(hq, import_id)
    assert one.counts["rows"] == one.counts["new"] + one.counts["rejected"] == 29_542
    assert one.counts["left_out"] == 0
    assert lists.stored(hq, import_id).state == State.STORED


def test_what_was_skipped_is_reported_with_why(hq: Someone) -> None:
    """The list spoiled further: every kind of dirt is refused at its cell, and nothing else is."""
    lines = the_list().decode().splitlines(keepends=True)
    spoiled: list[Any] = [
        lines[0],
        '90001,90001,"Kola\nSecondary",Secondary,Public,Machakos,,,Mavoko,Kola,37.0,-1.4,,\n',
        "90002,90002,No Level School,,Public,Machakos,,,Mavoko,Kola,37.0,-1.4,,\n",
        "90003,90003,Lost School,Secondary,Public,Machakos,,,Atlantis,Kola,37.0,-1.4,,\n",
        "90004,,No Code School,Secondary,Public,Machakos,,,Mavoko,Kola,37.0,-1.4,,\n",
        "90005,90001,Twin School,Secondary,Public,Machakos,,,Mavoko,Kola,37.0,-1.4,,\n",
        "90006,90006,Far School,Secondary,Public,Machakos,,,Mavoko,Kola,0,0,,\n",
        "90007,90007,Kola\u2019s  Other,Secondary,Public,Machakos,,,Mavoko,Kola,37.0,-1.4,,\n",
    ]
    import_id = lists.brought(hq, "".join(spoiled).encode(), Kind.CENTRES, series="KCSE-2026")
    one = lists.checked(hq, import_id, choices=MADE)
    assert lists.faults(import_id) == [
        (2, "moe_code", "twice-in-file"),
        (3, "level", "missing"),
        (4, "sub_county", "place-unknown"),
        (5, "moe_code", "missing"),
        (6, "moe_code", "twice-in-file"),
        (7, "lon", "degrees"),
    ]
    assert one.counts["new"] == 1
    lists.stored(hq, import_id)
    with scoped_as(db.session, EVERYTHING):
        names = db.session.scalars(select(Centre.name).where(Centre.code_made)).all()
    assert names == ["Kola's Other"]
    assert services.KEPT_DAYS == 7
