"""Result slips: four on a sheet of A4, cut apart along the dashed lines, checked by their QR code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.pdf.paper import BOLD, PLAIN, RULE, Paper, drawn, wrapped
from reports.pdf.values import ResultSlip

__all__ = ["result_slips_pdf"]

ACROSS, DOWN = 2, 2
WIDE, HIGH = 105.0, 148.5
INSET = 8.0
QR_SIZE = 33.0
ROW = 5.0
HEARD_EVERY = 100
AUTHORITY = "Kenya National Examinations Council"
CHECK = "Scan to check this slip, online or without network. A slip whose grades differ is forged."
HAKIKI = (
    "Changanua uhakiki hati hii, mtandaoni au bila mtandao. Gredi zikitofautiana ni ya kughushi."
)


def result_slips_pdf(
    slips: Sequence[ResultSlip], *, title: str, done: Callable[[int], None] = lambda _: None
) -> bytes:
    """The slips as a PDF, four to a page; no slip at all raises ValueError.

    `title` is the examination and year; `done` hears how many are drawn.
    """
    if not slips:
        raise ValueError("no slips to print")
    return drawn(f"Result slips, {title}", lambda paper: _draw(paper, slips, title, done))


def _draw(
    paper: Paper, slips: Sequence[ResultSlip], title: str, done: Callable[[int], None]
) -> None:
    per_page = ACROSS * DOWN
    for start in range(0, len(slips), per_page):
        some = slips[start : start + per_page]
        if len(some) > 1:
            paper.line((WIDE, 0), (WIDE, paper.height if len(some) > 2 else HIGH), dashed=True)
        paper.line((0, HIGH), (paper.width, HIGH), dashed=True)
        for at, slip in enumerate(some):
            _slip(paper, ((at % ACROSS) * WIDE, (at // ACROSS) * HIGH), slip, title)
        paper.next_page()
        if start % HEARD_EVERY == 0:
            done(start + len(some))
    done(len(slips))


def _slip(paper: Paper, place: tuple[float, float], slip: ResultSlip, title: str) -> None:
    left, top = place[0] + INSET, place[1] + INSET
    wide = WIDE - 2 * INSET
    paper.crest((left, top - 1), 9)
    paper.text((left + 10, top + 2), AUTHORITY, size=7.2, width=wide - 10)
    paper.text((left + 10, top + 6.8), f"Result slip · {title}", size=9, font=BOLD, width=wide - 10)
    paper.line((left, top + 9.5), (left + wide, top + 9.5), thick=RULE)
    for row, (label, value) in enumerate(
        (("Index number", slip.index_number), ("Name", slip.names), ("School", slip.school))
    ):
        at = top + 14.5 + row * 4.8
        paper.text((left, at), label, size=7)
        paper.text((left + 22, at), value, size=8.4, font=BOLD, width=wide - 22)
    paper.box((left, top + 27), (wide, 9), thick=RULE)
    paper.text((left + 2, top + 32.8), "Mean grade", size=7.4)
    paper.text((left + wide - 2, top + 33.2), slip.mean, size=12, font=BOLD, align="right")
    _grades(paper, (left, top + 41), wide, slip)
    _close(paper, (left, place[1] + HIGH - INSET), wide, slip)


def _grades(paper: Paper, place: tuple[float, float], wide: float, slip: ResultSlip) -> None:
    left, top = place
    if slip.said:
        paper.lines((left, top + 2), wrapped(slip.said, PLAIN, 8.4, wide, most=4), size=8.4)
    for row, (code, name, words) in enumerate(slip.subjects):
        at = top + row * ROW
        paper.text((left, at), code, size=7.4)
        paper.text((left + 10, at), name, size=8, width=wide - 40)
        paper.text((left + wide, at), words, size=8.4, font=BOLD, align="right")
        paper.line((left, at + 1.4), (left + wide, at + 1.4))


def _close(paper: Paper, place: tuple[float, float], wide: float, slip: ResultSlip) -> None:
    left, bottom = place
    paper.qr((left + wide - QR_SIZE, bottom - QR_SIZE), QR_SIZE, slip.address)
    room = wide - QR_SIZE - 2
    lines = [line for said in (CHECK, HAKIKI) for line in wrapped(said, PLAIN, 6.4, room, most=4)]
    paper.lines((left, bottom - 23), lines, size=6.4, leading=2.8)
    paper.lines((left, bottom - 3), wrapped(slip.version, PLAIN, 6.4, room, most=2), size=6.4)
