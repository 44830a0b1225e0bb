"""What a dashboard is asked for: the part of a season in its address, in the asker's scope.

Everything in an address is untrusted and is read by `slice_from` alone. Frames are kept for a few
seconds for each scope and part, so that a page whose pieces share a frame asks the database once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pandas as pd
from flask import g

from app import clock, kept
from app.attendance.counts import newest_change
from app.errors import RuleBroken
from app.exams.slices import (
    ALL_DAYS,
    CalendarDay,
    Grain,
    Slice,
    day_before,
    days_of,
    natural_grain,
    slice_from,
)
from app.extensions import db
from app.scoping.scope import Scope
from app.words import N_

KEPT_SECONDS = 4.0
KEPT_PAST_SECONDS = 60.0
"""How a past minute stood hardly changes, and its part names the minute."""
LONGEST_ADDRESS = 1000
WORDS = frozenset({"series", "day", "role", "county", "sub-county", "centre", "by"})
WHOLE_SEASON = {"claims": {"day": ALL_DAYS}}
"""What a page shows when its address does not say."""

Frame = Callable[[Any, Scope, Slice], pd.DataFrame]


@dataclass(frozen=True)
class View:
    """One page as one person asked for it."""

    page: str
    part: Slice
    scope: Scope
    now: dt.datetime

    def frame(self, make: Frame, part: Slice | None = None) -> pd.DataFrame:
        """The frame of this page's part, or of another part in the same scope."""
        part = part or self.part
        key = (make.__module__, make.__name__, self.scope.cache_key, part)
        seconds = KEPT_SECONDS if part.as_of is None else KEPT_PAST_SECONDS
        found: pd.DataFrame = keep(key, lambda: make(db.session, self.scope, part), seconds)
        return found

    @cached_property
    def days(self) -> tuple[CalendarDay, ...]:
        """The calendar of the series."""
        return days_of(db.session, self.part.series.id)

    @cached_property
    def is_today(self) -> bool:
        """Whether the page shows the office day, so that a minute of the day means something."""
        return self.part.day in {None, self.part.today}

    @cached_property
    def before(self) -> Slice | None:
        """The same part on the exam day before; today at the same minute, another day as a whole."""
        if self.part.day is None:
            return None
        day = day_before([one.day for one in self.days], self.part.day)
        if day is None:
            return None
        as_of = None
        if self.is_today:
            minute = clock.nairobi(self.now).time().replace(second=0, microsecond=0)
            as_of = clock.instant_at(day, minute)
        return replace(self.part, day=day, as_of=as_of)

    @cached_property
    def version(self) -> str:
        """A text that changes when anything shown may have changed; cheap to ask for."""
        part = replace(self.part, by=Grain.ROLE, role=None)
        changed = newest_change(db.session, self.scope, part)
        return f"{changed and changed.isoformat()}/{int(self.now.timestamp()) // 300}"

    @cached_property
    def is_natural(self) -> bool:
        """Whether the rows are those that the place is looked at in anyhow."""
        return self.part.by is natural_grain(self.part, self.scope)

    def link(self, **changes: str | None) -> str:
        """The address of this page with some words changed (None takes a word out).

        A word is written with an underscore for its hyphen. A change of place starts with the
        rows natural to it.
        """
        words = dict(self.part.address)
        if self.is_natural or {"county", "sub_county", "centre"} & set(changes):
            words.pop("by", None)
        for name, word in changes.items():
            words[name.replace("_", "-")] = word or ""
        return "?" + urlencode({name: word for name, word in words.items() if word})


def read(page: str, search: str | None) -> View:
    """The view that an address's query asks for, in the scope of the request.

    Raises RuleBroken or NotFound as `slice_from` does, and RuleBroken for what is no query.
    """
    return of_words(page, words_of(search))


def words_of(search: Any) -> dict[str, str]:
    """The words of an address's query. Raises RuleBroken for what is none."""
    if search is not None and not isinstance(search, str):
        raise _unreadable()
    text = (search or "").removeprefix("?")
    if len(text) > LONGEST_ADDRESS:
        raise _unreadable()
    try:
        pairs = parse_qsl(text, max_num_fields=20)
    except ValueError:
        raise _unreadable() from None
    return dict(pairs)


def of_words(page: str, words: Mapping[str, str]) -> View:
    """The view that these words ask for; words that no dashboard knows are left aside."""
    given = {name: word for name, word in words.items() if name in WORDS}
    given = {**WHOLE_SEASON.get(page, {}), **given}
    scope: Scope = g.scope
    now = clock.now()
    return View(page, slice_from(db.session, scope, given, today=clock.day_of(now)), scope, now)


def keep(key: tuple[Any, ...], make: Callable[[], Any], seconds: float = KEPT_SECONDS) -> Any:
    """The value of less than a few seconds ago, else a fresh one."""
    return kept.keep(("dashboards", *key), make, seconds)


def _unreadable() -> RuleBroken:
    return RuleBroken("unreadable-address", N_("This address cannot be read."), field="address")
