"""Drawing on A4: millimetres from the top left, carried fonts, text that fits its box.

Text is drawn as glyphs and never read as markup; nothing is fetched and no file is opened but
the fonts beside this module. The same values give the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.words import NO_BREAK
from reports.pdf.qr import qr_operators

PLAIN, BOLD, MONO = "Sajili", "Sajili-Bold", "Sajili-Mono"
_FILES = {
    PLAIN: "DejaVuSansCondensed.ttf",
    BOLD: "DejaVuSansCondensed-Bold.ttf",
    MONO: "DejaVuSansMono-Bold.ttf",
}
ELLIPSIS = "…"
HAIRLINE, RULE = 0.35, 0.9
SHADE = 0.93


@cache
def register_fonts() -> None:
    """Makes the carried fonts known, and files binary rather than armoured, once a process."""
    rl_config.useA85 = 0
    folder = Path(__file__).parent / "fonts"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def clean(text: str) -> str:
    """The text in one line: composed letters, no control or direction characters."""
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if _unprintable(letter) else letter for letter in composed)
    return " ".join(word for word in spaced.split(" ") if word)


def _unprintable(letter: str) -> bool:
    if letter.isspace():
        return letter != NO_BREAK
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def width_mm(text: str, font: str, size: float) -> float:
    """How wide the text is in millimetres."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, font, size) / mm)


def fitted(text: str, font: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis when it is wider than so many millimetres."""
    text = clean(text)
    if width_mm(text, font, size) <= width:
        return text
    while text and width_mm(text + ELLIPSIS, font, size) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def wrapped(text: str, font: str, size: float, width: float, *, most: int) -> list[str]:
    """The text in at most so many lines, broken at spaces that may break; the last is cut to fit."""
    lines: list[str] = []
    words = clean(text).split(" ")
    while words and len(lines) < most - 1:
        count = len(words)
        while count > 1 and width_mm(" ".join(words[:count]), font, size) > width:
            count -= 1
        lines.append(fitted(" ".join(words[:count]), font, size, width))
        words = words[count:]
    if words:
        lines.append(fitted(" ".join(words), font, size, width))
    return [line.replace(NO_BREAK, " ") for line in lines if line]


@dataclass(frozen=True, slots=True)
class Paper:
    """A canvas whose places are millimetres from the top left of the page."""

    canvas: Any
    width: float
    height: float

    def text(
        self,
        place: tuple[float, float],
        text: str,
        *,
        size: float = 9,
        font: str = PLAIN,
        width: float | None = None,
        align: str = "left",
    ) -> None:
        """Writes one line with its baseline at the place, cut to `width` when given."""
        shown = clean(text) if width is None else fitted(text, font, size, width)
        draw = {
            "left": self.canvas.drawString,
            "right": self.canvas.drawRightString,
            "centre": self.canvas.drawCentredString,
        }[align]
        self.canvas.setFont(font, size)
        self.canvas.setFillGray(0)
        draw(place[0] * mm, self._up(place[1]), shown)

    def lines(
        self,
        place: tuple[float, float],
        lines: Sequence[str],
        *,
        size: float = 8,
        font: str = PLAIN,
        leading: float = 3.6,
    ) -> None:
        """Writes lines under one another, the first baseline at the place."""
        for number, line in enumerate(lines):
            self.text((place[0], place[1] + number * leading), line, size=size, font=font)

    def box(
        self,
        place: tuple[float, float],
        size: tuple[float, float],
        *,
        thick: float = HAIRLINE,
        shade: float | None = None,
        dashed: bool = False,
    ) -> None:
        """Draws a rectangle from its top left corner, filled with a grey when `shade` is given."""
        self.canvas.saveState()
        self.canvas.setLineWidth(thick)
        if dashed:
            self.canvas.setDash(1.5, 1.5)
        if shade is not None:
            self.canvas.setFillGray(shade)
        (x, y), (wide, high) = place, size
        self.canvas.rect(
            x * mm,
            self._up(y + high),
            wide * mm,
            high * mm,
            stroke=1 if thick else 0,
            fill=0 if shade is None else 1,
        )
        self.canvas.restoreState()

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        thick: float = HAIRLINE,
        dashed: bool = False,
    ) -> None:
        """Draws a line between two places."""
        self.canvas.saveState()
        self.canvas.setLineWidth(thick)
        if dashed:
            self.canvas.setDash(3, 3)
        self.canvas.line(start[0] * mm, self._up(start[1]), end[0] * mm, self._up(end[1]))
        self.canvas.restoreState()

    def crest(self, place: tuple[float, float], size: float) -> None:
        """Draws the plain shield that keeps the crest's place, `size` millimetres high."""
        x, y, s = place[0] * mm, self._up(place[1]), size * mm
        w = s * 0.84
        shield = self.canvas.beginPath()
        shield.moveTo(x, y)
        shield.lineTo(x + w, y)
        shield.lineTo(x + w, y - s * 0.55)
        shield.curveTo(x + w, y - s * 0.82, x + w * 0.7, y - s * 0.93, x + w / 2, y - s)
        shield.curveTo(x + w * 0.3, y - s * 0.93, x, y - s * 0.82, x, y - s * 0.55)
        shield.close()
        self.canvas.saveState()
        self.canvas.setLineWidth(1.1)
        self.canvas.drawPath(shield)
        self.canvas.setLineWidth(0.7)
        for row in (0.24, 0.40, 0.56):
            self.canvas.line(x + w * 0.4, y - s * row, x + w * 0.82, y - s * row)
            self.canvas.rect(x + w * 0.18, y - s * (row + 0.04), w * 0.12, s * 0.08)
        self.canvas.restoreState()

    def qr(self, place: tuple[float, float], size: float, text: str) -> None:
        """Draws the QR code of a text of capitals inside a square with its quiet zone."""
        self.canvas._code.append(qr_operators(text, place, size, height=self.height))

    def next_page(self) -> None:
        """Ends this page and starts the next one."""
        self.canvas.showPage()

    def _up(self, from_top: float) -> float:
        return float((self.height - from_top) * mm)


def drawn(title: str, draw: Callable[[Paper], None], *, lying: bool = False) -> bytes:
    """The PDF that `draw` puts on A4 (lying: landscape), the same bytes for the same values."""
    register_fonts()
    size = landscape(A4) if lying else A4
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=size, invariant=1, pageCompression=1, lang="en-KE")
    canvas.setTitle(clean(title))
    canvas.setAuthor("Sajili")
    canvas.setSubject("Examination staffing")
    draw(Paper(canvas, size[0] / mm, size[1] / mm))
    canvas.save()
    return content.getvalue()


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows a page holds, and how many when the closing block stands under them."""

    rows: int
    rows_and_close: int


def paged(rows: Sequence[T], first: Room, later: Room) -> list[Sequence[T]]:
    """The rows of each page, at least one page, leaving room to close the last one."""
    pages: list[Sequence[T]] = []
    rest, room = rows, first
    while len(rest) > room.rows_and_close:
        taken = max(1, min(room.rows, len(rest) - 2))
        pages.append(rest[:taken])
        rest, room = rest[taken:], later
    return [*pages, rest]
