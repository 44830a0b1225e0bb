"""What an office wrote goes into an SMS short and with nothing to act on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.messages.quoting import quoted
from app.messages.rules import segments_of


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Not sent by this office.", "Not sent by this office."),
        ("  Two\n lines\tand   gaps ", "Two lines and gaps"),
        ("He was ill.Nobody asked us", "He was ill.Nobody asked us"),
        ("Room 12 of block B3, paper 2 of 3", "Room 12 of block B3, paper 2 of 3"),
        ("Pay at https://sajili-pay.com/x?y=1 today", "Pay at ... today"),
        ("See WWW.EXAMPLE.CO.KE/a now", "See ... now"),
        ("Log in at sajili.co.ke or bit.ly/3xYz", "Log in at ... or ..."),
        ("Write to pay@knec.example", "Write to ..."),
        ("Call 0712 345 678 first", "Call ... first"),
        ("Call +254-712-345-678.", "Call ...."),
        ("Dial *544*1# now", "Dial ... now"),
        ("Dial *#06# now", "Dial ... now"),
        ("Send KSh 1,500 to till 12 34", "Send KSh ... to till ..."),
        ("Your code is 1 2 3 4", "Your code is ..."),
        ("Send your M-Pesa PIN", ""),
        ("Nipe nambari ya siri", ""),
        ("Reply with the password", ""),
        ("The KRA PIN is another person's", "The KRA PIN is another person's"),
        ("12345678", ""),
        ("", ""),
        ("\u201cNg\u2019ang\u2019a\u201d came \u2013 late", "\"Ng'ang'a\" came - late"),
        ("Caf\u00e9 \u0161kola \u4e2d", "Café skola"),
        ("\uff10\uff17\uff11\uff12\uff13\uff14 now", "... now"),
        ("0712\u200b345678 now", "... now"),
    ],
)
def test_said(written: str, said: str) -> None:
    assert quoted(written, most=80) == said


def test_a_long_text_ends_between_words() -> None:
    said = quoted("word " * 40, most=30)
    assert (said, len(said) <= 30) == ("word word word word word...", True)
    assert quoted("a" * 200, most=30) == "a" * 27 + "..."


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_whatever_is_written_is_short_plain_and_without_figures(written: str) -> None:
    said = quoted(written, most=80)
    assert len(said) <= 80
    assert segments_of(said) == 1
    run = 0
    for one in said:
        run = run + 1 if one.isdigit() else 0
        assert run < 4
