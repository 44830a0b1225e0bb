"""Misses are counted for each index number, strictly and over all workers of a node."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Callable
from pathlib import Path

import lmdb

__all__ = ["HOUR", "Addresses", "Misses"]

HOUR = 3600
MOST_BYTES = 2**30
SEEN = "seen"
SEEN_BYTES = 2**24
_TIME = struct.Struct(">I")


class Misses:
    """The times of the last misses of every index number, in a file that the node's workers share.

    An index number known to nobody is counted like any other, so that the limit tells nothing. The
    byte of `seen` that an index number falls on (number modulo its length) is zero where it surely
    has no misses; it changes only under the file's write lock.
    """

    def __init__(
        self, folder: Path, *, most: int = 10, now: Callable[[], float] = time.time
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = lmdb.open(
            str(folder), map_size=MOST_BYTES, sync=False, metasync=False, max_readers=1024
        )
        self.most, self._now = most, now
        with (folder / SEEN).open("ab") as file:
            file.truncate(SEEN_BYTES)
        with (folder / SEEN).open("r+b") as file:
            self.seen = mmap.mmap(file.fileno(), SEEN_BYTES)

    def is_limited(self, index_number: bytes) -> bool:
        """Whether as many misses as allowed fell within the last hour."""
        if not self.seen[int(index_number) % SEEN_BYTES]:
            return False
        with self._env.begin() as transaction:
            return self._is_full(transaction.get(index_number) or b"")

    def count(self, index_number: bytes) -> bool:
        """Notes a miss now; False where another worker noted the last that was allowed."""
        with self._env.begin(write=True) as transaction:
            times = transaction.get(index_number) or b""
            if self._is_full(times):
                return False
            times += _TIME.pack(int(self._now()))
            transaction.put(index_number, times[-self.most * _TIME.size :])
            self.seen[int(index_number) % SEEN_BYTES] = 1
            return True

    def forget_old(self) -> int:
        """Drops the index numbers without a miss in the last hour; returns how many."""
        since = int(self._now()) - HOUR
        with self._env.begin(write=True) as transaction:
            last = {bytes(key): _last(times) for key, times in transaction.cursor()}
            old = [key for key, at in last.items() if at < since]
            for key in old:
                transaction.delete(key)
                self.seen[int(key) % SEEN_BYTES] = 0
            for key in last.keys() - old:
                self.seen[int(key) % SEEN_BYTES] = 1
        return len(old)

    def _is_full(self, times: bytes) -> bool:
        if len(times) < self.most * _TIME.size:
            return False
        oldest: int = _TIME.unpack_from(times, len(times) - self.most * _TIME.size)[0]
        return self._now() - oldest < HOUR


def _last(times: bytes) -> int:
    found: int = _TIME.unpack_from(times, len(times) - _TIME.size)[0]
    return found


class Addresses:
    """Questions of each network address in this worker and minute: loose, many share an address."""

    MOST_KNOWN = 100_000

    def __init__(self, *, most: int) -> None:
        self.most, self.minute = most, 0
        self.asked: dict[str, int] = {}

    def turn(self, now: float) -> None:
        """Begins anew with each minute, and where too many are known; called a few times a second."""
        minute = int(now // 60)
        if minute != self.minute or len(self.asked) > self.MOST_KNOWN:
            self.minute, self.asked = minute, {}

    def is_limited(self, address: str) -> bool:
        """Counts a question, and says whether it is one too many in this minute."""
        asked = self.asked[address] = self.asked.get(address, 0) + 1
        return asked > self.most
