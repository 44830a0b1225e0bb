"""Dates, times, money and counts as the portal writes them, in English and in Kiswahili."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from app.clock import NAIROBI

DAYS: dict[str, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "sw": ("Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi", "Jumapili"),
}
MONTHS: dict[str, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "sw": ("Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ago", "Sep", "Okt", "Nov", "Des"),
}
NOT_KNOWN = {"en": "not known", "sw": "haijulikani"}


def _words(table: dict[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    """The row of a table for a language; English where the language is not ours."""
    return table.get(language[:2], table["en"])


def not_known(language: str = "en") -> str:
    """The words for a value nobody has: never a zero."""
    return NOT_KNOWN.get(language[:2], NOT_KNOWN["en"])


def office_date(value: date | datetime) -> date:
    """The Africa/Nairobi date of an aware datetime, or the date itself."""
    if isinstance(value, datetime):
        return value.astimezone(NAIROBI).date() if value.tzinfo else value.date()
    return value


def day(value: date | datetime | None, language: str = "en") -> str:
    """A day as "Mon 2 Nov" or "Jumatatu 2 Nov"."""
    if value is None:
        return not_known(language)
    on = office_date(value)
    name = _words(DAYS, language)[on.weekday()]
    return f"{name} {on.day} {_words(MONTHS, language)[on.month - 1]}"


def day_with_year(value: date | datetime | None, language: str = "en") -> str:
    """A day as "Mon 2 Nov 2026", for paper and for other seasons."""
    if value is None:
        return not_known(language)
    return f"{day(value, language)} {office_date(value).year}"


def clock_time(value: datetime | time | None, language: str = "en") -> str:
    """The time of day in Nairobi as "07:42"."""
    if value is None:
        return not_known(language)
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(NAIROBI)
    return f"{value:%H:%M}"


def kes(amount: int | None, language: str = "en") -> str:
    """Whole shillings as "KSh 1,680"; an unknown amount is said in words, never as 0."""
    if amount is None:
        return not_known(language)
    sign = "-" if amount < 0 else ""
    return f"{sign}KSh {abs(amount):,}"


def count(number: int | None, language: str = "en") -> str:
    """A whole number with thousands separators; an unknown one is said in words."""
    return not_known(language) if number is None else f"{number:,}"


def mobile(value: str | None, language: str = "en") -> str:
    """A stored Kenyan number, "254712345678", as people read it: "0712 345 678"."""
    if not value:
        return not_known(language)
    digits = "".join(character for character in value if character.isdigit())
    if len(digits) == 12 and digits.startswith("254"):
        digits = "0" + digits[3:]
    if len(digits) != 10:
        return value
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"


def filters(language_now: Callable[[], str]) -> dict[str, Callable[..., str]]:
    """The Jinja filters of the templates, speaking the language of the request."""

    def spoken(write: Callable[..., str]) -> Callable[..., str]:
        return lambda value: write(value, language_now())

    return {
        word.__name__: spoken(word) for word in (day, day_with_year, clock_time, kes, count, mobile)
    }
