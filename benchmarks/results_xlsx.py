"""A release of a million candidates as a workbook: read within its limits, beside the same as CSV.

`python -m benchmarks.results_xlsx` writes CANDIDATES_IN_XLSX (100,000; a release has 962,512)
synthetic candidates, subjects in columns, with the portal's own writer of workbooks, reads both
files as the portal does (a process of its own with the limits of a release), compares every cell,
and prints seconds and memory as ratios to CSV and to the limits. Writes `var/bench/results_xlsx.json`.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import resource
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo import results as made
from benchmarks import keep
from reports import readers
from reports.readers import limits
from reports.xlsx_writer import workbook_of_csv

CANDIDATES = int(os.environ.get("CANDIDATES_IN_XLSX", "100000"))
AT_A_CENTRE = 250
MB = 1024 * 1024


def centres() -> list[tuple[str, int]]:
    """Centres in every county, enough for all."""
    number = -(-CANDIDATES // AT_A_CENTRE)
    codes = [f"{1 + nth % 47:02}{101 + nth // 47 % 9}{1 + nth // 423:03}" for nth in range(number)]
    return [(code, AT_A_CENTRE) for code in sorted(codes)]


def write_files(folder: Path) -> tuple[Path, Path]:
    """The release as CSV and as a workbook."""
    as_csv, as_xlsx = folder / "release.csv", folder / "release.xlsx"
    with as_csv.open("w", encoding="utf-8") as stream:
        for _done in made.write_results(stream, centres(), CANDIDATES):
            pass
    workbook_of_csv(as_csv, as_xlsx, "Release")
    return as_csv, as_xlsx


@dataclass(frozen=True)
class Reading:
    """What reading a file took, the process that parses counted: seconds, its processor's, its most
    memory in use and its most address space, in bytes."""

    rows: int
    seconds: float
    cpu_seconds: float
    memory: int
    address_space: int
    differences: int


def read(path: Path, kind: str, told: Any) -> None:
    """Reads the file as the portal does, each cell beside the CSV's; runs in a process of its own."""
    watching, peak = threading.Event(), [0]
    watcher = threading.Thread(target=_watch, args=(watching, peak))
    watcher.start()
    began, rows, differences = time.perf_counter(), 0, 0
    blocks = readers.blocks_of(path.read_bytes(), kind, after=1, size=readers.RELEASE)
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as stream:
        right = csv.reader(stream)
        next(right)
        for block in blocks:
            for (_number, cells), wanted in zip(block, right, strict=False):
                rows += 1
                differences += cells != _trimmed(wanted)
        differences += sum(1 for _ in right)
    seconds = time.perf_counter() - began
    watching.set()
    watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told.put(
        Reading(
            rows,
            seconds,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss * 1024,
            peak[0],
            differences,
        )
    )


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _watch(ended: threading.Event, peak: list[int]) -> None:
    """The most address space of the processes below this one."""
    while not ended.wait(0.1):
        for status in _below():
            for line in status.splitlines():
                if line.startswith("VmPeak:"):
                    peak[0] = max(peak[0], int(line.split()[1]) * 1024)


def _below() -> Iterator[str]:
    for task in Path("/proc/self/task").iterdir():
        try:
            for child in (task / "children").read_text().split():
                yield Path(f"/proc/{child}/status").read_text()
        except OSError:
            continue


def measured(path: Path, kind: str) -> Reading:
    """The reading of a file by a fresh process."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    worker = context.Process(target=read, args=(path, kind, told))
    worker.start()
    found: Reading = told.get(timeout=3600)
    worker.join()
    return found


def measure(folder: Path) -> dict[str, Any]:
    """Writes, reads twice, compares."""
    began = time.perf_counter()
    as_csv, as_xlsx = write_files(folder)
    found: dict[str, Any] = {"candidates": CANDIDATES, "write_seconds": time.perf_counter() - began}
    with zipfile.ZipFile(as_xlsx) as packed:
        found["unpacked"] = sum(part.file_size for part in packed.infolist())
    found |= {"csv_bytes": as_csv.stat().st_size, "xlsx_bytes": as_xlsx.stat().st_size}
    for kind, path in (("csv", as_csv), ("xlsx", as_xlsx)):
        one = measured(path, kind)
        if (one.rows, one.differences) != (CANDIDATES, 0):
            raise SystemExit(f"{kind}: {one.rows:,} rows, {one.differences:,} of them different")
        found[kind] = vars(one)
    return found


def told(found: Mapping[str, Any]) -> str:
    """The result as lines for a person."""
    size, xlsx, text = limits.RELEASE, found["xlsx"], found["csv"]
    rows = (
        ("bytes of the file", found["xlsx_bytes"] / MB, size.most_bytes / MB, "MB"),
        ("unpacked", found["unpacked"] / MB, size.most_unpacked / MB, "MB"),
        ("unpacked to packed", found["unpacked"] / found["xlsx_bytes"], limits.MOST_RATIO, "times"),
        ("address space of the reader", xlsx["address_space"] / MB, size.memory / MB, "MB"),
        ("processor of the reader", xlsx["cpu_seconds"], size.cpu_seconds, "s"),
    )
    lines = [
        f"Workbook of {found['candidates']:,} candidates and {len(made.subject_codes()) + 4} columns:"
        " every cell as in the CSV, signs among them",
        f"  {'':32}{'found':>10}{'limit':>10}{'share':>8}",
    ]
    for words, value, most, unit in rows:
        lines.append(f"  {words:32}{value:10,.0f}{most:10,.0f}{value / most:8.2f} {unit}")
    lines.append(
        f"  read in {xlsx['seconds']:.0f} s, CSV in {text['seconds']:.0f} s; processor"
        f" {xlsx['cpu_seconds'] / text['cpu_seconds']:.1f} times, memory in use"
        f" {xlsx['memory'] / MB:,.0f} MB against {text['memory'] / MB:,.0f} MB"
    )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result."""
    with tempfile.TemporaryDirectory(prefix="sajili-xlsx-") as folder:
        found = measure(Path(folder))
    print(told(found))
    keep("results_xlsx", found)


if __name__ == "__main__":
    main()
