"""The register of a centre's day on A4: to be signed by each officer, the manager and the SCDE."""

from __future__ import annotations

from app.attendance.enums import SETTLED, MarkStatus
from reports.pdf.furniture import (
    KEY,
    MARGIN,
    MARK_LETTERS,
    SIGNING_HEIGHT,
    column_heads,
    counted,
    day_words,
    facts,
    foot,
    heading,
    instant_words,
    signing,
    state_words,
)
from reports.pdf.paper import BOLD, ELLIPSIS, PLAIN, SHADE, Paper, Room, drawn, paged, wrapped
from reports.pdf.values import RegisterRow, RegisterSheet

COLUMNS = (
    ("No.", "Na.", 7.0),
    ("Name", "Jina", 46.0),
    ("TSC number", "Namba ya TSC", 20.0),
    ("Role", "Wadhifa", 27.0),
    ("Mark", "Alama", 17.0),
    ("Remark", "Maelezo", 33.0),
    ("Officer's signature", "Sahihi ya afisa", 32.0),
)
ROW, HEADS = 8.5, 8.2
FIRST_TOP, LATER_TOP = 66.5, 39.0
CLOSING = SIGNING_HEIGHT + 12.5
FLOOR = 284.0
SIGNERS = (
    (
        "Centre manager",
        "I certify that the officers marked P or L above served at this centre on this day.",
        "Ninathibitisha kuwa maafisa wenye alama P au L hapo juu walihudumu kituoni siku hii.",
    ),
    (
        "Sub-County Director of Education",
        "I have examined and confirm this register.",
        "Nimekagua sajili hii na ninaithibitisha.",
    ),
)


def register_sheet_pdf(sheet: RegisterSheet) -> bytes:
    """The register of the day as a PDF, over as many pages as its roster needs."""
    title = f"Register {sheet.head.centre_code} {sheet.day.isoformat()}"
    return drawn(title, lambda paper: _draw(paper, sheet))


def _room(top: float) -> Room:
    high = FLOOR - top - HEADS
    return Room(int(high // ROW), int((high - CLOSING) // ROW))


def _draw(paper: Paper, sheet: RegisterSheet) -> None:
    pages = paged(sheet.rows, _room(FIRST_TOP), _room(LATER_TOP))
    number = 0
    for page, rows in enumerate(pages, start=1):
        heading(
            paper,
            sheet.head,
            title="Daily attendance register",
            swahili="Sajili ya mahudhurio ya siku",
            corner=day_words(sheet.day),
        )
        top = FIRST_TOP if page == 1 else LATER_TOP
        if page == 1:
            _facts(paper, sheet)
        else:
            centre = f"{sheet.head.centre_name}  ·  {sheet.head.centre_code}  ·  continued"
            paper.text((MARGIN, 37.5), centre, size=8, font=BOLD, width=180)
        column_heads(paper, top, COLUMNS, high=HEADS)
        for at, row in enumerate(rows):
            number += 1
            _row(paper, top + HEADS + at * ROW, number, row)
        if page == len(pages):
            _close(paper, top + HEADS + len(rows) * ROW, sheet)
        foot(paper, _foot_words(sheet), page=page, pages=len(pages))
        paper.next_page()


def _facts(paper: Paper, sheet: RegisterSheet) -> None:
    head = sheet.head
    candidates = "" if sheet.candidates is None else f"{sheet.candidates:,}"
    facts(
        paper,
        36,
        (
            ("Centre · Kituo", head.centre_name, 102.0),
            ("Centre code · Namba ya kituo", head.centre_code, 44.0),
            ("Candidates · Watahiniwa", candidates, 36.0),
        ),
    )
    facts(
        paper,
        45.5,
        (
            ("Sub-county · Kaunti ndogo", head.sub_county, 51.0),
            ("County · Kaunti", head.county, 51.0),
            ("Day · Siku", sheet.day_kind, 44.0),
            ("Sessions · Vipindi", sheet.sessions, 36.0),
        ),
    )
    paper.box((MARGIN, 57), (182, 8), shade=SHADE, thick=0)
    paper.text((MARGIN + 2, 62.2), state_words(sheet.state).upper(), size=9, font=BOLD)
    paper.text((MARGIN + 31, 62.2), _state_sentence(sheet), size=8, width=149)


def _state_sentence(sheet: RegisterSheet) -> str:
    """What happened to the register so far, in the order in which it happened."""
    said = [f"Version {sheet.version}"] if sheet.version else []
    if sheet.submitted_at is not None:
        by = f" by {sheet.marked_by}" if sheet.marked_by else ""
        said.append(f"submitted {instant_words(sheet.submitted_at)}{by}")
    if sheet.confirmed_at is not None and sheet.state in SETTLED:
        by = f" by {sheet.confirmed_by}" if sheet.confirmed_by else ""
        said.append(f"confirmed {instant_words(sheet.confirmed_at)}{by}")
    if sheet.state not in SETTLED:
        said.append("nothing marked yet" if sheet.state is None else "not yet confirmed")
    sentence = "  ·  ".join(said)
    return sentence[:1].upper() + sentence[1:]


def mark_words(row: RegisterRow) -> str:
    """The mark as printed in a row: P, Ab, or L with its minutes."""
    letters = MARK_LETTERS[row.mark]
    if row.mark is MarkStatus.LATE and row.minutes_late is not None:
        return f"{letters} {row.minutes_late} min"
    return letters


def _row(paper: Paper, top: float, number: int, row: RegisterRow) -> None:
    remark = row.remark
    if row.marked_own_row:
        remark = f"Marked own row. {remark}"
    cells = (str(number), row.name, row.tsc_number or "–", row.role, mark_words(row), remark, "")
    left = MARGIN
    for (english, _, wide), cell in zip(COLUMNS, cells, strict=True):
        paper.box((left, top), (wide, ROW))
        bold = english in {"Name", "Mark"}
        _cell(paper, (left + 1.2, top), cell, wide=wide - 2, font=BOLD if bold else PLAIN)
        left += wide


def _cell(paper: Paper, place: tuple[float, float], text: str, *, wide: float, font: str) -> None:
    """The text in the middle of the row: one line, else two smaller ones, else three small ones."""
    left, top = place
    size, lines = 8.5, wrapped(text, font, 8.5, wide, most=1)
    for smaller, most in ((7.2, 2), (6.0, 3)):
        if lines and lines[-1].endswith(ELLIPSIS):
            size, lines = smaller, wrapped(text, font, smaller, wide, most=most)
    leading = size * 0.42
    first = top + ROW / 2 + size * 0.125 - leading * (len(lines) - 1) / 2
    paper.lines((left, first), lines, size=size, font=font, leading=leading)


def _close(paper: Paper, top: float, sheet: RegisterSheet) -> None:
    tally = counted([row.mark for row in sheet.rows])
    words = (
        f"On the roster {len(sheet.rows)}   ·   Present {tally[MarkStatus.PRESENT]}   ·   "
        f"Late {tally[MarkStatus.LATE]}   ·   Absent {tally[MarkStatus.ABSENT]}   ·   "
        f"Not marked {tally[None]}"
    )
    paper.text((MARGIN, top + 5), words, size=8.5, font=BOLD)
    paper.text((MARGIN, top + 9), KEY, size=7)
    signing(paper, top + 11.5, signers=SIGNERS)


def _foot_words(sheet: RegisterSheet) -> str:
    said = [
        f"Printed {instant_words(sheet.printed_at)}",
        f"state {state_words(sheet.state).lower()}, version {sheet.version}",
    ]
    if sheet.digest:
        said.append(f"digest {sheet.digest}")
    return "  ·  ".join(said)
