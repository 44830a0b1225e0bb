"""Password slips for centres: eight on a sheet of A4, cut apart along the dashed lines."""

from __future__ import annotations

from collections.abc import Sequence

from reports.pdf.furniture import instant_words
from reports.pdf.paper import BOLD, MONO, PLAIN, RULE, Paper, drawn, wrapped
from reports.pdf.values import PasswordSlip, SlipSheet

ACROSS, DOWN = 2, 4
SLIP_WIDE, SLIP_HIGH = 105.0, 297.0 / DOWN
INSET = 7.0
HOW = (
    "1. Open {address} and type the user name and the password.",
    "2. Choose your own password when asked. This one then stops working.",
    "3. On a shared computer, sign out when you finish.",
)
JINSI = (
    "1. Fungua {address}, andika jina la mtumiaji na nenosiri.",
    "2. Chagua nenosiri lako ukiulizwa. Hili halitafanya kazi tena.",
    "3. Kwenye kompyuta ya pamoja, ondoka ukimaliza.",
)
WARNING = "Works once. Tell nobody; no office will ever ask you for it."
ONYO = "Hutumika mara moja. Usimwambie yeyote; hakuna ofisi itakayokuuliza."


def password_slips_pdf(sheet: SlipSheet) -> bytes:
    """The slips as a PDF, eight to a page; no slip at all raises ValueError."""
    if not sheet.slips:
        raise ValueError("no slips to print")
    return drawn("Centre sign-in slips", lambda paper: _draw(paper, sheet))


def _draw(paper: Paper, sheet: SlipSheet) -> None:
    per_page = ACROSS * DOWN
    for start in range(0, len(sheet.slips), per_page):
        _page(paper, sheet, sheet.slips[start : start + per_page])
        paper.next_page()


def _page(paper: Paper, sheet: SlipSheet, slips: Sequence[PasswordSlip]) -> None:
    rows = -(-len(slips) // ACROSS)
    paper.line((SLIP_WIDE, 0), (SLIP_WIDE, rows * SLIP_HIGH), dashed=True)
    for row in range(1, min(rows, DOWN - 1) + 1):
        paper.line((0, row * SLIP_HIGH), (paper.width, row * SLIP_HIGH), dashed=True)
    for at, slip in enumerate(slips):
        place = ((at % ACROSS) * SLIP_WIDE, (at // ACROSS) * SLIP_HIGH)
        _slip(paper, place, sheet, slip)


def _slip(paper: Paper, place: tuple[float, float], sheet: SlipSheet, slip: PasswordSlip) -> None:
    left, top = place[0] + INSET, place[1] + INSET
    wide = SLIP_WIDE - 2 * INSET
    right = left + wide
    paper.crest((left, top - 1), 9)
    paper.text((left + 10, top + 2), sheet.authority, size=7.2, width=wide - 36)
    paper.text((left + 10, top + 6.6), "Centre sign-in · Kuingia kwa kituo", size=8.6, font=BOLD)
    paper.text((right, top + 2), sheet.examination, size=8.2, font=BOLD, align="right")
    paper.line((left, top + 9.5), (right, top + 9.5), thick=RULE)
    paper.text((left, top + 14), slip.centre_name, size=10, font=BOLD, width=wide)
    where = f"Centre code {slip.centre_code}  ·  {slip.sub_county} sub-county"
    paper.text((left, top + 17.8), where, size=7.2, width=wide)
    _secret(paper, (left, top + 20), "User name · Jina la mtumiaji", slip.user_name)
    _secret(paper, (left + wide / 2, top + 20), "One-time password · Nenosiri", slip.password)
    _how(paper, (left, top + 36), wide, sheet)


def _secret(paper: Paper, place: tuple[float, float], label: str, value: str) -> None:
    wide = (SLIP_WIDE - 2 * INSET) / 2
    paper.box(place, (wide, 11.5), thick=RULE)
    paper.text((place[0] + 1.5, place[1] + 3.4), label, size=6)
    size = 11.0 if len(value) <= 18 else 8.0
    paper.text((place[0] + 1.5, place[1] + 9.2), value, size=size, font=MONO)


def _how(paper: Paper, place: tuple[float, float], wide: float, sheet: SlipSheet) -> None:
    left, top = place
    column = wide / 2 - 2
    for at, steps in ((left, HOW), (left + wide / 2 + 1, JINSI)):
        lines = [
            line
            for step in steps
            for line in wrapped(step.format(address=sheet.address), PLAIN, 6.2, column, most=3)
        ]
        paper.lines((at, top), lines, size=6.2, leading=2.65)
    low = top + 18.4
    paper.text((left, low), WARNING, size=6.4, font=BOLD, width=wide)
    paper.text((left, low + 2.9), ONYO, size=6.4, font=BOLD, width=wide)
    issued = f"Issued {instant_words(sheet.issued_at)} by {sheet.issued_by}"
    if sheet.desk:
        paper.text((left, low + 5.8), f"Help · Msaada: {sheet.desk}", size=6.4, width=wide)
    paper.text((left, low + 9.4), issued, size=6, width=wide)
