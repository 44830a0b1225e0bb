"""`make prove`: the whole loaded file beside what the edge answers, over kept connections.

Asks the edge at `--url`, or starts one over `--folder` where nobody answers there. It waits as long
as the edge asks to (429, 503) and says how often. Ends with 0 only if every candidate was answered,
without a difference, all of one release, and strangers could tell nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Process, Queue
from pathlib import Path
from queue import Empty
from random import Random
from typing import Any

from app.results_proof.asking import Asker, Place
from app.results_proof.strangers import Pair, pairs_of, tells_apart
from app.results_proof.walking import Account, Walk, walked

__all__ = ["Proof", "main", "prove", "reached"]

START_SECONDS = 30
SAMPLE = 100


@dataclass
class Proof:
    """What came out. `strangers` are pairs of which somebody without a name could tell apart the
    wrong name and the unknown number."""

    candidates: int
    account: Account
    seconds: float
    pairs: int = 0
    strangers: list[str] = field(default_factory=list)

    def holds(self, corrected: int = 0) -> bool:
        """Whether the edge says what the file says, of everybody."""
        found = self.account
        is_whole = found.asked == self.candidates > 0 and not found.unanswered
        is_one = len(found.releases) == 1 and len(found.corrected) == corrected
        return is_whole and is_one and not found.differences and not self.strangers


def prove(walk: Walk, *, sample: int = SAMPLE, bar: Any = None) -> Proof:
    """Asks for everybody in `walk.parts` processes. `bar` hears (asked, of how many)."""
    chosen = pairs_of(walk.file, sample, Random(walk.seed))
    told: Queue[Any] = Queue()
    workers = [
        Process(target=_work, args=(walk, part, told), daemon=True) for part in range(walk.parts)
    ]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    whole = _gathered(workers, told, chosen.candidates, bar)
    found = Proof(chosen.candidates, whole, time.monotonic() - began, len(chosen.pairs))
    with Asker(walk.place, 4) as asker:
        found.strangers = _strangers(asker, chosen.pairs)
    return found


def _work(walk: Walk, part: int, told: Any) -> None:
    told.put((part, walked(walk, part, lambda asked: told.put((part, asked)))))


def _gathered(workers: Sequence[Process], told: Any, candidates: int, bar: Any) -> Account:
    """What all found together; the part of a worker that died counts as unanswered."""
    whole, done = Account(), dict.fromkeys(range(len(workers)), 0)
    left = set(done)
    while left:
        try:
            part, said = told.get(timeout=1)
        except Empty:
            dead = {part for part in left if workers[part].exitcode is not None}
            if dead:
                whole.unanswered["a process of the proof ended"] += len(dead)
                left -= dead
            continue
        if isinstance(said, Account):
            whole.add(said)
            left.discard(part)
        else:
            done[part] = said
        if bar is not None:
            bar(sum(done.values()), candidates)
    for worker in workers:
        worker.join()
    return whole


def _strangers(asker: Asker, pairs: Sequence[Pair]) -> list[str]:
    return [said for pair in pairs if (said := tells_apart(asker, pair))]


def is_alive(place: Place) -> bool:
    """Whether an edge with a release answers there."""
    with contextlib.suppress(OSError), place.connected() as line:
        line.sendall(b"GET /alive HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n")
        return line.recv(4096).startswith(b"HTTP/1.1 200")
    return False


@contextlib.contextmanager
def reached(url: str, folder: Path | None, workers: int) -> Iterator[Place]:
    """The edge at the address or, where nobody answers there, one of our own over the folder."""
    place = Place.of(url)
    if is_alive(place):
        yield place
        return
    if folder is None or not (folder / "control.json").exists():
        raise SystemExit(f"Nobody answers at {url}, and there is no release to serve.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = Place("127.0.0.1", probe.getsockname()[1])
    command = [sys.executable, "-m", "app.results.serve", f"--folder={folder}"]
    command += [f"--port={own.port}", f"--workers={workers}"]
    edge = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while not is_alive(own):
            if time.monotonic() > until or edge.poll() is not None:
                raise SystemExit(f"No edge starts over {folder}.")
            time.sleep(0.1)
        _tell(f"Nobody answers at {url}: an edge of our own is asked, over {folder}.")
        yield own
    finally:
        edge.terminate()
        edge.wait()


def told(proof: Proof) -> list[str]:
    """The proof in words; the last line says how it came out."""
    found = proof.account
    lines = [
        f"{found.answers:,} answers in {proof.seconds:,.0f} s, {found.answers / proof.seconds:,.0f}"
        f" a second, on {found.connections:,} connections",
        "release " + "; ".join(f"{number}, {series}" for number, series in sorted(found.releases)),
        f"a wrong name and an unknown number: {proof.pairs} pairs, "
        + (f"{len(proof.strangers)} told apart" if proof.strangers else "the same bytes"),
    ]
    if found.put_off:
        said = ", ".join(f"{number:,} times {status}" for status, number in found.put_off.items())
        lines.append(f"asked to wait: {said}; waited {found.waited:,.0f} s")
    if found.corrected:
        lines.append(f"corrected since the file was loaded: {len(found.corrected):,}")
    lines += [f"line {line}: {what}" for line, what in found.named]
    lines += proof.strangers[:20]
    lines += [f"not answered, {why}: {number:,}" for why, number in found.unanswered.items()]
    kinds = ", ".join(f"{what} {number:,}" for what, number in found.differences.most_common(8))
    differences = found.differences.total()
    closing = f"{found.asked:,} asked, {differences:,} differences" + (
        f" ({kinds})" if kinds else ""
    )
    missing = found.unanswered.total()
    return [*lines, f"{closing}, {missing:,} answers missing" if missing else closing]


class _Bar:
    """One line that fills up; where nobody watches, a line for each tenth."""

    def __init__(self) -> None:
        self._began, self._tenth = time.monotonic(), 0

    def __call__(self, asked: int, candidates: int) -> None:
        tenth = 10 * asked // max(candidates, 1)
        if not sys.stdout.isatty() and tenth == self._tenth:
            return
        self._tenth = tenth
        bar = "#" * (3 * tenth) + "." * (30 - 3 * tenth)
        rate = asked / max(time.monotonic() - self._began, 0.001)
        sys.stdout.write(
            f"\r  asking [{bar}] {asked:>9,}/{candidates:,}  {rate:>7,.0f} candidates a second"
            + ("\n" if asked >= candidates or not sys.stdout.isatty() else "")
        )
        sys.stdout.flush()


def _tell(line: str) -> None:
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Proves with the options of the command line; 0 where the proof holds, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m app.results_proof.program", description=__doc__
    )
    parser.add_argument("--file", type=Path, required=True, help="the loaded file, CSV")
    parser.add_argument("--url", default="http://127.0.0.1:8081", help="of the edge")
    parser.add_argument("--folder", type=Path, help="DATA_DIR/results, for an edge of our own")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--connections", type=int, default=16, help="of each process")
    parser.add_argument("--pages", type=float, default=1.0, help="share of pages beside the JSON")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="strangers' questions")
    parser.add_argument("--corrected", type=int, default=0, help="results corrected since")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    options = parser.parse_args(arguments)
    if not options.file.exists():
        raise SystemExit(f"There is no file {options.file}: make results-demo leaves one.")
    with reached(options.url, options.folder, options.processes) as place:
        walk = Walk(options.file, place, options.processes, options.connections)
        walk = replace(walk, pages=options.pages, seed=options.seed)
        proof = prove(walk, sample=options.sample, bar=_Bar())
    for line in told(proof):
        _tell(line)
    return 0 if proof.holds(options.corrected) else 1


if __name__ == "__main__":
    sys.exit(main())
