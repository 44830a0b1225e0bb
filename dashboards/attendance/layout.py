"""The page of attendance, from its frames."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
from dash import html
from flask_babel import gettext as _

from app.attendance.frames import STATES, attendance
from app.exams.slices import Grain
from dashboards import furniture, places
from dashboards.attendance import figures
from dashboards.figures import rows_of
from dashboards.furniture import Cell, Ranked, Told
from dashboards.numbers import (
    count_cell,
    count_words,
    known,
    share_cell,
    share_words,
    told,
    total,
)
from dashboards.places import MapWords, grain_words, row_link, short_day_words
from dashboards.views import View

SENT = ("submitted", "confirmed", "locked")


def page(view: View) -> list[Any]:
    """Strip, map beside ranked table, trend beside roles."""
    frame = view.frame(attendance)
    return [
        places.tabs(view),
        furniture.crumbs(places.path(view)),
        strip(view, frame),
        furniture.split(rate_map(view, frame), standing(view, frame)),
        furniture.split(course(view), roles(view)),
    ]


def strip(view: View, frame: pd.DataFrame) -> html.Div:
    """Rate, registers sent, confirmed and not opened, each against the exam day before."""
    before = None if view.before is None else view.frame(attendance, view.before)
    now, then = _figures(frame), {} if before is None else _figures(before)
    due = count_words(now["due"]) or "0"
    rate = told(_("Attendance"), now["rate"], then.get("rate"), view, kind="share")
    sent = told(_("Registers submitted"), now["sent"], then.get("sent"), view)
    sure = told(_("Registers confirmed"), now["confirmed"], then.get("confirmed"), view)
    closed = told(
        _("Registers not opened"),
        now["not_opened"],
        then.get("not_opened"),
        view,
        more_is_better=False,
    )
    of_due = _("of %(due)s due", due=due)
    return furniture.strip([rate, *(_noted(one, of_due) for one in (sent, sure, closed))])


def rate_map(view: View, frame: pd.DataFrame) -> Any:
    """The rate of attendance, place by place."""
    shown = MapWords(
        title=_("Attendance rate"),
        classes=figures.rate_classes(),
        unknown=_("No register submitted yet"),
        value=lambda row: known(row.rate),
        words=_row_words,
    )
    return places.map_panel(view, frame, shown)


def standing(view: View, frame: pd.DataFrame) -> Any:
    """The ranked table: most registers not opened first, then the lowest rate."""
    heads = (_("Rate"), _("Not opened"), _("Open"), _("Submitted"), _("Returned"), _("Confirmed"))
    columns = [(grain_words(view.part.by), False), *((words, True) for words in heads)]
    return furniture.ranked(
        Ranked(
            title=_("Registers, those not opened first"),
            columns=columns,
            rows=[(row.code, _cells(view, row)) for row in rows_of(frame)],
            export=places.exports(view),
            empty=_("No centre here has anybody on its roster that day."),
            switch=places.switch(view),
        )
    )


def course(view: View) -> Any:
    """The season, day by day."""
    frame = view.frame(attendance, replace(view.part, by=Grain.DAY, day=None))
    days = {code: short_day_words(code) for code in frame["code"]}
    chosen = view.part.day.isoformat() if view.part.day else None
    figure = figures.season(frame, chosen=chosen, days=days)
    words = _("Attendance rate by day")
    return furniture.panel(words, furniture.graph("trend", figure, words=words))


def roles(view: View) -> Any:
    """The same rates by role."""
    frame = view.frame(attendance, replace(view.part, by=Grain.ROLE))
    heads = (_("Rate"), _("Present"), _("Late"), _("Absent"))
    columns = [(grain_words(Grain.ROLE), False), *((words, True) for words in heads)]
    rows = [
        (
            row.code,
            [
                Cell(row.name, href=view.link(role=row.code)),
                share_cell(row.rate),
                *(count_cell(getattr(row, name)) for name in ("present", "late", "absent")),
            ],
        )
        for row in rows_of(frame)
    ]
    return furniture.ranked(
        Ranked(_("By role"), columns, rows, places.exports(view, str(Grain.ROLE)))
    )


def _figures(frame: pd.DataFrame) -> dict[str, float | int | None]:
    """The strip's four values of a frame by place."""
    expected, present = total(frame["expected"]), total(frame["present"])
    sent = [total(frame[state]) or 0 for state in SENT]
    return {
        "rate": present / expected if expected and present is not None else None,
        "sent": sum(sent),
        "confirmed": sum(sent[1:]),
        "not_opened": total(frame["not_opened"]),
        "due": total(frame["due"]),
    }


def _noted(one: Told, words: str) -> Told:
    return replace(one, note=words)


def _cells(view: View, row: Any) -> list[Cell]:
    confirmed = (known(row.confirmed) or 0) + (known(row.locked) or 0)
    counts = (row.not_opened, row.open, row.submitted, row.returned, confirmed)
    name = Cell(row.name, href=row_link(view, row.code))
    if view.part.by is Grain.CENTRE and view.part.day is not None:
        return [name, share_cell(row.rate), *(_ticked(count) for count in counts)]
    return [name, share_cell(row.rate), *(count_cell(count) for count in counts)]


def _ticked(count: Any) -> Cell:
    """One register either stands so or it does not: a word for the reader, not a bare one."""
    number = known(count)
    return Cell("●" if number else "", number=True)


def _row_words(row: Any) -> str:
    rate = share_words(row.rate) or _("not known yet")
    sent = sum(known(getattr(row, state)) or 0 for state in STATES)
    facts = {"sent": int(sent), "due": count_words(row.due) or "0"}
    return (
        f"<b>{escape(row.name)}</b><br>"
        + _("Attendance %(rate)s", rate=rate)
        + "<br>"
        + _("Registers opened: %(sent)s of %(due)s", **facts)
    )
