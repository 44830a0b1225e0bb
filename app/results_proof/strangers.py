"""What somebody who knows no name can tell: a wrong name and an unknown number must be one answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.results_proof.asking import Answer, Asker, by_address, by_form
from app.results_proof.expected import HIDDEN, expected_rows

__all__ = ["Chosen", "Pair", "pairs_of", "tells_apart"]

WRONG = ("Zebulonzeb", "Quxley", "Wrongname")
"""Names that nobody of the file has; a pair takes the first that its candidate has not."""
_VARYING = re.compile(rb"\r\n(?:date|server|connection|retry-after):[^\r]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """A candidate of the file at this line, and a number of the same school that nobody has."""

    line: int
    index_number: str
    unknown: str
    wrong_name: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many candidates the file has, and the pairs drawn from it: withheld ones first."""

    candidates: int
    pairs: Sequence[Pair]


def pairs_of(file: Path, sample: int, dice: Random) -> Chosen:
    """Reads the file once; a number comes in one pair at most, so that no limit stands in the way."""
    known: set[int] = set()
    drawn: list[tuple[int, str, str]] = []
    hidden: list[tuple[int, str, str]] = []
    number = 0
    for row in expected_rows(file):
        number += 1
        if row.index_number.isdigit():
            known.add(int(row.index_number))
        said = row.line, row.index_number, row.names
        if row.mean_grade in HIDDEN and len(hidden) < sample // 4:
            hidden.append(said)
        if len(drawn) < sample:
            drawn.append(said)
        elif (place := int(dice.random() * number)) < sample:
            drawn[place] = said
    pairs: dict[str, Pair] = {}
    for line, index, names in [*hidden, *drawn]:
        if len(pairs) == sample:
            break
        unknown = _unknown(index, known, dice)
        wrong = next(name for name in WRONG if name.casefold() not in names.casefold())
        if unknown is not None:
            known.add(int(unknown))
            pairs[index] = Pair(line, index, unknown, wrong)
    return Chosen(number, list(pairs.values()))


def _unknown(index: str, known: set[int], dice: Random) -> str | None:
    for _ in range(50):
        found = f"{index[:8]}{dice.randrange(1000):03}"
        if found.isdigit() and int(found) not in known:
            return found
    return None


def tells_apart(asker: Asker, pair: Pair) -> str | None:
    """What a stranger could tell the two by, or None: status, headers and every byte of the body,
    but for the number that was typed."""
    asked = [pair.index_number, pair.unknown]
    for kind, question in (("JSON", by_address), ("page", by_form)):
        answers = asker.ask([question(index, pair.wrong_name) for index in asked])
        seen = [_seen(one, index) for one, index in zip(answers, asked, strict=True)]
        if seen[0] != seen[1] or seen[0] is None or not seen[0].startswith(b"404"):
            return f"line {pair.line}: a wrong name and an unknown number differ as {kind}"
    return None


def _seen(answer: Answer | None, index: str) -> bytes | None:
    if answer is None:
        return None
    head = _VARYING.sub(b"", answer.head[answer.head.find(b"\r\n") :]).lower()
    body = answer.body.replace(index.encode(), b"*" * len(index))
    return b"%d" % answer.status + head + b"\r\n" + body
