"""Letters of deployment on A4: one alone, or many in one file that share what they have in common.

What every letter of a language looks like alike (crest, labels, boxes) is drawn once for a file as
a form and named by each page; so are the duties of a template. The QR code is an image mask.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from reports.pdf.letter_fonts import same_glyphs
from reports.pdf.letter_words import WORDS, Words
from reports.pdf.paper import BOLD, PLAIN, RULE, Paper, clean, fitted, register_fonts, width_mm
from reports.pdf.qr import qr_operators

LEFT, RIGHT = 20.0, 190.0
WIDE = RIGHT - LEFT
PERSON_TOP, FACTS_TOP, FLOW_TOP, CLOSE_TOP, LAST_LINE = 49.0, 89.0, 121.0, 229.0, 280.0
FACT_HIGH = 9.2
QR_SIZE = 40.0
GAP = 0.55
"""The space after a paragraph, in lines."""
SIZES = ((9.4, 4.35), (8.8, 4.0), (8.2, 3.7), (7.6, 3.4))
"""Sizes of the running text in points with their leading in millimetres, the first that fits."""


@dataclass(frozen=True, slots=True)
class LetterSheet:
    """One letter in one language, every value as it stands on paper.

    `stamp` is drawn across a letter that holds no more; `qr` is the address that the code holds,
    in capitals, `address` the same place in letters that a person can type.
    """

    language: str
    reference: str
    version: int
    issued: str
    name: str
    national_id: str
    tsc_number: str
    mobile: str
    sub_county: str
    county: str
    examination: str
    role: str
    centre: str
    centre_code: str
    from_to: str
    days: str
    rate: str
    subject: str
    paragraphs: tuple[str, ...]
    duties: tuple[str, ...]
    qr: str
    address: str
    code: str
    stamp: str = ""


def letter_pdf(sheet: LetterSheet, *, printing: bool = False) -> bytes:
    """The letter as a PDF of one page; `printing` asks the viewer to print it at once."""
    return letters_pdf([sheet], title=f"{sheet.reference} {sheet.name}", printing=printing)


def letters_pdf(
    sheets: Iterable[LetterSheet],
    *,
    title: str,
    printing: bool = False,
    drawn: Callable[[int], None] = lambda _count: None,
) -> bytes:
    """The letters in one PDF, a page each; `drawn` hears how many are done. The same values give
    the same bytes."""
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4, invariant=1, pageCompression=1, lang="en-KE")
    canvas.setTitle(clean(title))
    canvas.setAuthor("Sajili")
    canvas.setSubject("Letter of deployment")
    same_glyphs(canvas)
    desk = _Desk(canvas, Paper(canvas, A4[0] / mm, A4[1] / mm))
    for count, sheet in enumerate(sheets, 1):
        desk.write(sheet)
        drawn(count)
    if printing:
        named = {"S": pdfdoc.PDFName("Named"), "N": pdfdoc.PDFName("Print")}
        canvas._doc.Catalog.OpenAction = pdfdoc.PDFDictionary(named)
    canvas.save()
    return content.getvalue()


_KNOWN: dict[str, list[str]] = {}


class _Desk:
    """The file being written, and which shared parts it holds already."""

    def __init__(self, canvas: Any, paper: Paper) -> None:
        self.canvas, self.paper = canvas, paper
        self.forms: dict[Any, str] = {}

    def write(self, sheet: LetterSheet) -> None:
        """Adds the page of a letter."""
        words = WORDS[sheet.language]
        self.form(words.language, lambda: self._furniture(words))
        self._values(sheet, words)
        rest = self._flow(sheet, words)
        self._close(sheet, words)
        self._stamp(sheet)
        self.canvas.showPage()
        if rest:
            self._second_page(sheet, rest)

    def form(self, key: Any, draw: Callable[[], None]) -> None:
        """Shows a shared part, drawing it first where the file has not got it."""
        if key not in self.forms:
            name = f"part{len(self.forms)}"
            self.canvas.beginForm(name)
            draw()
            self.canvas.endForm()
            self.forms[key] = name
        self.canvas.doForm(self.forms[key])

    def _furniture(self, words: Words) -> None:
        """The shared part of a language, worked out once a process: its glyphs are the same."""
        known = _KNOWN.get(words.language)
        if known is None:
            _furniture(self.paper, words)
            _KNOWN[words.language] = list(self.canvas._code)
        else:
            self.canvas._code.extend(known)

    def line(self, x: float, y: float, text: str, size: float = 9.4, font: str = PLAIN) -> None:
        """One line of text with its baseline so many millimetres from the top."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x * mm, A4[1] - y * mm, text)

    def fitted(
        self, x: float, y: float, text: str, wide: float, *, size: float = 9.4, font: str = BOLD
    ) -> None:
        """One line made smaller, down to two thirds, and then cut, to be no wider than `wide`."""
        text = clean(text)
        there = width_mm(text, font, size)
        if there > wide:
            size = max(size * wide / there - 0.05, size * 0.66)
            text = fitted(text, font, size, wide)
        self.line(x, y, text, size, font)

    def _values(self, sheet: LetterSheet, words: Words) -> None:
        self.fitted(LEFT + 11, 41.5, sheet.reference, 110, size=9.8)
        self.canvas.setFont(PLAIN, 9.8)
        self.canvas.drawRightString(RIGHT * mm, A4[1] - 41.5 * mm, sheet.issued)
        top = PERSON_TOP
        self.fitted(LEFT, top, sheet.name, 120, size=10.5)
        numbers = (sheet.national_id, sheet.tsc_number, sheet.mobile)
        for number, value in enumerate(numbers):
            self.fitted(LEFT + 36, top + 5.2 + 4.6 * number, value, 60, size=9.4)
        director = f"{words.director}, {sheet.sub_county}, {sheet.county}"
        self.fitted(LEFT + 36, top + 22.6, director, WIDE - 36, size=9.4)
        self.fitted(LEFT + 11, top + 32, sheet.subject, WIDE - 11, size=10.5)
        facts = (
            (sheet.examination, sheet.role, f"{sheet.centre_code}  {sheet.centre}"),
            (sheet.from_to, sheet.days, sheet.rate),
        )
        for row, values in enumerate(facts):
            for (x, wide), value in zip(_COLUMNS[row], values, strict=True):
                at = FACTS_TOP + row * FACT_HIGH + 7.3
                self.fitted(LEFT + x + 1.5, at, value, wide - 3, size=9.4)

    def _flow(self, sheet: LetterSheet, words: Words) -> list[str]:
        """Paragraphs and duties in the largest size that fits; what fits in none is returned."""
        for size, leading in SIZES:
            before = [
                line for text in sheet.paragraphs for line in (*wrapped(text, size, WIDE), "")
            ]
            duties = duty_lines(sheet.duties, size)
            gaps = before.count("")
            top = FLOW_TOP + leading * (len(before) - gaps + GAP * gaps + 1.4)
            if top + leading * len(duties) <= CLOSE_TOP - 3:
                break
        self._running(FLOW_TOP, before, size, leading)
        self.line(LEFT, top - leading, words.duties, size, BOLD)
        room = int((CLOSE_TOP - 3 - top) / leading)
        self.form(
            (duties[:room], size, top),
            lambda: self._running(top + leading * 0.2, duties[:room], size, leading),
        )
        return list(duties[room:])

    def _running(self, top: float, lines: Sequence[str], size: float, leading: float) -> None:
        running = self.canvas.beginText(LEFT * mm, A4[1] - top * mm)
        running.setFont(PLAIN, size, leading * mm)
        for one in lines:
            running.textLine(one) if one else running.moveCursor(0, leading * mm * GAP)
        self.canvas.drawText(running)

    def _close(self, sheet: LetterSheet, words: Words) -> None:
        left = RIGHT - QR_SIZE
        self._code(sheet.qr, left, CLOSE_TOP - 1)
        self.fitted(
            left + 1, CLOSE_TOP + QR_SIZE + 5.4, sheet.address, QR_SIZE, size=7.2, font=PLAIN
        )
        self.fitted(left + 1, CLOSE_TOP + QR_SIZE + 9.2, sheet.code, QR_SIZE, size=9.4)
        said = words.version.format(version=sheet.version, issued=sheet.issued)
        self.fitted(LEFT, 287.5, f"{sheet.reference}  ·  {said}", WIDE - 20, size=7.4, font=PLAIN)

    def _code(self, text: str, left: float, top: float) -> None:
        """The QR code with its quiet zone inside a square of `QR_SIZE`."""
        self.canvas._code.append(qr_operators(text, (left, top), QR_SIZE, height=A4[1] / mm))

    def _stamp(self, sheet: LetterSheet) -> None:
        if not sheet.stamp:
            return
        self.canvas.saveState()
        self.canvas.translate(105 * mm, 150 * mm)
        self.canvas.rotate(52)
        self.canvas.setFillGray(0.72)
        self.canvas.setFont(BOLD, 54)
        self.canvas.drawCentredString(0, 0, clean(sheet.stamp))
        self.canvas.restoreState()

    def _second_page(self, sheet: LetterSheet, rest: Sequence[str]) -> None:
        size, leading = SIZES[0]
        self.line(LEFT, 20, clean(sheet.reference), 9.8, BOLD)
        self._running(32, rest, size, leading)
        self._stamp(sheet)
        self.canvas.showPage()


_COLUMNS = (((0.0, 34.0), (34.0, 46.0), (80.0, 90.0)), ((0.0, 80.0), (80.0, 30.0), (110.0, 60.0)))
"""Left edge and width of the cells of each row of facts, in millimetres from the margin."""


@lru_cache(maxsize=65536)
def _word_width(word: str, font: str) -> float:
    """How wide a word is in points at size 1."""
    return float(pdfmetrics.stringWidth(word, font, 1))


@lru_cache(maxsize=4096)
def wrapped(text: str, size: float, wide: float) -> tuple[str, ...]:
    """The text in lines no wider than so many millimetres, broken at spaces, nothing left out."""
    register_fonts()
    room, space = wide * mm / size, _word_width(" ", PLAIN)
    lines: list[str] = []
    line, used = "", 0.0
    for word in _breakable(clean(text), room):
        width = _word_width(word, PLAIN)
        if line and used + space + width > room:
            lines.append(line)
            line, used = word, width
        else:
            used += width + (space if line else 0)
            line = f"{line} {word}" if line else word
    return (*lines, line) if line else tuple(lines)


def _breakable(text: str, room: float) -> list[str]:
    """The words of a text, those that no line could hold in pieces."""
    words = []
    for word in text.split(" "):
        while _word_width(word, PLAIN) > room:
            cut = next(n for n in range(len(word), 0, -1) if _word_width(word[:n], PLAIN) <= room)
            words.append(word[:cut])
            word = word[cut:]  # noqa: PLW2901 (what is left of it)
        words.append(word)
    return words


INDENT = " " * 7
"""As wide as a number, its dot and the spaces after it."""


@lru_cache(maxsize=1024)
def duty_lines(duties: tuple[str, ...], size: float) -> tuple[str, ...]:
    """The numbered duties as lines, later ones of a duty indented under its first."""
    lines: list[str] = []
    for number, duty in enumerate(duties, 1):
        first, *later = wrapped(duty, size, WIDE - 7)
        lines.append(f"{number}.{' ' * (4 if number < 10 else 2)}{first}")
        lines += [INDENT + line for line in later]
    return tuple(lines)


def _furniture(paper: Paper, words: Words) -> None:
    """What all letters of a language have in common."""
    paper.crest((LEFT, 11.5), 21)
    paper.text((108, 17.5), words.authority, size=13, font=BOLD, align="centre")
    paper.text((108, 23), words.authority_other, size=8.4, align="centre")
    paper.text((108, 30), words.title, size=11.5, font=BOLD, align="centre")
    paper.line((LEFT, 34.6), (RIGHT, 34.6), thick=RULE)
    paper.line((LEFT, 35.5), (RIGHT, 35.5))
    paper.text((LEFT, 41.5), words.reference, size=9.8)
    for number, label in enumerate(words.numbers):
        paper.text((LEFT, PERSON_TOP + 5.2 + 4.6 * number), label, size=9.4)
    paper.text((LEFT, PERSON_TOP + 22.6), words.through, size=9.4, font=BOLD)
    paper.text((LEFT, PERSON_TOP + 32), words.regarding, size=10.5, font=BOLD)
    paper.line((LEFT, PERSON_TOP + 33.6), (RIGHT, PERSON_TOP + 33.6))
    for row, labels in enumerate(words.facts):
        for (x, wide), label in zip(_COLUMNS[row], labels, strict=True):
            place = (LEFT + x, FACTS_TOP + row * FACT_HIGH)
            paper.box(place, (wide, FACT_HIGH))
            paper.text((place[0] + 1.5, place[1] + 3), label, size=6.2, width=wide - 3)
    paper.text((LEFT, FACTS_TOP + 2 * FACT_HIGH + 4.6), words.paid, size=8.8, font=BOLD)
    _signers(paper, words)
    left = RIGHT - QR_SIZE
    paper.text((left + 1, CLOSE_TOP + QR_SIZE + 2), words.check, size=7.2, width=QR_SIZE - 1)
    paper.line((LEFT, 284), (RIGHT, 284))
    paper.text((RIGHT, 287.5), words.one_page, size=7.4, font=BOLD, align="right")


def _signers(paper: Paper, words: Words) -> None:
    """A box for each hand that signs, with the place of the director's stamp."""
    gap, high = 2.5, LAST_LINE - CLOSE_TOP - 1
    wide = (WIDE - QR_SIZE - 3 * gap) / 3
    for number, (title, said) in enumerate(words.signers):
        left = LEFT + number * (wide + gap)
        paper.box((left, CLOSE_TOP), (wide, high), thick=RULE)
        paper.lines((left + 1.8, CLOSE_TOP + 4.4), wrapped_bold(title, wide - 3.6), size=7.6,
                    font=BOLD, leading=3.2)  # fmt: skip
        paper.lines((left + 1.8, CLOSE_TOP + 12), wrapped(said, 6.6, wide - 3.6), size=6.6,
                    leading=2.9)  # fmt: skip
        for at, label in enumerate(words.blanks):
            y = CLOSE_TOP + high - 17 + at * 7
            paper.text((left + 1.8, y), label, size=6.4)
            paper.line((left + 14, y + 0.4), (left + wide - 1.8, y + 0.4))


def wrapped_bold(text: str, wide: float) -> list[str]:
    """A title of a box in at most two lines."""
    from reports.pdf.paper import wrapped as lines_of

    return lines_of(text, BOLD, 7.6, wide, most=2)
