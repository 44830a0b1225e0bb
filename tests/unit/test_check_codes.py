"""A check code names one version of one result, is read again, and cannot be guessed from another."""

from __future__ import annotations

import random

import pytest

from app.db.vault import vault_from
from app.letters import check
from app.results.check_codes import ALPHABET, CheckCodes, Named, codes_from, spaced

VAULT = vault_from("a field key of tests", "an index key of tests")
CODES = CheckCodes(bytes(range(32)))
FIRST = Named(1, "42238006001", 1)


def test_code_is_read_again() -> None:
    dice = random.Random(7)
    for _ in range(500):
        named = Named(
            dice.randrange(1, 4096), f"{dice.randrange(10**11):011d}", dice.randrange(1, 2048)
        )
        code = CODES.code(named)
        assert len(code) == 12
        assert CODES.read(code) == named


def test_codes_are_written_in_the_letters_of_papers() -> None:
    """One form for both, so that one field takes either."""
    assert check.ALPHABET == ALPHABET
    assert len(CODES.code(FIRST)) == check.CODE_LENGTH


def test_neighbours_have_nothing_in_common() -> None:
    """Candidates of a school, versions of one result: on average a 32nd of the letters agree."""
    base = CODES.code(FIRST)
    others = [Named(1, f"42238006{n:03d}", 1) for n in range(2, 900)]
    others += [Named(1, "42238006001", version) for version in range(2, 900)]
    agree = [sum(a == b for a, b in zip(base, CODES.code(other), strict=True)) for other in others]
    assert sum(agree) / len(agree) < 12 / 32 * 1.2
    assert max(agree) < 6


def test_code_of_another_key_names_nobody_of_ours() -> None:
    other = CheckCodes(bytes(32))
    named = [CODES.read(other.code(Named(1, f"42238006{n:03d}", 1))) for n in range(1, 500)]
    ours = {Named(1, f"42238006{n:03d}", 1) for n in range(1000)}
    assert [one for one in named if one in ours] == []


def test_one_changed_letter_names_nobody_of_ours() -> None:
    code = CODES.code(FIRST)
    for at in range(12):
        for letter in ALPHABET:
            changed = code[:at] + letter + code[at + 1 :]
            found = CODES.read(changed)
            assert found is not None
            same_release = found.release_id == 1 and found.index_number.startswith("42238006")
            assert same_release == (changed == code)


@pytest.mark.parametrize("text", ["", "ABC", "ABCDEFGHJKL0", "ABCDEFGHJKLMN", "abcdefghjklm"])
def test_what_is_no_code_names_nobody(text: str) -> None:
    assert CODES.read(text) is None


@pytest.mark.parametrize(
    "named", [Named(4096, "1" * 11, 1), Named(1, "1" * 11, 2048), Named(1, "9" * 12, 1)]
)
def test_what_does_not_fit_is_an_error(named: Named) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        CODES.code(named)


def test_portals_codes_hang_on_its_key() -> None:
    assert codes_from(VAULT).code(FIRST) == codes_from(VAULT).code(FIRST)
    assert codes_from(VAULT).code(FIRST) != CODES.code(FIRST)


def test_code_is_spaced_for_the_eye() -> None:
    assert spaced("ABCDEFGHJKLM") == "ABCD-EFGH-JKLM"
