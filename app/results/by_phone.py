"""A result in the few letters of a telephone: out of the document that page and JSON are read from.

Where the store stands, and who looks into it, is set once when a server of the portal starts: the
file of a store can be opened once in a process, so all of a process ask one edge.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.results import texts
from app.results.control import read_control
from app.results.documents import Opened
from app.results.enums import Kind
from app.results.folding import folded
from app.results.pages import kind_words

__all__ = ["Store", "configure", "lines_of", "question_in", "screens_of", "sms_of", "store"]

SCREEN = 182
"""Characters that a telephone shows at once; the gateway's CON or END is counted with them."""
_INDEX = re.compile(r"(?<![0-9])[0-9](?:[\s/.-]*[0-9]){10}(?![0-9])")
_BETWEEN = re.compile(r"[\s/.-]")
_AROUND = ' \t\r\n,;:.#*()<>[]"-/'


@dataclass(frozen=True, slots=True)
class Store:
    """The folder that the edge reads, and its own way to look somebody up."""

    folder: Path
    look: Callable[[str, str], Opened | None]

    @property
    def name(self) -> str | None:
        """The store that is asked now; None where none was ever prepared."""
        control = read_control(self.folder)
        return control.store if control else None


_store: Store | None = None


def configure(found: Store | None) -> None:
    """Sets it for this process."""
    global _store  # noqa: PLW0603 (a fact of the process, as the office clock is)
    _store = found


def store() -> Store | None:
    """The store of this process; None where it has none, such as in a worker of the queue."""
    return _store


def question_in(words: str) -> tuple[str, str] | None:
    """Index number and name in what somebody wrote after the keyword, in either order; None where
    one of them is missing."""
    found = _INDEX.search(words)
    if found is None:
        return None
    name = f"{words[: found.start()]} {words[found.end() :]}".strip(_AROUND)
    return (_BETWEEN.sub("", found[0]), name) if folded(name) else None


def lines_of(
    document: Mapping[str, Any], initials: str, language: str, *, grade: str = "grade"
) -> list[list[str]]:
    """The document in short lines: who, the mean or what stands for it, the subjects, the code.

    `grade` names the document's field for a subject: the letters, or "grade_words".
    """
    kind, release = Kind(document["status"]), document["release"]
    head = texts.HEAD.spoken(
        {
            "series": release["series"],
            "release": release["number"],
            "index": document["index_number"],
            "initials": initials,
        },
        language,
    )
    foot = texts.FOOT.spoken(
        {"version": document["version"], "code": document["check_code"]}, language
    )
    if kind is not Kind.RESULT:
        return [head.split("\n"), [kind_words(kind, language)], [], [foot]]
    mean = texts.MEAN.spoken({"mean": document["mean_grade_words"]}, language)
    subjects = [
        f"{one['code']} {folded(one['name'])[:3].upper()} {one[grade]}"
        for one in document["subjects"]
    ]
    return [head.split("\n"), [mean], subjects, [foot]]


def sms_of(lines: Sequence[Sequence[str]]) -> str:
    """One message of it all, the subjects in one line."""
    head, mean, subjects, foot = lines
    return "\n".join([*head, *mean, *([", ".join(subjects)] if subjects else []), *foot])


def screens_of(lines: Sequence[Sequence[str]], more: str) -> list[str]:
    """The same on as few screens as hold it; every screen but the last ends with the word for more."""
    room = SCREEN - len("CON ") - len(more) - 1
    screens: list[str] = [""]
    for line in (
        part
        for group in lines
        for one in group
        for part in textwrap.wrap(one, room, break_on_hyphens=False)
    ):
        longer = f"{screens[-1]}\n{line}" if screens[-1] else line
        if len(longer) > room:
            screens.append(line)
        else:
            screens[-1] = longer
    return [*(f"{one}\n{more}" for one in screens[:-1]), screens[-1]]
