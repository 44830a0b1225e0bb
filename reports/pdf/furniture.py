"""What the papers of the register share: heading, facts, marks, signature boxes, foot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from app import clock
from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.machine import STATE_WORDS
from reports.pdf.paper import BOLD, RULE, SHADE, Paper, wrapped
from reports.pdf.values import CentreHead

MARGIN = 14.0
MARK_LETTERS: dict[MarkStatus | None, str] = {
    MarkStatus.PRESENT: "P",
    MarkStatus.LATE: "L",
    MarkStatus.ABSENT: "Ab",
    None: "",
}
KEY = "P = present (yupo)   ·   L = late (amechelewa)   ·   Ab = absent (hayupo)"


def day_words(day: date) -> str:
    """The day as written on paper: Monday 2 November 2026."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def instant_words(instant: datetime) -> str:
    """The instant as written on paper, by the Nairobi clock: 2 Nov 2026, 07:42."""
    there = clock.nairobi(instant)
    return f"{there.day} {there:%b} {there.year}, {there:%H:%M}"


def state_words(state: RegisterState | None) -> str:
    """The word of a register's state."""
    return STATE_WORDS[state]


def counted(marks: Sequence[MarkStatus | None]) -> dict[MarkStatus | None, int]:
    """How often each mark stands among these, unmarked included."""
    return {mark: marks.count(mark) for mark in MARK_LETTERS}


def heading(paper: Paper, head: CentreHead, *, title: str, swahili: str, corner: str) -> None:
    """Draws the crest's place, the authority, the title in both languages and a corner line."""
    right = paper.width - MARGIN
    paper.crest((MARGIN, 12), 19)
    left = MARGIN + 21
    wide = right - left
    paper.text((left, 16.5), head.authority.upper(), size=9.5, font=BOLD, width=wide - 45)
    paper.text((left, 24), title, size=16, font=BOLD, width=wide)
    paper.text((left, 29.5), swahili, size=9.5, width=wide)
    paper.text((right, 16.5), head.examination, size=11, font=BOLD, align="right", width=45)
    paper.text((right, 29.5), corner, size=9.5, font=BOLD, align="right", width=80)
    paper.line((MARGIN, 33.5), (right, 33.5), thick=RULE)


def facts(
    paper: Paper, top: float, cells: Sequence[tuple[str, str, float]], *, high: float = 9.5
) -> None:
    """Draws a row of labelled cells (label, value, width in mm) from the left margin."""
    left = MARGIN
    for label, value, wide in cells:
        paper.box((left, top), (wide, high))
        paper.text((left + 1.5, top + 3.2), label, size=6.2, width=wide - 3)
        paper.text((left + 1.5, top + 7.8), value, size=9.5, font=BOLD, width=wide - 3)
        left += wide


def column_heads(
    paper: Paper, top: float, columns: Sequence[tuple[str, str, float]], *, high: float
) -> None:
    """Draws the shaded heads of a table: English over Kiswahili."""
    left = MARGIN
    for english, swahili, wide in columns:
        paper.box((left, top), (wide, high), shade=SHADE)
        paper.text((left + 1.2, top + 3.4), english, size=7.2, font=BOLD, width=wide - 1.6)
        paper.text((left + 1.2, top + 6.6), swahili, size=6, width=wide - 1.6)
        left += wide


SIGNING_HEIGHT = 41.0


def signing(paper: Paper, top: float, *, signers: Sequence[tuple[str, str, str]]) -> None:
    """Draws a signature and stamp box for each signer: title, English and Kiswahili declaration."""
    gap = 4.0
    wide = (paper.width - 2 * MARGIN - gap * (len(signers) - 1)) / len(signers)
    for number, (title, english, swahili) in enumerate(signers):
        _signer(paper, (MARGIN + number * (wide + gap), top), wide, (title, english, swahili))


def _signer(
    paper: Paper, place: tuple[float, float], wide: float, said: tuple[str, str, str]
) -> None:
    left, top = place
    stamp = 31.0
    title, english, swahili = said
    paper.box(place, (wide, SIGNING_HEIGHT), thick=RULE)
    paper.text((left + 2, top + 4.6), title, size=9, font=BOLD, width=wide - 4)
    room = wide - stamp - 6
    declared = [
        *wrapped(english, BOLD, 6.6, room, most=3),
        *wrapped(swahili, BOLD, 6.6, room, most=3),
    ]
    paper.lines((left + 2, top + 8.6), declared, size=6.6, leading=2.9)
    for number, label in enumerate(("Name · Jina", "Signature · Sahihi", "Date · Tarehe")):
        at = top + 25.2 + number * 6.4
        paper.text((left + 2, at), label, size=6.4)
        paper.line((left + 22, at + 0.4), (left + 2 + room, at + 0.4))
    paper.box((left + wide - stamp - 2, top + 7.5), (stamp, SIGNING_HEIGHT - 10), dashed=True)
    middle = left + wide - stamp / 2 - 2
    paper.text((middle, top + SIGNING_HEIGHT - 7), "Official stamp", size=6.4, align="centre")
    paper.text((middle, top + SIGNING_HEIGHT - 4.2), "Mhuri rasmi", size=6.4, align="centre")


def foot(paper: Paper, left_words: str, *, page: int, pages: int) -> None:
    """Draws the line under a page: what was printed and when, and the page's number of all."""
    at = paper.height - 9
    right = paper.width - MARGIN
    paper.line((MARGIN, at - 3.6), (right, at - 3.6))
    paper.text((MARGIN, at), left_words, size=7, width=right - MARGIN - 28)
    paper.text((right, at), f"Page {page} of {pages}", size=7, font=BOLD, align="right")
