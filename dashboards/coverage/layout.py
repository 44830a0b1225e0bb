"""The page of coverage, from its frames."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
from dash import html
from flask_babel import gettext as _

from app.coverage.frames import coverage
from app.exams.slices import Grain
from dashboards import furniture, places
from dashboards.coverage import figures
from dashboards.figures import rows_of
from dashboards.furniture import Cell, Ranked
from dashboards.numbers import count_cell, count_words, share_words, told, total
from dashboards.places import MapWords, grain_words, row_link, short_day_words
from dashboards.views import View

COUNTS = ("required", "deployed", "gap", "present")
BETTER = {"required": None, "deployed": True, "gap": False, "present": True}


def page(view: View) -> list[Any]:
    """Strip, map beside ranked table, trend beside roles."""
    frame = view.frame(coverage)
    return [
        places.tabs(view),
        furniture.crumbs(places.path(view)),
        strip(view, frame),
        furniture.split(gap_map(view, frame), gaps(view, frame)),
        furniture.split(course(view), roles(view)),
    ]


def strip(view: View, frame: pd.DataFrame) -> html.Div:
    """Required, deployed, present and not filled, each against the exam day before."""
    labels = (_("Posts required"), _("People deployed"), _("Posts not filled"), _("People present"))
    before = None
    if view.before is not None:
        before = view.frame(coverage, replace(view.before, by=Grain.ROLE))
    return furniture.strip(
        told(
            name,
            label,
            (total(frame[name]), None if before is None else total(before[name])),
            view,
            better=BETTER[name],
        )
        for name, label in zip(COUNTS, labels, strict=True)
    )


def gap_map(view: View, frame: pd.DataFrame) -> Any:
    """The share of posts that nobody fills, place by place."""
    shown = MapWords(
        title=_("Posts not filled, share of required"),
        classes=figures.gap_classes(),
        unknown=_("No posts required"),
        value=figures.gap_share,
        words=_row_words,
    )
    return places.map_panel(view, frame, shown)


def gaps(view: View, frame: pd.DataFrame) -> Any:
    """The ranked table: the widest gap first."""
    columns = [(grain_words(view.part.by), False), *((words, True) for words in _heads())]
    return furniture.ranked(
        Ranked(
            title=_("Gaps, widest first"),
            columns=columns,
            rows=[(row.code, _cells(view, row)) for row in rows_of(frame)],
            export=places.exports(view),
            empty=_("No centre of this series lies here."),
            switch=places.switch(view),
        )
    )


def course(view: View) -> Any:
    """The season, day by day."""
    frame = view.frame(coverage, replace(view.part, by=Grain.DAY, day=None))
    days = {code: short_day_words(code) for code in frame["code"]}
    chosen = view.part.day.isoformat() if view.part.day else None
    figure = figures.season(frame, chosen=chosen, days=days)
    words = _("Required, deployed and present by day")
    return furniture.panel(words, furniture.graph("trend", figure, words=words))


def roles(view: View) -> Any:
    """The same counts by role."""
    frame = view.frame(coverage, replace(view.part, by=Grain.ROLE))
    columns = [(grain_words(Grain.ROLE), False), *((words, True) for words in _heads())]
    rows = [
        (row.code, [Cell(row.name, href=view.link(role=row.code)), *_counts(row)])
        for row in rows_of(frame)
    ]
    export = places.exports(view, str(Grain.ROLE))
    return furniture.ranked(Ranked(_("By role"), columns, rows, export))


def _heads() -> tuple[str, ...]:
    return (_("Required"), _("Deployed"), _("Not filled"), _("Present"))


def _cells(view: View, row: Any) -> list[Cell]:
    return [Cell(row.name, href=row_link(view, row.code)), *_counts(row)]


def _counts(row: Any) -> list[Cell]:
    return [count_cell(getattr(row, name)) for name in COUNTS]


def _row_words(row: Any) -> str:
    gap = share_words(figures.gap_share(row)) or _("no posts required")
    present = count_words(row.present) or _("not known yet")
    return (
        f"<b>{escape(row.name)}</b><br>"
        + _("Required %(number)s", number=count_words(row.required))
        + "<br>"
        + _("Deployed %(number)s", number=count_words(row.deployed))
        + "<br>"
        + _("Not filled %(number)s (%(share)s)", number=count_words(row.gap), share=gap)
        + "<br>"
        + _("Present %(number)s", number=present)
    )
