"""Figures of a release as report tables: the very rows that its dashboard shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.results import frames
from app.results.frames import GRADES, IRREGULAR, TOLD
from app.results.queries.figures import Part
from app.scoping.scope import Scope
from app.words import N_, Translate, untranslated
from reports.summaries import values
from reports.tables import Column, Kind, Table

Frame = Callable[[Any, Scope, Part], pd.DataFrame]

_CODE = Column("code", N_("Code"))
_FIGURES = (
    Column("high", N_("C+ and above"), Kind.INT),
    Column("high_share", N_("C+ and above, share of those with a grade"), Kind.PERCENT),
    Column("mean_points", N_("Mean points")),
    Column("without_grade", N_("Without a grade"), Kind.INT),
)
_EACH = tuple(Column(grade, grade, Kind.INT) for grade in (*GRADES, *IRREGULAR))
_TOLD = {
    "shown": N_("Shown"),
    "missed": N_("Not found"),
    "limited": N_("Too many tries"),
    "crowded": N_("Busy network"),
    "busy": N_("Busy edge"),
    "early": N_("Too early"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """A table of the dashboard: title, frame and columns."""

    title: str
    frame: Frame
    columns: tuple[Column, ...]


TABLES: Mapping[str, Figures] = {
    "counties": Figures(
        N_("By county"),
        frames.by_county,
        (
            _CODE,
            Column("name", N_("County")),
            Column("entries", N_("Results"), Kind.INT),
            Column("registered", N_("Registered"), Kind.INT),
            *_FIGURES,
            *_EACH,
        ),
    ),
    "grades": Figures(
        N_("By grade"),
        frames.by_grade,
        (
            Column("grade", N_("Grade")),
            Column("number", N_("Candidates"), Kind.INT),
            Column("share", N_("Share"), Kind.PERCENT),
        ),
    ),
    "subjects": Figures(
        N_("By subject"),
        frames.by_subject,
        (
            _CODE,
            Column("name", N_("Subject")),
            Column("entries", N_("Candidates"), Kind.INT),
            Column("female", N_("Female"), Kind.INT),
            Column("male", N_("Male"), Kind.INT),
            *_FIGURES,
            *_EACH,
        ),
    ),
    "irregularities": Figures(
        N_("Absent (X), cancelled (Y), unmet (U), pended (P), withheld (W)"),
        frames.irregular_by_county,
        (
            _CODE,
            Column("name", N_("County")),
            Column("entries", N_("Results"), Kind.INT),
            *(Column(letter, letter, Kind.INT) for letter in IRREGULAR),
            Column("without_grade", N_("All"), Kind.INT),
            Column("irregular_share", N_("Share"), Kind.PERCENT),
        ),
    ),
    "centres": Figures(
        N_("Centres worth a look"),
        frames.outlier_centres,
        (
            _CODE,
            Column("name", N_("Centre")),
            Column("county", N_("County")),
            Column("grade", N_("Grade or letter")),
            Column("number", N_("Candidates with it"), Kind.INT),
            Column("candidates", N_("Candidates"), Kind.INT),
            Column("share", N_("Share"), Kind.PERCENT),
        ),
    ),
}
EDGE = (
    Column("node", N_("Node")),
    Column("a_second", N_("Answers a second")),
    *(Column(name, _TOLD[name], Kind.INT) for name in TOLD),
    Column("other", N_("Forms and others"), Kind.INT),
    Column("heard_at", N_("Heard at"), Kind.TIME),
)


def table(
    session: Any,
    scope: Scope,
    part: Part,
    name: str,
    *,
    made_at: dt.datetime,
    translate: Translate = untranslated,
) -> Table:
    """A table of the part as a file; beside each grade what the year before had, where it is known."""
    figures = TABLES[name]
    columns, rows = figures.columns, values(figures.frame(session, scope, part))
    if name == "grades":
        before = frames.year_before(session, scope, part)
        columns = (*columns, *_beside(rows, before, translate))
    return _table(figures.title, part, columns, rows, made_at=made_at, translate=translate)


def edge_table(
    frame: pd.DataFrame, part: Part, *, made_at: dt.datetime, translate: Translate = untranslated
) -> Table:
    """The nodes of the edge with what they answered; a node that was never heard has no numbers."""
    rows = values(frame)
    for row in rows:
        row["node"] = row["node"] or translate(N_("This machine"))
        if row["heard_at"] is not None:
            row["heard_at"] = dt.datetime.fromtimestamp(row["heard_at"], dt.UTC)
    title = N_("The public edge now")
    return _table(title, part, EDGE, rows, made_at=made_at, translate=translate)


def _beside(
    rows: list[dict[str, Any]], before: frames.Before | None, translate: Translate
) -> tuple[Column, ...]:
    """The columns of the year before, whose values are put in the rows; none where nobody has it."""
    if before is None or before.grades is None:
        return ()
    then = {row["grade"]: row for row in values(before.grades)}
    for row in rows:
        row |= {f"before_{key}": then[row["grade"]][key] for key in ("number", "share")}
    said = translate(N_("%(year)s as published")) if before.said_on else "%(year)s"
    return (
        Column("before_number", said % {"year": before.name}, Kind.INT),
        Column("before_share", N_("Its share"), Kind.PERCENT),
    )


def _table(
    title: str,
    part: Part,
    columns: tuple[Column, ...],
    rows: list[dict[str, Any]],
    *,
    made_at: dt.datetime,
    translate: Translate,
) -> Table:
    release = f"{part.release.series}, {translate(N_('release'))} {part.release.number}"
    return Table(
        title=f"{translate(title)}, {release}",
        columns=tuple(
            Column(one.key, translate(one.label), one.kind, one.width) for one in columns
        ),
        rows=[[row.get(one.key) for one in columns] for row in rows],
        made_at=made_at,
        filters=", ".join(word for word in (release, *_asked(part)) if word),
    )


def _asked(part: Part) -> tuple[str, ...]:
    return part.county, part.sex, part.subject
