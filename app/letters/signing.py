"""Signs papers: the Ed25519 key of this portal, and the tokens it puts into QR codes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.letters import check
from app.letters.check import Claims, Slip

__all__ = ["Claims", "Signer", "Slip", "pem_of", "signer_from"]


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key of letters with the id of its public half."""

    private: Ed25519PrivateKey
    key_id: bytes

    @property
    def public(self) -> Ed25519PublicKey:
        return self.private.public_key()

    def token(self, claims: Claims) -> str:
        """The claims with their signature; the same text for the same claims."""
        body = check.packed(claims, self.key_id)
        return check.as_token(body + self.private.sign(body))

    def slip_token(self, slip: Slip) -> str:
        """The slip with its signature; the same text for the same slip."""
        body = check.packed_slip(slip, self.key_id)
        return check.as_token(body + self.private.sign(body))

    def ended_list(self, states: dict[str, str], moment: str) -> str:
        """A signed list of letters that hold no more: a line for each code, by its mark."""
        lines = sorted(f"{check.mark_of(code)} {state}" for code, state in states.items())
        head = f"sajili-ended {check.FORMAT} {self.key_id.hex()} {moment}"
        body = "\n".join([head, *lines]) + "\n"
        return f"{body}signature {check.as_token(self.private.sign(body.encode()))}\n"


def signer_from(secret: str) -> Signer:
    """The signer whose key is derived from the portal's SIGNING_KEY."""
    seed = hashlib.sha256(b"letters:ed25519:" + secret.encode()).digest()
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(private, check.key_id_of(private.public_key()))


def pem_of(key: Ed25519PublicKey) -> str:
    """The public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
