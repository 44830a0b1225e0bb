"""Check codes: twelve letters by which anybody may ask whether a page, a text or a slip still holds.

A code is release, index number and version, enciphered as one number of 60 bits. So no table of
codes is kept, and of the 2**60 codes that can be typed one in about 2**39 names anybody. Half of the
bits in turn are hidden behind a keyed hash of the other half, eight times over (a Feistel network).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.db.vault import Vault

__all__ = ["ALPHABET", "CheckCodes", "Named", "codes_from", "spaced"]

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The letters of all our codes: none that is mistaken for another."""
LENGTH = 12
INDEX_BITS, VERSION_BITS, RELEASE_BITS = 37, 11, 12
ROUNDS = 8
_HALF = (INDEX_BITS + VERSION_BITS + RELEASE_BITS) // 2
_MASK = (1 << _HALF) - 1
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Named:
    """What a code names: one version of a candidate's result in a release, by the release's id."""

    release_id: int
    index_number: str
    version: int


class CheckCodes:
    """Makes and reads the codes of one key."""

    def __init__(self, key: bytes) -> None:
        self._rounds = [
            hashlib.blake2b(key=key, digest_size=4, person=bytes([place]))
            for place in range(ROUNDS)
        ]

    def code(self, named: Named) -> str:
        """The twelve letters. Raises ValueError for what does not fit into a code."""
        left, right = divmod(_packed(named), 1 << _HALF)
        for keyed in self._rounds:
            hidden = keyed.copy()
            hidden.update(right.to_bytes(4, "big"))
            left, right = right, left ^ (int.from_bytes(hidden.digest(), "big") & _MASK)
        number = left << _HALF | right
        return "".join([_PAIRS[number >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)])

    def read(self, code: str) -> Named | None:
        """What the code would name, if there is such a result; None for letters that are no code."""
        if len(code) != LENGTH or not set(code) <= _VALUES.keys():
            return None
        number = 0
        for letter in code:
            number = number << 5 | _VALUES[letter]
        left, right = divmod(number, 1 << _HALF)
        for keyed in reversed(self._rounds):
            hidden = keyed.copy()
            hidden.update(left.to_bytes(4, "big"))
            left, right = right ^ (int.from_bytes(hidden.digest(), "big") & _MASK), left
        return _unpacked(left << _HALF | right)


def codes_from(vault: Vault) -> CheckCodes:
    """The portal's own codes, under a key derived from its INDEX_KEY."""
    return CheckCodes(vault.index("key", context="result.check_code"))


def spaced(code: str) -> str:
    """A code as people read and type it: ABCD-EFGH-JKLM."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _packed(named: Named) -> int:
    index = int(named.index_number)
    if index >> INDEX_BITS or named.version >> VERSION_BITS or named.release_id >> RELEASE_BITS:
        raise ValueError("a result that does not fit into a check code")
    return (named.release_id << VERSION_BITS | named.version) << INDEX_BITS | index


def _unpacked(number: int) -> Named:
    release_id, rest = divmod(number, 1 << VERSION_BITS + INDEX_BITS)
    version, index = divmod(rest, 1 << INDEX_BITS)
    return Named(release_id, f"{index:011d}", version)
