"""Benchmarks: ratios against a peer measured in the same run, so that a slow machine changes nothing.

Each module is a program (`python -m benchmarks.<name>`, all of them by `make bench`) that prints a
table and writes `var/bench/<name>.json`.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

RESULTS = Path("var/bench")


def keep(name: str, found: dict[str, Any]) -> None:
    """Writes what a benchmark found, with the moment of measuring."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = found | {"measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
