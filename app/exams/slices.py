"""The part of a season that a summary shows: series, day, role and place, and what a row stands for.

An address, a program and a file name the same part in the same words, and one function reads them:
what lies outside the scope is not found, whatever asks for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, false, select

from app import clock
from app.errors import NotFound, RuleBroken
from app.exams.models import ExamDay, Examination, RatioRule, Series, StaffRole
from app.places.models import Centre, County, SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, ScopeKind
from app.words import N_

ALL_DAYS = "all"
_LONGEST_WORD = 60


class Grain(StrEnum):
    """What one row of a summary stands for."""

    COUNTY = "county"
    SUB_COUNTY = "sub-county"
    CENTRE = "centre"
    DAY = "day"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that was chosen: its id, its code in addresses, its name for people."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of one series. `day` None means every day so far; the others None mean all.

    `sub_county_ids` are those of the place asked for, None where the scope alone decides. With
    `as_of` the registers are counted as they stood at that instant.
    """

    series: Named
    examination_id: int
    by: Grain
    today: dt.date
    day: dt.date | None = None
    role: Named | None = None
    county: Named | None = None
    sub_county: Named | None = None
    centre: Named | None = None
    sub_county_ids: frozenset[int] | None = None
    as_of: dt.datetime | None = None

    @property
    def address(self) -> dict[str, str]:
        """The words that lead back to this part, in the order in which addresses carry them."""
        words = {
            "series": self.series.code,
            "day": ALL_DAYS if self.day is None else self.day.isoformat(),
            "role": self.role.code if self.role else "",
            "county": self.county.code if self.county and not self.sub_county else "",
            "sub-county": self.sub_county.code if self.sub_county and not self.centre else "",
            "centre": self.centre.code if self.centre else "",
            "by": str(self.by),
        }
        return {name: word for name, word in words.items() if word}


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the series' calendar."""

    day: dt.date
    kind: str
    payable: bool


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place that a row of a summary may stand for; `boundary` names its drawn outline."""

    id: int
    code: str
    name: str
    county_code: str
    boundary: str
    county_id: int
    sub_county_id: int | None = None


def slice_from(session: Any, scope: Scope, given: Mapping[str, str], *, today: dt.date) -> Slice:
    """The part of a season that these untrusted words name.

    Words: series, day (a date or `all`), role, county, sub-county, centre, by. Left out, the
    running series, the present exam day and the rows natural to the place. An unknown or foreign
    place, role or series raises NotFound; a word of the wrong kind raises RuleBroken.
    """
    words = {name: _word(name, value) for name, value in given.items() if value}
    series, examination_id = _series(session, words.get("series"), today)
    part = Slice(series=series, examination_id=examination_id, by=Grain.COUNTY, today=today)
    part = _placed(session, scope, part, words)
    part = replace(part, role=_role(session, words.get("role")))
    part = replace(part, by=_grain(words.get("by"), part, scope))
    return replace(part, day=_day(session, words.get("day"), part))


def natural_grain(part: Slice, scope: Scope) -> Grain:
    """The rows a place is looked at in: the country by county, a county by sub-county, then centres."""
    if part.sub_county or scope.kind not in (
        ScopeKind.NATIONAL,
        ScopeKind.SYSTEM,
        ScopeKind.COUNTY,
    ):
        return Grain.CENTRE
    return Grain.SUB_COUNTY if part.county or scope.kind is ScopeKind.COUNTY else Grain.COUNTY


def days_of(session: Any, series_id: int) -> tuple[CalendarDay, ...]:
    """The calendar of a series, in order."""
    found = session.execute(
        select(ExamDay.day, ExamDay.kind, ExamDay.payable)
        .where(ExamDay.series_id == series_id)
        .order_by(ExamDay.day)
    )
    return tuple(CalendarDay(*row) for row in found)


def present_day(days: Iterable[dt.date], today: dt.date) -> dt.date | None:
    """Today when it is an exam day, else the last one before, else the first; None without any."""
    known = sorted(days)
    past = [day for day in known if day <= today]
    return past[-1] if past else (known[0] if known else None)


def day_before(days: Iterable[dt.date], day: dt.date) -> dt.date | None:
    """The exam day before this one, or None on the first."""
    return max((one for one in days if one < day), default=None)


def series_of(session: Any) -> tuple[Named, ...]:
    """Every series that has a calendar, the newest first."""
    held = select(ExamDay.id).where(ExamDay.series_id == Series.id).exists()
    found = session.execute(
        select(Series.id, Series.code, Series.name)
        .where(held)
        .order_by(Series.year.desc(), Series.starts_on.desc(), Series.id)
    )
    return tuple(Named(*row) for row in found)


def roles_of(session: Any) -> tuple[Named, ...]:
    """Every staff role in the order of the register."""
    found = session.execute(
        select(StaffRole.id, StaffRole.code, StaffRole.name).order_by(
            StaffRole.position, StaffRole.id
        )
    )
    return tuple(Named(*row) for row in found)


def sub_counties_in(session: Any, scope: Scope, part: Slice) -> tuple[PlaceRow, ...]:
    """The sub-counties of the part that hold anything in scope, by county and name."""
    statement = (
        select(
            SubCounty.id,
            SubCounty.slug,
            SubCounty.name,
            County.code,
            SubCounty.boundary_name,
            County.id,
            SubCounty.id,
        )
        .join(County, County.id == SubCounty.county_id)
        .where(SubCounty.id.in_(_with_centres(scope, part)))
        .order_by(County.name, SubCounty.name, SubCounty.id)
    )
    return tuple(_bounded(*row) for row in session.execute(statement))


def counties_in(session: Any, scope: Scope, part: Slice) -> tuple[PlaceRow, ...]:
    """The counties of the part that hold anything in scope, by name."""
    statement = (
        select(County.id, County.code, County.name)
        .where(
            County.id.in_(
                select(SubCounty.county_id).where(SubCounty.id.in_(_with_centres(scope, part)))
            )
        )
        .order_by(County.name, County.id)
    )
    return tuple(
        PlaceRow(id_, code, name, code, code, id_) for id_, code, name in session.execute(statement)
    )


def centres_in(session: Any, scope: Scope, part: Slice) -> tuple[PlaceRow, ...]:
    """The centres of the part that are in scope, by code."""
    statement = (
        select(Centre.id, Centre.code, Centre.name, County.code, County.id, Centre.sub_county_id)
        .join(SubCounty, SubCounty.id == Centre.sub_county_id)
        .join(County, County.id == SubCounty.county_id)
        .where(Centre.series_id == part.series.id)
        .order_by(Centre.code, Centre.id)
    )
    if part.sub_county_ids is not None:
        statement = statement.where(Centre.sub_county_id.in_(sorted(part.sub_county_ids)))
    if part.centre is not None:
        statement = statement.where(Centre.id == part.centre.id)
    return tuple(
        PlaceRow(id_, code, name, county_code, "", county_id, sub_county_id)
        for id_, code, name, county_code, county_id, sub_county_id in session.execute(
            restrict(statement, Centre, scope)
        )
    )


@dataclass(frozen=True, slots=True)
class Head:
    """What one row of a summary stands for: its key in counts, its code and name, its outline."""

    key: Any
    code: str
    name: str
    boundary: str = ""
    county_id: int | None = None
    sub_county_id: int | None = None


def heads_in(session: Any, scope: Scope, part: Slice) -> tuple[Head, ...]:
    """Every row that a summary of this part has, whether or not anything was counted for it."""
    if part.by is Grain.DAY:
        held = days_of(session, part.series.id)
        return tuple(
            Head(one.day, one.day.isoformat(), one.day.isoformat())
            for one in held
            if part.day in {None, one.day}
        )
    if part.by is Grain.ROLE:
        chosen = [part.role] if part.role else roles_of(session)
        return tuple(Head(role.id, role.code, role.name) for role in chosen)
    places = {
        Grain.COUNTY: counties_in,
        Grain.SUB_COUNTY: sub_counties_in,
        Grain.CENTRE: centres_in,
    }[part.by](session, scope, part)
    return tuple(
        Head(row.id, row.code, row.name, row.boundary, row.county_id, row.sub_county_id)
        for row in places
    )


def points_in(session: Any, scope: Scope, part: Slice) -> dict[str, tuple[float, float]]:
    """centre code -> (longitude, latitude), for the centres of the part that have a position."""
    statement = select(Centre.code, Centre.lon, Centre.lat).where(
        Centre.series_id == part.series.id, Centre.lon.is_not(None), Centre.lat.is_not(None)
    )
    if part.sub_county_ids is not None:
        statement = statement.where(Centre.sub_county_id.in_(sorted(part.sub_county_ids)))
    found = session.execute(restrict(statement, Centre, scope).order_by(Centre.code))
    return {code: (lon, lat) for code, lon, lat in found}


def county_of_sub_county(session: Any) -> dict[int, tuple[int, str]]:
    """sub_county id -> (county id, county code), of the whole country."""
    found = session.execute(
        select(SubCounty.id, County.id, County.code).join(County, County.id == SubCounty.county_id)
    )
    return {sub_county: (county, code) for sub_county, county, code in found}


def kinds_asked_for(
    session: Any, examination_id: int
) -> tuple[tuple[int, int | None, dt.date, dt.date | None, frozenset[str]], ...]:
    """The dated rules as (role id, county id or None, first day, last day or None, day kinds)."""
    found = session.execute(
        select(
            RatioRule.role_id,
            RatioRule.county_id,
            RatioRule.effective_from,
            RatioRule.effective_to,
            RatioRule.day_kinds,
        )
        .where(RatioRule.examination_id == examination_id)
        .order_by(RatioRule.id)
    )
    return tuple((*row[:4], frozenset(row[4])) for row in found)


def _with_centres(scope: Scope, part: Slice) -> Select[Any]:
    statement = select(Centre.sub_county_id).where(Centre.series_id == part.series.id)
    if part.sub_county_ids is not None:
        statement = statement.where(Centre.sub_county_id.in_(sorted(part.sub_county_ids)))
    return restrict(statement, Centre, scope)


def _bounded(*row: Any) -> PlaceRow:
    id_, code, name, county_code, boundary, county_id, sub_county_id = row
    outline = f"{county_code}/{boundary or name}"
    return PlaceRow(id_, code, name, county_code, outline, county_id, sub_county_id)


def _word(name: str, value: Any) -> str:
    """The value as a short printable text; anything else is refused with the field's name."""
    if not isinstance(value, str) or len(value) > _LONGEST_WORD or not value.isprintable():
        raise RuleBroken(
            "unreadable-filter",
            N_("This filter cannot be read. Choose one of the list."),
            field=name,
        )
    return value.strip()


def _not_found(field: str) -> NotFound:
    return NotFound("not-found", N_("There is no such place, role or series here."), field=field)


def _series(session: Any, code: str | None, today: dt.date) -> tuple[Named, int]:
    statement = (
        select(Series.id, Series.code, Series.name, Series.examination_id)
        .join(Examination, Examination.id == Series.examination_id)
        .limit(1)
    )
    if code:
        statement = statement.where(Series.code == code)
    else:
        begun = Series.starts_on <= today
        held = select(ExamDay.id).where(ExamDay.series_id == Series.id).exists()
        statement = statement.where(held).order_by(
            (begun & (Series.ends_on >= today)).desc(),
            begun.desc(),
            Series.ends_on.desc(),
            Series.id,
        )
    found = session.execute(statement).first()
    if found is None:
        raise _not_found("series")
    return Named(*found[:3]), found[3]


def _role(session: Any, code: str | None) -> Named | None:
    if not code:
        return None
    found = next((role for role in roles_of(session) if role.code == code), None)
    if found is None:
        raise _not_found("role")
    return found


def _placed(session: Any, scope: Scope, part: Slice, words: Mapping[str, str]) -> Slice:
    """The part with its place: the narrowest one named, which must agree with the wider ones."""
    if words.get("centre"):
        part = _at_centre(session, scope, part, words["centre"])
    elif words.get("sub-county"):
        part = _at_sub_county(session, scope, part, SubCounty.slug == words["sub-county"])
    elif words.get("county"):
        part = _at_county(session, scope, part, words["county"])
    for name, chosen in (("county", part.county), ("sub-county", part.sub_county)):
        if words.get(name) and (chosen is None or chosen.code != words[name]):
            raise _not_found(name)
    return part


def _at_centre(session: Any, scope: Scope, part: Slice, code: str) -> Slice:
    statement = select(Centre.id, Centre.code, Centre.name, Centre.sub_county_id).where(
        Centre.series_id == part.series.id, Centre.code == code
    )
    found = session.execute(restrict(statement, Centre, scope)).first()
    if found is None:
        raise _not_found("centre")
    part = _at_sub_county(session, scope, part, SubCounty.id == found[3])
    return replace(part, centre=Named(*found[:3]))


def _at_sub_county(session: Any, scope: Scope, part: Slice, which: Any) -> Slice:
    found = session.execute(
        select(SubCounty.id, SubCounty.slug, SubCounty.name, County.id, County.code, County.name)
        .join(County, County.id == SubCounty.county_id)
        .where(which, _reached(scope))
    ).first()
    if found is None:
        raise _not_found("sub-county")
    return replace(
        part,
        sub_county=Named(*found[:3]),
        county=Named(*found[3:]),
        sub_county_ids=frozenset({found[0]}),
    )


def _at_county(session: Any, scope: Scope, part: Slice, code: str) -> Slice:
    found = session.execute(
        select(County.id, County.code, County.name, SubCounty.id)
        .join(SubCounty, SubCounty.county_id == County.id)
        .where(County.code == code, _reached(scope))
    ).all()
    if not found:
        raise _not_found("county")
    return replace(
        part, county=Named(*found[0][:3]), sub_county_ids=frozenset(row[3] for row in found)
    )


def _reached(scope: Scope) -> Any:
    """The sub-counties a scope reaches; a centre's or officer's scope reaches them by centre only."""
    if scope.is_everything:
        return SubCounty.id.is_not(None)
    if scope.sub_county_ids:
        return SubCounty.id.in_(sorted(scope.sub_county_ids))
    if scope.centre_ids:
        centres = select(Centre.sub_county_id).where(Centre.id.in_(sorted(scope.centre_ids)))
        return SubCounty.id.in_(centres)
    return false()


def _grain(word: str | None, part: Slice, scope: Scope) -> Grain:
    if not word:
        return natural_grain(part, scope)
    try:
        return Grain(word)
    except ValueError:
        choices = [str(grain) for grain in Grain]
        raise RuleBroken(
            "unknown-grain",
            N_("A summary has one row for each county, sub-county, centre, day or role."),
            field="by",
            facts={"choices": choices},
        ) from None


def _day(session: Any, word: str | None, part: Slice) -> dt.date | None:
    if word == ALL_DAYS or (not word and part.by is Grain.DAY):
        return None
    known = [one.day for one in days_of(session, part.series.id)]
    if not word:
        return present_day(known, part.today)
    try:
        day = clock.day_written(word)
    except ValueError:
        raise RuleBroken(
            "not-a-day", N_("Write the day as 2026-11-04, or all."), field="day"
        ) from None
    if day not in known:
        raise RuleBroken("no-exam-day", N_("No examination is held on this day."), field="day")
    return day
