"""The pieces that all three pages are built of: filters, drill path, strip of figures, tables.

Pure functions of plain values to Dash components, in the language of the request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html
from flask_babel import gettext as _
from flask_babel import ngettext

from dashboards.figures import NO_DATA, Classes, Figure

TICK_SECONDS = 5
GRAPH: Any = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "topojsonURL": "/dashboards/outlines/world/",
}
"""`topojsonURL` names our own address, so that no map service is ever asked for a base map."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its word in the address, its label, and (value, words) to choose from."""

    word: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of the strip: value in words (None: unknown), label, and its change."""

    name: str
    label: str
    value: str | None
    number: int | float | None = None
    change: int | float | None = None
    change_words: str = ""
    note: str = ""
    more_is_better: bool | None = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell: what it shows, where it leads, and how."""

    shown: Any
    href: str = ""
    number: bool = False
    share: float | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """A table: title, column labels, rows of (code, cells), and the addresses of its files."""

    title: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    export: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""
    switch: tuple[str, str] | None = None


def skeleton(page: str) -> html.Div:
    """What stands on the page before the first answer."""
    return html.Div(
        [
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Interval(id="tick", interval=TICK_SECONDS * 1000),
            dcc.Store(id="seen"),
            dcc.Store(id="pointed"),
            html.Div(
                [
                    html.Div(id="filters", className="filters"),
                    html.Span(id="as-of", className="as-of"),
                ],
                className="filter-bar",
            ),
            html.Div(
                html.P(_("Counting…"), className="quiet"),
                id="page",
                **_attributes({"data-page": page, "aria-live": "off"}),
            ),
        ],
    )


def as_of_words(at: dt.datetime) -> str:
    """When the figures were counted, and that nobody has to press anything."""
    return _("As of %(time)s, refreshes by itself", time=f"{at:%H:%M}")


def filters(choices: Iterable[Choice]) -> list[html.Div]:
    """One plain select for each filter; the page's script writes a choice into the address."""
    return [
        html.Div(
            [
                html.Label(choice.label, htmlFor=f"filter-{choice.word}"),
                html.Select(
                    [
                        html.Option(words, value=value, selected=value == choice.chosen)
                        for value, words in choice.options
                    ],
                    id=f"filter-{choice.word}",
                    **_attributes({"data-filter": choice.word}),
                ),
            ],
            className="filter",
            key=choice.word,
        )
        for choice in choices
        if len(choice.options) > 1
    ]


def crumbs(steps: Sequence[tuple[str, str]]) -> html.Nav:
    """The drill path as (words, address); the last step is where one is."""
    links: list[Any] = [dcc.Link(words, href=href) for words, href in steps[:-1]]
    here = html.Span(steps[-1][0], **_attributes({"aria-current": "page"}))
    return html.Nav([*links, here], className="crumbs", **_attributes({"aria-label": _("Place")}))


def strip(figures: Iterable[Told]) -> html.Div:
    """The four figures with their change."""
    return html.Div([_told(one) for one in figures], className="figures")


def panel(title: str, body: Any, *, extra: Any = None, scroll: bool = False) -> html.Section:
    """A white box with a head."""
    head = [html.H2(title), *([extra] if extra is not None else [])]
    kind = "panel-body scroll" if scroll else "panel-body"
    return html.Section(
        [html.Div(head, className="panel-head"), html.Div(body, className=kind)],
        className="panel",
    )


def graph(id_: str, figure: Figure, *, words: str) -> html.Div:
    """A chart with words for those who do not see it; the tables hold the same numbers."""
    drawn = dcc.Graph(id=id_, figure=figure, config=GRAPH, className="dash-graph")
    return html.Div(drawn, role="img", **_attributes({"aria-label": words}))


def legend(classes: Classes, unknown: str) -> html.Ul:
    """The classes of a map, each colour with its words, grey last."""
    pairs = [*zip(classes.colours, classes.words, strict=True), (NO_DATA, unknown)]
    return html.Ul(
        [
            html.Li([html.I(style={"background": colour}), html.Span(words)])
            for colour, words in pairs
        ],
        className="map-legend",
    )


def ranked(table: Ranked) -> html.Section:
    """A table in a box: numbers on the right, each row a link, and the file of what is seen."""
    head = html.Tr(
        [
            html.Th(words, scope="col", className="number" if number else "")
            for words, number in table.columns
        ]
    )
    rows = [
        html.Tr([_cell(cell) for cell in cells], **_attributes({"data-place": code}))
        for code, cells in table.rows
    ]
    body: Any = html.Table([html.Thead(head), html.Tbody(rows)], className="ranked")
    if not table.rows:
        body = html.P(table.empty, className="quiet empty-words")
    return panel(table.title, body, extra=_beside(table), scroll=True)


def split(left: Any, right: Any) -> html.Div:
    """Two boxes side by side, under each other on a phone; a missing one leaves the other alone."""
    both = [box for box in (left, right) if box is not None]
    return html.Div(both, className="split" if len(both) > 1 else "trend")


def note(words: str) -> html.Div:
    """A sentence that has to be seen."""
    return html.Div(html.P(words), className="note attention", role="status")


def _attributes(words: dict[str, str]) -> dict[str, Any]:
    """Attributes whose names are no Python words."""
    return dict(words)


def _told(one: Told) -> html.Div:
    parts: list[Any] = [html.B(one.value) if one.value is not None else _unknown_number()]
    parts.append(html.Span(one.label))
    if one.change_words:
        parts.append(html.Span(one.change_words, className=f"change {_direction(one)}"))
    if one.note:
        parts.append(html.Span(one.note))
    number = "" if one.number is None else str(one.number)
    named = _attributes({"data-figure": one.name, "data-value": number})
    return html.Div(parts, className="figure", **named)


def _unknown_number() -> html.B:
    return html.B(_("not known yet"), className="words")


def _direction(one: Told) -> str:
    if one.change is None:
        return "none"
    if one.change == 0:
        return "same"
    way = "up" if one.change > 0 else "down"
    if one.more_is_better is None:
        return f"{way} plain"
    return f"{way} {'good' if (one.change > 0) == one.more_is_better else 'bad'}"


def _cell(cell: Cell) -> html.Td:
    shown: Any = cell.shown
    if cell.unknown:
        spoken = _("not known") if shown == "–" else shown
        shown = html.Span(
            shown, className="unknown", title=spoken, **_attributes({"aria-label": spoken})
        )
    if cell.href:
        page = cell.href.startswith("?")
        shown = dcc.Link(shown, href=cell.href) if page else html.A(shown, href=cell.href)
    parts = [shown]
    if cell.share is not None:
        width = f"{max(0.0, min(cell.share, 1.0)) * 100:.1f}%"
        parts.append(html.Span(html.I(style={"width": width}), className="share-bar"))
    return html.Td(parts, className="number" if cell.number else "")


def _beside(table: Ranked) -> html.Div:
    parts: list[Any] = []
    if table.switch:
        parts.append(dcc.Link(table.switch[0], href=table.switch[1], className="switch"))
    count = len(table.rows)
    words = ngettext("Export %(num)s row", "Export %(num)s rows", count)
    if count and table.export:
        files = [
            html.A(kind.upper(), href=href, className="export")
            for kind, href in table.export.items()
        ]
        parts.append(html.Span([f"{words}: ", *_spaced(files)], className="exports"))
    return html.Div(parts, className="beside")


def _spaced(parts: Sequence[Any]) -> list[Any]:
    return [piece for part in parts for piece in (part, " ")][:-1]
