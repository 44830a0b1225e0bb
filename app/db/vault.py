"""Encryption of identity numbers (AES-GCM, key id in the value) and their keyed blind index."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_ID = 1


@dataclass(frozen=True, slots=True)
class Vault:
    """The two keys of identity numbers: one seals, the other finds equal values without opening."""

    field_key: bytes
    index_key: bytes

    def seal(self, value: str, *, context: str) -> bytes:
        """`value` encrypted for `context` (table.column); a sealed value moved elsewhere won't open."""
        return self.seal_bytes(value.encode(), context=context)

    def seal_bytes(self, value: bytes, *, context: str) -> bytes:
        """As `seal`, for what is no text, such as a piece of a file."""
        nonce = os.urandom(12)
        body = AESGCM(self.field_key).encrypt(nonce, value, context.encode())
        return bytes([KEY_ID]) + nonce + body

    def unseal(self, sealed: bytes, *, context: str) -> str:
        """The value again. Raises ValueError for a key id that is not ours."""
        return self.unseal_bytes(sealed, context=context).decode()

    def unseal_bytes(self, sealed: bytes, *, context: str) -> bytes:
        """As `unseal`, for what is no text."""
        if sealed[0] != KEY_ID:
            raise ValueError("sealed under a key this system does not hold")
        return AESGCM(self.field_key).decrypt(sealed[1:13], sealed[13:], context.encode())

    def index(self, value: str, *, context: str) -> bytes:
        """32 bytes equal for equal values of one context, useless without the index key."""
        return hmac.new(self.index_key, f"{context}:{value}".encode(), hashlib.sha256).digest()


def vault_from(field_secret: str, index_secret: str) -> Vault:
    """The vault whose keys are derived from the two configured secrets."""
    return Vault(
        field_key=hashlib.sha256(b"field:" + field_secret.encode()).digest(),
        index_key=hashlib.sha256(b"index:" + index_secret.encode()).digest(),
    )


def vault_of(session: Any) -> Vault:
    """The vault of the application that the session belongs to."""
    vault: Vault = session.info["vault"]
    return vault
