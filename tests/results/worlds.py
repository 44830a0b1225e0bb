"""A release of a few dozen candidates, one or more for each thing that a test does to them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

from app.results.control import Control, write_control
from app.results.documents import Release, Result, SubjectGrade, record_of
from app.results.edge import meta_of
from app.results.enums import Grade
from app.results.pages import Contacts, answers_of, shells_of
from app.results.sealing import Seal
from app.results.store import Writer, correct

FIRST = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
SECOND = Release(2, "KCSE 2026", 2026, "2027-02-01T09:00+03:00")
KEY = bytes(range(32))
SEAL = Seal(KEY)
SCHOOL = "42238006"
NAMES = "ACHIENG' NG'ANG'A WANJIKU-MUÑOZ"
SEEN_SECONDS = 1.0
"""Within which a notice, a switch or a correction must be seen everywhere."""

_numbers = count(1)
LETTERS = {"absent": "X", "cancelled": "Y", "unmet": "U", "pended": "P", "withheld": "W"}
CANDIDATES = 900


def fresh() -> str:
    """The index number of a candidate that no other test has asked for."""
    number = next(_numbers)
    assert number < CANDIDATES
    return f"{SCHOOL}{number:03}"


def result(index_number: str, mean: str = "B-", release: Release = FIRST) -> Result:
    """A candidate of the release; the second release has another mean for everybody."""
    grades = ["A-", "B+", "C-", "E"]
    subjects = [
        ("101", "English"),
        ("102", "Kiswahili"),
        ("121", "Mathematics"),
        ("443", "Agri & <b>"),
    ]
    return Result(
        index_number, NAMES, "F", SCHOOL, "KISUMU DAY & <SONS>",
        Grade(mean if release is FIRST else "C+"),
        [SubjectGrade(code, name, Grade(grade)) for (code, name), grade in zip(subjects, grades, strict=True)],
    )  # fmt: skip


def letter_of(kind: str) -> str:
    """The index number of the one candidate of a kind."""
    return f"{SCHOOL}{CANDIDATES + list(LETTERS).index(kind)}"


def make_store(folder: Path, release: Release) -> str:
    """Writes the release's store; returns its name."""
    name = f"s{release.number}"
    with Writer(folder / name, SEAL) as writer:
        for index, mean in _means():
            one = result(index, mean, release)
            writer.add(index.encode(), 1, record_of(one, release))
        shells = shells_of(release, Contacts(("0800 721 572",)))
        writer.say(meta_of(shells, answers_of(release)), {"number": release.number})
    return name


def _means() -> Iterator[tuple[str, str]]:
    for number in range(1, CANDIDATES):
        yield f"{SCHOOL}{number:03}", "B-"
    for place, letter in enumerate(LETTERS.values()):
        yield f"{SCHOOL}{CANDIDATES + place}", letter


def open_control(**changes: object) -> Control:
    """The first release, open since a minute, with limits that stand in nobody's way but the
    strict one."""
    usual = Control("s1", time.time() - 60, KEY.hex(), address_a_minute=1_000_000)
    return replace(usual, **changes)  # type: ignore[arg-type]


def put(folder: Path, **changes: object) -> None:
    """Puts a control out, and waits for as long as a node may take to see it."""
    write_control(folder, open_control(**changes))
    time.sleep(SEEN_SECONDS)


def await_early_in_a_minute() -> None:
    """Returns when a minute has so much left that what is asked now is counted in it."""
    while not 1 < time.time() % 60 < 50:
        time.sleep(0.1)


def amend(folder: Path, index_number: str, mean: str) -> None:
    """A correction of a candidate, in place, as a follower of the ledger applies it."""
    newer = replace(result(index_number, mean), version=2)
    sealed = SEAL.seal(index_number.encode(), 2, record_of(newer, FIRST))
    assert correct(folder / "s1", [(index_number.encode(), sealed)]) == 1


def grades_of(document: Mapping[str, object]) -> list[str]:
    """The grades of a JSON answer, the mean first."""
    subjects: list[dict[str, str]] = document["subjects"]  # type: ignore[assignment]
    return [str(document["mean_grade"]), *(one["grade"] for one in subjects)]
