"""The process that parses one file: it limits itself first, then turns bytes into rows.

The file arrives on standard input; frames of JSON leave on standard output, each after its length
in four bytes: `rows`, then `end`, or `refused` with a sentence. It has no database and no keys.
"""

from __future__ import annotations

import resource
import struct
import sys
from collections.abc import Iterator
from typing import Any

import orjson

from app.errors import RuleBroken
from app.words import N_
from reports.readers import limits

_APOSTROPHED = ("'=", "'+", "'-", "'@")


def main(kind: str, size: limits.Size = limits.LIST) -> None:
    """Reads the whole file and writes its rows; whatever goes wrong ends the process."""
    limit_itself(size)
    body = sys.stdin.buffer.read(size.most_bytes + 1)
    try:
        for block in _blocks(body, kind, size):
            _send({"rows": block})
        _send({"end": True})
    except RuleBroken as refusal:
        _send({"refused": [refusal.code, refusal.message, dict(refusal.facts)]})
    except BrokenPipeError:
        sys.stderr.close()


def limit_itself(size: limits.Size) -> None:
    """Memory, processor time, and no file of any size may be written."""
    for what, most in (
        (resource.RLIMIT_AS, size.memory),
        (resource.RLIMIT_CPU, size.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _blocks(body: bytes, kind: str, size: limits.Size) -> Iterator[list[tuple[int, list[str]]]]:
    block: list[tuple[int, list[str]]] = []
    for count, (number, cells) in enumerate(_rows(body, kind, size), start=1):
        row = _tidy(number, cells)
        if count > size.most_rows:
            raise _too_many_rows(size)
        if row:
            block.append((number, row))
        if len(block) == limits.BLOCK or count == limits.HEADING_WITHIN * 2:
            yield block
            block = []
    yield block


def _rows(body: bytes, kind: str, size: limits.Size) -> Iterator[tuple[int, list[str]]]:
    if kind == "xlsx":
        from reports.readers import workbook

        return workbook.rows_of(body, size)
    from reports.readers import delimited

    return delimited.rows_of(body)


def _tidy(number: int, cells: list[str]) -> list[str]:
    """The cells on one line each with single spaces, empty ones at the end left out."""
    if len(cells) > limits.MOST_COLUMNS and any(cells[limits.MOST_COLUMNS :]):
        raise RuleBroken(
            "too-many-columns",
            N_("Row %(row)s has more than %(most)s columns. Bring only the columns of the list."),
            facts={"row": number, "most": limits.MOST_COLUMNS},
        )
    texts = [" ".join(cell.split()) for cell in cells]
    for at, text in enumerate(texts):
        if text.startswith(_APOSTROPHED):
            texts[at] = text[1:]
        if len(text) > limits.LONGEST_CELL:
            raise RuleBroken(
                "cell-too-long",
                N_("A cell of row %(row)s is longer than %(most)s characters."),
                facts={"row": number, "most": f"{limits.LONGEST_CELL:,}"},
            )
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _too_many_rows(size: limits.Size) -> RuleBroken:
    return RuleBroken(
        "too-many-rows",
        N_("The list has more than %(most)s rows. Split it and bring the parts one by one."),
        facts={"most": f"{size.most_rows:,}"},
    )


def _send(frame: dict[str, Any]) -> None:
    body = orjson.dumps(frame)
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], limits.SIZES[sys.argv[2]])
