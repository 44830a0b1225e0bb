"""The search of vacancies: what its form says, and the choices that it offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import select

from app.exams.models import Series, StaffRole
from app.extensions import db
from app.places.models import County, SubCounty
from app.vacancies.queries.listing import COUNTED, LONGEST_TEXT, PAGE, Found, Wanted
from views.base_arguments import FURTHEST_PAGE
from views.registers.sentences import in_language
from views.vacancies.cards import card
from views.vacancies.words import ACTIVITIES

NUMBERS = {
    "series": "series_id",
    "role": "role_id",
    "county": "county_id",
    "sub_county": "sub_county_id",
}


def wanted_of(args: Mapping[str, str]) -> Wanted:
    """The search that an address asks for; what makes no sense is left out."""
    numbers = {field: _number(args.get(name)) for name, field in NUMBERS.items()}
    if numbers["county_id"] is None:
        numbers["sub_county_id"] = None
    kind = args.get("kind")
    return Wanted(
        kind=kind if kind in dict(ACTIVITIES) else None,
        station=args.get("station", "").strip()[:LONGEST_TEXT],
        page=min(_number(args.get("page")) or 1, FURTHEST_PAGE),
        **numbers,
    )


def search_context(wanted: Wanted, found: Found) -> dict[str, Any]:
    """What vacancies/search.html asks for."""
    return {
        "wanted": wanted,
        "choices": _choices(wanted),
        "adverts": [card(one) for one in found.adverts],
        "count": found.count,
        "more_than": found.count >= COUNTED,
        "narrowed": _query(wanted) != "",
        "next_href": _page(wanted, wanted.page + 1) if wanted.page * PAGE < found.count else None,
        "previous_href": _page(wanted, wanted.page - 1) if wanted.page > 1 else None,
    }


def _choices(wanted: Wanted) -> dict[str, list[dict[str, Any]]]:
    """The options of every select; sub-counties are those of the county that is chosen."""
    series = db.session.execute(
        select(Series.id, Series.name)
        .where(Series.status != "finished")
        .order_by(Series.starts_on, Series.id)
    ).all()
    roles = db.session.execute(
        select(StaffRole.id, StaffRole.name, StaffRole.name_sw).order_by(StaffRole.position)
    ).all()
    counties = db.session.execute(select(County.id, County.name).order_by(County.name)).all()
    choices = {
        "series": [_option(pk, name) for pk, name in series],
        "role": [_option(pk, in_language(name, name_sw)) for pk, name, name_sw in roles],
        "county": [_option(pk, name) for pk, name in counties],
        "kind": [{"value": kind, "label": str(label)} for kind, label in ACTIVITIES],
        "sub_county": [],
    }
    if wanted.county_id is not None:
        within = db.session.execute(
            select(SubCounty.id, SubCounty.name)
            .where(SubCounty.county_id == wanted.county_id)
            .order_by(SubCounty.name)
        ).all()
        choices["sub_county"] = [_option(pk, name) for pk, name in within]
    return {name: [_option("", _("All")), *options] for name, options in choices.items()}


def _option(value: Any, label: str) -> dict[str, Any]:
    return {"value": value, "label": label}


def _query(wanted: Wanted) -> str:
    given = {name: getattr(wanted, field) for name, field in NUMBERS.items()}
    given |= {"kind": wanted.kind, "station": wanted.station}
    return urlencode({name: value for name, value in given.items() if value})


def _page(wanted: Wanted, page: int) -> str:
    return f"/me/vacancies/?{_query(wanted)}&page={page}"


def _number(text: str | None) -> int | None:
    """A positive whole number of an address; None for anything else."""
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) or None
