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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.results.store import correct, position_of

__all__ = [
    "KEY_FILE", "SUFFIX", "BrokenLedgerError", "Correction", "append", "follow", "ledger_of",
    "put_key", "read_key", "read_lines",
]  # fmt: skip

FIRST = hashlib.sha256(b"ledger of a release").hexdigest()
SUFFIX = ".ledger"
KEY_FILE = "ledger.pem"
"""The publisher's public key beside its stores; a node is given it by hand, never with a push."""
LONGEST_LINE = 2**16


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
    """Adds signed lines, durable when it returns; one writer at a time. Returns how many.

    Half a line, of a writer that was cut off, was never followed and gives way.
    """
    with ledger.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before, count = FIRST, 0
        written = file.read()
        whole = written[: written.rfind(b"\n") + 1]
        file.truncate(len(whole))
        for line in whole.splitlines():
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

    Harmless when it runs twice. A ledger that is not the one that was followed so far, because the
    store was built again or came with another, is read from its first line. Raises
    BrokenLedgerError and changes nothing where a line is not what was signed.
    """
    if not ledger.exists():
        return 0
    with ledger.open("rb") as file:
        offset, before = _resumed(file, position_of(store))
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


def put_key(folder: Path, key: Ed25519PublicKey) -> None:
    """Writes the publisher's public key into the folder, whole or not at all."""
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = folder / KEY_FILE
    if not path.exists() or path.read_bytes() != pem:
        waiting = path.with_name(f"{path.name}.{os.getpid()}.new")
        waiting.write_bytes(pem)
        waiting.replace(path)


def read_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file; raises ValueError where it is of another kind, OSError where there
    is none."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if isinstance(key, Ed25519PublicKey):
        return key
    raise ValueError(f"{path} holds no Ed25519 public key")


def _resumed(file: IO[bytes], position: Mapping[str, Any]) -> tuple[int, str]:
    """Where to read on: behind the line that was read last, if it stands in this ledger."""
    offset, before = int(position.get("offset", 0)), str(position.get("before", FIRST))
    begin = max(0, offset - LONGEST_LINE)
    file.seek(begin)
    read = file.read(offset - begin)
    is_same = read.endswith(b"\n") and _hash(read.splitlines()[-1]) == before
    return (offset, before) if is_same else (0, FIRST)


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
