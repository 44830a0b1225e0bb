"""Figures of a release as DataFrames: by grade, county and subject, irregularities, the edge now.

Every frame is of one part of one release and is read from what was counted once; nothing here reads
a candidate's row. A number that nobody knows is missing, never 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from app.results.enums import LETTERS, Grade
from app.results.grades import POINTS
from app.results.published import published
from app.results.queries import figures
from app.results.queries.figures import Part
from app.results.queries.nodes import Heard, nodes_heard
from app.scoping.scope import Scope

__all__ = [
    "GRADES",
    "HIGH",
    "IRREGULAR",
    "TOLD",
    "Before",
    "by_county",
    "by_grade",
    "by_subject",
    "edge_by_node",
    "irregular_by_county",
    "mean_points",
    "outlier_centres",
    "year_before",
]

GRADES = tuple(str(grade) for grade in Grade if grade not in LETTERS)
IRREGULAR = tuple(str(grade) for grade in Grade if grade in LETTERS)
HIGH = GRADES[: GRADES.index("C+") + 1]
"""C+ and above."""
TOLD = ("shown", "missed", "limited", "crowded", "busy", "early")
_POINTS = {str(grade): points for grade, points in POINTS.items()}


def by_grade(session: Any, scope: Scope, part: Part) -> pd.DataFrame:
    """Grain: a grade or letter, A first. Columns: grade, number, share (of those with a grade)."""
    found = {row.grade: int(row.number) for row in figures.tallied(session, scope, part, "grade")}
    return _grades(found)


@dataclass(frozen=True, eq=False)
class Before:
    """The year before, as loaded here or else as published; what nobody knows is None.

    `said_on` is the day of its publication, None where it is loaded here. `grades` is as `by_grade`.
    """

    name: str
    candidates: int | None
    high: int | None
    grades: pd.DataFrame | None = None
    said_on: dt.date | None = None
    source: str = ""


def year_before(session: Any, scope: Scope, part: Part) -> Before | None:
    """The same part of the year before; of what was only published, the whole country's alone."""
    before = figures.part_before(session, scope, part)
    if before is not None:
        grades = by_grade(session, scope, before)
        total = int(grades["number"].sum())
        return Before(before.release.series, total, _high(grades), grades)
    said = published(part.release.series_code, part.release.year - 1)
    if said is None or part.county or part.subject:
        return None
    name = part.release.series.replace(str(part.release.year), str(said.year))
    numbers = {grade: number for (grade, sex), number in said.grades.items() if sex == part.sex}
    known = _grades(numbers) if numbers else None
    if known is not None:
        known.loc[known["grade"].isin(IRREGULAR), "number"] = pd.NA
    if part.sex:
        of_sex = None if known is None else _high(known)
        return Before(name, None, of_sex, known, said.said_on, said.source)
    return Before(name, said.candidates, said.c_plus_and_above, known, said.said_on, said.source)


def mean_points(grades: pd.DataFrame | None) -> float | None:
    """The mean of the grades' points, A 12 to E 1, of a frame by grade; None without any grade."""
    if grades is None:
        return None
    known = grades[grades["grade"].isin(GRADES)]
    number = int(known["number"].sum())
    points = int((known["number"] * known["grade"].map(_POINTS)).sum())
    return points / number if number else None


def _high(grades: pd.DataFrame) -> int:
    return int(grades.loc[grades["grade"].isin(HIGH), "number"].sum())


def by_county(session: Any, scope: Scope, part: Part) -> pd.DataFrame:
    """Grain: a county, best share of C+ and above first. Columns: code, name, boundary, registered
    (only of both sexes), and the figures. A part's own county narrows nothing."""
    whole = Part(part.release, "", part.sex, part.subject)
    rows = figures.tallied(session, scope, whole, "county", "grade")
    frame = _figures(rows, figures.counties_of(session))
    registered = figures.registered_by_county(session, scope, part) if not part.sex else {}
    frame["registered"] = frame["code"].map(registered).astype("Int64")
    frame["boundary"] = frame["code"]
    return frame.sort_values(["high_share", "name"], ascending=[False, True], ignore_index=True)


def by_subject(session: Any, scope: Scope, part: Part) -> pd.DataFrame:
    """Grain: a subject, by code. Columns: code, name, female, male, the figures, and one for each
    grade. A part's own subject narrows nothing."""
    rows = figures.tallied(session, scope, part, "subject", "sex", "grade")
    frame = _figures(rows, figures.subjects_of(session, part.release))
    sexes = pd.DataFrame(
        [(row.subject, row.sex, int(row.number)) for row in rows], columns=["code", "sex", "number"]
    )
    for sex, name in (("F", "female"), ("M", "male")):
        known = sexes[sexes["sex"] == sex].groupby("code")["number"].sum()
        frame[name] = frame["code"].map(known).fillna(0).astype("Int64")
    return frame.sort_values("code", ignore_index=True)


def irregular_by_county(session: Any, scope: Scope, part: Part) -> pd.DataFrame:
    """Grain: a county, most first. Columns: code, name, entries, X, Y, U, P, W, without_grade and
    irregular_share, of the mean grade whatever the part's subject."""
    whole = Part(part.release, "", part.sex)
    rows = figures.tallied(session, scope, whole, "county", "grade")
    frame = _figures(rows, figures.counties_of(session))
    frame["irregular_share"] = frame["without_grade"] / frame["entries"]
    kept = ["code", "name", "entries", *IRREGULAR, "without_grade", "irregular_share"]
    return frame[kept].sort_values(
        ["without_grade", "name"], ascending=[False, True], ignore_index=True
    )


def outlier_centres(session: Any, scope: Scope, part: Part) -> pd.DataFrame:
    """Grain: a centre and what stands out in it. Columns: code, name, county, kind ("all_equal" or
    "many"), grade, number, candidates, share. Empty for all but the results roles."""
    names = figures.counties_of(session)
    rows = [
        (one.code, one.name, names.get(one.county_code, ""), *one[3:])
        for one in figures.outliers(session, scope, part)
    ]
    columns = ["code", "name", "county", "kind", "grade", "number", "candidates"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["share"] = frame["number"] / frame["candidates"]
    return frame


def edge_by_node(
    session: Any, scope: Scope, store: str, *, folder: Path, nodes: Sequence[str]
) -> pd.DataFrame:
    """Grain: a node of the edge, this machine's first. Columns: node, heard_at (epoch seconds),
    is_heard, a_second, each of `TOLD`, and other; all missing where the node was never heard."""
    found = nodes_heard(session, scope, folder=folder, nodes=nodes)
    columns = ["node", "heard_at", "is_heard", "a_second", *TOLD, "other"]
    frame = pd.DataFrame([_node(one, store) for one in found], columns=columns)
    numbers = [*TOLD, "other"]
    frame[numbers] = frame[numbers].astype("Int64")
    return frame


def _node(one: Heard, store: str) -> list[Any]:
    """What a node told; a rate that is not of this moment is nobody's knowledge."""
    if one.told is None:
        return [one.node, None, False, None, *([None] * (len(TOLD) + 1))]
    said = one.told.stores.get(store, {})
    other = sum(number for name, number in said.items() if name not in TOLD)
    rate = one.told.a_second if one.is_heard else None
    return [one.node, one.told.at, one.is_heard, rate, *(said.get(name, 0) for name in TOLD), other]


def _grades(found: Mapping[str, int]) -> pd.DataFrame:
    names = [*GRADES, *IRREGULAR]
    frame = pd.DataFrame({"grade": names, "number": [found.get(one, 0) for one in names]})
    frame["number"] = frame["number"].astype("Int64")
    graded = sum(found.get(one, 0) for one in GRADES)
    frame["share"] = [
        found.get(one, 0) / graded if graded and one in _POINTS else None for one in names
    ]
    return frame


def _figures(rows: Sequence[Any], names: Mapping[str, str]) -> pd.DataFrame:
    """Rows of (code, ..., grade, number) as one row a code, with every grade and the figures."""
    flat = pd.DataFrame(
        [(row[0], row.grade, int(row.number)) for row in rows], columns=["code", "grade", "number"]
    )
    wide = flat.pivot_table(
        index="code", columns="grade", values="number", aggfunc="sum", fill_value=0
    )
    wide = wide.reindex(columns=[*GRADES, *IRREGULAR], fill_value=0).astype("int64")
    graded = wide[list(GRADES)].sum(axis=1)
    high = wide[list(HIGH)].sum(axis=1)
    points = sum(wide[grade] * _POINTS[grade] for grade in GRADES)
    has_grade = graded.where(graded > 0)
    wide["entries"] = wide[[*GRADES, *IRREGULAR]].sum(axis=1)
    wide["graded"], wide["high"] = graded, high
    wide["high_share"], wide["mean_points"] = high / has_grade, points / has_grade
    wide["without_grade"] = wide[list(IRREGULAR)].sum(axis=1)
    frame = wide.reset_index().rename_axis(columns=None)
    frame.insert(1, "name", frame["code"].map(dict(names)).fillna(""))
    return frame
