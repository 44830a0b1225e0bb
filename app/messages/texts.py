"""A text message in both languages, and the few texts of this room itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HELP", "SmsText"]


@dataclass(frozen=True, slots=True)
class SmsText:
    """A message with named gaps such as ``%(name)s``, in English and in Kiswahili.

    Each feature keeps its own in its `texts.py`. Written to fit one SMS of 160 plain characters.
    """

    en: str
    sw: str

    def spoken(self, facts: Mapping[str, object], locale: str | None) -> str:
        """The text in the language, English unless Kiswahili is asked for, its gaps filled in."""
        words = self.sw if (locale or "").startswith("sw") else self.en
        return words % facts if facts else words.replace("%%", "%")


HELP = SmsText(
    en="Sajili: send PASSWORD to %(short_code)s from your registered number to get new sign-in"
    " details. For anything else ask your sub-county office.",
    sw="Sajili: tuma PASSWORD kwa %(short_code)s kutoka nambari yako iliyosajiliwa upate maelezo"
    " mapya ya kuingia. Mengine, uliza ofisi ya kaunti ndogo.",
)
