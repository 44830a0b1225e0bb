"""A candidate's result as the one record from which page, JSON, slip and SMS are read.

A record is plain bytes: the folded names with room behind them, the kind of page, the JSON, then the
pieces of the page that differ from candidate to candidate, with a zero byte between each. What is the same for all of
a release (words in two languages, style, contacts) is a shell of `pages`; page = shell and pieces.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from json.encoder import encode_basestring as _quoted
from typing import Any

from app.results.enums import HIDDEN, Grade, Kind
from app.results.folding import MARK, stored_names, tokens_of
from app.results.grades import kind_of, words_of

__all__ = [
    "ROOM", "STEP", "Release", "Result", "SubjectGrade", "Version", "names_end", "opened", "record_of",
    "with_room",
]  # fmt: skip

SEPARATOR = b"\0"
ROOM, STEP = 1_982, 512
"""Bytes of every record, and the steps by which a longer one grows, so that no length, and no time
that opening takes, tells who is withheld. Sealed it is 2,000: two to a page of the store, as many as
there would be of records without room."""


@dataclass(frozen=True, slots=True)
class Release:
    """What every answer of a release carries: its number, series and minute (ISO, with offset)."""

    number: int
    series: str
    year: int
    released_at: str


@dataclass(frozen=True, slots=True)
class SubjectGrade:
    """One subject's grade, as it was loaded."""

    code: str
    name: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version of a candidate's result, with when it was replaced (ISO) and why."""

    number: int
    mean_grade: Grade
    replaced_at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """A candidate's result in one release."""

    index_number: str
    names: str
    sex: str
    school_code: str
    school: str
    mean_grade: Grade
    subjects: Sequence[SubjectGrade] = ()
    version: int = 1
    earlier: Sequence[Version] = field(default=())
    check_code: str = ""
    """As people read it, with its hyphens."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A record taken apart again."""

    names: bytes
    kind: str
    json: bytes
    pieces: tuple[bytes, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The JSON as a value."""
        found: dict[str, Any] = json.loads(self.json)
        return found


def record_of(result: Result, release: Release) -> bytes:
    """The record of a result. A withheld or pended one holds no grade but the letter itself."""
    kind = kind_of(result.mean_grade)
    parts = [
        stored_names(tokens_of(result.names)),
        kind.value.encode(),
        _json_of(result, release, kind),
        *(piece.encode() for piece in _pieces_of(result, kind)),
    ]
    if any(SEPARATOR in part for part in parts):
        raise ValueError(f"a zero byte in the result of {result.index_number}")
    return with_room(parts)


def with_room(parts: Sequence[bytes]) -> bytes:
    """The parts as one record, filled up behind the names with marks, which are nobody's name."""
    names, *others = parts
    length = sum(map(len, parts)) + len(others)
    missing = ROOM - length if length <= ROOM else -(length - ROOM) % STEP
    return SEPARATOR.join([names + MARK * missing, *others])


def names_end(record: bytes) -> int:
    """Where the names of a record end and the room behind them begins. A name is searched for no
    further: a withheld record has more room than others, and the time would tell."""
    stop = record.index(SEPARATOR)
    room = record.find(MARK + MARK, 0, stop)
    return stop if room < 0 else room + 1


def opened(record: bytes) -> Opened:
    """The parts of a record."""
    names, kind, document, *pieces = record.split(SEPARATOR)
    return Opened(names, kind.decode(), document, tuple(pieces))


def shown_subjects(result: Result) -> Sequence[SubjectGrade]:
    """The subjects that may be shown: none while the whole result is held back."""
    return () if result.mean_grade in HIDDEN else result.subjects


def _json_of(result: Result, release: Release, kind: Kind) -> bytes:
    """The JSON of a result; what comes again and again (the release, a grade of a subject) is
    written once, because a million results are written at a time."""
    mean = result.mean_grade
    subjects = ",".join(
        _subject_json(one.code, one.name, one.grade) for one in shown_subjects(result)
    )
    earlier = (
        "[]"
        if not result.earlier
        else json.dumps(
            [
                {
                    "version": one.number,
                    "mean_grade": one.mean_grade.value,
                    "replaced_at": one.replaced_at,
                    "reason": one.reason,
                }
                for one in result.earlier
            ],
            ensure_ascii=False,
            separators=(",", ":"),
        )
    )
    return (
        f'{{"release":{_release_json(release)},"index_number":{_quoted(result.index_number)},'
        f'"names":{_quoted(result.names)},"school":{{"code":{_quoted(result.school_code)},'
        f'"name":{_quoted(result.school)}}},"status":"{kind.value}","mean_grade":"{mean.value}",'
        f'"mean_grade_words":"{words_of(mean)}","subjects":[{subjects}],'
        f'"version":{result.version},"check_code":"{result.check_code}",'
        f'"earlier_versions":{earlier}}}'
    ).encode()


@lru_cache(maxsize=16)
def _release_json(release: Release) -> str:
    said = {
        "number": release.number,
        "series": release.series,
        "released_at": release.released_at,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def _subject_json(code: str, name: str, grade: Grade) -> str:
    said = {"code": code, "name": name, "grade": grade.value, "grade_words": words_of(grade)}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _pieces_of(result: Result, kind: Kind) -> list[str]:
    """Index number, names, school, version, check code, earlier versions; of a result also the mean
    and rows."""
    pieces = [
        result.index_number,
        escape(result.names),
        escape(f"{result.school_code} {result.school}"),
    ]
    if kind is Kind.RESULT:
        pieces += [escape(words_of(result.mean_grade)), _rows(result)]
    return [*pieces, str(result.version), result.check_code, _earlier(result)]


def _rows(result: Result) -> str:
    return "".join([_row(one.code, one.name, one.grade) for one in result.subjects])


@lru_cache(maxsize=4096)
def _row(code: str, name: str, grade: Grade) -> str:
    return (
        f"<tr><td>{escape(code)}<th scope=row>{escape(name)}"
        f"<td><b>{escape(grade.value)}</b>{escape(words_of(grade)[len(grade) :])}"
    )


def _earlier(result: Result) -> str:
    """Earlier versions as list items that need no language: number, mean grade, until when."""
    if not result.earlier:
        return ""
    return "".join(
        f"<li>{one.number}: {escape(words_of(one.mean_grade))} \u2192"
        f" {one.replaced_at[:16].replace('T', ' ')}"
        for one in result.earlier
    )
