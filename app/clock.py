"""Office time: the one clock that decides which day it is in Nairobi and what may be marked.

Office time may be frozen or shifted (demonstration and tests) and keeps ticking when shifted.
Sessions, tokens and limits use real time. Every instant is aware; every day is an East African
day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

NAIROBI = timezone(timedelta(hours=3), "EAT")
"""Africa/Nairobi: three hours ahead of UTC without summer time since 1960, so that the program
needs no time zone database on the machine."""


@dataclass(slots=True)
class _Office:
    frozen: datetime | None = None
    offset: timedelta = timedelta(0)


_office = _Office()


def configure(*, frozen: datetime | None = None, offset: timedelta = timedelta(0)) -> None:
    """Sets office time for this process: stopped at an aware instant, or shifted and ticking."""
    _office.frozen = None if frozen is None else _aware(frozen).astimezone(UTC)
    _office.offset = offset


def now() -> datetime:
    """The office instant, aware, in UTC."""
    if _office.frozen is not None:
        return _office.frozen
    return real_now() + _office.offset


def today() -> date:
    """The office day in Nairobi."""
    return day_of(now())


def real_now() -> datetime:
    """The real instant, aware, in UTC: for sessions, tokens and limits."""
    return datetime.now(UTC)


def nairobi(instant: datetime) -> datetime:
    """The same instant on a Nairobi wall clock; a naive datetime raises ValueError."""
    return _aware(instant).astimezone(NAIROBI)


def day_of(instant: datetime) -> date:
    """The Nairobi day on which an instant falls."""
    return nairobi(instant).date()


def day_written(text: str) -> date:
    """The day written as 2026-11-02; any other spelling raises ValueError."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError("a day has one spelling")
    return day


def instant_at(day: date, wall_clock: time) -> datetime:
    """The instant, in UTC, at which a Nairobi wall clock shows this time on this day."""
    return datetime.combine(day, wall_clock, NAIROBI).astimezone(UTC)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone is not an instant")
    return instant
