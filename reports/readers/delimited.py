"""Rows of a delimited text, whatever program wrote it: encoding and delimiter are found out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from app.errors import RuleBroken
from app.words import N_
from reports.readers import limits

DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAID = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_SAMPLE = 4_096


def rows_of(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number as a spreadsheet counts rows, its cells as they stand."""
    text = decoded(body)
    nul = text.find("\0")
    if nul >= 0:
        raise _refused(
            "file-not-text",
            N_("Line %(line)s holds a NUL character: this is not a text file. Save it as CSV."),
            line=text.count("\n", 0, nul) + 1,
        )
    said = _SAID.match(text)
    delimiter = said[1] if said else delimiter_of(text)
    text = text[said.end() :] if said else text
    csv.field_size_limit(limits.LONGEST_CELL)
    reader = csv.reader(_lines(text), delimiter=delimiter)
    number = 1 if said else 0
    try:
        for cells in reader:
            number += 1
            yield number, cells
    except csv.Error as error:
        raise _unreadable(error, reader.line_num) from None


def decoded(body: bytes) -> str:
    """The text, from UTF-8, UTF-16 or UTF-32 with or without its mark, else from Windows-1252."""
    name = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    try:
        if name or (name := _unmarked(body)):
            return body.decode(name)
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("cp1252" if name is None else "utf-8")
    except UnicodeDecodeError as error:
        raise _refused(
            "file-encoding",
            N_("The letters on line %(line)s cannot be read. Save the file as CSV UTF-8."),
            line=body.count(b"\n", 0, error.start) + 1,
        ) from None


def _unmarked(body: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of plain text is a zero."""
    sample = body[:_SAMPLE]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > half * 0.6 and sample[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if sample[::2].count(0) > half * 0.6 and sample[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return None


def delimiter_of(text: str) -> str:
    """The delimiter that the first full lines use most, outside quotation marks."""
    outside = re.sub(r'"[^"]*"', "", text[: 16 * _SAMPLE])
    lines = [line for line in outside.splitlines() if line.strip()][: limits.HEADING_WITHIN]
    best = max((line for line in lines), key=_delimiters_in, default="")
    return max(DELIMITERS, key=best.count)


def _delimiters_in(line: str) -> int:
    return max(line.count(one) for one in DELIMITERS)


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > limits.LONGEST_LINE:
            raise _refused(
                "line-too-long",
                N_(
                    "Line %(line)s is longer than %(most)s characters. Check that the file is a"
                    " list with one row to a line."
                ),
                line=number,
                most=f"{limits.LONGEST_LINE:,}",
            )
        yield line


def _unreadable(error: csv.Error, line: int) -> RuleBroken:
    if "field larger" in str(error):
        return _refused(
            "cell-too-long",
            N_(
                "A cell that ends near line %(line)s is longer than %(most)s characters. Perhaps"
                " a quotation mark is not closed."
            ),
            line=line,
            most=f"{limits.LONGEST_CELL:,}",
        )
    return _refused(
        "file-unreadable", N_("Line %(line)s cannot be read as a row of a list."), line=line
    )


def _refused(code: str, words: str, **facts: object) -> RuleBroken:
    return RuleBroken(code, words, field="file", facts=facts)
