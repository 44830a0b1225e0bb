"""Letters as values: references, codes, templates in their sandbox, tokens, QR codes, the paper."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.letters import check, templates
from app.letters.check import Claims, ForgedError
from app.letters.content import Content, content_from, digest_of, values_of
from app.letters.rules import code_typed, initials_of, reference_of, spaced
from app.letters.signing import pem_of, signer_from
from reports.pdf import qr
from reports.pdf.letter import QR_SIZE, LetterSheet, letter_pdf, letters_pdf, wrapped
from reports.pdf.letter_words import WORDS
from reports.pdf.paper import PLAIN, fitted
from tests.factories.letters import pages_of, qr_texts

CLAIMS = Claims(
    code="ABCDEFGHJKLM",
    version=2,
    initials="A.W.N.",
    id_last="007",
    centre_code="01001001",
    role="centre_manager",
    examination="KCSE",
    first_day=dt.date(2026, 10, 28),
    last_day=dt.date(2026, 11, 19),
)
SIGNER = signer_from("a key of a test that is long enough to be one")
KEYS = {SIGNER.key_id: SIGNER.public}
SHEET = LetterSheet(
    language="en",
    reference="KNEC/GEN/EA/FA/SI/APP/KCSE/SUPERVISOR/2026/0000001",
    version=1,
    issued="25 September 2026",
    name="Achieng Ng'ang'a",
    national_id="28123456",
    tsc_number="512345",
    mobile="0712 345 678",
    sub_county="Kisumu East",
    county="Kisumu",
    examination="KCSE 2026",
    role="Supervisor",
    centre="Kisumu Day Secondary",
    centre_code="42238001",
    from_to="28 October 2026 – 19 November 2026",
    days="23 days",
    rate="KSh 680",
    subject="APPOINTMENT",
    paragraphs=("You are appointed.",),
    duties=("Come.", "Stay."),
    qr="HTTPS://EXAMPLE.KE/VERIFY/ABC",
    address="example.ke/verify/",
    code="ABCD-EFGH-JKLM",
)


def test_reference_is_the_councils() -> None:
    assert (
        reference_of("KCSE", "centre_manager", 2026, 42)
        == "KNEC/GEN/EA/FA/SI/APP/KCSE/CENTRE-MANAGER/2026/0000042"
    )


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Achieng Wanjiru Ng'ang'a", "A.W.N."),
        ("Ũhuru 'Odinga", "U.O."),
        ("a b c d e f", "A.B.C.D."),
        ("張 偉", ""),
        ("", ""),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abcd-efgh-jklm", "ABCDEFGHJKLM"),
        (" ABCD EFGH JKLM ", "ABCDEFGHJKLM"),
        ("ABCD-EFGH-JKL", None),
        ("ABCD-EFGH-JKL0", None),
        ("ABCD-EFGH-JKLI", None),
        ("", None),
    ],
)
def test_typed_codes(typed: str, code: str | None) -> None:
    assert code_typed(typed) == code


@given(st.integers(0, 2**60 - 1))
def test_code_and_number_are_the_same(number: int) -> None:
    code = check.code_of(number)
    assert check.number_of(code) == number
    assert code_typed(spaced(code)) == code


def test_token_says_what_was_signed() -> None:
    token = SIGNER.token(CLAIMS)
    assert check.read(token, KEYS) == CLAIMS
    assert check.read(token.lower(), KEYS) == CLAIMS
    assert check.keys_from(pem_of(SIGNER.public).encode()).keys() == KEYS.keys()
    assert check.read(SIGNER.token(replace(CLAIMS, id_last=None)), KEYS).id_last is None


@given(st.integers(0, 10**6), st.integers(1, 31))
def test_token_changed_in_any_letter_is_refused(place: int, turn: int) -> None:
    token = SIGNER.token(CLAIMS)
    at = place % len(token)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    other = letters[(letters.index(token[at]) + turn) % 32]
    with pytest.raises(ForgedError):
        check.read(token[:at] + other + token[at + 1 :], KEYS)


@pytest.mark.parametrize("token", ["", "A", "!", "A" * 500, "ABCDEFGHJKLM", "é" * 40])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ForgedError):
        check.read(token, KEYS)


def test_token_of_another_portal_is_refused() -> None:
    stranger = signer_from("the key of somebody else, just as long as ours")
    with pytest.raises(ForgedError, match="not known"):
        check.read(stranger.token(CLAIMS), KEYS)
    disguised = {SIGNER.key_id: stranger.public}
    with pytest.raises(ForgedError, match="does not fit"):
        check.read(SIGNER.token(CLAIMS), disguised)


def test_list_of_ended_letters_is_signed() -> None:
    made = SIGNER.ended_list({"ABCDEFGHJKLM": "withdrawn"}, "2026-11-11T07:20+0300")
    assert check.ended_from(made, KEYS) == (
        "2026-11-11T07:20+0300",
        {check.mark_of("ABCDEFGHJKLM"): "withdrawn"},
    )
    with pytest.raises(ForgedError):
        check.ended_from(made.replace("withdrawn", "replaced"), KEYS)
    with pytest.raises(ForgedError):
        check.ended_from(made, {})
    with pytest.raises(ForgedError):
        check.ended_from("nothing", KEYS)


ESCAPES = [
    "{{ name.__class__.__mro__ }}",
    "{{ name['x'] }}",
    "{{ name() }}",
    "{{ name|upper }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self }}",
    "{{ config }}",
    "{{ 7 * 7 }}",
    "{{ 'a' }}",
    "{% for one in name %}{{ one }}{% endfor %}",
    "{% if name %}a{% endif %}",
    "{% set x = name %}",
    "{% include '/etc/passwd' %}",
    "{{ name is defined }}",
    "{{ name ~ role }}",
    "{{",
    "{{ name",
    "{% raw %}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_template_with_more_than_placeholders_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        templates.refuse_unfit(text, "Body", "Duty")
    assert (refused.value.code, refused.value.field) == ("not-plain", "subject")
    with pytest.raises(ValueError, match=r".*"):
        templates.filled(text, dict.fromkeys(templates.PLACEHOLDERS, "x"))


def test_values_that_look_like_templates_stay_text() -> None:
    values = dict.fromkeys(templates.PLACEHOLDERS, "{{ config }} {% x %} <b>&")
    assert templates.filled("Dear {{ name }}", values) == "Dear {{ config }} {% x %} <b>&"


def test_everything_wrong_with_a_template_is_said_at_once() -> None:
    with pytest.raises(RuleBroken) as refused:
        templates.refuse_unfit("x" * 200, " ", "")
    assert {one.code for one in refused.value.problems} == {"too-long", "duties", "empty"}


def content() -> Content:
    return Content(
        name="Achieng",
        mobile="254712345678",
        examination="KCSE",
        series="KCSE 2026",
        year=2026,
        role_code="clerk",
        role="Clerk",
        role_sw="Karani",
        centre_code="42238001",
        centre="Kisumu Day",
        sub_county="Kisumu East",
        county="Kisumu",
        first_day=dt.date(2026, 11, 2),
        last_day=dt.date(2026, 11, 2),
        rate=None,
        texts={"en": "a", "sw": "b"},
    )


def test_content_comes_back_as_it_was_frozen() -> None:
    assert content_from(content().plain()) == content()


def test_placeholders_are_plain_words_in_both_languages() -> None:
    english = values_of(content(), language="en", serial=1)
    assert (english["days"], english["first_day"], english["rate"]) == (
        "1 day",
        "2 November 2026",
        "the rate published for the role",
    )
    kiswahili = values_of(content(), language="sw", serial=1)
    assert (kiswahili["days"], kiswahili["role"]) == ("siku 1", "Karani")
    assert set(english) == set(templates.PLACEHOLDERS)


def test_hash_changes_with_everything_that_a_letter_says() -> None:
    plain = content().plain()

    def hashed(**changes: object) -> bytes:
        said: dict[str, object] = {"code": "A", "serial": 1, "version": 1, "identity": b"i"}
        return digest_of(plain | {"year": 2026}, **(said | changes))  # type: ignore[arg-type]

    found = {
        hashed(),
        hashed(code="B"),
        hashed(serial=2),
        hashed(version=2),
        hashed(identity=b"j"),
        digest_of(plain | {"centre": "x"}, code="A", serial=1, version=1, identity=b"i"),
    }
    assert len(found) == 6


@pytest.mark.parametrize("length", [1, 2, 30, 154, 200, 209, 216, 260, 400])
def test_qr_codes_are_the_encoders_own_module_by_module(length: int) -> None:
    rng = random.Random(length)
    for _ in range(3):
        text = "".join(rng.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", k=length))
        expected = segno.make(
            text, error="m", mask=3, mode="alphanumeric", boost_error=False, micro=False
        )
        made = qr.qr_code(text)
        rows = [[made.is_dark(r, c) for c in range(made.size)] for r in range(made.size)]
        assert rows == [[bool(module) for module in row] for row in expected.matrix]


def test_qr_code_of_small_letters_is_refused() -> None:
    with pytest.raises(KeyError):
        qr.qr_code("https://small")


def test_letter_is_one_small_page_with_a_code_that_scans() -> None:
    made = letter_pdf(SHEET)
    assert len(pages_of(made)) == 1
    assert len(made) < 100_000
    assert qr_texts(made) == [SHEET.qr]


def test_same_letter_is_the_same_bytes() -> None:
    assert letter_pdf(SHEET) == letter_pdf(SHEET)
    assert letter_pdf(SHEET) != letter_pdf(replace(SHEET, version=2))


def test_many_letters_share_what_they_have_in_common() -> None:
    some = [replace(SHEET, name=f"Officer {n}", qr=f"HTTPS://EXAMPLE.KE/{n}") for n in range(40)]
    heard: list[int] = []
    made = letters_pdf(some, title="Many", drawn=heard.append)
    pages = pages_of(made)
    assert [f"Officer {n}" in page for n, page in enumerate(pages)] == [True] * 40
    assert qr_texts(made) == [one.qr for one in some]
    assert len(made) / 40 < 5_000
    assert heard == list(range(1, 41))


def test_long_texts_go_on_to_a_second_page_and_lose_nothing() -> None:
    duties = tuple(f"Duty number {n}: " + "do this and that with care " * 9 for n in range(14))
    pages = pages_of(letter_pdf(replace(SHEET, duties=duties, paragraphs=("Words " * 90,) * 3)))
    said = " ".join(" ".join(pages).split())
    assert len(pages) == 2
    assert [n for n in range(14) if f"Duty number {n}:" not in said] == []


def test_letter_of_rare_letters_is_drawn() -> None:
    made = letter_pdf(replace(SHEET, name="Ŵanjirũ Ọbi Žižek ÆØÅ"))
    assert "Ŵanjirũ Ọbi Žižek ÆØÅ" in pages_of(made)[0]


@given(st.text(min_size=1, max_size=300))
def test_wrapped_lines_leave_no_letter_out(text: str) -> None:
    from reports.pdf.paper import clean

    lines = wrapped(text, 9.4, 60)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


@pytest.mark.parametrize("language", sorted(WORDS))
def test_words_under_the_code_are_not_cut(language: str) -> None:
    said = WORDS[language].check
    assert fitted(said, PLAIN, 7.2, QR_SIZE - 1) == said
