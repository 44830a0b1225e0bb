"""Records sealed for the time before the minute: AES-256-GCM, one key for each build of a
release's store.

The nonce is the index number and the version, which never come twice under one key; the index
number is bound to the record, so that no two can be exchanged.
"""

from __future__ import annotations

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Seal", "TamperedError", "new_key"]

KEY_BYTES = 32
MOST_VERSIONS = 65_535
_NONCE = struct.Struct(">QI")
_VERSION = struct.Struct(">H")
_SAME_NONCE = struct.Struct(">QH2s").pack


class TamperedError(ValueError):
    """The record was not sealed under this key for this index number."""


def new_key() -> bytes:
    """A key for one build of a release."""
    return os.urandom(KEY_BYTES)


class Seal:
    """Seals and opens the records of one release."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._decrypt = self._cipher.decrypt

    def seal(self, index_number: bytes, version: int, record: bytes) -> bytes:
        """Two bytes of version, then the sealed record with its tag."""
        if not 0 <= version <= MOST_VERSIONS:
            raise ValueError("a version is from 0 to 65535")
        nonce = _NONCE.pack(int(index_number), version)
        return _VERSION.pack(version) + self._cipher.encrypt(nonce, record, index_number)

    def open(self, index_number: bytes, sealed: bytes) -> bytes:
        """The record again; TamperedError when it is another's, or was changed."""
        nonce = _SAME_NONCE(int(index_number), 0, sealed[:2])
        try:
            return self._decrypt(nonce, sealed[2:], index_number)
        except (InvalidTag, ValueError) as error:
            raise TamperedError(index_number) from error


def version_of(sealed: bytes) -> int:
    """The version of a sealed record, readable without the key."""
    found: int = _VERSION.unpack_from(sealed)[0]
    return found
