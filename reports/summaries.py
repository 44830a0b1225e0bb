"""Coverage, attendance and claims as report tables: the very rows that a dashboard shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from app.attendance.frames import attendance
from app.claims.frames import claims, claims_by_place_and_role
from app.coverage.frames import coverage
from app.exams.slices import Grain, Slice
from app.scoping.scope import Scope
from app.words import N_, Translate, untranslated
from reports.tables import Cell, Column, Kind, Table

Frame = Callable[[Any, Scope, Slice], pd.DataFrame]

_HEADS = {
    Grain.COUNTY: N_("County"),
    Grain.SUB_COUNTY: N_("Sub-county"),
    Grain.CENTRE: N_("Centre"),
    Grain.DAY: N_("Day"),
    Grain.ROLE: N_("Role"),
}
_COVERAGE = (
    Column("required", N_("Posts required"), Kind.INT),
    Column("deployed", N_("People deployed"), Kind.INT),
    Column("gap", N_("Posts not filled"), Kind.INT),
    Column("present", N_("Present"), Kind.INT),
    Column("late", N_("Of them late"), Kind.INT),
    Column("absent", N_("Absent"), Kind.INT),
)
_ATTENDANCE = (
    Column("expected", N_("On submitted registers"), Kind.INT),
    Column("present", N_("Present"), Kind.INT),
    Column("late", N_("Of them late"), Kind.INT),
    Column("absent", N_("Absent"), Kind.INT),
    Column("rate", N_("Attendance rate"), Kind.PERCENT),
    Column("due", N_("Registers due"), Kind.INT),
    Column("not_opened", N_("Registers not opened"), Kind.INT),
    Column("open", N_("Registers open"), Kind.INT),
    Column("submitted", N_("Registers submitted"), Kind.INT),
    Column("returned", N_("Registers returned"), Kind.INT),
    Column("confirmed", N_("Registers confirmed"), Kind.INT),
    Column("locked", N_("Registers locked"), Kind.INT),
)
_MONEY = (
    Column("earned_days", N_("Days earned"), Kind.INT),
    Column("earned_kes", N_("Earned, KSh"), Kind.KES),
    Column("awaiting_days", N_("Days awaiting confirmation"), Kind.INT),
    Column("awaiting_kes", N_("Awaiting confirmation, KSh"), Kind.KES),
    Column("held_days", N_("Days held by disputes"), Kind.INT),
    Column("held_kes", N_("Held by disputes, KSh"), Kind.KES),
    Column("expected_days", N_("Days expected to the end"), Kind.INT),
    Column("expected_kes", N_("Expected to the end, KSh"), Kind.KES),
    Column("days_without_rate", N_("Days without a published rate"), Kind.INT),
)
_RATE = (
    Column("rate", N_("Rate a day, KSh"), Kind.TEXT),
    Column("rate_year", N_("Year of the rate"), Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary's title, its frame and the columns of its file."""

    title: str
    frame: Frame
    columns: tuple[Column, ...]


SUMMARIES = {
    "coverage": Summary(N_("Coverage"), coverage, _COVERAGE),
    "attendance": Summary(N_("Attendance"), attendance, _ATTENDANCE),
    "claims": Summary(N_("Claims"), claims, _MONEY),
}


def rows(session: Any, scope: Scope, part: Slice, name: str) -> list[dict[str, Any]]:
    """The summary's rows as plain values, unknown ones None; claims carry their roles and rates."""
    found = values(SUMMARIES[name].frame(session, scope, part))
    if name == "claims":
        lines = values(claims_by_place_and_role(session, scope, part))
        for row in found:
            row["roles"] = [_role(line) for line in lines if line["code"] == row["code"]]
    return found


def table(
    session: Any,
    scope: Scope,
    part: Slice,
    name: str,
    *,
    made_at: datetime,
    translate: Translate = untranslated,
) -> Table:
    """The summary as a table for a file, its labels in the translator's language.

    Claims by role carry each role's rate and the rate's year; a role without one says so.
    """
    summary = SUMMARIES[name]
    columns, found = summary.columns, values(summary.frame(session, scope, part))
    if name == "claims" and part.by is Grain.ROLE:
        lines = values(claims_by_place_and_role(session, scope, part))
        found = [line | _price(line, translate) for line in lines]
        columns = (*_RATE, *columns)
    head = (Column("code", N_("Code")), Column("name", _HEADS[part.by]))
    spoken = [
        Column(one.key, translate(one.label), one.kind, one.width) for one in (*head, *columns)
    ]
    return Table(
        title=f"{translate(summary.title)}, {part.series.name}",
        columns=tuple(spoken),
        rows=[_cells(row, (*head, *columns)) for row in found],
        made_at=made_at,
        filters=_asked(part, translate),
    )


def values(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values for JSON or a file; an unknown is None, never 0."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False)]


def _cells(row: dict[str, Any], columns: tuple[Column, ...]) -> list[Cell]:
    return [row.get(column.key) for column in columns]


def _role(line: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in line.items() if key not in {"code", "name", "boundary"}}
    rates = line["rates"]
    kept["rates"] = [{"kes_per_day": kes, "year": year, "county": at} for kes, year, at in rates]
    return kept


def _price(line: dict[str, Any], translate: Translate) -> dict[str, Any]:
    rates = line["rates"]
    if not rates:
        return {"rate": translate(N_("No rate published")), "rate_year": None}
    years = dict.fromkeys(str(year) for _kes, year, _county in rates)
    amounts = " / ".join(str(kes) for kes, _year, _county in rates)
    return {"rate": amounts, "rate_year": " / ".join(years)}


def _asked(part: Slice, translate: Translate) -> str:
    """What the table shows, in words: series, day, role and place."""
    day: date | None = part.day
    places = [one.name for one in (part.county, part.sub_county, part.centre) if one]
    words = [
        part.series.name,
        day.isoformat() if day else translate(N_("Every day")),
        part.role.name if part.role else "",
        *places,
    ]
    return ", ".join(word for word in words if word)
