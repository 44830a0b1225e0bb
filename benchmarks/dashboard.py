"""Dashboard slices from the summary table against the same question asked of the marks themselves.

`python -m benchmarks.dashboard` reads the database that DATABASE_URL names (the demonstration at any
scale; without one, the bundled server of DATA_DIR), prints a table and writes
`var/bench/dashboard.json`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

import app.models  # noqa: F401  (every table is mapped)
from app import server
from app.attendance.counts import day_counts, newest_change
from app.attendance.frames import attendance
from app.claims.frames import claims
from app.coverage.frames import coverage
from app.exams.slices import slice_from
from app.scoping.guard import enter_scope, install_guard
from app.scoping.scope import NATIONAL
from benchmarks import keep
from config import load_settings

RUNS = 5
FROM_MARKS = text(
    "SELECT m.sub_county_id, r.state, count(*), count(*) FILTER (WHERE m.status <> 'absent')"
    " FROM mark m JOIN register r ON r.id = m.register_id WHERE r.series_id = :series"
    " AND (CAST(:day AS date) IS NULL OR m.day = :day) GROUP BY 1, 2"
)


def milliseconds(ask: Callable[[], Any]) -> float:
    """The median time of a few runs after one that warms the caches."""
    ask()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def measure(session: Any) -> dict[str, Any]:
    """Each slice from the summaries, its ratio to the marks, and the frames that pages read."""
    last = session.scalar(text("SELECT max(day) FROM register"))
    if last is None:
        sys.exit("There are no registers: load the demonstration first (make demo).")
    found: dict[str, Any] = {"marks": session.scalar(text("SELECT count(*) FROM mark"))}
    for name, day in (("day", last.isoformat()), ("season", "all")):
        part = slice_from(session, NATIONAL, {"by": "sub-county", "day": day}, today=last)
        keys = ("sub_county_id", "state")
        ours = milliseconds(partial(day_counts, session, NATIONAL, part, *keys))
        values = {"series": part.series.id, "day": part.day}
        peer = milliseconds(partial(_read, session, values))
        found[name] = {"summary_ms": ours, "marks_ms": peer, "ratio": ours / peer}
        for make in (coverage, attendance, claims):
            found[name][f"{make.__name__}_ms"] = milliseconds(
                partial(make, session, NATIONAL, part)
            )
    whole = slice_from(session, NATIONAL, {"by": "role", "day": "all"}, today=last)
    found["probe_ms"] = milliseconds(partial(newest_change, session, NATIONAL, whole))
    return found


def _read(session: Any, values: dict[str, Any]) -> Any:
    return session.execute(FROM_MARKS, values).all()


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [f"Dashboard slices over {found['marks']:,} marks (median of {RUNS}, milliseconds)"]
    for name in ("day", "season"):
        one = found[name]
        lines.append(
            f"  one {name:<7} summary {one['summary_ms']:8.1f}   marks {one['marks_ms']:8.1f}"
            f"   ratio {one['ratio']:.3f}   coverage {one['coverage_ms']:.0f}"
            f"   attendance {one['attendance_ms']:.0f}   claims {one['claims_ms']:.0f}"
        )
    lines.append(f"  anything new? {found['probe_ms']:.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and keeps the result."""
    with server.databases(load_settings()) as settings:
        factory = sessionmaker(create_engine(settings.database_url or ""))
        install_guard(factory)
        with factory() as session:
            enter_scope(session, NATIONAL)
            found = measure(session)
    print(told(found))
    keep("dashboard", found)


if __name__ == "__main__":
    main()
