"""The portal's side of reading: starts the process that parses, and takes its rows in."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

import reports
from app.errors import RuleBroken
from app.words import N_
from reports.readers import limits

Row = tuple[int, list[str]]
Block = list[Row]
_ROOT = Path(reports.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Head:
    """The headings with the row they stand in, and the first rows below them."""

    row: int
    headings: tuple[str, ...]
    first: tuple[Row, ...]


def head_of(body: bytes, kind: str, *, rows: int = 10, size: limits.Size = limits.LIST) -> Head:
    """The headings and first rows of a file; raises RuleBroken where there are none."""
    with _parsing(body, kind, size) as frames:
        block: Block = []
        for more in frames:
            block += more
            if len(block) > limits.HEADING_WITHIN:
                break
    at = _heading_at(block)
    number, headings = block[at]
    below = tuple(block[at + 1 : at + 1 + rows])
    _refuse_headings(headings)
    if not below:
        raise _refused("no-rows", N_("The file has headings, and no row below them."))
    widest = max(len(headings), *(len(cells) for _, cells in below))
    named = tuple(
        (headings[at] if at < len(headings) else "") or f"({_letter(at)})" for at in range(widest)
    )
    return Head(number, named, below)


def blocks_of(
    body: bytes, kind: str, *, after: int, size: limits.Size = limits.LIST
) -> Iterator[Block]:
    """The rows below row `after` that hold anything, some thousands at a time."""
    with _parsing(body, kind, size) as frames:
        for block in frames:
            below = [row for row in block if row[0] > after]
            if below:
                yield below


def _heading_at(block: Block) -> int:
    """The first row with two filled cells; titles may stand above it."""
    if not block:
        raise _refused("file-empty", N_("The file is empty."))
    for at, (_, cells) in enumerate(block[: limits.HEADING_WITHIN]):
        if sum(map(bool, cells)) > 1:
            return at
    return 0


def _refuse_headings(headings: list[str]) -> None:
    seen: dict[str, int] = {}
    for at, heading in enumerate(headings):
        plain = heading.casefold()
        if plain and plain in seen:
            raise _refused(
                "heading-twice",
                N_(
                    "Columns %(first)s and %(second)s have the same heading, “%(heading)s”. Give"
                    " each column a heading of its own."
                ),
                first=_letter(seen[plain]),
                second=_letter(at),
                heading=heading[:60],
            )
        seen[plain] = at


def _letter(at: int) -> str:
    """The letter of a column as a spreadsheet names it; A for 0."""
    letters = ""
    number = at + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@contextmanager
def _parsing(body: bytes, kind: str, size: limits.Size) -> Iterator[Iterator[Block]]:
    """The frames of a parsing process, which is gone after the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reports.readers.child", kind, size.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = threading.Thread(target=_feed, args=(process.stdin, body), daemon=True)
    feeding.start()
    try:
        yield _frames(process.stdout)
    finally:
        process.kill()
        process.stdout.close()
        feeding.join()
        process.wait()


def _feed(stream: IO[bytes], body: bytes) -> None:
    """Hands the file over; a process that has ended already is noticed by its frames."""
    with suppress(OSError, ValueError), stream:
        stream.write(body)


def _frames(stream: IO[bytes]) -> Iterator[Block]:
    while head := stream.read(4):
        (length,) = struct.unpack(">I", head.ljust(4, b"\0"))
        body = stream.read(length)
        if len(head) < 4 or len(body) < length:
            break
        frame: dict[str, Any] = orjson.loads(body)
        if "end" in frame:
            return
        if "refused" in frame:
            code, words, facts = frame["refused"]
            raise _refused(code, words, **facts)
        yield [(number, cells) for number, cells in frame["rows"]]
    raise _refused(
        "file-too-heavy",
        N_(
            "The file could not be read within the memory and time that a file gets. Copy the list"
            " alone into a new workbook, or save it as CSV."
        ),
    )


def _refused(code: str, words: str, **facts: object) -> RuleBroken:
    return RuleBroken(code, words, field="file", facts=facts)
