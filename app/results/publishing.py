"""A release becomes a store, beforehand; its key is put out at the minute, and corrections follow."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.results.control import Control, read_control, write_control
from app.results.documents import Release, Result, record_of
from app.results.edge import meta_of
from app.results.ledger import Correction, append, follow, ledger_of
from app.results.pages import Contacts, answers_of, shells_of
from app.results.sealing import Seal
from app.results.store import Writer

__all__ = [
    "announce",
    "build",
    "correct_results",
    "put_notice",
    "store_name",
    "take_down",
    "unlock",
]

STEP = 10_000
Progress = Callable[[int], None]


def store_name(release: Release) -> str:
    """The folder of a release's store: KCSE-2026-0001."""
    series = "".join(one if one.isalnum() else "-" for one in release.series)
    return f"{series}-{release.number:04d}"


def build(
    folder: Path,
    release: Release,
    results: Iterable[Result],
    *,
    key: bytes,
    contacts: Contacts,
    progress: Progress | None = None,
) -> Path:
    """Builds the store of a release from results in the order of their index numbers.

    Whole or not at all: it is written beside and renamed. `progress` hears how many are done.
    """
    finished = folder / store_name(release)
    waiting = finished.with_name(f"{finished.name}.part")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(waiting, ignore_errors=True)
    with Writer(waiting, Seal(key)) as writer:
        for result in results:
            writer.add(result.index_number.encode(), result.version, record_of(result, release))
            if progress and writer.count % STEP == 0:
                progress(writer.count)
        about = {"number": release.number, "series": release.series, "count": writer.count}
        writer.say(meta_of(shells_of(release, contacts), answers_of(release)), about)
    shutil.rmtree(finished, ignore_errors=True)
    waiting.rename(finished)
    ledger_of(finished).unlink(missing_ok=True)
    return finished


def announce(folder: Path, release: Release, *, opens_at: float) -> None:
    """The edge turns to a release that is not open yet: everybody reads its minute, nobody more."""
    held = read_control(folder)
    store = store_name(release)
    if held is None:
        write_control(folder, Control(store, opens_at))
    else:
        write_control(folder, replace(held, store=store, opens_at=opens_at, key=None))


def unlock(folder: Path, release: Release, *, opens_at: float, key: bytes) -> None:
    """At the minute: the release and its key in one step, so that no answer mixes two releases."""
    held = read_control(folder) or Control(store_name(release), opens_at)
    write_control(
        folder, replace(held, store=store_name(release), opens_at=opens_at, key=key.hex())
    )


def take_down(folder: Path) -> None:
    """Takes the key away: within a quarter of a second nobody reads a result here."""
    held = read_control(folder)
    if held is not None:
        write_control(folder, replace(held, key=None))


def put_notice(folder: Path, notice: dict[str, str]) -> None:
    """What headquarters has to say on every page, by language; empty to take it away."""
    held = read_control(folder)
    if held is not None:
        write_control(folder, replace(held, notice=notice))


def correct_results(
    folder: Path,
    release: Release,
    results: Iterable[Result],
    *,
    key: bytes,
    signer: Ed25519PrivateKey,
    at: str,
) -> int:
    """Corrections and withdrawals: signed into the ledger for every node, applied to this one's
    store; returns how many changed here."""
    seal, store = Seal(key), folder / store_name(release)
    made = [
        Correction(
            one.index_number,
            seal.seal(one.index_number.encode(), one.version, record_of(one, release)),
            at,
        )
        for one in results
    ]
    append(ledger_of(store), made, signer)
    return follow(store, ledger_of(store), signer.public_key())
