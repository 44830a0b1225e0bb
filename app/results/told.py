"""What a node of the edge answered: the counts that each of its workers keeps, added up.

Every worker writes `counts/<pid>.json` every three seconds: `at` (epoch seconds), `a_second`, and
`stores` (a store's name to answers and how many). Files of workers that ended stay, so that the sums
only grow. Nothing in them names anybody.
"""

from __future__ import annotations

import hmac
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.results.control import Control

__all__ = [
    "COUNTS",
    "FRESH_SECONDS",
    "PATH",
    "Told",
    "as_json",
    "is_asked_by_us",
    "said",
    "told_by",
]

PATH = "/counts"
COUNTS = "counts"
FRESH_SECONDS = 10.0
"""A worker that wrote nothing for this long has ended: it answers nothing a second any more."""
LARGEST_COUNT = 2**53

_known: dict[str, tuple[int, Mapping[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """What a node answered up to `at` (epoch seconds), by store and answer, and how many a second
    just then."""

    at: float
    a_second: float
    stores: Mapping[str, Mapping[str, int]]


def told_by(folder: Path, *, now: Callable[[], float] = time.time) -> Told | None:
    """The sum over the workers of the node whose folder this is; None where none ever wrote."""
    files = [_read(path) for path in sorted((folder / COUNTS).glob("*.json"))]
    workers = [one for one in files if one]
    if not workers:
        return None
    stores: dict[str, Counter[str]] = {}
    for one in workers:
        for store, counts in one["stores"].items():
            stores.setdefault(store, Counter()).update(counts)
    moment = now()
    live = [one for one in workers if moment - one["at"] < FRESH_SECONDS]
    rate = sum(float(one.get("a_second", 0)) for one in live)
    at = max(float(one["at"]) for one in workers)
    return Told(at, rate, {store: dict(counts) for store, counts in stores.items()})


def as_json(folder: Path) -> bytes:
    """What the node answered, as it tells it."""
    found = told_by(folder) or Told(0.0, 0.0, {})
    return json.dumps(asdict(found)).encode()


def said(body: bytes) -> Told:
    """What another node said, read strictly. Raises ValueError for anything else."""
    try:
        found = json.loads(body)
        stores = {
            str(store): {str(name): _count(number) for name, number in counts.items()}
            for store, counts in found["stores"].items()
        }
        return Told(float(found["at"]), float(found["a_second"]), stores)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("these are no counts of a node") from error


def is_asked_by_us(authorization: str, control: Control) -> bool:
    """Whether whoever asks for the counts bears the token of the control."""
    token = control.counts_token
    return bool(token) and hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())


def _count(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST_COUNT:
        raise ValueError("no count")
    return number


def _read(path: Path) -> Mapping[str, Any] | None:
    """What a worker wrote; a file that did not change is read once."""
    try:
        changed = path.stat().st_mtime_ns
        known = _known.get(str(path))
        if known is None or known[0] != changed:
            known = _known[str(path)] = (changed, json.loads(path.read_text()))
    except (OSError, ValueError):
        return None
    return known[1]
