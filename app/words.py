"""Sentences that people read: marked for the translators here, spoken in a language at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Translate = Callable[[str], str]


def N_(message: str) -> str:  # noqa: N802 (the marker's name is fixed by the extraction tool)
    """The same message, marked so that the catalogue picks it up; translated later by a door."""
    return message


def untranslated(message: str) -> str:
    """The message as written, in English."""
    return message


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message with named gaps such as ``%(time)s`` and the facts that fill them."""

    message: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def spoken(self, translate: Translate = untranslated) -> str:
        """The sentence in the translator's language, with its facts filled in."""
        words = translate(self.message)
        return words % self.facts if self.facts else words

    def __str__(self) -> str:
        return self.spoken()
