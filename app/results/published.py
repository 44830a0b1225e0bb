"""What was published of earlier years' results: dated numbers with their source, from `data/`.

They stand beside a release whose year before is not loaded, and are labelled as published.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Published", "published"]

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class Published:
    """One year of KCSE as it was published: candidates who sat it, and the mean grades C+ to A.

    `grades` has the mean grades by sex ("" for both), and is empty where they are not at hand.
    """

    year: int
    candidates: int
    c_plus_and_above: int
    said_on: dt.date
    source: str
    grades: Mapping[tuple[str, str], int]


def published(series_code: str, year: int) -> Published | None:
    """What was published of this year of the examination; None where nothing is at hand."""
    if not series_code.startswith("KCSE-"):
        return None
    return _years().get(year)


@lru_cache(maxsize=1)
def _years() -> Mapping[int, Published]:
    with (DATA / "kcse_published.csv").open(encoding="utf-8", newline="") as file:
        return {
            int(row["year"]): Published(
                int(row["year"]),
                int(row["candidates"]),
                int(row["c_plus_and_above"]),
                dt.date.fromisoformat(row["said_on"]),
                row["source"],
                _grades(int(row["year"])),
            )
            for row in csv.DictReader(file)
        }


def _grades(year: int) -> Mapping[tuple[str, str], int]:
    path = DATA / f"kcse_{year}_grade_distribution.csv"
    if not path.exists():
        return {}
    columns = {"": "candidates", "F": "female", "M": "male"}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["mean_grade"], sex): int(row[column])
            for row in csv.DictReader(file)
            for sex, column in columns.items()
        }
