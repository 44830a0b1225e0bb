"""The page of claims, from its frames."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
from dash import html
from flask_babel import gettext as _

from app import clock
from app.claims.frames import claims, claims_by_place_and_role
from app.exams.slices import Grain, Slice
from dashboards import furniture, places
from dashboards.claims import figures
from dashboards.figures import rows_of
from dashboards.furniture import Cell, Ranked
from dashboards.numbers import count_words, kes_cell, known, short_kes, told, total
from dashboards.places import MapWords, grain_words, row_link, short_day_words
from dashboards.views import View

BUCKETS = ("earned", "awaiting", "held", "expected")
BETTER = {"earned": True, "awaiting": False, "held": False, "expected": None}
"""Whether more of it is good news; expected money shrinks as days are worked, which is neither."""


def page(view: View) -> list[Any]:
    """Strip, map beside ranked table, roles with their rates, trend."""
    frame = view.frame(claims)
    lines = view.frame(claims_by_place_and_role, replace(view.part, by=Grain.ROLE))
    return [
        places.tabs(view),
        furniture.crumbs(places.path(view)),
        strip(view, frame),
        *unpriced(lines),
        furniture.split(waiting_map(view, frame), amounts(view, frame)),
        roles(view, lines),
        course(view),
    ]


def strip(view: View, frame: pd.DataFrame) -> html.Div:
    """Earned, awaiting, held and expected, against the same minute of the day before."""
    before = view.frame(claims, yesterday(view))
    labels = (
        _("Earned on confirmed days"),
        _("Awaiting confirmation"),
        _("Held by disputes"),
        _("Expected for days still to be worked"),
    )
    figures_told = []
    for name, label in zip(BUCKETS, labels, strict=True):
        then = None if name == "held" else total(before[f"{name}_kes"])
        now = total(frame[f"{name}_kes"])
        one = told(name, label, (now, then), view, kind="kes", better=BETTER[name])
        days = count_words(total(frame[f"{name}_days"])) or "0"
        figures_told.append(replace(one, note=_("%(days)s days of duty", days=days)))
    return furniture.strip(figures_told)


def yesterday(view: View) -> Slice:
    """The same claims as they stood at this minute of the day before, by role."""
    then = (view.now - pd.Timedelta(days=1)).replace(second=0, microsecond=0)
    day = clock.day_of(then)
    return replace(view.part, by=Grain.ROLE, as_of=then, today=day)


def unpriced(lines: pd.DataFrame) -> list[Any]:
    """A sentence for the roles whose days no published rate prices; they are in no sum."""
    without = lines[lines["days_without_rate"].gt(0)]
    if without.empty:
        return []
    days = count_words(total(without["days_without_rate"])) or ""
    words = _(
        "No rate is published for: %(roles)s. Their %(days)s days of duty are counted, their money"
        " is in none of these sums.",
        roles=", ".join(dict.fromkeys(without["role"])),
        days=days,
    )
    return [furniture.note(words)]


def waiting_map(view: View, frame: pd.DataFrame) -> Any:
    """The share of worked days that await confirmation, place by place."""
    shown = MapWords(
        title=_("Worked days awaiting confirmation"),
        classes=figures.waiting_classes(),
        unknown=_("Nobody has worked yet"),
        value=figures.waiting_share,
        words=_row_words,
    )
    return places.map_panel(view, frame, shown)


def amounts(view: View, frame: pd.DataFrame) -> Any:
    """The ranked table: most awaiting confirmation first."""
    columns = [(grain_words(view.part.by), False), *((words, True) for words in _labels())]
    rows = [
        (row.code, [Cell(row.name, href=_link(view, row.code)), *_amounts(row)])
        for row in rows_of(frame)
    ]
    return furniture.ranked(
        Ranked(
            title=_("KSh, most awaiting confirmation first"),
            columns=columns,
            rows=rows,
            export=places.exports(view),
            empty=_("No day of duty is payable here."),
            switch=places.switch(view),
        )
    )


def roles(view: View, lines: pd.DataFrame) -> Any:
    """Each role with its rate, the rate's year, and what it comes to."""
    heads = (_("Rate a day"), _("Year of rate"), *_labels())
    columns = [(grain_words(Grain.ROLE), False), *((words, True) for words in heads)]
    rows = [
        (
            row.role_code,
            [Cell(row.role, href=view.link(role=row.role_code)), *_rate(row), *_amounts(row)],
        )
        for row in rows_of(lines)
    ]
    export = places.exports(view, str(Grain.ROLE))
    return furniture.ranked(Ranked(_("By role, with the rate"), columns, rows, export))


def course(view: View) -> Any:
    """The season in shillings, day by day."""
    frame = view.frame(claims, replace(view.part, by=Grain.DAY, day=None))
    days = {code: short_day_words(code) for code in frame["code"]}
    words = _("Shillings by day of duty")
    drawn = furniture.graph("trend", figures.season(frame, days=days), words=words)
    return html.Div(furniture.panel(words, drawn), className="trend")


def _labels() -> tuple[str, ...]:
    return (_("Earned"), _("Awaiting"), _("Held"), _("Expected"))


def _link(view: View, code: str) -> str:
    """A centre's row leads to its registers of the season, since no one day is meant."""
    if view.part.by is Grain.CENTRE and view.part.day is None:
        return view.link(centre=code, by=str(Grain.DAY))
    if view.part.by is Grain.DAY and view.part.centre is not None:
        return f"/register/{view.part.centre.code}/{code}"
    return row_link(view, code)


def _amounts(row: Any) -> list[Cell]:
    priced = not hasattr(row, "rates") or bool(row.rates)
    return [kes_cell(getattr(row, f"{name}_kes"), is_priced=priced) for name in BUCKETS]


def _rate(row: Any) -> list[Cell]:
    if not row.rates:
        return [Cell(_("No rate published"), number=True, unknown=True), Cell("", number=True)]
    prices = " / ".join(f"{kes:,}" for kes, *_rest in row.rates)
    years = " / ".join(dict.fromkeys(str(year) for _kes, year, _county in row.rates))
    return [Cell(prices, number=True), Cell(years, number=True)]


def _row_words(row: Any) -> str:
    days = known(row.awaiting_days) or 0
    return (
        f"<b>{escape(row.name)}</b><br>"
        + _("Earned %(amount)s", amount=short_kes(row.earned_kes) or _("no rate"))
        + "<br>"
        + _("Awaiting %(amount)s", amount=short_kes(row.awaiting_kes) or _("no rate"))
        + "<br>"
        + _("%(days)s days awaiting confirmation", days=f"{days:,}")
    )
