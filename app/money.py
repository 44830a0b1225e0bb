"""Whole Kenya shillings: the only place where an amount is rounded or written in words."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor


def round_kes(amount: int | Decimal | Fraction) -> int:
    """The nearest whole shilling, a half going away from zero; a float raises TypeError."""
    if isinstance(amount, float):
        raise TypeError("money is never a float")
    exact = Fraction(amount)
    whole = floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def percent_of_kes(amount_kes: int, percent: int | Decimal) -> int:
    """So many percent of an amount, in whole shillings."""
    return round_kes(Fraction(amount_kes) * Fraction(percent) / 100)


def kes_words(amount_kes: int) -> str:
    """The amount as it is written on paper and on screen: ``KSh 8,160``."""
    sign = "-" if amount_kes < 0 else ""
    return f"{sign}KSh {abs(amount_kes):,}"
