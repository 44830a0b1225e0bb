"""Whether two spellings are one name: laws that hold for all names, and names from the country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.matching_names import MATCH_FROM, Verdict, name_match, tokens

one_name = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9).filter(
    lambda one: tokens(one) == (one,)
)
"""Titles such as "mr" are no names."""
person = st.lists(one_name, min_size=2, max_size=4, unique=True).map(" ".join)


@given(person)
def test_a_name_matches_itself_in_any_order_and_case(name: str) -> None:
    turned = " ".join(reversed(name.upper().split()))
    assert name_match(name, turned).score == 100


@given(person, person)
def test_the_score_is_the_same_both_ways_and_within_bounds(a: str, b: str) -> None:
    one, other = name_match(a, b), name_match(b, a)
    assert one.score == other.score
    assert 0 <= one.score <= 100
    turned = {(d.right, d.left) for d in other.differences}
    if one.verdict is Verdict.MATCH and len(a.split()) == len(b.split()):
        assert {frozenset(pair) for pair in turned} == {
            frozenset((d.left, d.right)) for d in one.differences
        }


@given(person, one_name)
def test_a_missing_third_name_is_forgiven(name: str, third: str) -> None:
    names = name.split()[:2]
    assert name_match(" ".join(names), " ".join([*names, third])).verdict is Verdict.MATCH


@given(person)
def test_an_initial_stands_for_a_name(name: str) -> None:
    first, *rest = name.split()
    assert name_match(name, " ".join([first[0] + ".", *rest])).score >= MATCH_FROM


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_score(a: str, b: str) -> None:
    assert 0 <= name_match(a, b).score <= 100


@given(person)
def test_apostrophes_and_hyphens_count_for_nothing(name: str) -> None:
    first, *rest = name.split()
    marked = f"{first[0]}'{first[1:]} {'-'.join(rest)}"
    assert name_match(name, marked).score == 100


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("John Otieno Odhiambo", "ODHIAMBO JOHN OTIENO", Verdict.MATCH),
        ("John Otieno", "John Otieno Odhiambo", Verdict.MATCH),
        ("J. Otieno", "John Otieno", Verdict.MATCH),
        ("Peter Ng'ang'a", "NGANGA PETER", Verdict.MATCH),
        ("Mr John Otieno", "John Otieno", Verdict.MATCH),
        ("José Mwangi", "Jose Mwangi", Verdict.MATCH),
        ("John Otieno", "John Otyeno", Verdict.CLOSE),
        ("John Otieno", "J O", Verdict.CLOSE),
        ("Jane Wanjiru", "Jane Njeri", Verdict.DIFFERENT),
        ("John Otieno", "Mary Wambui", Verdict.DIFFERENT),
        ("John", "John Otieno", Verdict.DIFFERENT),
        ("", "John Otieno", Verdict.DIFFERENT),
    ],
)
def test_names_of_the_country(a: str, b: str, verdict: Verdict) -> None:
    assert name_match(a, b).verdict is verdict


def test_the_difference_is_named() -> None:
    (found,) = name_match("John Otieno", "Otyeno John").differences
    assert (found.left, found.right) == ("otieno", "otyeno")
    (spare,) = name_match("John Otieno", "John Otieno Odhiambo").differences
    assert (spare.left, spare.right) == ("", "odhiambo")


def test_names_are_folded() -> None:
    assert tokens("Dr. Wanjikũ-Kamau  NG\u2019ANG\u2019A 2") == ("wanjiku", "kamau", "nganga")
