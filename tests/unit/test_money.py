"""Whole shillings."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.money import kes_words, percent_of_kes, round_kes


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (Decimal("412.5"), 413),
        (Decimal("412.49"), 412),
        (Fraction(825, 2), 413),
        (Decimal("-412.5"), -413),
        (7, 7),
    ],
)
def test_half_a_shilling_goes_away_from_zero(
    amount: int | Decimal | Fraction, rounded: int
) -> None:
    assert round_kes(amount) == rounded


def test_money_is_never_a_float() -> None:
    with pytest.raises(TypeError):
        round_kes(412.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "words"), [(8160, "KSh 8,160"), (0, "KSh 0"), (-1200, "-KSh 1,200")]
)
def test_amount_in_words(amount: int, words: str) -> None:
    assert kes_words(amount) == words


def test_percent_of_an_amount() -> None:
    assert percent_of_kes(550, 75) == 413


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_share_is_never_more_than_half_a_shilling_off(amount: int, percent: int) -> None:
    assert abs(percent_of_kes(amount, percent) * 100 - amount * percent) <= 50
