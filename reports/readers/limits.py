"""How large a file may be, and why: 250,000 officers of 14 columns are about 45 MB of CSV."""

from __future__ import annotations

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
