"""Everything that may change while people ask: a notice, corrections, withdrawals, the next release.

`python deploy/edge_changes_under_load.py` builds two releases, copies them to three nodes behind a
balancer and lets processes ask at full speed, each node by itself and through the balancer. Every
answer must be wholly of one release and one version, as that release's own table of grades has it;
none may be missing; on one connection none may be older than the one before; and two seconds after
a change nobody may be told what stood before it, at any node. It ends with 1 where anything was.
Needs nginx with Lua.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

from app.results.control import Control, write_control  # noqa: E402
from app.results.documents import Release, Result, SubjectGrade, Version  # noqa: E402
from app.results.enums import Grade  # noqa: E402
from app.results.ledger import follow, ledger_of  # noqa: E402
from app.results.pages import Contacts  # noqa: E402
from app.results.publishing import build, correct_results, store_name  # noqa: E402
from app.results_proof.answers import Read, compared, read_json, read_page  # noqa: E402
from app.results_proof.asking import Answer, Asker, Place, by_address, by_form  # noqa: E402
from app.results_proof.expected import WORDS, Expected, subject_names  # noqa: E402
from deploy.edge_three_nodes import index_of, started  # noqa: E402

RELEASES = {
    1: Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00"),
    2: Release(2, "KCSE 2026", 2026, "2027-02-01T09:00+03:00"),
}
KEYS = {1: bytes(range(32)), 2: bytes(range(32, 64))}
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
NAMES = subject_names()
CODES = ("101", "102", "121", "231", "233", "311", "565")
GRADES = ("A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "E")
CORRECTED, WITHDRAWN, CORRECTED_AGAIN = range(40), range(10), range(20, 40)
"""Candidates whose results change: in release 1 to versions 2 and 3, in release 2 to version 2."""
WITHIN = 2.0
"""Seconds after which nobody may be told what stood before."""
NOTICE = "The lines are open until eight"
CONNECTIONS = 8


def grade_at(number: int, release: int, version: int, place: int) -> str:
    """A grade that no other release and version of the candidate has in this place: 0 is the mean."""
    return GRADES[(number * 7919 + 5 * place + 4 * release + version) % len(GRADES)]


def is_planned(number: int, release: int, version: int) -> bool:
    """Whether the candidate ever has this version in this release."""
    if version == 1:
        return release in RELEASES
    if release == 2:
        return version == 2 and number in CORRECTED_AGAIN
    return (version == 2 and number in CORRECTED) or (version == 3 and number in WITHDRAWN)


def expected(number: int, release: int, version: int) -> Expected:
    """What a candidate must be shown in this version."""
    if (release, version) == (1, 3):
        return Expected(number, index_of(number), "ACHIENG OTIENO", "W", {})
    grades = [grade_at(number, release, version, place) for place in range(len(CODES) + 1)]
    subjects = dict(zip(CODES, grades[1:], strict=True))
    return Expected(number, index_of(number), "ACHIENG OTIENO", grades[0], subjects)


def result(number: int, release: int, version: int) -> Result:
    """The same, as it is published."""
    said, before = expected(number, release, version), []
    if version > 1 and said.mean_grade != "W":
        mean = Grade(grade_at(number, release, 1, 0))
        before = [Version(1, mean, "2027-01-12T09:00:00+03:00", "Checked again.")]
    return Result(
        said.index_number, said.names, "F", said.index_number[:8], "A SCHOOL",
        Grade(said.mean_grade),
        [SubjectGrade(code, NAMES[code], Grade(grade)) for code, grade in said.subjects.items()],
        version, before,
    )  # fmt: skip


def fault_of(number: int, read: Read, *, is_page: bool) -> str | None:
    """Why an answer is not wholly one version of one release; None where it is."""
    release, version = read.release[0], read.version
    if not is_planned(number, release, version):
        return f"release {release}, version {version} does not exist"
    said = expected(number, release, version)
    differing = compared(said, read, NAMES, is_page=is_page)
    if version > 1 and said.mean_grade != "W":
        if read.earlier.get(1) != WORDS[grade_at(number, release, 1, 0)]:
            differing.append("earlier version")
    elif read.earlier:
        differing.append("earlier version")
    return f"release {release}, version {version}: {', '.join(differing)}" if differing else None


Seen = tuple[int, int, int]
"""Number, release, version."""


@dataclass
class Heard:
    """What one asker heard: `last` is when it last asked and was told that, in epoch seconds."""

    node: str
    answers: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    last: dict[Seen, float] = field(default_factory=dict)
    last_release: dict[int, float] = field(default_factory=dict)
    without_notice: float = 0.0
    with_notice: int = 0

    def hear(
        self, number: int, asked_at: float, answer: Answer | None, *, is_page: bool
    ) -> Read | None:
        """Judges one answer by itself."""
        if answer is None or answer.status != 200:
            self.faults[f"missing: {answer.status if answer else 'no answer'}"] += 1
            return None
        self.answers += 1
        try:
            read = read_page(answer) if is_page else read_json(answer)
        except (ValueError, LookupError):
            self.faults["an answer that cannot be read"] += 1
            return None
        if fault := fault_of(number, read, is_page=is_page):
            self.faults[f"mixed: {fault}"] += 1
        if is_page and NOTICE.encode() in answer.body:
            self.with_notice += 1
        elif is_page:
            self.without_notice = asked_at
        self.last_release[read.release[0]] = asked_at
        if number in CORRECTED:
            self.last[number, read.release[0], read.version] = asked_at
        return read


@dataclass(frozen=True)
class Signals:
    """Between the askers and whoever changes things: all ask, the end, what was heard."""

    ready: Any
    ended: Any
    told: Any


def ask_on(node: str, place: Place, number: int, signals: Signals) -> None:
    """Asks at full speed until told to end: half of the questions for those who change."""
    heard, dice = Heard(node), random.Random()
    newest: dict[tuple[int, int, int], tuple[int, int]] = {}
    is_one_node, is_first = node != "balancer", True
    with Asker(place, CONNECTIONS) as asker:
        while not signals.ended.is_set():
            asked = [_question(dice, number) for _ in range(CONNECTIONS)]
            asked_at = time.time()
            answers = asker.ask([sent for _, _, sent in asked])
            for at, ((who, is_page, _), answer) in enumerate(zip(asked, answers, strict=True)):
                read = heard.hear(who, asked_at, answer, is_page=is_page)
                if read is None or not is_one_node:
                    continue
                now = read.release[0], read.version
                for line, shown in ((-1, (now[0], 0)), (who, now)):
                    key = at, asker.made[at], line
                    if newest.get(key, shown) > shown:
                        heard.faults["older than the answer before, on one connection"] += 1
                    newest[key] = shown
            if is_first:
                signals.ready.wait()
                is_first = False
    signals.told.put(heard)


def _question(dice: random.Random, number: int) -> tuple[int, bool, bytes]:
    who = dice.randrange(len(CORRECTED) if dice.random() < 0.5 else number)
    if dice.random() < 0.5:
        return who, True, by_form(index_of(who), "achieng", language=dice.choice(("en", "sw")))
    return who, False, by_address(index_of(who), "Otieno")


class Office:
    """Who changes things: the stores that were built, and the folders of the nodes."""

    def __init__(self, work: Path, number: int, nodes: int) -> None:
        self.made, self.changes = work / "made", list[tuple[str, float]]()
        for release, about in RELEASES.items():
            everybody = (result(one, release, 1) for one in range(number))
            build(self.made, about, everybody, key=KEYS[release], contacts=Contacts())
        self.folders = [work / f"node{place + 1}" / "results" for place in range(nodes)]
        self.control = Control(
            store_name(RELEASES[1]), time.time() - 60, KEYS[1].hex(),
            address_a_minute=10**9, proxies=1,
        )  # fmt: skip
        for folder in self.folders:
            for name in map(store_name, RELEASES.values()):
                shutil.copytree(self.made / name, folder / name)
            write_control(folder, self.control)

    def turn(self, what: str, **changes: Any) -> None:
        """Another control at every node."""
        self.changes.append((what, time.time()))
        self.control = replace(self.control, **changes)
        for folder in self.folders:
            write_control(folder, self.control)

    def correct(self, what: str, results: Sequence[Result], release: int) -> None:
        """Newer versions: signed into the ledger, sent to every node, applied there."""
        self.changes.append((what, time.time()))
        correct_results(
            self.made, RELEASES[release], results, key=KEYS[release], signer=SIGNER,
            at="2027-01-12T09:00:00+03:00",
        )  # fmt: skip
        name = store_name(RELEASES[release])
        for folder in self.folders:
            shutil.copy(ledger_of(self.made / name), ledger_of(folder / name))
            follow(folder / name, ledger_of(folder / name), SIGNER.public_key())


def changing(office: Office, seconds: float) -> None:
    """All changes, spread over the time."""
    step = seconds / 6
    acts = [
        lambda: office.turn("notice", notice={"en": NOTICE, "sw": NOTICE}),
        lambda: office.correct("corrections", [result(one, 1, 2) for one in CORRECTED], 1),
        lambda: office.correct("withdrawals", [result(one, 1, 3) for one in WITHDRAWN], 1),
        lambda: office.turn("next release", store=store_name(RELEASES[2]), key=KEYS[2].hex()),
        lambda: office.correct("corrections of it", [result(one, 2, 2) for one in CORRECTED_AGAIN], 2),
    ]  # fmt: skip
    for act in acts:
        time.sleep(step)
        act()
    time.sleep(step)


def late(heard: Heard, changes: Mapping[str, float]) -> dict[str, float]:
    """How long after each change somebody who asked then was still told what stood before; 0 where
    nobody was."""

    def last(numbers: Sequence[int], release: int, version: int) -> float:
        return max(heard.last.get((one, release, version), 0.0) for one in numbers)

    before = {
        "notice": heard.without_notice,
        "corrections": last(CORRECTED, 1, 1),
        "withdrawals": last(WITHDRAWN, 1, 2),
        "next release": heard.last_release.get(1, 0.0),
        "corrections of it": last(CORRECTED_AGAIN, 2, 1),
    }
    return {what: max(0.0, told - changes[what]) for what, told in before.items()}


def unseen(heard: Heard) -> list[str]:
    """Which changes never showed."""
    seen = {(release, version) for _, release, version in heard.last}
    missing = [str(one) for one in ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2)) if one not in seen]
    return missing if heard.with_notice else [*missing, "notice"]


@dataclass
class Outcome:
    """What all askers heard, and when things changed."""

    heard: list[Heard]
    changes: dict[str, float]
    seconds: float

    def faults(self, within: float = WITHIN) -> list[str]:
        """Everything that must not be; `within` are the seconds that a change may take."""
        found = []
        for one in self.heard:
            found += [f"{one.node}: {what} ({number})" for what, number in one.faults.items()]
            found += [
                f"{one.node}: {what} was not seen for {waited:.1f} s"
                for what, waited in late(one, self.changes).items()
                if waited > within
            ]
            found += [f"{one.node}: never saw {what}" for what in unseen(one)]
        return found

    def worst(self) -> dict[str, dict[str, float]]:
        """Node -> change -> seconds until it was seen."""
        found: dict[str, dict[str, float]] = {}
        for one in self.heard:
            for what, waited in late(one, self.changes).items():
                row = found.setdefault(one.node, {})
                row[what] = max(waited, row.get(what, 0.0))
        return found


def rehearsed(
    work: Path, kinds: Sequence[str], *, number: int, seconds: float, office: Any = Office
) -> Outcome:
    """Everything changes while askers ask; one asker for each node, one through the balancer."""
    one = office(work, number, len(kinds))
    context = multiprocessing.get_context("spawn")
    signals = Signals(context.Barrier(len(kinds) + 2), context.Event(), context.Queue())
    with started(work, list(kinds), one.folders) as (front, ports, _nodes):
        names = [f"node {place + 1} ({kind})" for place, kind in enumerate(kinds)]
        askers = [
            context.Process(target=ask_on, args=(name, Place("127.0.0.1", port), number, signals))
            for name, port in [*zip(names, ports, strict=True), ("balancer", front)]
        ]
        for asker in askers:
            asker.start()
        signals.ready.wait(timeout=60)
        began = time.time()
        changing(one, seconds)
        signals.ended.set()
        heard = [signals.told.get(timeout=60) for _ in askers]
        for asker in askers:
            asker.join()
    heard.sort(key=lambda each: each.node)
    return Outcome(heard, dict(one.changes), time.time() - began)


def lines_of(outcome: Outcome) -> Iterator[str]:
    """The outcome for a person."""
    answers = sum(one.answers for one in outcome.heard)
    yield f"{answers:,} answers in {outcome.seconds:.0f} s; seconds until a change was seen by all:"
    changes = list(outcome.changes)
    yield f"  {'':20}" + "".join(f"{what:>19}" for what in changes)
    for node, row in outcome.worst().items():
        yield f"  {node:20}" + "".join(f"{row[what]:19.2f}" for what in changes)
    yield from outcome.faults()
    yield f"{len(outcome.faults())} faults"


def main() -> None:
    """Rehearses and says what was heard; ends with 1 where anything was mixed, missing or late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=["python", "nginx", "python"])
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--json", action="store_true", help="the waits as JSON, last")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sajili-changes-") as folder:
        Path(folder).chmod(0o755)
        outcome = rehearsed(
            Path(folder), options.kinds, number=options.candidates, seconds=options.seconds
        )
    print("\n".join(lines_of(outcome)))
    if options.json:
        print(json.dumps(outcome.worst()))
    sys.exit(1 if outcome.faults() else 0)


if __name__ == "__main__":
    main()
