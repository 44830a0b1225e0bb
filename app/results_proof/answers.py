"""An answer beside the row of the file: every cell, letters and words, and nothing that is hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from app.results_proof.asking import Answer
from app.results_proof.expected import WORDS, Expected

__all__ = ["Read", "Shown", "compared", "read_json", "read_page"]

_PERSON = re.compile(r"<dl><dt>[^<]*<dd>([^<]*)<dt>[^<]*<dd>([^<]*)<dt>[^<]*<dd>([^<]*)</dl>")
_MEAN = re.compile(r"<p class=mean>[^<]*<b>([^<]*)</b>")
_ROW = re.compile(r"<tr><td>([^<]*)<th scope=row>([^<]*)<td><b>([^<]*)</b>([^<]*)")
_STATUS = re.compile(r"<div class=say role=status>[^<]*\(([XYUPW])\)")
_VERSION = re.compile(r"<section>(?:Version|Nakala) ([0-9]+)<")
_EARLIER = re.compile(r"<li>([0-9]+): ([^<]*?) \u2192")
_RELEASE = re.compile(r"<p>(?:Release|Toleo) ([0-9]+), ([^<]*?), (?:released|lilitolewa) ")


@dataclass(frozen=True, slots=True)
class Shown:
    """A subject as an answer shows it."""

    code: str
    name: str
    grade: str
    words: str


@dataclass(frozen=True, slots=True)
class Read:
    """An answer taken apart; `release` is number and series, `earlier` the words of the mean grades
    of earlier versions by their number. A page that shows a letter shows no subject."""

    index_number: str
    names: str
    school_code: str
    mean: str
    mean_words: str
    subjects: Sequence[Shown]
    version: int
    earlier: Mapping[int, str]
    release: tuple[int, str]


def read_json(answer: Answer) -> Read:
    """A program's answer. Raises ValueError or LookupError for what is none."""
    found: dict[str, Any] = json.loads(answer.body)
    return Read(
        found["index_number"],
        found["names"],
        found["school"]["code"],
        found["mean_grade"],
        found["mean_grade_words"],
        [Shown(s["code"], s["name"], s["grade"], s["grade_words"]) for s in found["subjects"]],
        found["version"],
        {one["version"]: WORDS[one["mean_grade"]] for one in found["earlier_versions"]},
        (found["release"]["number"], found["release"]["series"]),
    )


def read_page(answer: Answer) -> Read:
    """A page, as a person reads it. Raises ValueError for what shows no candidate."""
    page = answer.body.decode()
    person, version = _PERSON.search(page), _VERSION.search(page)
    release = _RELEASE.search(page)
    mean, status = _MEAN.search(page), _STATUS.search(page)
    if person is None or version is None or release is None or (mean is None) == (status is None):
        raise ValueError("this page shows no result")
    words = unescape(mean[1]) if mean else ""
    letter = status[1] if status else words.partition(" ")[0]
    return Read(
        person[1],
        unescape(person[2]),
        unescape(person[3]).partition(" ")[0],
        letter,
        words or WORDS[letter],
        [_row(*found) for found in _ROW.findall(page)],
        int(version[1]),
        {int(number): unescape(said) for number, said in _EARLIER.findall(page)},
        (int(release[1]), unescape(release[2])),
    )


def _row(code: str, name: str, grade: str, words: str) -> Shown:
    letter = unescape(grade)
    return Shown(code, unescape(name), letter, letter + unescape(words))


def compared(
    expected: Expected, read: Read, names: Mapping[str, str], *, is_page: bool
) -> list[str]:
    """What differs, by kind and heading; empty where every cell is right.

    `names` are the subjects' by code: grades under another subject's name are a shifted column.
    """
    found = []
    if read.index_number != expected.index_number:
        found.append("index_number")
    if read.names != expected.names:
        found.append("names")
    if read.school_code != expected.index_number[:8]:
        found.append("school")
    if read.mean != expected.mean_grade:
        found.append("mean_grade")
    elif read.mean_words != WORDS.get(expected.mean_grade):
        found.append("words of mean_grade")
    has_table = expected.status == "result" or not is_page
    found += _subjects(expected.shown if has_table else {}, read.subjects, names)
    return found


def _subjects(
    expected: Mapping[str, str], shown: Sequence[Shown], names: Mapping[str, str]
) -> list[str]:
    found = []
    for one in shown:
        grade = expected.get(one.code)
        if grade is None:
            found.append(f"{one.code} that is not in the file")
        elif one.grade != grade:
            found.append(f"{one.code}")
        elif one.words != WORDS.get(grade):
            found.append(f"words of {one.code}")
        if names.get(one.code, one.name) != one.name:
            found.append(f"name of {one.code}")
    if len(shown) != len(expected):
        codes = [one.code for one in shown]
        found += [f"{code} is missing" for code in expected if code not in codes]
        found += [f"{code} comes twice" for code in sorted(set(codes)) if codes.count(code) > 1]
    return found
