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

    def one(name: str, label: str, *, better: bool = True, kind: str = "count") -> Told:
        return told(name, label, (now[name], then.get(name)), view, better=better, kind=kind)

    rate = one("rate", _("Attendance"), kind="share")
    sent = one("sent", _("Registers submitted"))
    sure = one("confirmed", _("Registers confirmed"))
    closed = one("not_opened", _("Registers not opened"), better=False)
    of_due = _("of %(due)s due", due=due)
    return furniture.strip([rate, *(_noted(told_one, of_due) for told_one in (sent, sure, closed))])


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
    if _is_one_register(view):
        heads: tuple[str, ...] = (_("Register"), _("Rate"), _("Present"), _("Absent"))
    else:
        names = (_("Not opened"), _("Open"), _("Submitted"), _("Returned"), _("Confirmed"))
        heads = (_("Rate"), *names)
    numbers = [(words, words != _("Register")) for words in heads]
    columns = [(grain_words(view.part.by), False), *numbers]
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


def _is_one_register(view: View) -> bool:
    """Whether each row is one centre's register of one day, which stands in one state."""
    return view.part.by is Grain.CENTRE and view.part.day is not None


def _cells(view: View, row: Any) -> list[Cell]:
    name = Cell(row.name, href=row_link(view, row.code))
    if _is_one_register(view):
        people = (count_cell(getattr(row, column)) for column in ("present", "absent"))
        return [name, Cell(_state_pill(row)), share_cell(row.rate), *people]
    confirmed = (known(row.confirmed) or 0) + (known(row.locked) or 0)
    counts = (row.not_opened, row.open, row.submitted, row.returned, confirmed)
    return [name, share_cell(row.rate), *(count_cell(count) for count in counts)]


def _state_pill(row: Any) -> html.Span:
    """The state of a centre's register in the words and shape of every list."""
    kinds = {
        "open": ("information", "✎", _("Open")),
        "submitted": ("attention", "↑", _("Submitted")),
        "confirmed": ("success", "✓", _("Confirmed")),
        "returned": ("danger", "↩", _("Returned")),
        "locked": ("ink", "■", _("Locked")),
    }
    state = next((state for state in kinds if known(getattr(row, state))), None)
    kind, icon, words = kinds[state] if state else ("outline", "○", _("Not opened"))
    return html.Span(f"{icon} {words}", className=f"pill {kind}")


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
