"""The page of declared interests: what is declared, and the search for another school."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import RuleBroken
from app.extensions import db
from app.people.fields import INTERESTS
from app.people.models import DeclaredInterest
from app.people.queries import profiles as queries
from app.people.queries.profiles import OwnProfile


def interests_context(
    profile: OwnProfile, asked: Mapping[str, str], refused: RuleBroken | None
) -> dict[str, Any]:
    """What profile/interests.html asks for."""
    place = _whole(asked.get("sub_county")) or profile.officer.sub_county_id or 0
    county = _whole(asked.get("sub_county_county")) or queries.county_of(place or None)
    places = queries.sub_counties(county) if county else []
    if place not in {one.id for one in places}:
        place = 0
    typed = asked.get("q", "")[:100]
    return {
        "declared": _declared(profile.officer.id),
        "county": county,
        "counties": queries.counties(),
        "places": places,
        "place": place,
        "typed": typed,
        "found": queries.schools(place, typed) if place and typed else [],
        "searched": bool(typed),
        "reasons": [{"value": value, "label": _(label)} for value, label in INTERESTS],
        "errors": [{"field": p.field, "sentence": p.spoken(_)} for p in refused.problems]
        if refused
        else [],
    }


def _declared(officer_id: int) -> list[dict[str, Any]]:
    words = dict(INTERESTS)
    rows = db.session.scalars(
        select(DeclaredInterest)
        .where(DeclaredInterest.officer_id == officer_id)
        .options(joinedload(DeclaredInterest.school))
        .order_by(DeclaredInterest.id)
    )
    return [
        {"school_id": one.school_id, "school": one.school.name, "why": _(words.get(one.why, ""))}
        for one in rows
    ]


def _whole(text: str | None) -> int:
    plain = text or ""
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else 0
