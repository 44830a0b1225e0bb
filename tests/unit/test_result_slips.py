"""A slip says every grade in letters and words, and its QR code what the paper must say."""

from __future__ import annotations

import io

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from app.letters import check
from app.letters.check import ForgedError, Slip, keys_from, read_slip
from app.letters.signing import pem_of, signer_from
from app.results.enums import Grade
from app.results.grades import words_of
from reports.pdf.result_slips import result_slips_pdf
from reports.pdf.values import ResultSlip

SIGNER = signer_from("a secret of tests, long enough to be one")
KEYS = keys_from(pem_of(SIGNER.public).encode())
SUBJECTS = (("101", "A-"), ("102", "B+"), ("121", "C-"), ("233", "X"), ("443", "E"))


def slip(number: int = 1, mean: str = "B-") -> Slip:
    subjects = () if mean == "W" else SUBJECTS
    return Slip(f"42238006{number:03d}", 1, 2, "A.O.", "KCSE 2026", mean, subjects)


def on_paper(one: Slip) -> ResultSlip:
    return ResultSlip(
        index_number=one.index_number,
        names="ACHIENG OTIENO NG'ANG'A",
        school="42238006 KISUMU DAY SECONDARY",
        mean=words_of(Grade(one.mean_grade)),
        subjects=tuple((code, "English Language", words_of(Grade(g))) for code, g in one.subjects),
        said="" if one.subjects else "This result is withheld (W). Ask the school.",
        version=f"Release {one.release}, version {one.version}, Mon 11 Jan 2027, 11:00",
        address="HTTPS://PORTAL.EXAMPLE/VERIFY/" + SIGNER.slip_token(one),
    )


def pages_of(pdf: bytes) -> list[tuple[str, Image.Image]]:
    document = pypdfium2.PdfDocument(pdf)
    return [
        (page.get_textpage().get_text_bounded(), page.render(scale=4).to_pil()) for page in document
    ]


def test_four_slips_to_a_page_read_back_with_their_signs() -> None:
    slips = [slip(number) for number in range(1, 6)]
    pages = pages_of(result_slips_pdf([on_paper(one) for one in slips], title="KCSE 2026"))
    assert [len(zxingcpp.read_barcodes(image)) for _text, image in pages] == [4, 1]
    text = pages[0][0]
    for words in ("B- (MINUS)", "A- (MINUS)", "B+ (PLUS)", "C- (MINUS)", "E (PLAIN)", "X (ABSENT)"):
        assert text.count(words) == 4
    assert "NG'ANG'A" in text


def test_the_code_of_a_slip_says_what_the_paper_must_say() -> None:
    one = slip()
    ((_text, image),) = pages_of(result_slips_pdf([on_paper(one)], title="KCSE 2026"))
    (found,) = zxingcpp.read_barcodes(image)
    assert read_slip(found.text.rpartition("/")[2], KEYS) == one


def test_a_withheld_slip_holds_no_grade() -> None:
    one = slip(mean="W")
    ((text, image),) = pages_of(result_slips_pdf([on_paper(one)], title="KCSE 2026"))
    assert "W (WITHHELD)" in text
    assert "A-" not in text
    (found,) = zxingcpp.read_barcodes(image)
    assert read_slip(found.text.rpartition("/")[2], KEYS).subjects == ()


def test_a_changed_slip_is_not_genuine() -> None:
    token = SIGNER.slip_token(slip())
    for at in range(0, len(token), 7):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(ForgedError):
            read_slip(other, KEYS)


def test_a_letter_is_no_slip_and_a_slip_no_letter() -> None:
    with pytest.raises(ForgedError):
        check.read(SIGNER.slip_token(slip()), KEYS)


def test_the_offline_check_says_every_grade() -> None:
    token = SIGNER.slip_token(slip())
    (line,) = check.checked([f"https://portal.example/verify/{token}"], KEYS, None)
    assert "42238006001" in line
    assert "mean grade B-; 101 A-, 102 B+, 121 C-, 233 X, 443 E" in line
    (forged,) = check.checked([token[:-1] + ("A" if token[-1] != "A" else "B")], KEYS, None)
    assert forged.startswith("NOT GENUINE")


def test_no_slip_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no slips"):
        result_slips_pdf([], title="KCSE 2026")


def test_a_slip_is_small() -> None:
    pdf = result_slips_pdf([on_paper(slip(n)) for n in range(1, 5)], title="KCSE 2026")
    assert len(io.BytesIO(pdf).getvalue()) < 100_000
