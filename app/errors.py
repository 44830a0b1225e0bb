"""The ways in which the house says no: each kind carries a code, a sentence, a field and facts.

Rules and services raise; doors translate into a page, a form error or
``application/problem+json``. A message may hold gaps such as ``%(centre)s`` that its facts fill,
so that the same refusal can be spoken in English and in Kiswahili.
"""

# ruff: noqa: N818 (a refusal is named as the office says it)
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import ClassVar

from app.words import Translate, spoken_facts, untranslated

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with the field it belongs to when there is one."""

    code: str
    message: str
    field: str | None = None
    facts: Facts = dataclasses.field(default_factory=dict)

    def spoken(self, translate: Translate = untranslated) -> str:
        """The sentence in the translator's language, with the facts filled in where it has gaps."""
        words = translate(self.message)
        return words % spoken_facts(self.facts, translate) if "%(" in words else words

    def as_dict(self, translate: Translate = untranslated) -> dict[str, object]:
        """The problem as plain JSON values: code, title and, where present, field and facts."""
        out: dict[str, object] = {"code": self.code, "title": self.spoken(translate)}
        if self.field is not None:
            out["field"] = self.field
        if self.facts:
            out["facts"] = {key: _plain(value) for key, value in self.facts.items()}
        return out


class PortalError(Exception):
    """A refusal that a reader can act on; every kind below names its HTTP status."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        facts: Facts | None = None,
        problems: Iterable[Problem] = (),
    ) -> None:
        self.problem = Problem(code, message, field, dict(facts or {}))
        self.problems: tuple[Problem, ...] = tuple(problems) or (self.problem,)
        super().__init__(self.problem.spoken())

    @property
    def code(self) -> str:
        """The stable name of the refusal, for programs."""
        return self.problem.code

    @property
    def message(self) -> str:
        """The untranslated sentence, its gaps not yet filled."""
        return self.problem.message

    @property
    def field(self) -> str | None:
        """The form field the refusal belongs to, if any."""
        return self.problem.field

    @property
    def facts(self) -> Facts:
        """What a caller may need to act: identifiers, limits, both values of a conflict."""
        return self.problem.facts

    def spoken(self, translate: Translate = untranslated) -> str:
        """The refusal as a sentence in the translator's language."""
        return self.problem.spoken(translate)

    def as_problem(self, translate: Translate = untranslated) -> dict[str, object]:
        """The body of an ``application/problem+json`` answer."""
        body = {"status": self.status, **self.problem.as_dict(translate)}
        if len(self.problems) > 1:
            body["problems"] = [one.as_dict(translate) for one in self.problems]
        return body


class RuleBroken(PortalError):
    """What was asked breaks a rule of the office: 422."""

    status = 422


class IllegalMove(PortalError):
    """The thing is in a state from which this act is not possible: 409."""

    status = 409


class Conflict(PortalError):
    """Somebody else changed it first, or it exists already: 409, with both values in the facts."""

    status = 409


class NotFound(PortalError):
    """There is no such thing within the caller's scope: 404."""

    status = 404


class NotAllowed(PortalError):
    """The caller's role does not include this act: 403."""

    status = 403


class NotSignedIn(PortalError):
    """Nobody is signed in: 401."""

    status = 401


class TooMany(PortalError):
    """Too many attempts; the fact ``retry_after`` says how many seconds to wait: 429."""

    status = 429


class Problems:
    """Collects everything that is wrong with a form, so that it is said at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        facts: Facts | None = None,
    ) -> None:
        """Notes one problem."""
        self._found.append(Problem(code, message, field, dict(facts or {})))

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def refuse_if_any(self) -> None:
        """Raises one RuleBroken that carries every problem noted, the first one as its title."""
        if not self._found:
            return
        first = self._found[0]
        raise RuleBroken(
            first.code,
            first.message,
            field=first.field,
            facts=first.facts,
            problems=self._found,
        )


def _plain(value: object) -> object:
    """The value in the terms of JSON; instants, days and enums by their stored form."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        inner_values = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(inner) for inner in inner_values]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
