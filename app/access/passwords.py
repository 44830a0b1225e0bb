"""Passwords: argon2id hashes, one-time passwords, and what a person's own one must not be."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from functools import cache
from pathlib import Path

import argon2
from werkzeug.security import check_password_hash

from app.errors import Problem
from app.words import N_

SHORTEST, LONGEST = 8, 128
ONE_TIME_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 letters and digits of which no two look alike on a printed slip."""
ONE_TIME_LENGTH = 10
CONTEXT_WORDS = (
    "password", "portal", "sajili", "karibu", "knec", "kcse", "kpsea", "kjsea", "kcpe", "tsc",
    "scde", "kenya", "centre", "center", "exam", "school", "shule", "mtihani", "officer",
)  # fmt: skip

tally: Counter[str] = Counter()
"""How many passwords this process has `checked` and `hashed`: the costly work, for metrics and tests."""

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$GiDSz0nOIhTletDRAYagwg"
    "$rnuUrZfy4qhn/m2T+Eg/6Z/4V11ZcyptPoJxYqGo3XA"
)
"""Checked for unknown accounts, so that they cost what known ones cost."""
UNUSABLE = "!"
"""Stored for accounts opened in bulk: no password is right until one was sent on request."""


def hashed(password: str) -> str:
    """The argon2id hash to store (19 MiB, two passes, one lane)."""
    tally["hashed"] += 1
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; takes as long where nothing is stored.

    Hashes that another program made (werkzeug's scrypt and pbkdf2) are still understood.
    """
    tally["checked"] += 1
    stored = None if stored == UNUSABLE else stored
    if stored and not stored.startswith("$argon2"):
        return check_password_hash(stored, password)
    try:
        return _hasher.verify(stored or _NOBODYS_HASH, password) and bool(stored)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash should be made again with today's method and cost."""
    return not stored.startswith("$argon2id$") or _hasher.check_needs_rehash(stored)


def one_time_password() -> str:
    """A random password of 50 bits to be handed over once and changed at first use."""
    return "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(ONE_TIME_LENGTH))


def faults_of(new: str, *, again: str, username: str, old: str = "") -> list[Problem]:
    """What is wrong with a chosen password, for the fields new_password and again."""
    found = []
    if len(new) < SHORTEST:
        found.append(_fault("password-short", N_("Use at least 8 characters.")))
    elif len(new) > LONGEST:
        found.append(_fault("password-long", N_("Use at most 128 characters.")))
    elif "\0" in new or is_guessable(new, username):
        found.append(
            _fault(
                "password-guessable",
                N_("This password is easy to guess. Three words in a row are easy to keep."),
            )
        )
    elif new == old:
        found.append(
            _fault("password-same", N_("This is the password you have now. Choose another."))
        )
    if new != again:
        words = N_("The two new passwords are not the same. Type them again.")
        found.append(_fault("password-differs", words, field="again"))
    return found


def is_guessable(password: str, username: str) -> bool:
    """Whether it is a common password, or little more than the account's name, the portal's
    words, a year and punctuation."""
    plain = password.casefold()
    stem = re.sub(r"[\W\d_]+$", "", plain)
    if plain in common_passwords() or stem in common_passwords():
        return True
    remainder = plain
    names = [part for part in re.split(r"\W+", username.casefold()) if len(part) > 2]
    for word in sorted({*CONTEXT_WORDS, *names, username.casefold()}, key=len, reverse=True):
        remainder = remainder.replace(word, "")
    remainder = re.sub(r"20\d\d|[\W_]|(.)(?=\1)", "", remainder)
    return len(remainder) < 4


@cache
def common_passwords() -> frozenset[str]:
    """Passwords that are tried first by whoever guesses, in lower case."""
    listed = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(listed.split())


def _fault(code: str, message: str, *, field: str = "new_password") -> Problem:
    return Problem(code, message, field)
