"""The page of results, from its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import html
from flask_babel import format_date
from flask_babel import gettext as _

from app.extensions import db
from app.results import frames
from app.results.frames import GRADES, IRREGULAR, Before, mean_points
from app.results.queries import figures as asked_figures
from dashboards import furniture, places
from dashboards.figures import Region, choropleth, rows_of
from dashboards.furniture import Cell, Choice, Ranked, Told
from dashboards.numbers import UNKNOWN, count_cell, count_words, known, share_cell, share_words
from dashboards.outlines import CREDIT
from dashboards.results import figures, live
from dashboards.results.asked import ResultsView

KINDS = ("csv", "xlsx")
WORDS_ONLY = "centres"
"""The table whose cells are no numbers."""


def page(view: ResultsView) -> list[Any]:
    """Strip, the edge now, map beside counties, grades, subjects, what is irregular."""
    if view.part is None:
        return [
            places.page_tabs(places.RESULTS, {}),
            furniture.note(_("No release has figures to show yet.")),
        ]
    before = view.read(frames.year_before)
    grades = view.read(frames.by_grade)
    counties = view.read(frames.by_county)
    return [
        places.page_tabs(places.RESULTS, view.shown.address),
        furniture.crumbs(path(view)),
        *not_out(view),
        strip(grades, before),
        html.Div(live.panel(view), id="live", className="trend"),
        furniture.split(share_map(view, counties), by_county(view, counties)),
        furniture.split(course(view, grades, before), by_grade(view, grades, before)),
        html.Div(by_subject(view), className="trend"),
        furniture.split(irregular(view), standing_out(view)),
    ]


def choices(view: ResultsView) -> list[Choice]:
    """The filters: release, county, sex, subject."""
    if view.part is None:
        return []
    part = view.part
    releases = [
        (one.code, _("%(series)s, release %(number)s", series=one.series, number=one.number))
        for one in asked_figures.releases_shown(db.session, view.scope)
    ]
    counties = asked_figures.counties_of(db.session).items()
    subjects = asked_figures.subjects_of(db.session, part.release).items()
    sexes = [("", _("Both sexes")), ("F", _("Female")), ("M", _("Male"))]
    named = [(code, f"{code} {name}") for code, name in subjects]
    return [
        Choice("release", _("Release"), releases, part.release.code),
        Choice("county", _("County"), [("", _("All counties")), *counties], part.county),
        Choice("sex", _("Sex"), sexes, part.sex),
        Choice("subject", _("Subject"), [("", _("Mean grade")), *named], part.subject),
    ]


def path(view: ResultsView) -> list[tuple[str, str]]:
    """From the release of the whole country to the county shown."""
    part = view.shown
    release = part.release
    words = _("%(series)s, release %(number)s", series=release.series, number=release.number)
    steps = [(words, view.link(county=""))]
    if part.county:
        names = asked_figures.counties_of(db.session)
        steps.append((names[part.county], view.link()))
    return steps


def not_out(view: ResultsView) -> list[Any]:
    """A warning on figures that only the results roles may see yet."""
    if view.shown.release.state in asked_figures.OUT:
        return []
    words = _("This release is not out: nobody but the two results roles sees these figures.")
    return [furniture.note(words)]


def strip(grades: pd.DataFrame, before: Before | None) -> html.Div:
    """Candidates, C+ and above, mean points, without a grade; each beside the year before."""
    then = before or Before("", None, None)
    graded = grades["grade"].isin(GRADES)
    all_of, with_grade = int(grades["number"].sum()), int(grades.loc[graded, "number"].sum())
    high = int(grades.loc[grades["grade"].isin(frames.HIGH), "number"].sum())
    share = share_words(high / with_grade) if with_grade else None
    candidates = _told("candidates", _("Candidates"), (all_of, then.candidates), before)
    best = _told("high", _("C+ and above"), (high, then.high), before)
    points = _told(
        "points",
        _("Mean of the points, A 12 to E 1"),
        (mean_points(grades), mean_points(then.grades)),
        before,
        better=True,
    )
    without = _told(
        "without",
        _("Without a grade: X, Y, U, P, W"),
        (all_of - with_grade, _without(then.grades)),
        before,
    )
    of_graded = _("%(share)s of those with a grade", share=share) if share else ""
    return furniture.strip([candidates, replace(best, note=of_graded), points, without])


def _without(grades: pd.DataFrame | None) -> int | None:
    if grades is None:
        return None
    found = known(grades.loc[grades["grade"].isin(IRREGULAR), "number"].sum(min_count=1))
    return None if found is None else int(found)


def _told(
    name: str,
    label: str,
    values: tuple[float | None, float | None],
    before: Before | None,
    *,
    better: bool | None = None,
) -> Told:
    now, then = values
    change = None if now is None or then is None else now - then
    words = "" if change is None or before is None else _change_words(change, then, before)
    return Told(name, label, _number(now), now, change, words, more_is_better=better)


def _number(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _change_words(change: float, then: float | None, before: Before) -> str:
    if not change:
        return _("same as %(day)s", day=before.name)
    facts = {"amount": _number(abs(change)), "year": before.name, "then": _number(then)}
    if before.said_on is not None:
        if change > 0:
            return _("%(amount)s more than %(year)s (%(then)s as published)", **facts)
        return _("%(amount)s fewer than %(year)s (%(then)s as published)", **facts)
    if change > 0:
        return _("%(amount)s more than %(year)s (%(then)s)", **facts)
    return _("%(amount)s fewer than %(year)s (%(then)s)", **facts)


def share_map(view: ResultsView, counties: pd.DataFrame) -> Any:
    """The share of C+ and above, county by county."""
    classes = figures.high_classes()
    regions = [
        Region(
            row.boundary, row.code, figures.high_share(row), _row_words(row),
            view.link(county=row.code),
        )
        for row in rows_of(counties)
    ]  # fmt: skip
    unknown, title = _("Nobody has a grade"), _("C+ and above, share of those with a grade")
    geojson = places.outlines_of("county", [one.outline for one in regions])
    drawn = choropleth(regions, classes, geojson=geojson, unknown=unknown)
    body = [
        furniture.graph("map", drawn, words=title),
        furniture.legend(classes, unknown),
        html.P(_("Boundaries: %(source)s", source=CREDIT), className="credit"),
    ]
    return furniture.panel(title, body)


def by_county(view: ResultsView, counties: pd.DataFrame) -> Any:
    """The ranked table of counties, linked to the map."""
    heads = (_("Results"), _("Registered"), _("C+ and above"), _("Mean points"), _("No grade"))
    rows = [
        (
            row.code,
            [
                Cell(row.name, href=view.link(county=row.code)),
                count_cell(row.entries),
                count_cell(row.registered),
                share_cell(row.high_share),
                _points(row.mean_points),
                count_cell(row.without_grade),
            ],
        )
        for row in rows_of(counties)
    ]
    title = _("By county, most C+ and above first")
    return _table(view, "counties", title, (_("County"), *heads), rows)


def course(view: ResultsView, grades: pd.DataFrame, before: Before | None) -> Any:
    """The distribution, beside that of the year before where anybody has it."""
    then = None if before is None or before.grades is None else _with_grade(before.grades)
    names = (view.shown.release.series, before.name if before else "")
    figure = figures.distribution(_with_grade(grades), then, names=names)
    words = _("Share of each grade, of those with a grade")
    return furniture.panel(
        words, [furniture.graph("trend", figure, words=words), *_legend(names, before)]
    )


def _with_grade(grades: pd.DataFrame) -> pd.DataFrame:
    return grades[grades["grade"].isin(GRADES)]


def _legend(names: tuple[str, str], before: Before | None) -> list[Any]:
    """Which bars are which, and where the numbers of the year before come from."""
    bars = [(figures.GREEN, names[0])]
    if before is not None and before.grades is not None:
        bars.append((figures.BEFORE, _("%(year)s, striped", year=names[1])))
    marks = [
        html.Li([html.I(style={"background": colour}), html.Span(words)]) for colour, words in bars
    ]
    found: list[Any] = [html.Ul(marks, className="map-legend")]
    if before is None:
        found.append(html.P(_("Nothing of the year before is at hand here."), className="credit"))
    elif before.said_on is not None:
        facts = {"year": before.name, "day": format_date(before.said_on, "d MMMM yyyy")}
        said = _("%(year)s as published on %(day)s, not loaded here.", **facts)
        if before.grades is None:
            said += " " + _("Its distribution is not at hand.")
        found.append(html.P(said, className="credit"))
    return found


def by_grade(view: ResultsView, grades: pd.DataFrame, before: Before | None) -> Any:
    """The same numbers as a table, letters without points below."""
    then = before.grades if before is not None else None
    earlier = {} if then is None else {row.grade: row for row in rows_of(then)}
    rows = [
        (
            row.grade,
            [
                Cell(row.grade),
                count_cell(row.number),
                share_cell(row.share),
                count_cell(earlier[row.grade].number if earlier else None),
                share_cell(earlier[row.grade].share if earlier else None),
            ],
        )
        for row in rows_of(grades)
    ]
    heads = (_("Grade"), _("Candidates"), _("Share"), _("Year before"), _("Its share"))
    return _table(view, "grades", _("By grade"), heads, rows)


def by_subject(view: ResultsView) -> Any:
    """Each subject with its distribution."""
    heads = (_("Candidates"), _("Female"), _("Male"), _("Mean points"), _("C+ and above"))
    rows = [
        (
            row.code,
            [
                Cell(f"{row.code} {row.name}", href=view.link(subject=row.code)),
                count_cell(row.entries),
                count_cell(row.female),
                count_cell(row.male),
                _points(row.mean_points),
                share_cell(row.high_share),
                *(count_cell(number) for number in _numbers(row)),
            ],
        )
        for row in rows_of(_safe(view.read(frames.by_subject)))
    ]
    columns = (_("Subject"), *heads, *GRADES, *IRREGULAR)
    return _table(view, "subjects", _("By subject"), columns, rows)


def _safe(frame: pd.DataFrame) -> pd.DataFrame:
    """The grades' columns under names that a row can have as attributes."""
    return frame.rename(columns={grade: f"g{at}" for at, grade in enumerate((*GRADES, *IRREGULAR))})


def _numbers(row: Any) -> Sequence[Any]:
    return [getattr(row, f"g{at}") for at in range(len(GRADES) + len(IRREGULAR))]


def irregular(view: ResultsView) -> Any:
    """Absent, cancelled, unmet, pended and withheld by county."""
    rows = [
        (
            row.code,
            [
                Cell(row.name, href=view.link(county=row.code)),
                *(count_cell(getattr(row, letter)) for letter in IRREGULAR),
                count_cell(row.without_grade),
                share_cell(row.irregular_share),
            ],
        )
        for row in rows_of(view.read(frames.irregular_by_county))
    ]
    columns = (_("County"), *IRREGULAR, _("All"), _("Share"))
    title = _("Absent (X), cancelled (Y), unmet (U), pended (P), withheld (W)")
    return _table(view, "irregularities", title, columns, rows)


def standing_out(view: ResultsView) -> Any:
    """Centres that are worth a look; they say something of candidates, so only who reads results
    sees them."""
    if not view.scope.reads_results:
        return None
    release = view.shown.release.id
    rows = [
        (
            row.code,
            [
                Cell(
                    f"{row.code} {row.name}", href=f"/results-of/{release}/schools/{row.code}.xlsx"
                ),
                Cell(row.county),
                Cell(outlier_words(row)),
            ],
        )
        for row in rows_of(view.read(frames.outlier_centres))
    ]
    columns = (_("Centre"), _("County"), _("What stands out"))
    empty = _("No centre stands out.")
    title = _("Centres worth a look")
    return _table(view, WORDS_ONLY, title, columns, rows, empty=empty)


def outlier_words(row: Any) -> str:
    """What stands out in a centre, in words."""
    if row.kind == "all_equal":
        return _("All %(number)s with a grade have %(grade)s", number=row.number, grade=row.grade)
    facts = {"number": row.number, "all": row.candidates, "letter": row.grade}
    return _("%(number)s of %(all)s have %(letter)s", **facts)


def _table(
    view: ResultsView,
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Cell]]],
    *,
    empty: str = "",
) -> Any:
    words = urlencode(view.shown.address)
    return furniture.ranked(
        Ranked(
            title=title,
            columns=[(label, at > 0 and name != WORDS_ONLY) for at, label in enumerate(columns)],
            rows=rows,
            export={kind: f"/result-figures/{name}.{kind}?{words}" for kind in KINDS},
            empty=empty or _("Nobody is in this part."),
        )
    )


def _points(value: Any) -> Cell:
    number = known(value)
    if number is None:
        return Cell(UNKNOWN, number=True, unknown=True)
    return Cell(f"{number:.2f}", number=True)


def _row_words(row: Any) -> str:
    share = share_words(row.high_share) or _("not known")
    return (
        f"<b>{escape(row.name)}</b><br>"
        + _("Results %(number)s", number=count_words(row.entries))
        + "<br>"
        + _("C+ and above %(share)s", share=share)
    )
