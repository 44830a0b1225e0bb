"""A centre's season on lying A4: officers by days, totals, and a signature for each officer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.attendance.enums import SETTLED, WORKED, MarkStatus, RegisterState
from reports.pdf.furniture import (
    KEY,
    MARGIN,
    MARK_LETTERS,
    SIGNING_HEIGHT,
    counted,
    facts,
    foot,
    heading,
    instant_words,
    signing,
)
from reports.pdf.paper import BOLD, PLAIN, SHADE, Paper, Room, drawn, paged, wrapped
from reports.pdf.values import SeasonDay, SeasonRow, SeasonSheet

NUMBER, NAME, ROLE, TOTAL, SIGN = 7.0, 44.0, 25.0, 7.5, 30.0
WIDE = 297.0 - 2 * MARGIN
DAYS_WIDE = WIDE - NUMBER - NAME - ROLE - 4 * TOTAL - SIGN
MOST_DAYS = 26
ROW, HEADS, STATE_ROW = 8.0, 15.0, 5.0
TOP, FLOOR = 48.0, 195.0
CLOSING = STATE_ROW + SIGNING_HEIGHT + 9.0
STATE_LETTERS: dict[RegisterState | None, str] = {
    None: "–",
    RegisterState.OPEN: "O",
    RegisterState.SUBMITTED: "S",
    RegisterState.CONFIRMED: "C",
    RegisterState.RETURNED: "R",
    RegisterState.LOCKED: "C",
}
STATE_KEY = "Register: C = confirmed, S = submitted, R = returned, O = open, – = not opened"
SHADE_KEY = "Shaded days are not payable"
SIGNERS = (
    (
        "Centre manager",
        "I certify that this is the attendance of the officers of this centre for the season.",
        "Ninathibitisha kuwa haya ndiyo mahudhurio ya maafisa wa kituo hiki kwa msimu huu.",
    ),
    (
        "Sub-County Director of Education",
        "I have examined the registers of these days and confirm this return.",
        "Nimekagua sajili za siku hizi na ninathibitisha ripoti hii.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some consecutive days of the season, as many as fit across a page."""

    first: int
    days: Sequence[SeasonDay]

    @property
    def day_width(self) -> float:
        return DAYS_WIDE / max(len(self.days), 14)


def season_matrix_pdf(sheet: SeasonSheet) -> bytes:
    """The season of a centre as a PDF; a long calendar continues on further pages."""
    return drawn(
        f"Season {sheet.head.centre_code} {sheet.head.examination}",
        lambda paper: _draw(paper, sheet),
        lying=True,
    )


def _parts(days: Sequence[SeasonDay]) -> list[_Part]:
    """The days in parts of nearly equal length."""
    count = max(1, -(-len(days) // MOST_DAYS))
    size = -(-len(days) // count)
    return [_Part(n * size, days[n * size : (n + 1) * size]) for n in range(count)]


def _draw(paper: Paper, sheet: SeasonSheet) -> None:
    high = FLOOR - TOP - HEADS
    room = Room(int((high - STATE_ROW - 5) // ROW), int((high - CLOSING) // ROW))
    numbered = list(enumerate(sheet.rows, start=1))
    pages = paged(numbered, room, room)
    parts = _parts(sheet.days)
    plan = [(part, rows) for part in parts for rows in pages]
    for page, (part, rows) in enumerate(plan, start=1):
        _top(paper, sheet, part)
        for at, (number, row) in enumerate(rows):
            _row(paper, TOP + HEADS + at * ROW, part, (number, row))
        under = TOP + HEADS + len(rows) * ROW
        _states(paper, under, part)
        paper.text((MARGIN, under + STATE_ROW + 4), f"{KEY}   ·   {STATE_KEY}", size=6.6)
        if page == len(plan):
            signing(paper, under + STATE_ROW + 6.5, signers=SIGNERS)
        printed = f"Printed {instant_words(sheet.printed_at)}  ·  {SHADE_KEY}"
        foot(paper, printed, page=page, pages=len(plan))
        paper.next_page()


def _top(paper: Paper, sheet: SeasonSheet, part: _Part) -> None:
    head = sheet.head
    first, last = (part.days[0].day, part.days[-1].day) if part.days else (None, None)
    span = ""
    if first and last:
        span = f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
    heading(
        paper,
        head,
        title="Attendance for the season",
        swahili="Mahudhurio ya msimu",
        corner=span,
    )
    facts(
        paper,
        35.5,
        (
            ("Centre · Kituo", head.centre_name, 119.0),
            ("Centre code · Namba ya kituo", head.centre_code, 50.0),
            ("Sub-county · Kaunti ndogo", head.sub_county, 50.0),
            ("County · Kaunti", head.county, 50.0),
        ),
    )
    _heads(paper, part)


def _heads(paper: Paper, part: _Part) -> None:
    left = MARGIN
    for english, swahili, wide in (
        ("No.", "Na.", NUMBER),
        ("Name", "Jina", NAME),
        ("Role", "Wadhifa", ROLE),
    ):
        paper.box((left, TOP), (wide, HEADS), shade=SHADE)
        paper.text((left + 1.2, TOP + 6), english, size=7.2, font=BOLD, width=wide - 1.6)
        paper.text((left + 1.2, TOP + 9.4), swahili, size=6, width=wide - 1.6)
        left += wide
    for one in part.days:
        _day_head(paper, left, part.day_width, one)
        left += part.day_width
    left = WIDE + MARGIN - SIGN - 4 * TOTAL
    for label in ("P", "L", "Ab", "P+L"):
        paper.box((left, TOP), (TOTAL, HEADS), shade=SHADE)
        paper.text((left + TOTAL / 2, TOP + 8.6), label, size=7.2, font=BOLD, align="centre")
        left += TOTAL
    paper.box((left, TOP), (SIGN, HEADS), shade=SHADE)
    paper.text((left + 1.2, TOP + 6), "Signature", size=7.2, font=BOLD)
    paper.text((left + 1.2, TOP + 9.4), "Sahihi", size=6)


def _day_head(paper: Paper, left: float, wide: float, one: SeasonDay) -> None:
    middle = left + wide / 2
    paper.box((left, TOP), (wide, HEADS), shade=SHADE)
    day = one.day
    for at, words, font in (
        (4.2, f"{day:%a}"[:2], PLAIN),
        (8.6, str(day.day), BOLD),
        (12.6, f"{day:%b}", PLAIN),
    ):
        size = 7.2 if font == BOLD else 5.6
        paper.text((middle, TOP + at), words, size=size, font=font, align="centre")


def _row(paper: Paper, top: float, part: _Part, numbered: tuple[int, SeasonRow]) -> None:
    number, row = numbered
    left = MARGIN
    for text, wide, font in (
        (str(number), NUMBER, PLAIN),
        (row.name, NAME, BOLD),
        (row.role, ROLE, PLAIN),
    ):
        paper.box((left, top), (wide, ROW))
        lines = wrapped(text, font, 7.2, wide - 2, most=2)
        first = top + (5 if len(lines) == 1 else 3.4)
        paper.lines((left + 1.2, first), lines, size=7.2, font=font, leading=3)
        left += wide
    for at, one in enumerate(part.days):
        _mark(paper, (left, top), part.day_width, (one, row.marks[part.first + at]))
        left += part.day_width
    _totals(paper, top, row)


def _mark(
    paper: Paper,
    place: tuple[float, float],
    wide: float,
    what: tuple[SeasonDay, MarkStatus | None],
) -> None:
    day, mark = what
    paper.box(place, (wide, ROW), shade=None if day.payable else SHADE)
    font = PLAIN if mark is MarkStatus.PRESENT else BOLD
    middle = (place[0] + wide / 2, place[1] + 5)
    paper.text(middle, MARK_LETTERS[mark], size=7.2, font=font, align="centre")


def _totals(paper: Paper, top: float, row: SeasonRow) -> None:
    tally = counted(row.marks)
    worked = sum(tally[mark] for mark in WORKED)
    left = WIDE + MARGIN - SIGN - 4 * TOTAL
    amounts = (
        tally[MarkStatus.PRESENT],
        tally[MarkStatus.LATE],
        tally[MarkStatus.ABSENT],
        worked,
    )
    for at, amount in enumerate(amounts):
        paper.box((left, top), (TOTAL, ROW))
        font = BOLD if at == 3 else PLAIN
        paper.text((left + TOTAL / 2, top + 5), str(amount), size=7.6, font=font, align="centre")
        left += TOTAL
    paper.box((left, top), (SIGN, ROW))


def _states(paper: Paper, top: float, part: _Part) -> None:
    left = MARGIN + NUMBER + NAME + ROLE
    paper.text((left - 1.5, top + 3.5), "Register of the day", size=6.4, align="right")
    for one in part.days:
        paper.box((left, top), (part.day_width, STATE_ROW))
        font = BOLD if one.state in SETTLED else PLAIN
        middle = (left + part.day_width / 2, top + 3.6)
        paper.text(middle, STATE_LETTERS[one.state], size=6.8, font=font, align="centre")
        left += part.day_width
