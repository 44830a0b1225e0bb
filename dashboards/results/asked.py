"""What the results page is asked for: a part of a release whose figures the asker may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import g

from app import clock
from app.extensions import db
from app.results.queries import figures
from app.results.queries.figures import Part
from app.scoping.scope import Scope
from dashboards.views import keep, words_of

WORDS = frozenset({"release", "county", "sex", "subject"})


@dataclass(frozen=True)
class ResultsView:
    """The page as one person asked for it; `part` None where no release may be seen."""

    part: Part | None
    scope: Scope
    now: dt.datetime

    @property
    def shown(self) -> Part:
        """The part, on a page that has one."""
        if self.part is None:
            raise figures.no_release()
        return self.part

    def read(self, make: Callable[[Any, Scope, Part], Any]) -> Any:
        """What a frame or query says of the part; kept for a few seconds."""
        key = (make.__module__, make.__name__, self.scope.cache_key, self.version)
        return keep((*key, self.part), lambda: make(db.session, self.scope, self.shown))

    @cached_property
    def version(self) -> str:
        """A text that changes when anything shown of the release may have changed."""
        return figures.version_of(db.session, self.part) if self.part else ""

    def link(self, **changes: str) -> str:
        """The address of this page with some words changed; an empty one goes."""
        words = (self.part.address if self.part else {}) | changes
        return "?" + urlencode({name: word for name, word in words.items() if word})


def read(search: Any) -> ResultsView:
    """The view that an address's query asks for, in the scope of the request."""
    return of_words(words_of(search))


def of_words(words: Mapping[str, str]) -> ResultsView:
    """The view that these words ask for; words that no results page knows are left aside. Raises
    NotFound for what is not there, or not to be seen."""
    given = {name: word for name, word in words.items() if name in WORDS}
    scope: Scope = g.scope
    return ResultsView(figures.part_from(db.session, scope, given), scope, clock.now())
