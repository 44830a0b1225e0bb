"""How the pages write numbers: counts, shares, money and changes; an unknown is words, never 0."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask_babel import gettext as _

from app import clock
from app.money import kes_words
from dashboards.furniture import Cell, Told
from dashboards.places import day_words
from dashboards.views import View

UNKNOWN = "–"
"""What stands in a table where nobody knows the number; screen readers hear the words."""


def known(value: Any) -> int | float | None:
    """The value as a plain number, None where it is not known."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def total(column: pd.Series) -> int | None:
    """The sum of what is known, None where nothing is."""
    found = known(column.sum(min_count=1))
    return None if found is None else int(found)


def count_words(value: Any) -> str | None:
    """A count with separators."""
    number = known(value)
    return None if number is None else f"{int(number):,}"


def share_words(value: Any) -> str | None:
    """A share of one as a percentage; only all is written 100 %."""
    number = known(value)
    if number is None:
        return None
    if 0.9995 <= number < 1:
        number = 0.999
    return f"{number * 100:.1f}%" if number < 1 else "100%"


def short_kes(value: Any) -> str | None:
    """Shillings for a headline: whole up to a million, then in millions."""
    number = known(value)
    if number is None:
        return None
    if abs(number) < 1_000_000:
        return kes_words(int(number))
    return f"KSh {number / 1_000_000:,.2f}M"


def count_cell(value: Any, href: str = "") -> Cell:
    """A count in a table."""
    words = count_words(value)
    return Cell(words or UNKNOWN, href=href, number=True, unknown=words is None)


def kes_cell(value: Any, *, is_priced: bool = True) -> Cell:
    """An amount in a table; without a published rate it says so and is never a 0."""
    number = known(value)
    if number is None:
        return Cell(UNKNOWN if is_priced else _("no rate"), number=True, unknown=True)
    return Cell(f"{int(number):,}", number=True)


def share_cell(value: Any) -> Cell:
    """A share in a table, with its bar."""
    words = share_words(value)
    return Cell(words or UNKNOWN, number=True, share=known(value), unknown=words is None)


def told(
    name: str,
    label: str,
    values: tuple[Any, Any],
    view: View,
    *,
    better: bool | None = True,
    kind: str = "count",
) -> Told:
    """A figure of the strip from its value now and on the exam day before, with the change."""
    write = {"count": count_words, "share": share_words, "kes": short_kes}[kind]
    now, before = (known(value) for value in values)
    change, words = None, ""
    if now is not None and before is not None:
        change = now - before
        words = _change_words(change, kind, view)
    return Told(name, label, write(now), now, change, words, more_is_better=better)


def _change_words(change: float, kind: str, view: View) -> str:
    size, day = abs(change), against_words(view)
    if not size:
        return _("same as %(day)s", day=day)
    if kind == "share":
        facts = {"amount": f"{size * 100:.1f}", "day": day}
        if change > 0:
            return _("%(amount)s points above %(day)s", **facts)
        return _("%(amount)s points below %(day)s", **facts)
    facts = {"amount": (short_kes(size) or "") if kind == "kes" else f"{int(size):,}", "day": day}
    if change > 0:
        return _("%(amount)s more than %(day)s", **facts)
    return _("%(amount)s fewer than %(day)s", **facts)


def against_words(view: View) -> str:
    """What a change is measured against: the same minute of the exam day before, or that day."""
    before = view.before
    if before is None or before.day is None:
        return _("yesterday, same time")
    if before.as_of is not None:
        at = f"{clock.nairobi(before.as_of):%H:%M}"
        return _("%(day)s at %(time)s", day=day_words(before.day), time=at)
    return day_words(before.day)
