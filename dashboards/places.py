"""Where a page is: its filters, its drill path, its map, and the links between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd
from dash import html
from flask import g
from flask_babel import format_date
from flask_babel import gettext as _

from app.exams.slices import (
    ALL_DAYS,
    Grain,
    Named,
    Slice,
    counties_in,
    points_in,
    roles_of,
    series_of,
    slice_from,
    sub_counties_in,
)
from app.extensions import db
from app.permissions import may
from app.scoping.scope import ScopeKind
from dashboards import figures, furniture, outlines
from dashboards.figures import Classes, Figure, Region, rows_of
from dashboards.furniture import Choice
from dashboards.views import View, keep

RESULTS = "results"
Value = Callable[[Any], float | None]
Words = Callable[[Any], str]


@dataclass(frozen=True)
class MapWords:
    """What a page's map shows: title, classes, the words for unknown, each row's value and words."""

    title: str
    classes: Classes
    unknown: str
    value: Value
    words: Words


def day_words(day: dt.date | str) -> str:
    """A day as "Mon 2 Nov", in the language of the request."""
    day = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return str(format_date(day, "EEE d MMM"))


def short_day_words(day: str) -> str:
    """A day as "2 Nov", for an axis."""
    return str(format_date(dt.date.fromisoformat(day), "d MMM"))


def tabs(view: View) -> html.Nav:
    """The way to the other pages, at the same place and day."""
    words = {name: word for name, word in view.part.address.items() if name not in {"by", "day"}}
    return page_tabs(view.page, words)


def page_tabs(chosen: str, words: Mapping[str, str]) -> html.Nav:
    """A link for each page that may be opened; the pages of a season share the words of a place."""
    pages = {
        "coverage": _("Coverage"),
        "attendance": _("Attendance"),
        "claims": _("Claims"),
        RESULTS: _("Results"),
    }
    links = [
        html.A(
            label,
            href=f"/dashboards/{page}/{_query(words) if _same_words(page, chosen) else ''}",
            className="page-tab chosen" if page == chosen else "page-tab",
        )
        for page, label in pages.items()
        if may(g.actor, "dashboards", page)
    ]
    return html.Nav(links, className="page-tabs", **_label(_("Dashboards")))


def _query(words: Mapping[str, str]) -> str:
    return f"?{urlencode(words)}" if words else ""


def _same_words(page: str, chosen: str) -> bool:
    return page == chosen or RESULTS not in (page, chosen)


def grain_words(by: Grain) -> str:
    """The head of the column that says what a row stands for."""
    return {
        Grain.COUNTY: _("County"),
        Grain.SUB_COUNTY: _("Sub-county"),
        Grain.CENTRE: _("Centre"),
        Grain.DAY: _("Day"),
        Grain.ROLE: _("Role"),
    }[by]


def choices(view: View) -> list[Choice]:
    """The filters of a page with what may be chosen in this scope."""
    part = view.part
    days = [(ALL_DAYS, _("Every day so far") if view.page != "claims" else _("Whole season"))]
    days += [(one.day.isoformat(), day_words(one.day)) for one in view.days]
    everything = ("", _("All roles"))
    found = [
        Choice("series", _("Examination"), _named(series_of(db.session)), part.series.code),
        Choice("day", _("Day"), days, part.day.isoformat() if part.day else ALL_DAYS),
        Choice(
            "role",
            _("Role"),
            [everything, *_named(roles_of(db.session))],
            part.role.code if part.role else "",
        ),
    ]
    return found + _place_choices(view)


def path(view: View) -> list[tuple[str, str]]:
    """The drill path from the widest place in scope to the one shown."""
    part, kind = view.part, view.scope.kind
    steps = []
    nothing = {"county": None, "sub_county": None, "centre": None}
    if kind in (ScopeKind.NATIONAL, ScopeKind.SYSTEM):
        steps.append((_("Kenya"), view.link(**nothing)))
        if part.county:
            steps.append((part.county.name, view.link(**(nothing | {"county": part.county.code}))))
    else:
        steps.append((_own_place(view), view.link(**nothing)))
    if part.sub_county and kind is not ScopeKind.SUB_COUNTY:
        inside = nothing | {"sub_county": part.sub_county.code}
        steps.append((part.sub_county.name, view.link(**inside)))
    if part.centre:
        steps.append((part.centre.name, view.link(centre=part.centre.code)))
    return steps


def row_link(view: View, code: str) -> str:
    """Where a row leads: a county to its sub-counties, they to centres, a centre to its register."""
    by = view.part.by
    if by is Grain.COUNTY:
        return view.link(county=code, sub_county=None, centre=None)
    if by is Grain.SUB_COUNTY:
        return view.link(county=None, sub_county=code, centre=None)
    if by is Grain.CENTRE:
        return f"/register/{quote(code)}/{view.part.day or view.part.today}"
    return view.link(day=code) if by is Grain.DAY else view.link(role=code)


def exports(view: View, table: str = "") -> dict[str, str]:
    """Kind of file -> address of the rows seen; `table` names another table than the page's own."""
    words = view.part.address | ({"by": table} if table else {})
    return {kind: f"/summaries/{view.page}.{kind}?{urlencode(words)}" for kind in ("csv", "xlsx")}


def switch(view: View) -> tuple[str, str] | None:
    """The way between counties and sub-counties, where both make sense."""
    if view.part.county or view.scope.kind not in (ScopeKind.NATIONAL, ScopeKind.SYSTEM):
        return None
    if view.part.by is Grain.COUNTY:
        return _("Show sub-counties"), view.link(by=str(Grain.SUB_COUNTY))
    if view.part.by is Grain.SUB_COUNTY:
        return _("Show counties"), view.link(by=None)
    return None


def map_panel(view: View, frame: pd.DataFrame, shown: MapWords) -> html.Section | None:
    """The map of the rows of a table, coloured by class, with its legend in words.

    None where the rows are days or roles, which lie nowhere.
    """
    if view.part.by in {Grain.DAY, Grain.ROLE}:
        return None
    figure = map_figure(view, frame, shown)
    body = [
        furniture.graph("map", figure, words=shown.title),
        furniture.legend(shown.classes, shown.unknown),
        html.P(_("Boundaries: %(source)s", source=outlines.CREDIT), className="credit"),
    ]
    return furniture.panel(shown.title, body)


def map_figure(view: View, frame: pd.DataFrame, shown: MapWords) -> Figure:
    """The map's figure: outlines by class, or a sub-county's centres as points."""
    points = points_in(db.session, view.scope, view.part) if view.part.by is Grain.CENTRE else {}
    regions = [
        Region(
            outline=row.boundary,
            code=row.code,
            value=shown.value(row),
            words=shown.words(row),
            link=row_link(view, row.code),
            point=points.get(row.code),
        )
        for row in rows_of(frame)
    ]
    if view.part.by is Grain.CENTRE:
        around = [row.boundary for row in _sub_counties(view)]
        county = _county_of(around)
        return figures.points(
            regions,
            shown.classes,
            geojson=outlines_of("sub-county", around),
            outlines=around,
            bounds=outlines.bounds("sub-county", county, around),
        )
    level = "county" if view.part.by is Grain.COUNTY else "sub-county"
    geojson = outlines_of(level, [one.outline for one in regions])
    return figures.choropleth(regions, shown.classes, geojson=geojson, unknown=shown.unknown)


def _county_of(regions: Sequence[str]) -> str:
    """The county whose file of outlines holds all of these, or the word for all counties."""
    counties = {outline.split("/")[0] for outline in regions}
    county = counties.pop() if len(counties) == 1 else outlines.EVERYWHERE
    return county if county in outlines.counties() else outlines.EVERYWHERE


def outlines_of(level: str, regions: Sequence[str]) -> str:
    """The address of the smallest file of outlines that holds all of these."""
    county = _county_of(regions)
    return f"/dashboards/outlines/{level}/{county}.json?v={outlines.version(level, county)}"


def _sub_counties(view: View) -> tuple[Any, ...]:
    found: tuple[Any, ...] = keep(
        ("sub-counties", view.scope.cache_key, view.part),
        lambda: sub_counties_in(db.session, view.scope, view.part),
    )
    return found


def _place_choices(view: View) -> list[Choice]:
    part, kind = view.part, view.scope.kind
    found = []
    if kind in (ScopeKind.NATIONAL, ScopeKind.SYSTEM):
        known = keep(
            ("counties", part.series.id),
            lambda: counties_in(db.session, view.scope, _everywhere(view)),
        )
        options = [("", _("All counties")), *((one.code, one.name) for one in known)]
        found.append(
            Choice("county", _("County"), options, part.county.code if part.county else "")
        )
    if part.county or kind is ScopeKind.COUNTY:
        within = [("", _("All sub-counties")), *_siblings(view)]
        chosen = part.sub_county.code if part.sub_county else ""
        found.append(Choice("sub-county", _("Sub-county"), within, chosen))
    return found


def _siblings(view: View) -> list[tuple[str, str]]:
    """The sub-counties beside the one shown, in scope."""
    words = {"series": view.part.series.code}
    if view.part.county and view.scope.kind is not ScopeKind.SUB_COUNTY:
        words["county"] = view.part.county.code
    wide = slice_from(db.session, view.scope, words, today=view.part.today)
    rows = sub_counties_in(db.session, view.scope, replace(wide, day=None))
    return [(row.code, row.name) for row in rows]


def _everywhere(view: View) -> Slice:
    return replace(view.part, county=None, sub_county=None, centre=None, sub_county_ids=None)


def _label(words: str) -> dict[str, Any]:
    return {"aria-label": words}


def _own_place(view: View) -> str:
    """The name of the jurisdiction of somebody who has one."""
    rows = sub_counties_in(db.session, view.scope, _everywhere(view))
    if view.scope.kind is ScopeKind.COUNTY:
        known = counties_in(db.session, view.scope, _everywhere(view))
        return known[0].name if len(known) == 1 else _("My counties")
    return rows[0].name if len(rows) == 1 else _("My places")


def _named(found: Sequence[Named]) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in found]
