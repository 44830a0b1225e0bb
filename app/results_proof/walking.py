"""Asks for every candidate of a file, each under a registered name drawn by lot, and keeps account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.results_proof.answers import Read, compared, read_json, read_page
from app.results_proof.asking import Answer, Asker, Place, by_address, by_form
from app.results_proof.expected import WORDS, Expected, expected_rows, subject_names

__all__ = ["Account", "Walk", "walked"]

NAMED = 20
"""Differences that are named one by one; all are counted."""
MOST_TIMES = 5
"""How often a candidate is asked for while the edge says that it is busy."""
LONGEST_WAIT = 120.0
LANGUAGES = ("en", "sw")


@dataclass(frozen=True, slots=True)
class Walk:
    """What to ask and how: of several walkers each takes its part of the file; `pages` is the share
    of candidates whose page is asked for beside the JSON."""

    file: Path
    place: Place
    parts: int = 1
    connections: int = 16
    pages: float = 1.0
    seed: int = 0


@dataclass
class Account:
    """What a walk found. `asked` counts candidates, `answers` whole answers; a difference is named by
    the line of the file and the heading, never by a value."""

    asked: int = 0
    answers: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    named: list[tuple[int, str]] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)
    put_off: Counter[str] = field(default_factory=Counter)
    corrected: list[int] = field(default_factory=list)
    releases: Counter[tuple[int, str]] = field(default_factory=Counter)
    connections: int = 0
    waited: float = 0.0

    def differs(self, line: int, what: str) -> None:
        """Notes a difference."""
        self.differences[what] += 1
        if len(self.named) < NAMED:
            self.named.append((line, what))

    def add(self, other: Account) -> None:
        """Adds what another walker found."""
        self.asked += other.asked
        self.answers += other.answers
        self.connections += other.connections
        self.waited += other.waited
        self.differences.update(other.differences)
        self.unanswered.update(other.unanswered)
        self.put_off.update(other.put_off)
        self.releases.update(other.releases)
        self.named = sorted([*self.named, *other.named])[:NAMED]
        self.corrected = sorted([*self.corrected, *other.corrected])


@dataclass(slots=True)
class _Question:
    row: Expected
    sent: bytes
    is_page: bool = False
    times: int = 0


def walked(walk: Walk, part: int, tell: Callable[[int], None]) -> Account:
    """Asks for this part of the file; `tell` hears how many candidates were asked for since."""
    account, names = Account(), subject_names()
    dice = Random(f"{walk.seed}:{part}")
    with Asker(walk.place, walk.connections) as asker:
        waiting: list[_Question] = []
        for row in expected_rows(walk.file, part=part, parts=walk.parts):
            waiting += _questions(row, dice, walk.pages)
            account.asked += 1
            if len(waiting) >= 8 * walk.connections:
                _answered(asker, waiting, account, names)
                tell(account.asked)
                waiting = []
        _answered(asker, waiting, account, names)
        tell(account.asked)
        account.connections = asker.opened
    return account


def name_of(row: Expected, dice: Random) -> str:
    """One of the registered names, as somebody may type it; an initial is no name where there are
    others."""
    words = row.names.split()
    named = [word for word in words if sum(map(str.isalpha, word)) > 1] or words
    word = named[int(dice.random() * len(named))]
    return (str, str.lower, str.upper)[int(dice.random() * 3)](word)


def _questions(row: Expected, dice: Random, pages: float) -> list[_Question]:
    found = [_Question(row, by_address(row.index_number, name_of(row, dice)))]
    if dice.random() < pages:
        language = LANGUAGES[int(dice.random() * 2)]
        form = by_form(row.index_number, name_of(row, dice), language=language)
        found.append(_Question(row, form, is_page=True))
    return found


def _answered(
    asker: Asker, questions: Sequence[_Question], account: Account, names: dict[str, str]
) -> None:
    """Asks all, and those again whom the edge asked to wait, once it is time."""
    left = list(questions)
    while left:
        again, wait = [], 0.0
        for one, answer in zip(left, asker.ask([one.sent for one in left]), strict=True):
            seconds = _judged(one, answer, account, names)
            if seconds is not None:
                again.append(one)
                wait = max(wait, seconds)
        if again:
            account.waited += wait
            time.sleep(wait)
        left = again


def _judged(
    one: _Question, answer: Answer | None, account: Account, names: dict[str, str]
) -> float | None:
    """Keeps account of one answer; seconds to wait where the edge said that it answers later."""
    if answer is None:
        account.unanswered["no answer"] += 1
        return None
    if answer.status in {429, 503} and answer.retry_after is not None:
        one.times += 1
        if one.times < MOST_TIMES and answer.retry_after <= LONGEST_WAIT:
            account.put_off[str(answer.status)] += 1
            return float(answer.retry_after)
    if answer.status != 200:
        account.unanswered[f"status {answer.status}"] += 1
        return None
    account.answers += 1
    try:
        read = read_page(answer) if one.is_page else read_json(answer)
    except (ValueError, LookupError):
        account.differs(one.row.line, "an answer that cannot be read")
        return None
    _compare(one, read, account, names)
    return None


def _compare(one: _Question, read: Read, account: Account, names: dict[str, str]) -> None:
    """A first version says what the file says; a later one says so of its first version."""
    account.releases[read.release] += 1
    if read.version == 1:
        for what in compared(one.row, read, names, is_page=one.is_page):
            account.differs(one.row.line, what)
        if read.earlier:
            account.differs(one.row.line, "version")
        return
    first = read.earlier.get(1)
    if first is not None and first != WORDS.get(one.row.mean_grade):
        account.differs(one.row.line, "first version's mean_grade")
    if read.index_number != one.row.index_number:
        account.differs(one.row.line, "index_number")
    if not one.is_page:
        account.corrected.append(one.row.line)
