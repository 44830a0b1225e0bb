"""The public edge at this moment: what its nodes answer a second, and what they answered so far."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.extensions import db
from app.results.frames import TOLD, edge_by_node
from app.results.publishing import store_named
from dashboards import furniture
from dashboards.figures import rows_of
from dashboards.furniture import Cell, Ranked
from dashboards.numbers import UNKNOWN, count_cell, known
from dashboards.places import day_words
from dashboards.results.asked import ResultsView
from dashboards.views import keep

KEPT_SECONDS = 2.0


def panel(view: ResultsView) -> Any:
    """The nodes with their counts, the sums above them; a node that is silent is not one at rest."""
    if view.part is None:
        return []
    frame = nodes(view)
    kinds = ("csv", "xlsx")
    address = urlencode(view.shown.address)
    rows = [(row.node, _cells(row, _node_words(row))) for row in rows_of(frame)]
    if len(frame) > 1:
        rows.insert(0, ("all", _sums(frame)))
    table = Ranked(
        title=_("The public edge now"),
        columns=[(_("Node"), False), *((label, True) for label in _heads())],
        rows=rows,
        export={kind: f"/result-figures/edge.{kind}?{address}" for kind in kinds},
    )
    notices = html.A(_("Notices on the results pages"), href="/edge-notices/")
    words = html.Span(sentence(frame), className="live-words")
    return [html.P([words, " ", notices], className="quiet"), furniture.ranked(table)]


def nodes(view: ResultsView) -> pd.DataFrame:
    """The nodes' counts of the release shown."""
    release = view.shown.release
    settings = current_app.extensions["settings"]
    store = store_named(release.series, release.number)
    return keep(
        ("edge", view.scope.cache_key, store),
        lambda: edge_by_node(
            db.session,
            view.scope,
            store,
            folder=settings.data_dir / "results",
            nodes=settings.edge_nodes,
        ),
        KEPT_SECONDS,
    )


def sentence(frame: pd.DataFrame) -> str:
    """How many a second, from how many nodes, as of which second."""
    heard = int(frame["is_heard"].sum())
    at = f"{clock.nairobi(clock.real_now()):%H:%M:%S}"
    if not heard:
        return _("As of %(time)s: no node of the edge is heard, so nobody knows.", time=at)
    rate = _rate_words(frame["a_second"].sum())
    said = ngettext(
        "As of %(time)s: %(rate)s answers a second from %(num)s node.",
        "As of %(time)s: %(rate)s answers a second from %(num)s nodes.",
        heard,
        time=at,
        rate=rate,
    )
    silent = len(frame) - heard
    if not silent:
        return said
    return (
        said + " " + ngettext("%(num)s node is not heard.", "%(num)s nodes are not heard.", silent)
    )


def _heads() -> list[str]:
    return [
        _("Answers a second"),
        _("Shown"),
        _("Not found"),
        _("Too many tries"),
        _("Busy network"),
        _("Busy edge"),
        _("Too early"),
        _("Forms and others"),
        _("Heard at"),
    ]


def _cells(row: Any, name: str) -> list[Cell]:
    numbers = [count_cell(getattr(row, column)) for column in (*TOLD, "other")]
    return [Cell(name), _rate(row.a_second), *numbers, _heard(row.heard_at)]


def _sums(frame: pd.DataFrame) -> list[Cell]:
    """The sum of what is known; the rate is known where any node is heard."""
    rates = frame["a_second"].dropna()
    numbers = [count_cell(frame[column].sum(min_count=1)) for column in (*TOLD, "other")]
    rate = _rate(rates.sum() if len(rates) else None)
    return [Cell(_("All nodes")), rate, *numbers, Cell("", number=True)]


def _node_words(row: Any) -> str:
    name = row.node or _("This machine")
    return name if row.is_heard else _("%(node)s (not heard)", node=name)


def _rate(value: Any) -> Cell:
    number = known(value)
    if number is None:
        return Cell(UNKNOWN, number=True, unknown=True)
    return Cell(_rate_words(number), number=True)


def _rate_words(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.1f}"


def _heard(at: Any) -> Cell:
    moment = known(at)
    if moment is None:
        return Cell(_("never"), number=True, unknown=True)
    when = clock.nairobi(dt.datetime.fromtimestamp(moment, dt.UTC))
    day = (
        ""
        if when.date() == clock.nairobi(clock.real_now()).date()
        else f"{day_words(when.date())}, "
    )
    return Cell(f"{day}{when:%H:%M:%S}", number=True)
