"""A school's results on A4: one line for each candidate, every subject with its sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.pdf.furniture import MARGIN, column_heads, foot, instant_words
from reports.pdf.paper import BOLD, PLAIN, RULE, Paper, drawn, wrapped

__all__ = ["ResultList", "ResultRow", "result_list_pdf"]

COLUMNS = (
    ("Index number", "Nambari", 25.0),
    ("Name", "Jina", 49.0),
    ("Sex", "Jinsia", 9.0),
    ("Mean grade", "Gredi ya wastani", 27.0),
    ("Subjects", "Masomo", 60.0),
    ("Version", "Toleo", 12.0),
)
TOP, HEADS, ROW, FLOOR = 46.0, 8.2, 8.4, 280.0
ROWS_A_PAGE = int((FLOOR - TOP - HEADS) // ROW)
AUTHORITY = "Kenya National Examinations Council"
REMINDER = "Personal data: do not publish."


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One candidate: the mean in letters and words, the subjects as "101 A-, 102 B+"."""

    index_number: str
    names: str
    sex: str
    mean: str
    subjects: str
    version: int


@dataclass(frozen=True, slots=True)
class ResultList:
    """The school's list; `release` says series, number and minute, `sentence` who has results."""

    examination: str
    centre_name: str
    centre_code: str
    release: str
    sentence: str
    rows: Sequence[ResultRow]
    printed_at: datetime


def result_list_pdf(listed: ResultList) -> bytes:
    """The list as a PDF, over as many pages as it needs; each page says the release."""
    title = f"Results {listed.centre_code} {listed.examination}"
    return drawn(title, lambda paper: _draw(paper, listed))


def _draw(paper: Paper, listed: ResultList) -> None:
    rows = listed.rows
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    for page in range(pages):
        _head(paper, listed)
        column_heads(paper, TOP, COLUMNS, high=HEADS)
        for at, row in enumerate(rows[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]):
            _row(paper, TOP + HEADS + at * ROW, row)
        said = f"{listed.release}. Printed {instant_words(listed.printed_at)}. {REMINDER}"
        foot(paper, said, page=page + 1, pages=pages)
        paper.next_page()


def _head(paper: Paper, listed: ResultList) -> None:
    right = paper.width - MARGIN
    paper.crest((MARGIN, 11), 15)
    left = MARGIN + 18
    paper.text((left, 15), AUTHORITY.upper(), size=9, font=BOLD, width=right - left)
    paper.text((left, 21), "Results of the school · Matokeo ya shule", size=13, font=BOLD)
    school = f"{listed.centre_code}  {listed.centre_name}"
    paper.text((left, 26.5), school, size=10, font=BOLD, width=right - left)
    paper.line((MARGIN, 30), (right, 30), thick=RULE)
    paper.lines((MARGIN, 34.5), wrapped(listed.sentence, PLAIN, 8, right - MARGIN, most=2), size=8)


def _row(paper: Paper, top: float, row: ResultRow) -> None:
    cells = (row.index_number, row.names, row.sex, row.mean, row.subjects, str(row.version))
    left = MARGIN
    for (label, _swahili, wide), cell in zip(COLUMNS, cells, strict=True):
        paper.box((left, top), (wide, ROW))
        bold = label in {"Name", "Mean grade"}
        font, two = (BOLD if bold else PLAIN), label in {"Name", "Subjects"}
        size = 7 if two else 8
        lines = wrapped(cell, font, size, wide - 2, most=2 if two else 1)
        first = top + ROW / 2 + 1.0 - 1.5 * (len(lines) - 1)
        paper.lines((left + 1.2, first), lines, size=size, font=font, leading=3.0)
        left += wide
