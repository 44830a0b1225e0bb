"""The store of a release: one file with a sealed record for each candidate, shared by all readers.

Keys are the 11 digits of an index number, in order; keys that begin with `~` hold what is the same
for all: the shells of the pages, the answers, the table of folding. The record of `DECOY` is nobody:
it is opened where an index number is unknown, so that the answer takes the same time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import lmdb

from app.results.documents import with_room
from app.results.folding import TABLE
from app.results.sealing import Seal, version_of

__all__ = [
    "BUILT", "DECOY", "INDEX_DIGITS", "Reader", "Writer", "build_of", "correct", "position_of",
]  # fmt: skip

INDEX_DIGITS = 11
DECOY = b"0" * INDEX_DIGITS
NOBODY = with_room([b"", b"result", b" " * 600, *[b""] * 8])
"""As long as anybody's record, so that opening it takes as long; no name is registered in it."""
MOST_BYTES = 16 * 2**30
"""Room that the file may grow to; it takes only what it needs."""
BATCH = 20_000
META = b"~"
POSITION = META + b"ledger"
BUILT = "which"
"""The file that tells a store from one that was built before under its name; behind data.mdb in the
order of names, so that a copy which has it has all."""


class Writer:
    """Writes a new store, candidates in the order of their index numbers; use as a context manager.

    Nothing is durable until the block ends. Raises lmdb.KeyExistsError for an index number that
    comes twice or out of order.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        folder.mkdir(parents=True)
        self._seal = seal
        self._env = lmdb.open(str(folder), map_size=MOST_BYTES, sync=False, metasync=False)
        self._waiting: list[tuple[bytes, bytes]] = []
        self.count = 0

    def __enter__(self) -> Writer:
        self.add(DECOY, 0, NOBODY)
        self.count = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
            self._env.sync(force=True)
        self._env.close()

    def add(self, index_number: bytes, version: int, record: bytes) -> None:
        """Seals and appends a candidate's record."""
        self._waiting.append((index_number, self._seal.seal(index_number, version, record)))
        self.count += 1
        if len(self._waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        with self._env.begin(write=True) as transaction:
            for index_number, sealed in self._waiting:
                if not transaction.put(index_number, sealed, append=True, overwrite=False):
                    raise lmdb.KeyExistsError(index_number.decode())
        self._waiting.clear()

    def say(self, meta: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
        """Stores what is the same for all: pages and answers, the release, the table of folding."""
        table = {str(code): plain for code, plain in TABLE.items()}
        self._flush()
        with self._env.begin(write=True) as transaction:
            for name, value in meta.items():
                transaction.put(META + name.encode(), value)
            transaction.put(META + b"fold", json.dumps(table).encode())
            transaction.put(META + b"release", json.dumps(dict(about)).encode())


class Reader:
    """Reads a store while others correct it, and make it longer: it is given the same room."""

    def __init__(self, folder: Path) -> None:
        self._env = lmdb.open(
            str(folder), readonly=True, map_size=MOST_BYTES, max_readers=1024, readahead=False
        )
        self._standing = self._env.begin()

    def sealed(self, index_number: bytes) -> bytes | None:
        """The sealed record of an index number as it stands, or None; corrections show once
        `refresh` is called."""
        return self._standing.get(index_number)

    def nearest(self, index_number: bytes) -> tuple[bytes, bytes]:
        """The index number's own record or, where nobody has that number, the next one's: whose it
        is, and the record. So a stranger's number costs what a candidate's costs."""
        cursor = self._standing.cursor()
        if cursor.set_range(index_number) and not cursor.key().startswith(META):
            found: tuple[bytes, bytes] = cursor.item()
            return found
        return DECOY, self._standing.get(DECOY) or b""

    def refresh(self) -> None:
        """Looks at the store as it is now; called many times a second while there are questions."""
        self._standing.abort()
        self._standing = self._env.begin()

    def meta(self) -> dict[str, bytes]:
        """Everything that is the same for all, by name."""
        with self._env.begin() as transaction:
            cursor = transaction.cursor()
            if not cursor.set_range(META):
                return {}
            return {bytes(name[1:]).decode(): bytes(value) for name, value in cursor}

    def index_numbers(self) -> Iterator[bytes]:
        """Every index number, in order; for checkers, never for the edge."""
        with self._env.begin() as transaction:
            for name in transaction.cursor().iternext(values=False):
                if name != DECOY and not name.startswith(META):
                    yield bytes(name)

    def close(self) -> None:
        """Lets the file go."""
        self._standing.abort()
        self._env.close()


def build_of(store: Path) -> str:
    """Which build of its name a store is; empty where it does not say."""
    try:
        return (store / BUILT).read_text()
    except FileNotFoundError:
        return ""


def correct(
    folder: Path,
    changes: Iterable[tuple[bytes, bytes]],
    *,
    position: Mapping[str, Any] | None = None,
) -> int:
    """Puts newer sealed records in place, in one durable transaction; every reader sees them at
    once, all or none. A record older than the one that stands is left out. Returns how many.

    `position` is how far the ledger was followed, kept with the records that it brought.
    """
    env = lmdb.open(str(folder), map_size=MOST_BYTES, max_readers=1024)
    done = 0
    try:
        with env.begin(write=True) as transaction:
            for index_number, sealed in changes:
                standing = transaction.get(index_number)
                if standing is None or version_of(standing) < version_of(sealed):
                    transaction.put(index_number, sealed)
                    done += 1
            if position is not None:
                transaction.put(POSITION, json.dumps(dict(position)).encode())
    finally:
        env.close()
    return done


def position_of(folder: Path) -> dict[str, Any]:
    """How far the ledger was followed; empty where it never was."""
    env = lmdb.open(str(folder), readonly=True, max_readers=1024)
    try:
        with env.begin() as transaction:
            found: dict[str, Any] = json.loads(transaction.get(POSITION) or b"{}")
            return found
    finally:
        env.close()
