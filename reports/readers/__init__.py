"""Reads CSV and XLSX files that people bring into plain rows of text, and survives hostile ones.

Parsing happens in a process of its own with limits of memory and time (`child`), so that a file
made to break a parser ends in a sentence and never takes the portal along.
"""

from reports.readers.limits import LIST, MOST_BYTES, RELEASE, Size
from reports.readers.reading import Block, Head, Row, blocks_of, head_of
from reports.readers.sniffing import kind_of

__all__ = [
    "LIST",
    "MOST_BYTES",
    "RELEASE",
    "Block",
    "Head",
    "Row",
    "Size",
    "blocks_of",
    "head_of",
    "kind_of",
]
