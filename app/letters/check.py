"""Reads the signed token of a QR code, of a letter or a result slip, without network.

    python check.py keys.pem [--ended ended.txt] [TOKEN-OR-ADDRESS …]

This file needs nothing but Python and the package `cryptography`: copy it anywhere together with
`keys.pem` (from /verify/key.pem) and, where there was network lately, `ended.txt` (from
/verify/ended.txt: the letters replaced or withdrawn, signed by the same key). Without tokens it
reads them from its input, one a line, as a hand-held scanner types them.

A token is base32 of: format (1 byte), key id (4), letter code (8), version (2), first day since
2000-01-01 (2), days (2), centre code (4), last three digits of the identity number (2, 1000 for
none), then initials, role and examination as a length and UTF-8, and the Ed25519 signature (64).

A slip's is base32 of: format (1 byte, 2), key id (4), index number (8), release (2), version (2),
mean grade (1), number of subjects (1), of each its code (2) and grade (1), then initials and series
as a length and UTF-8, and the signature. Compare every grade with the paper: the token is signed.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = 1
EPOCH = date(2000, 1, 1)
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of a code: none that is mistaken for another when read aloud or typed."""
CODE_LENGTH = 12
NO_DIGITS = 1000
SIGNATURE = 64
LONGEST_TOKEN = 400
_HEAD = struct.Struct(">B4sQHHHIH")
SLIP_FORMAT = 2
GRADES = (
    "A",
    "A-",
    "B+",
    "B",
    "B-",
    "C+",
    "C",
    "C-",
    "D+",
    "D",
    "D-",
    "E",
    "X",
    "Y",
    "U",
    "P",
    "W",
)
_SLIP_HEAD = struct.Struct(">B4sQHHBB")
_SUBJECT = struct.Struct(">HB")
_PEM_END = b"-----END PUBLIC KEY-----"
Keys = Mapping[bytes, Ed25519PublicKey]


class ForgedError(ValueError):
    """The token was not signed by any of the keys, or was changed since."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of its letter; days are both inclusive."""

    code: str
    version: int
    initials: str
    id_last: str | None
    centre_code: str
    role: str
    examination: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Slip:
    """What a token says of its result slip; `subjects` are (code, grade) in the slip's order."""

    index_number: str
    release: int
    version: int
    initials: str
    series: str
    mean_grade: str
    subjects: tuple[tuple[str, str], ...]


def packed_slip(slip: Slip, key_id: bytes) -> bytes:
    """The slip as the bytes that are signed."""
    head = _SLIP_HEAD.pack(
        SLIP_FORMAT,
        key_id,
        int(slip.index_number),
        slip.release,
        slip.version,
        GRADES.index(slip.mean_grade),
        len(slip.subjects),
    )
    grades = b"".join(_SUBJECT.pack(int(code), GRADES.index(g)) for code, g in slip.subjects)
    texts = (slip.initials, slip.series)
    return head + grades + b"".join(bytes([len(t.encode())]) + t.encode() for t in texts)


def unpacked_slip(body: bytes) -> Slip:
    """The slip again. Raises ForgedError for bytes that are no slip."""
    try:
        _, _, index_number, release, version, mean, count = _SLIP_HEAD.unpack_from(body)
        end = _SLIP_HEAD.size + count * _SUBJECT.size
        subjects = tuple(
            (str(code), GRADES[grade])
            for code, grade in _SUBJECT.iter_unpack(body[_SLIP_HEAD.size : end])
        )
        initials, series = _texts(body[end:], 2)
        grade = GRADES[mean]
    except (struct.error, UnicodeDecodeError, IndexError, ValueError):
        raise ForgedError("not a slip's code") from None
    return Slip(f"{index_number:011d}", release, version, initials, series, grade, subjects)


def packed(claims: Claims, key_id: bytes) -> bytes:
    """The claims as the bytes that are signed."""
    head = _HEAD.pack(
        FORMAT,
        key_id,
        number_of(claims.code),
        claims.version,
        (claims.first_day - EPOCH).days,
        (claims.last_day - claims.first_day).days + 1,
        int(claims.centre_code),
        NO_DIGITS if claims.id_last is None else int(claims.id_last),
    )
    texts = (claims.initials, claims.role, claims.examination)
    return head + b"".join(bytes([len(t.encode())]) + t.encode() for t in texts)


def unpacked(body: bytes) -> Claims:
    """The claims again. Raises ForgedError for bytes that are no claims."""
    try:
        _, _, code, version, first, days, centre, last = _HEAD.unpack_from(body)
        initials, role, examination = _texts(body[_HEAD.size :], 3)
    except (struct.error, UnicodeDecodeError, IndexError, ValueError):
        raise ForgedError("not a letter's code") from None
    first_day = EPOCH + timedelta(days=first)
    return Claims(
        code=code_of(code),
        version=version,
        initials=initials,
        id_last=None if last == NO_DIGITS else f"{last:03d}",
        centre_code=f"{centre:08d}",
        role=role,
        examination=examination,
        first_day=first_day,
        last_day=first_day + timedelta(days=days - 1),
    )


def _texts(rest: bytes, count: int) -> list[str]:
    found = []
    for _ in range(count):
        length = rest[0]
        if len(rest) <= length:
            raise ValueError("cut short")
        found.append(rest[1 : length + 1].decode())
        rest = rest[length + 1 :]
    return found


def read(token: str, keys: Keys) -> Claims:
    """What a letter's token says, if one of the keys signed it. Raises ForgedError otherwise."""
    return unpacked(_signed_body(token, keys, FORMAT))


def read_slip(token: str, keys: Keys) -> Slip:
    """What a slip's token says, if one of the keys signed it. Raises ForgedError otherwise."""
    return unpacked_slip(_signed_body(token, keys, SLIP_FORMAT))


def format_of(token: str) -> int | None:
    """The format that a token claims, signed or not; None for what is no token."""
    try:
        return _split(token)[0][0]
    except (ForgedError, IndexError):
        return None


def _signed_body(token: str, keys: Keys, form: int) -> bytes:
    body, signature = _split(token)
    if len(body) < _SLIP_HEAD.size or body[0] != form:
        raise ForgedError("not a code of this portal's papers")
    key = keys.get(body[1:5])
    if key is None:
        raise ForgedError("signed with a key that is not known")
    try:
        key.verify(signature, body)
    except InvalidSignature:
        raise ForgedError("the signature does not fit") from None
    return body


def _split(token: str) -> tuple[bytes, bytes]:
    text = token.strip().upper()
    if len(text) > LONGEST_TOKEN:
        raise ForgedError("not a letter's code")
    try:
        whole = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise ForgedError("not a letter's code") from None
    if as_token(whole) != text:
        raise ForgedError("not a letter's code")
    return whole[:-SIGNATURE], whole[-SIGNATURE:]


def as_token(whole: bytes) -> str:
    """Bytes as the letters of a QR code's small alphabet."""
    return base64.b32encode(whole).decode().rstrip("=")


def code_of(number: int) -> str:
    """A number below 2**60 as the twelve letters of a code."""
    letters = []
    for _ in range(CODE_LENGTH):
        number, left = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[left])
    return "".join(reversed(letters))


def number_of(code: str) -> int:
    """The number of a code. Raises ValueError for letters that are in no code."""
    number = 0
    for letter in code:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number


def key_id_of(key: Ed25519PublicKey) -> bytes:
    """The four bytes by which tokens name the key that signed them."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:4]


def keys_from(pem: bytes) -> dict[bytes, Ed25519PublicKey]:
    """The public keys of a PEM file, one after another, by their ids."""
    found = {}
    for part in pem.split(_PEM_END):
        if b"BEGIN PUBLIC KEY" in part:
            key = serialization.load_pem_public_key(part + _PEM_END + b"\n")
            if isinstance(key, Ed25519PublicKey):
                found[key_id_of(key)] = key
    return found


def mark_of(code: str) -> str:
    """What stands for a code in the list of ended letters: nobody finds the letter by it."""
    return hashlib.sha256(b"ended:" + code.encode()).hexdigest()[:20]


def ended_from(text: str, keys: Keys) -> tuple[str, dict[str, str]]:
    """The moment of a signed list of ended letters, and state by mark. Raises ForgedError."""
    body, found, last = text.rpartition("signature ")
    head = body.splitlines()[0].split(" ") if body else []
    if not found or len(head) != 4 or head[:2] != ["sajili-ended", str(FORMAT)]:
        raise ForgedError("not a list of ended letters")
    try:
        key = keys[bytes.fromhex(head[2])]
        key.verify(base64.b32decode(last.strip() + "="), body.encode())
    except KeyError:
        raise ForgedError("the list is signed with a key that is not known") from None
    except (InvalidSignature, ValueError):
        raise ForgedError("the list of ended letters was changed") from None
    return head[3], dict(_pair(line) for line in body.splitlines()[1:])


def _pair(line: str) -> tuple[str, str]:
    mark, _, state = line.partition(" ")
    return mark, state


def sentence(claims: Claims, ended: Mapping[str, str] | None, as_of: str) -> str:
    """The result for a person."""
    state = "SIGNED; whether it still holds was not asked"
    if ended is not None:
        state = ended.get(mark_of(claims.code), "valid").upper() + f" as of {as_of}"
    digits = f"identity number ends in {claims.id_last}" if claims.id_last else "no identity number"
    return (
        f"{state}: {claims.initials}, {digits}, {claims.role} of {claims.examination} at centre"
        f" {claims.centre_code}, {claims.first_day} to {claims.last_day}, version {claims.version}"
    )


def slip_sentence(slip: Slip) -> str:
    """What a slip must say, for a person who compares it with the paper."""
    grades = ", ".join(f"{code} {grade}" for code, grade in slip.subjects)
    return (
        f"SIGNED; whether a newer version was released was not asked: {slip.initials},"
        f" {slip.index_number}, {slip.series}, release {slip.release}, version {slip.version}:"
        f" mean grade {slip.mean_grade}; {grades or 'no subjects'}"
    )


def checked(
    tokens: Iterable[str], keys: Keys, ended: tuple[str, dict[str, str]] | None
) -> Iterator[str]:
    """A line for each token or address."""
    as_of, states = ended or ("", None)
    for given in tokens:
        token = given.strip().rpartition("/")[2]
        try:
            if format_of(token) == SLIP_FORMAT:
                yield slip_sentence(read_slip(token, keys))
            else:
                yield sentence(read(token, keys), states, as_of)
        except ForgedError as error:
            yield f"NOT GENUINE: {error}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks the tokens given and prints a line for each; 1 when one is not genuine."""
    reader = argparse.ArgumentParser(description="Checks letters and result slips without network.")
    reader.add_argument("keys", type=Path, help="the public keys, from /verify/key.pem")
    reader.add_argument("--ended", type=Path, help="the list from /verify/ended.txt")
    reader.add_argument("tokens", nargs="*", help="what the QR code says; else lines of the input")
    given = reader.parse_intermixed_args(arguments)
    keys = keys_from(given.keys.read_bytes())
    ended = ended_from(given.ended.read_text(), keys) if given.ended else None
    good = True
    for line in checked(given.tokens or sys.stdin, keys, ended):
        good = good and not line.startswith("NOT GENUINE")
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
