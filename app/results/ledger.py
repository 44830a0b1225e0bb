"""Corrections and withdrawals of a release: a signed list that only grows, followed by every node.

A line is three fields: what it says as base64, the hash of the line before, the Ed25519 signature
of both. A node that reads it needs the public key and nothing else: a line that was left out,
changed or written by another stops it, and the store stays as it was.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.results.store import correct, position_of

__all__ = ["BrokenLedgerError", "Correction", "append", "follow", "ledger_of", "read_lines"]

FIRST = hashlib.sha256(b"ledger of a release").hexdigest()
SUFFIX = ".ledger"


class BrokenLedgerError(ValueError):
    """A line does not follow from the one before, or nobody we trust has signed it."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A candidate's newer record, sealed under the release's key; `at` is ISO with its offset."""

    index_number: str
    sealed: bytes
    at: str


def ledger_of(store: Path) -> Path:
    """The ledger beside a store."""
    return store.with_name(store.name + SUFFIX)


def append(ledger: Path, corrections: Iterable[Correction], key: Ed25519PrivateKey) -> int:
    """Adds signed lines, durable when it returns; one writer at a time. Returns how many."""
    with ledger.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before, count = FIRST, 0
        for line in file.read().splitlines():
            before = _hash(line)
        for one in corrections:
            line = _signed(one, before, key)
            file.write(line + b"\n")
            before, count = _hash(line), count + 1
        file.flush()
        os.fsync(file.fileno())
    return count


def follow(store: Path, ledger: Path, key: Ed25519PublicKey) -> int:
    """Brings a store up to the ledger's last whole line; returns how many records it changed.

    Harmless when it runs twice. Raises BrokenLedgerError and changes nothing where a line is not
    what was signed.
    """
    if not ledger.exists():
        return 0
    position = position_of(store)
    offset, before = int(position.get("offset", 0)), str(position.get("before", FIRST))
    with ledger.open("rb") as file:
        file.seek(offset)
        waiting = file.read()
    whole = waiting[: waiting.rfind(b"\n") + 1]
    if not whole:
        return 0
    found, before = read_lines(whole.splitlines(), before, key)
    changes = [(one.index_number.encode(), one.sealed) for one in found]
    return correct(store, changes, position={"offset": offset + len(whole), "before": before})


def read_lines(
    lines: Iterable[bytes], before: str, key: Ed25519PublicKey
) -> tuple[list[Correction], str]:
    """What the lines say, each checked, and the hash of the last one."""
    found = []
    for line in lines:
        try:
            body, linked, signature = line.split(b".")
            key.verify(base64.b64decode(signature, validate=True), body + b"." + linked)
            said = json.loads(base64.b64decode(body, validate=True))
        except (ValueError, InvalidSignature) as error:
            raise BrokenLedgerError("a line of the ledger is not what was signed") from error
        if linked.decode() != before:
            raise BrokenLedgerError("a line of the ledger is missing before this one")
        found.append(Correction(said["index"], base64.b64decode(said["sealed"]), said["at"]))
        before = _hash(line)
    return found, before


def _signed(one: Correction, before: str, key: Ed25519PrivateKey) -> bytes:
    said = {
        "index": one.index_number,
        "at": one.at,
        "sealed": base64.b64encode(one.sealed).decode(),
    }
    body = base64.b64encode(json.dumps(said, separators=(",", ":")).encode())
    signed = body + b"." + before.encode()
    return signed + b"." + base64.b64encode(key.sign(signed))


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
