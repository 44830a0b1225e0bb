"""Misses are counted for each index number, strictly and over all workers of a node."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import lmdb

__all__ = ["HOUR", "Addresses", "Misses"]

HOUR = 3600
MOST_BYTES = 2**30
_TIME = struct.Struct(">I")


class Misses:
    """The times of the last misses of every index number, in a file that the node's workers share.

    An index number known to nobody is counted like any other, so that the limit tells nothing.
    """

    def __init__(
        self, folder: Path, *, most: int = 10, now: Callable[[], float] = time.time
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = lmdb.open(
            str(folder), map_size=MOST_BYTES, sync=False, metasync=False, max_readers=1024
        )
        self._most, self._now = most, now

    def is_limited(self, index_number: bytes) -> bool:
        """Whether as many misses as allowed fell within the last hour."""
        with self._env.begin() as transaction:
            return self._is_full(transaction.get(index_number) or b"")

    def count(self, index_number: bytes) -> None:
        """Notes a miss now."""
        with self._env.begin(write=True) as transaction:
            times = (transaction.get(index_number) or b"") + _TIME.pack(int(self._now()))
            transaction.put(index_number, times[-self._most * _TIME.size :])

    def forget_old(self) -> int:
        """Drops the index numbers without a miss in the last hour; returns how many."""
        since = int(self._now()) - HOUR
        with self._env.begin(write=True) as transaction:
            cursor = transaction.cursor()
            old = [
                bytes(key) for key, times in cursor if _TIME.unpack(times[-_TIME.size :])[0] < since
            ]
            for key in old:
                transaction.delete(key)
        return len(old)

    def _is_full(self, times: bytes) -> bool:
        if len(times) < self._most * _TIME.size:
            return False
        oldest: int = _TIME.unpack_from(times)[0]
        return self._now() - oldest < HOUR


class Addresses:
    """Questions of each network address in this worker and minute: loose, many share an address."""

    MOST_KNOWN = 100_000

    def __init__(self, *, most: int, now: Callable[[], float] = time.time) -> None:
        self._most, self._now = most, now
        self._minute, self._asked = 0, dict[str, int]()

    def is_limited(self, address: str) -> bool:
        """Counts a question, and says whether it is one too many in this minute."""
        minute = int(self._now() // 60)
        if minute != self._minute or len(self._asked) > self.MOST_KNOWN:
            self._minute, self._asked = minute, {}
        asked = self._asked[address] = self._asked.get(address, 0) + 1
        return asked > self._most
