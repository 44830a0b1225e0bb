"""What a letter says, frozen when it is issued: plain values, no identity number, and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from app.letters.rules import reference_of
from app.letters.templates import duties_in, filled, paragraphs_in

MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "sw": (
        "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba",
        "Oktoba", "Novemba", "Desemba",
    ),
}  # fmt: skip
NO_RATE = {"en": "the rate published for the role", "sw": "kiwango kitakachotangazwa"}


@dataclass(frozen=True, slots=True)
class Content:
    """The facts of one letter; days are both inclusive, `rate` in whole shillings a day or None.

    `texts` names the words by language: the digest of the template that was in force.
    """

    name: str
    mobile: str
    examination: str
    series: str
    year: int
    role_code: str
    role: str
    role_sw: str
    centre_code: str
    centre: str
    sub_county: str
    county: str
    first_day: date
    last_day: date
    rate: int | None
    texts: Mapping[str, str]

    @property
    def days(self) -> int:
        """How many days the duty lasts, the first and the last one included."""
        return (self.last_day - self.first_day).days + 1

    def plain(self) -> dict[str, Any]:
        """The facts as JSON."""
        said = asdict(self)
        days = {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}
        return said | days | {"texts": dict(self.texts)}


def content_from(plain: Mapping[str, Any]) -> Content:
    """The facts as they were frozen."""
    days = {name: date.fromisoformat(plain[name]) for name in ("first_day", "last_day")}
    return Content(**{**plain, **days})


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a letter in one language, placeholders filled."""

    subject: str
    paragraphs: tuple[str, ...]
    duties: tuple[str, ...]


def worded(content: Content, texts: tuple[str, str, str], *, language: str, serial: int) -> Wording:
    """A template's subject, body and duties, filled with the letter's facts."""
    values = values_of(content, language=language, serial=serial)
    subject, body, duties = (filled(text, values) for text in texts)
    return Wording(subject.strip(), paragraphs_in(body), duties_in(duties))


def values_of(content: Content, *, language: str, serial: int) -> dict[str, str]:
    """What the placeholders stand for, as plain strings."""
    return {
        "name": content.name,
        "examination": content.examination,
        "series": content.series,
        "year": str(content.year),
        "role": role_in(content, language),
        "centre": content.centre,
        "centre_code": content.centre_code,
        "sub_county": content.sub_county,
        "county": content.county,
        "first_day": day_on_paper(content.first_day, language),
        "last_day": day_on_paper(content.last_day, language),
        "days": days_on_paper(content.days, language),
        "rate": rate_on_paper(content.rate, language),
        "reference": reference(content, serial),
    }


def reference(content: Content, serial: int) -> str:
    """The letter's reference."""
    return reference_of(content.examination, content.role_code, content.year, serial)


def role_in(content: Content, language: str) -> str:
    """The role's name in the language."""
    return content.role_sw if language == "sw" else content.role


def day_on_paper(day: date, language: str) -> str:
    """A day as a letter writes it: 28 October 2026."""
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"


def days_on_paper(days: int, language: str) -> str:
    """A duration in days, both ends included."""
    if language == "sw":
        return f"siku {days}"
    return f"{days} day" if days == 1 else f"{days} days"


def rate_on_paper(rate: int | None, language: str) -> str:
    """The day's pay in shillings, or words where none is published."""
    return NO_RATE[language] if rate is None else f"KSh {rate:,}"


def digest_of_texts(subject: str, body: str, duties: str) -> str:
    """What stands for a template's texts in the letters that use them."""
    return _hash([subject, body, duties]).hex()[:32]


def identity_digest(national_id_index: bytes | None, tsc_number: str | None) -> bytes:
    """Changes when either number changes, and gives away neither."""
    return hashlib.sha256((national_id_index or b"") + b"|" + (tsc_number or "").encode()).digest()


def digest_of(
    plain: Mapping[str, Any], *, code: str, serial: int, version: int, identity: bytes
) -> bytes:
    """The hash of everything that a letter says."""
    return _hash([dict(plain), code, serial, version, identity.hex()])


def _hash(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
