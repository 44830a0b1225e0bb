"""Letters per second of one core, singly and in a file of many, beside WeasyPrint and platypus.

`python -m benchmarks.letters` draws the same words with each tool, checks that every one gives the
pages asked for, prints a table and writes `var/bench/letters.json`. It needs no database. The peers
draw with an encoder's quick QR code, so that the ratios are not those of the codes; what a code
costs is measured apart. Where WeasyPrint is not installed the table says so.
"""

from __future__ import annotations

import datetime as dt
import html
import importlib.util
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import segno
from pypdf import PdfReader
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from app.letters.check import Claims
from app.letters.signing import signer_from
from benchmarks import keep
from reports.pdf.letter import LetterSheet, letter_pdf, letters_pdf
from reports.pdf.qr import qr_code

SINGLES, SUB_COUNTY, PEERS = 60, 774, 12
"""Letters drawn one by one, in one file of ours, and by each peer."""
NATION = 280_000
SIGNER = signer_from("only a benchmark's key, long enough to be one")


def sheets(count: int) -> list[LetterSheet]:
    """Letters of different people, eight at each centre, each with its own signed code."""
    return [replace(_SAMPLE, **_person(number)) for number in range(count)]


def _person(number: int) -> dict[str, Any]:
    centre = f"{42_238_000 + number // 8:08d}"
    school = f"Nyamasaria Secondary School {number // 8}"
    code = f"{number:012d}".replace("0", "A").replace("1", "B")
    token = SIGNER.token(replace(_CLAIMS, code=code, centre_code=centre))
    return {
        "name": f"Achieng Wanjiru Ng'ang'a {number}",
        "national_id": f"{28_000_000 + number}",
        "reference": f"KNEC/GEN/EA/FA/SI/APP/KCSE/INVIGILATOR/2026/{number:07d}",
        "centre": school,
        "centre_code": centre,
        "paragraphs": (_SAMPLE.paragraphs[0].format(school), *_SAMPLE.paragraphs[1:]),
        "qr": f"HTTPS://SAJILI.EXAMPLE.KE/VERIFY/{token}",
        "code": code,
    }


def cpu_ms(act: Callable[[], bytes], letters: int) -> tuple[float, int]:
    """Milliseconds of processor time for a letter, and bytes of the answer, the second time."""
    pages = len(PdfReader(io.BytesIO(act())).pages)
    assert pages == letters, (pages, letters)
    began = time.process_time()
    size = len(act())
    return (time.process_time() - began) * 1000 / letters, size // letters


def ours_single() -> tuple[float, int]:
    """One letter for each call, as a download makes it."""
    some = sheets(SINGLES)
    size = len(letter_pdf(some[0]))
    began = time.process_time()
    for one in some:
        letter_pdf(one)
    return (time.process_time() - began) * 1000 / SINGLES, size


def each(draw: Callable[[Sequence[LetterSheet]], bytes]) -> tuple[float, int]:
    """A peer, one letter for each call."""
    some = sheets(PEERS)
    size = len(draw(some[:1]))
    began = time.process_time()
    for one in some:
        draw([one])
    return (time.process_time() - began) * 1000 / PEERS, size


def weasyprint_pdf(some: Sequence[LetterSheet]) -> bytes:
    """The letters as WeasyPrint draws them from a page of HTML."""
    from weasyprint import HTML

    done: bytes = HTML(string=_STYLE + "".join(map(_as_html, some))).write_pdf()
    return done


def _as_html(one: LetterSheet) -> str:
    e = html.escape
    quick = segno.make(one.qr, error="m", mask=3, mode="alphanumeric", boost_error=False)
    facts = (
        one.examination,
        one.role,
        one.centre_code,
        one.centre,
        one.from_to,
        one.days,
        one.rate,
    )
    return (
        f"<article><h1>KENYA NATIONAL EXAMINATIONS COUNCIL</h1><p class=r>Ref. {e(one.reference)}"
        f" <span>{e(one.issued)}</span></p><p><b>{e(one.name)}</b><br>National ID"
        f" {e(one.national_id)}<br>TSC number {e(one.tsc_number)}<br>Mobile {e(one.mobile)}</p>"
        f"<p><b>THROUGH</b> The TSC Sub-County Director, {e(one.sub_county)}</p>"
        f"<h2>{e(one.subject)}</h2><table><tr>"
        + "".join(f"<td>{e(fact)}</td>" for fact in facts)
        + "</tr></table>"
        + "".join(f"<p>{e(words)}</p>" for words in one.paragraphs)
        + "<ol>"
        + "".join(f"<li>{e(duty)}</li>" for duty in one.duties)
        + f"</ol><div class=q>{quick.svg_inline(scale=2)}<p>{e(one.code)}</p></div></article>"
    )


def platypus_pdf(some: Sequence[LetterSheet]) -> bytes:
    """The letters as ReportLab's own layout draws them, with its own QR code."""
    styles = getSampleStyleSheet()
    story: list[Any] = []
    for one in some:
        lines = [one.reference, one.name, one.national_id, one.subject, *one.paragraphs]
        story += [Paragraph(html.escape(line), styles["BodyText"]) for line in lines]
        story.append(Table([[one.examination, one.role, one.centre, one.from_to, one.rate]]))
        story += [Paragraph(html.escape(duty), styles["BodyText"]) for duty in one.duties]
        widget = QrCodeWidget(one.qr, barLevel="M")
        box = Drawing(40 * mm, 40 * mm)
        box.add(widget)
        story += [Spacer(1, 4 * mm), box, PageBreak()]
    content = io.BytesIO()
    SimpleDocTemplate(content, pagesize=A4).build(story)
    return content.getvalue()


def codes_ms() -> dict[str, float]:
    """What one QR code of a letter costs, by encoder."""
    text = sheets(1)[0].qr
    encoders: dict[str, Callable[[], Any]] = {
        "ours": lambda: qr_code(text),
        "segno, fixed mask": lambda: segno.make(
            text, error="m", mask=3, mode="alphanumeric", boost_error=False
        ),
        "segno": lambda: segno.make(text, error="m"),
    }
    if importlib.util.find_spec("zxingcpp"):
        import zxingcpp

        encoders["zxing-cpp"] = lambda: zxingcpp.write_barcode_to_image(
            zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M"), scale=1
        )
    return {name: _each_ms(act) for name, act in encoders.items()}


def _each_ms(act: Callable[[], Any], runs: int = 40) -> float:
    act()
    began = time.process_time()
    for _ in range(runs):
        act()
    return (time.process_time() - began) * 1000 / runs


def measure() -> dict[str, Any]:
    """Milliseconds and bytes a letter of every tool, and the ratios to ours."""
    many = sheets(SUB_COUNTY)
    single, single_bytes = ours_single()
    bulk, bulk_bytes = cpu_ms(lambda: letters_pdf(many, title="bench"), SUB_COUNTY)
    codes = codes_ms()
    found: dict[str, Any] = {
        "single_ms": single, "single_bytes": single_bytes, "single_per_second": 1000 / single,
        "bulk_ms": bulk, "bulk_bytes": bulk_bytes, "bulk_per_second": 1000 / bulk,
        "nation_core_minutes": NATION * bulk / 60_000, "qr_ms": codes,
        "qr_share_of_single": codes["ours"] / single, "qr_share_of_bulk": codes["ours"] / bulk,
    }  # fmt: skip
    peers = {"platypus": platypus_pdf}
    if importlib.util.find_spec("weasyprint"):
        peers["weasyprint"] = weasyprint_pdf
    some = sheets(PEERS)
    for name, draw in peers.items():
        alone, size = each(draw)
        together, together_size = cpu_ms(lambda draw=draw: draw(some), PEERS)
        found[name] = {
            "single_ms": alone, "single_bytes": size, "single_to_ours": alone / single,
            "bulk_ms": together, "bulk_bytes": together_size, "bulk_to_ours": together / bulk,
        }  # fmt: skip
    return found


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [
        "Letters of one core, QR code and signature included (CPU time)",
        f"  {'':<12}{'singly':>9}{'kB':>6}{'ratio':>7}{'in a file':>12}{'kB':>6}{'ratio':>7}",
        f"  {'ours':<12}{found['single_ms']:7.1f}ms{found['single_bytes'] / 1000:6.1f}{'1':>7}"
        f"{found['bulk_ms']:10.2f}ms{found['bulk_bytes'] / 1000:6.1f}{'1':>7}"
        f"   = {found['single_per_second']:.0f} and {found['bulk_per_second']:.0f} a second",
    ]
    for name in ("weasyprint", "platypus"):
        if name not in found:
            lines.append(f"  {name:<12} is not installed: pip install -r requirements-dev.lock")
            continue
        one = found[name]
        lines.append(
            f"  {name:<12}{one['single_ms']:7.1f}ms{one['single_bytes'] / 1000:6.1f}"
            f"{one['single_to_ours']:7.0f}{one['bulk_ms']:10.2f}ms{one['bulk_bytes'] / 1000:6.1f}"
            f"{one['bulk_to_ours']:7.0f}"
        )
    codes = ", ".join(f"{name} {ms:.2f} ms" for name, ms in found["qr_ms"].items())
    lines += [
        f"  QR code: {codes}; {found['qr_share_of_single']:.0%} of a single letter,"
        f" {found['qr_share_of_bulk']:.0%} of one in a file",
        f"  {NATION:,} letters in files: {found['nation_core_minutes']:.0f} minutes of one core",
    ]
    return "\n".join(lines)


_CLAIMS = Claims(
    code="A" * 12,
    version=1,
    initials="A.W.N.",
    id_last="123",
    centre_code="42238001",
    role="invigilator",
    examination="KCSE",
    first_day=dt.date(2026, 10, 28),
    last_day=dt.date(2026, 11, 19),
)
_SAMPLE = LetterSheet(
    language="en",
    reference="",
    version=1,
    issued="25 September 2026",
    name="",
    national_id="",
    tsc_number="512345",
    mobile="0712 345 678",
    sub_county="Kisumu East",
    county="Kisumu",
    examination="KCSE 2026",
    role="Invigilator",
    centre="",
    centre_code="",
    from_to="28 October 2026 – 19 November 2026",
    days="23 days",
    rate="KSh 550",
    subject="APPOINTMENT AS INVIGILATOR, KCSE 2026",
    paragraphs=(
        "You are appointed Invigilator for the KCSE 2026 examination at {} in Kisumu East, from"
        " 28 October 2026 to 19 November 2026, 23 days.",
        "You are paid KSh 550 for each day on which the register of the centre marks you present."
        " Payment is based on days worked.",
        "Carry this letter and your national identity card. The letter holds only as long as its"
        " code says so.",
    ),
    duties=(
        "Report to the centre manager on the first day with this letter.",
        "Be in the room half an hour before each paper and stay until every script is handed in.",
        "Check that each candidate sits at the right place and has nothing that is not allowed.",
        "Count the papers with the supervisor before and after each session and sign for them.",
        "Keep everything you see and hear in the centre confidential.",
        "See that the register marks you on every day you work, and sign it at the end.",
    ),
    qr="",
    address="sajili.example.ke/verify/",
    code="",
)
_STYLE = """<style>
@page { size: A4; margin: 18mm } article { page-break-after: always; font: 10pt DejaVu Sans }
article:last-child { page-break-after: auto } h1 { font-size: 14pt; text-align: center }
h2 { font-size: 11pt; border-bottom: 1px solid } td { border: 1px solid; padding: 2mm }
.q { position: absolute; bottom: 0; right: 0 } .r span { float: right }
</style>"""


def main() -> None:
    """Measures, prints and keeps the result."""
    found = measure()
    print(told(found))
    keep("letters", found)


if __name__ == "__main__":
    main()
