"""Follows the ledgers beside a node's stores: `python -m app.results.follow --folder DATA_DIR/results
--key ledger.pem`.

About once a second it looks whether a ledger has grown and brings its store up to it; the edge shows
that at its next look, without reload. It trusts the public key and nothing that lies in the folder:
a ledger that is not what was signed is said aloud, and its store stays as it was. It does no harm
twice at once or beside the publisher: a store has one writer at a time, and no record is ever
replaced by an older one.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lmdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.results.control import read_control
from app.results.ledger import SUFFIX, BrokenLedgerError, follow, ledger_of, read_key
from app.results.store import BUILT, build_of

__all__ = ["Follower", "follow_until", "main"]

LOOK_SECONDS = 1.0
SAY_AGAIN_SECONDS = 60.0
DATA = "data.mdb"

Seen = tuple[object, ...]


def _aloud(said: str) -> None:
    sys.stderr.write(f"{said}\n")
    sys.stderr.flush()


class Follower:
    """Brings the stores of a folder up to their ledgers, one look at a time."""

    def __init__(
        self, folder: Path, key: Ed25519PublicKey, say: Callable[[str], None] = _aloud
    ) -> None:
        self._folder, self._key, self._say = folder, key, say
        self._followed: dict[Path, Seen] = {}
        self._said_at: dict[Path, float] = {}

    def look(self) -> bool:
        """Follows every ledger that is not as it was, each by itself; whether nothing is wrong.

        What is wrong is said at once, and again after a minute for as long as it stays so.
        """
        followed = [self._is_followed(store) for store in self._stores()]
        return all(followed)

    def _stores(self) -> Iterator[Path]:
        """Stores that are whole here and have a ledger, the one of the moment first."""
        try:
            control = read_control(self._folder)
        except (OSError, ValueError):
            control = None
        current = self._folder / control.store if control else None
        ledgers = sorted(self._folder.glob(f"*{SUFFIX}"))
        stores = [one.with_name(one.name.removesuffix(SUFFIX)) for one in ledgers]
        for store in sorted(stores, key=lambda one: one != current):
            if control and store == current:
                is_whole = not control.build or build_of(store) == control.build
            else:
                is_whole = (store / BUILT).exists()
            if is_whole and (store / DATA).exists():
                yield store

    def _is_followed(self, store: Path) -> bool:
        try:
            seen = _seen(store)
            if self._followed.get(store) != seen:
                follow(store, ledger_of(store), self._key)
                self._followed[store] = seen
        except BrokenLedgerError as error:
            self._complain(store, f"{ledger_of(store)} is not followed, its store stays: {error}")
            return False
        except (OSError, ValueError, lmdb.Error) as error:
            self._complain(store, f"{store} could not be brought up to its ledger: {error}")
            return False
        self._said_at.pop(store, None)
        return True

    def _complain(self, store: Path, said: str) -> None:
        now = time.monotonic()
        if now - self._said_at.get(store, -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
            self._said_at[store] = now
            self._say(said)


def _seen(store: Path) -> Seen:
    """What tells a ledger that grew, or one of another store, from the one that was followed."""
    ledger, data = ledger_of(store).stat(), (store / DATA).stat()
    return (
        ledger.st_ino, ledger.st_size, ledger.st_mtime_ns,
        data.st_ino, data.st_mtime_ns, build_of(store),
    )  # fmt: skip


def follow_until(stop: threading.Event, follower: Follower) -> None:
    """Looks about once a second until told to stop."""
    while not stop.is_set():
        follower.look()
        stop.wait(LOOK_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Follows until told to stop, or looks once; 1 where a ledger is not followed or no key there."""
    parser = argparse.ArgumentParser(prog="python -m app.results.follow", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the node's DATA_DIR/results")
    parser.add_argument("--key", type=Path, required=True, help="the publisher's ledger.pem")
    parser.add_argument("--once", action="store_true", help="look once and end")
    options = parser.parse_args(arguments)
    try:
        follower = Follower(options.folder, read_key(options.key))
    except (OSError, ValueError) as error:
        _aloud(f"no public key to follow the ledger by: {error}")
        return 1
    if options.once:
        return 0 if follower.look() else 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow_until(stop, follower)
    return 0


if __name__ == "__main__":
    sys.exit(main())
