"""How large a file may be, and why: 250,000 officers of 14 columns are about 45 MB of CSV.

A release of results is larger than every list: a million candidates of 35 columns.
"""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024

MOST_BYTES = 64 * MB
MOST_ROWS = 400_000
MOST_COLUMNS = 200
LONGEST_CELL = 32_767  # characters; what a spreadsheet's cell holds
LONGEST_LINE = 1_000_000  # characters
HEADING_WITHIN = 20  # rows of titles that may stand above the headings

MOST_PARTS = 2_000  # files inside a workbook
MOST_UNPACKED = 600 * MB
MOST_RATIO = 100  # unpacked to packed; a real sheet of officers unpacks to 10 or 20 times
RATIO_FROM = 20 * MB  # below this a workbook may shrink as well as it likes

MEMORY = 1_536 * MB  # address space of the reading process
CPU_SECONDS = 60
BLOCK = 2_000  # rows handed over at once


@dataclass(frozen=True, slots=True)
class Size:
    """How large one kind of file may be: bytes, rows, bytes unpacked; and what reading it may take:
    address space in bytes, seconds of a processor."""

    name: str
    most_bytes: int
    most_rows: int
    most_unpacked: int
    memory: int
    cpu_seconds: int


LIST = Size("list", MOST_BYTES, MOST_ROWS, MOST_UNPACKED, MEMORY, CPU_SECONDS)
RELEASE = Size("release", 256 * MB, 1_048_576, 4_096 * MB, 6_144 * MB, 900)
SIZES = {size.name: size for size in (LIST, RELEASE)}
