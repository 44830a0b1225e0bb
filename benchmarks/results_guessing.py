"""What a stranger learns who walks index numbers with the commonest names, and what time tells them.

`python -m benchmarks.results_guessing` builds a release of CANDIDATES_GUESSED (20,000) synthetic
candidates, serves it by Python and, where it is, by nginx with Lua, and guesses as somebody would
who knows the commonest names of each county: ten misses an hour for each number, then nothing. It
prints the share that is learnt by number of guesses, and the chance (AUC) of telling a known, an
unknown and a withheld number apart by time, beside a control that time does tell. Writes
`var/bench/results_guessing.json`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from app.demo import results as made
from app.results.control import Control, write_control
from app.results.documents import Release, Result, SubjectGrade
from app.results.enums import Grade
from app.results.folding import tokens_of
from app.results.pages import Contacts
from app.results.publishing import build
from app.results_proof.asking import Asker, Place, by_address
from app.results_proof.expected import Expected, expected_rows, subject_names
from benchmarks import keep
from benchmarks._servers import free_port, started
from benchmarks.registrations import auc, chance
from benchmarks.results_edge import LUA_MODULE, edge_in_nginx

CANDIDATES = int(os.environ.get("CANDIDATES_GUESSED", "20000"))
GUESSED = 400
COMPARED = 900
MISSES = 10
AT_A_CENTRE = 200
KEY = bytes(range(32))
RELEASE = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
NUMBERS_OF_GUESSES = (1, 3, 5, 10)
WRONG = "Zebulonzeb"


def written(folder: Path) -> list[Expected]:
    """The candidates, every ninth withheld, in the order of their index numbers."""
    path = folder / "release.csv"
    number = -(-CANDIDATES // AT_A_CENTRE)
    codes = sorted(f"{1 + nth % 47:02}101{1 + nth // 47:03}" for nth in range(number))
    with path.open("w", encoding="utf-8") as stream:
        seats = [(code, AT_A_CENTRE) for code in codes]
        for _done in made.write_results(stream, seats, CANDIDATES):
            pass
    rows = sorted(expected_rows(path), key=lambda one: one.index_number)
    return [
        replace(one, mean_grade="W") if place % 9 == 0 else one for place, one in enumerate(rows)
    ]


def put(folder: Path, rows: Sequence[Expected]) -> None:
    """The release in a store, open since a minute, with the limit of a release."""
    names = subject_names()
    results = (
        Result(
            row.index_number, row.names, "F", row.index_number[:8], "A SCHOOL",
            Grade(row.mean_grade),
            [SubjectGrade(code, names[code], Grade(grade)) for code, grade in row.subjects.items()],
        )
        for row in rows
    )  # fmt: skip
    store = build(folder, RELEASE, results, key=KEY, contacts=Contacts())
    write_control(folder, Control(store.name, time.time() - 60, KEY.hex(), misses_an_hour=MISSES))


def commonest(rows: Sequence[Expected]) -> dict[str, list[str]]:
    """The ten names of each county, by its two digits, that together open the most results: the best
    that a stranger could know."""
    by_county: dict[str, list[set[str]]] = defaultdict(list)
    for row in rows:
        by_county[row.index_number[:2]].append(set(tokens_of(row.names)))
    found: dict[str, list[str]] = {}
    for county, people in by_county.items():
        left, names = people, list[str]()
        while left and len(names) < MISSES:
            name = Counter(one for person in left for one in sorted(person)).most_common(1)[0][0]
            names.append(name)
            left = [person for person in left if name not in person]
        found[county] = names
    return found


def shares(rows: Sequence[Expected], names: Mapping[str, Sequence[str]]) -> dict[int, float]:
    """Guesses for each number -> the share of all candidates who are learnt with them."""
    found = Counter[int]()
    for row in rows:
        own = set(tokens_of(row.names))
        guesses = names[row.index_number[:2]]
        for most in NUMBERS_OF_GUESSES:
            found[most] += bool(own & set(guesses[:most]))
    return {most: found[most] / len(rows) for most in NUMBERS_OF_GUESSES}


def guessed(
    asker: Asker, rows: Sequence[Expected], names: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Guesses at the edge until a result shows or the number is closed. Stops the program where the
    limit is not exactly ten misses, or something else is learnt than the file says."""
    found = Counter[str]()
    for row in rows:
        own, guesses = set(tokens_of(row.names)), names[row.index_number[:2]]
        said = [_status(asker, row.index_number, name) for name in _until(own, guesses)]
        is_learnt = bool(own & set(guesses))
        if said != [404] * (len(said) - is_learnt) + [200] * is_learnt:
            raise SystemExit(f"line {row.line}: {said}")
        found["learnt"] += is_learnt
        if not is_learnt:
            further = [_status(asker, row.index_number, WRONG) for _ in range(MISSES - len(said))]
            after = _status(asker, row.index_number, row.names.split()[0])
            if set(further) - {404} or after != 429:
                raise SystemExit(f"line {row.line}: {further}, then {after}")
            found["closed"] += 1
    return dict(found)


def _until(own: set[str], guesses: Sequence[str]) -> Iterator[str]:
    for name in guesses:
        yield name
        if name in own:
            return


def _status(asker: Asker, index: str, name: str) -> int:
    answer = asker.ask([by_address(index, name)])[0]
    return answer.status if answer else 0


def times(asker: Asker, rows: Sequence[Expected], dice: Random) -> dict[str, float]:
    """The chances that time tells two kinds of number apart; each number is asked once."""
    known = {row.index_number for row in rows}
    ordinary = dice.sample([row for row in rows if row.mean_grade != "W"], 2 * COMPARED)
    withheld = [row for row in rows if row.mean_grade == "W"]
    strangers = sorted(
        {f"{row.index_number[:8]}{900 + place % 99}" for place, row in enumerate(rows)}
    )
    unknown = dice.sample([one for one in strangers if one not in known], COMPARED)
    asked = [
        *(("known", row.index_number, WRONG) for row in ordinary[:COMPARED]),
        *(("unknown", index, WRONG) for index in unknown),
        *(("withheld", row.index_number, WRONG) for row in dice.sample(withheld, COMPARED)),
        *(("shown", row.index_number, row.names.split()[0]) for row in ordinary[COMPARED:]),
    ]
    dice.shuffle(asked)
    taken: dict[str, list[float]] = defaultdict(list)
    for kind, index, name in asked:
        question = by_address(index, name, accept="text/html")
        began = time.perf_counter()
        asker.ask([question])
        taken[kind].append(time.perf_counter() - began)
    return {
        "known or unknown": auc(taken["known"], taken["unknown"]),
        "known or withheld": auc(taken["known"], taken["withheld"]),
        "control: wrong or right name": auc(taken["known"], taken["shown"]),
    }


def edges(work: Path) -> Iterator[tuple[str, Any]]:
    """The edges that this machine can run, one after another."""
    port = free_port()
    command = [sys.executable, "-m", "app.results.serve", f"--folder={work / 'results'}"]
    command += [f"--port={port}", "--workers=2", "--busy-ms=600000"]
    yield "Python", started(command, port, stdout=subprocess.DEVNULL)
    if LUA_MODULE.exists():
        yield "nginx", edge_in_nginx(work)


def measure(work: Path) -> dict[str, Any]:
    """Everything, on each edge with fresh numbers."""
    rows, dice = written(work), Random(2026)
    put(work / "results", rows)
    names = commonest(rows)
    found: dict[str, Any] = {
        "candidates": len(rows),
        "shares": shares(rows, names),
        "distinct_names": len({one for row in rows for one in tokens_of(row.names)}),
        "by_chance_up_to": chance(COMPARED, COMPARED),
        "edges": {},
    }
    chosen = dice.sample(rows, 2 * GUESSED)
    used = {row.index_number for row in chosen}
    left = [row for row in rows if row.index_number not in used]
    for place, (kind, edge) in enumerate(edges(work)):
        with edge as served, Asker(Place("127.0.0.1", served.port), 1) as asker:
            own = chosen[place * GUESSED : (place + 1) * GUESSED]
            half = left[place::2]
            learnt = guessed(asker, own, names)
            found["edges"][kind] = {"learnt": learnt, "auc": times(asker, half, dice)}
    return found


def told(found: Mapping[str, Any]) -> str:
    """The result as lines for a person."""
    control = Control("", 0)
    lines = [
        f"Guessing: {found['candidates']:,} synthetic candidates with {found['distinct_names']:,}"
        " names between them, the commonest of each county tried first",
        "  learnt of those who are tried, by guesses for each number: "
        + ", ".join(f"{most}: {100 * share:.0f} %" for most, share in found["shares"].items()),
        f"  one address asks a worker {60 * control.address_a_minute:,} times an hour at most:"
        f" {60 * control.address_a_minute // MISSES:,} numbers with ten guesses each",
    ]
    for kind, one in found["edges"].items():
        learnt = one["learnt"]
        lines.append(
            f"  edge in {kind}: {GUESSED} numbers tried, {learnt['learnt']} learnt,"
            f" {learnt['closed']} closed after exactly ten misses, the right name included"
        )
        said = ", ".join(f"{what} {value:.3f}" for what, value in one["auc"].items())
        lines.append(
            f"    time tells (AUC, 0.5 ± {found['by_chance_up_to']:.3f} is chance): {said}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result."""
    with tempfile.TemporaryDirectory(prefix="sajili-guessing-") as folder:
        Path(folder).chmod(0o755)
        found = measure(Path(folder))
    print(told(found))
    keep("results_guessing", found)


if __name__ == "__main__":
    main()
