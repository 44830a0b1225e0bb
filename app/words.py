"""Sentences that people read: marked for the translators here, spoken in a language at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

Translate = Callable[[str], str]
NO_BREAK = "\u00a0"
"""A space at which no line ends."""


class TranslateCounted(Protocol):
    """Chooses and translates the form for a number, and fills in the facts."""

    def __call__(self, singular: str, plural: str, num: int, /, **facts: object) -> str:
        """The sentence in the language, as that number asks for it."""


def N_(message: str) -> str:  # noqa: N802 (the marker's name is fixed by the extraction tool)
    """The same message, marked so that the catalogue picks it up; translated later by a door."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802 (as above)
    """Both forms of a message about a number, marked as one pair of the catalogue.

    The door that speaks them asks ``ngettext(singular, plural, number)``.
    """
    return singular, plural


def untranslated(message: str) -> str:
    """The message as written, in English."""
    return message


def untranslated_counted(singular: str, plural: str, num: int, /, **facts: object) -> str:
    """The English form for the number, with its facts filled in."""
    return (singular if num == 1 else plural) % {"num": num, **facts}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message with named gaps such as ``%(time)s`` and the facts that fill them."""

    message: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def spoken(self, translate: Translate = untranslated) -> str:
        """The sentence in the translator's language, with its facts filled in."""
        words = translate(self.message)
        return words % spoken_facts(self.facts, translate) if self.facts else words

    def __str__(self) -> str:
        return self.spoken()


def spoken_facts(facts: Mapping[str, object], translate: Translate) -> dict[str, object]:
    """The facts as they stand in a sentence: sentences are spoken, days are said as "Mon 2 Nov"."""
    return {name: _spoken(fact, translate) for name, fact in facts.items()}


def _spoken(fact: object, translate: Translate) -> object:
    if isinstance(fact, date) and not isinstance(fact, datetime):
        fact = day_words(fact)
    return fact.spoken(translate) if isinstance(fact, Sentence) else fact


WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip


def day_words(day: date) -> Sentence:
    """ "Mon 2 Nov", in whatever language it is spoken."""
    facts = {
        "weekday": Sentence(WEEKDAYS[day.weekday()]),
        "number": day.day,
        "month": Sentence(MONTHS[day.month - 1]),
    }
    return Sentence(N_("%(weekday)s %(number)s %(month)s"), facts)


IN_KISWAHILI: Mapping[str, str] = {
    "Mon": "Jumatatu", "Tue": "Jumanne", "Wed": "Jumatano", "Thu": "Alhamisi", "Fri": "Ijumaa",
    "Sat": "Jumamosi", "Sun": "Jumapili", "Mar": "Mac", "May": "Mei", "Aug": "Ago", "Oct": "Okt",
    "Dec": "Des",
}  # fmt: skip
"""Weekdays and months as the catalogue says them, for messages, which are written before any door;
those that are missing are the same in both languages."""


def day_in(day: date, locale: str | None) -> str:
    """ "Mon 2 Nov" or "Jumatatu 2 Nov": the day in the language of an account, for messages."""
    if not (locale or "").startswith("sw"):
        return str(day_words(day))
    return day_words(day).spoken(lambda word: IN_KISWAHILI.get(word, word))


def time_on(moment: datetime) -> Sentence:
    """ "09:00 on Mon 2 Nov", in whatever language it is spoken."""
    facts = {"time": f"{moment:%H:%M}", "day": day_words(moment)}
    return Sentence(N_("%(time)s on %(day)s"), facts)


@dataclass(frozen=True, slots=True)
class Counted:
    """A message about `number` of something: its two forms (see `NN_`) and the facts in them."""

    forms: tuple[str, str]
    number: int
    facts: Mapping[str, object] = field(default_factory=dict)

    def spoken(self, translate: TranslateCounted = untranslated_counted) -> str:
        """The form for the number in the translator's language, with its facts filled in."""
        return translate(*self.forms, self.number, **self.facts)
