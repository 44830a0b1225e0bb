"""Rules of a message: what it costs, how long it is worth sending, when telephones are left alone."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from app import clock
from app.messages.enums import MessageKind
from app.messages.gateways import Fate, cents_of, receipt_of
from app.messages.inbound import InboundText, answer_for, keyword, keyword_in
from app.messages.rules import (
    end_of_quiet,
    is_kenyan_mobile,
    patience,
    prefix_of,
    segments_of,
    wait_after,
    wait_for_budget,
)
from app.messages.texts import HELP, SmsText


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("Ng'ang'a", 1),
        ("Ng’ang’a" + "a" * 62, 1),
        ("Ng’ang’a" + "a" * 63, 2),
        ("’" * 134, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments(body: str, segments: int) -> None:
    assert segments_of(body) == segments


def test_help_is_one_segment_in_both_languages() -> None:
    facts = {"short_code": "22262"}
    assert [segments_of(HELP.spoken(facts, locale)) for locale in ("en", "sw")] == [1, 1]


def test_text_speaks_english_unless_kiswahili_is_asked_for() -> None:
    text = SmsText(en="Hello %(name)s: 100%%", sw="Habari %(name)s: 100%%")
    said = [text.spoken({"name": "A"}, locale) for locale in (None, "en", "sw", "sw_KE")]
    assert said == ["Hello A: 100%"] * 2 + ["Habari A: 100%"] * 2
    assert SmsText(en="100%%", sw="").spoken({}, None) == "100%"


@pytest.mark.parametrize(
    ("number", "ours"),
    [
        ("254712345678", True),
        ("254112345678", True),
        ("254202345678", False),
        ("255712345678", False),
        ("+254712345678", False),
        ("25471234567", False),
        ("2547123456789", False),
        ("254712345678\n", False),
        ("٢٥٤٧١٢٣٤٥٦٧٨", False),
    ],
)
def test_only_kenyan_mobiles_are_written_to(number: str, ours: bool) -> None:
    assert is_kenyan_mobile(number) is ours


def test_prefix_has_ten_thousand_neighbours() -> None:
    assert prefix_of("254712345678") == "25471234"


def test_waits_double_up_to_half_an_hour_and_half_of_each_is_chance() -> None:
    longest = [15, 30, 60, 120, 240, 480, 960, 1800, 1800]
    for attempts, whole in enumerate(longest, 1):
        waits = [wait_after(attempts, chance=random.Random(n)).total_seconds() for n in range(50)]
        assert whole / 2 <= min(waits) < max(waits) <= whole
    assert wait_after(10**6).total_seconds() <= 1800


def test_budget_waits_double() -> None:
    assert [wait_for_budget(n, 1).total_seconds() / 60 for n in (1, 2, 3, 4)] == [1, 2, 4, 8]


def test_offers_lose_patience_first() -> None:
    kinds = (MessageKind.OFFER, MessageKind.HELP, MessageKind.CREDENTIALS, MessageKind.NOTICE)
    assert [patience(kind).total_seconds() / 3600 for kind in kinds] == [2, 6, 24, 72]


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("20:59", None),
        ("21:00", "next 06:30"),
        ("23:59", "next 06:30"),
        ("00:00", "same 06:30"),
        ("06:29", "same 06:30"),
        ("06:30", None),
        ("12:00", None),
    ],
)
def test_quiet_hours_run_over_midnight(now: str, ends: str | None) -> None:
    day = dt.date(2026, 11, 11)
    moment = dt.datetime.combine(day, dt.time.fromisoformat(now), clock.NAIROBI)
    found = end_of_quiet(moment, dt.time(21), dt.time(6, 30))
    said = None if found is None else f"{'same' if found.date() == day else 'next'} {found:%H:%M}"
    assert said == ends


def test_quiet_hours_within_a_day() -> None:
    noon = dt.datetime(2026, 11, 11, 12, tzinfo=clock.NAIROBI)
    assert end_of_quiet(noon, dt.time(11), dt.time(13)) == noon.replace(hour=13)
    assert end_of_quiet(noon, dt.time(13), dt.time(14)) is None


@pytest.mark.parametrize(
    ("cost", "cents"),
    [
        ("KES 0.8000", 80),
        ("KES 1.6000", 160),
        ("KES 0.8012", 81),
        ("KES 12", 1200),
        ("USD 0.0100", None),
        ("0", None),
        ("", None),
        ("KES many", None),
    ],
)
def test_cost_is_read_in_cents(cost: str, cents: int | None) -> None:
    assert cents_of(cost) == cents


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (201, b"", Fate.IN_DOUBT),
        (201, b"<html>", Fate.IN_DOUBT),
        (201, b"[]", Fate.IN_DOUBT),
        (201, b'{"SMSMessageData": null}', Fate.IN_DOUBT),
        (201, b'{"SMSMessageData": {"Recipients": [{}]}}', Fate.IN_DOUBT),
        (201, b'{"SMSMessageData": {"Recipients": [{"statusCode": "x"}]}}', Fate.IN_DOUBT),
        (
            201,
            b'{"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}',
            Fate.REFUSED,
        ),
        (400, b"", Fate.REFUSED),
        (401, b"The supplied authentication is invalid", Fate.NOT_SENT),
        (429, b"", Fate.NOT_SENT),
        (500, b"", Fate.NOT_SENT),
        (503, b"", Fate.NOT_SENT),
        (302, b"", Fate.NOT_SENT),
        (502, b"", Fate.IN_DOUBT),
        (504, b"", Fate.IN_DOUBT),
    ],
)
def test_fate_by_answer(status: int, body: bytes, fate: Fate) -> None:
    assert receipt_of(status, body).fate is fate


def test_keyword_is_found_in_any_case_and_dress() -> None:
    def answer(_session: object, _came: InboundText) -> None:
        """Does nothing."""

    keyword("TESTWORD")(answer)
    keyword("TESTWORD")(answer)
    assert answer_for("TESTWORD") is answer
    for text in ("TESTWORD", "testword", " 'TestWord' please", "\n#testword."):
        assert keyword_in(text) == "TESTWORD"
    for text in ("", "TESTWORDS", "my TESTWORD", "123", "Neno la siri"):
        assert keyword_in(text) is None
    with pytest.raises(ValueError, match="two answers"):
        keyword("TESTWORD")(lambda _session, _came: None)
