"""A release becomes a store, beforehand; its key is put out at the minute, and corrections follow."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.results.control import Control, change_control, share_of_phones
from app.results.documents import Release, Result, record_of
from app.results.edge import meta_of
from app.results.ledger import Correction, append, follow, ledger_of, put_key
from app.results.pages import LANGUAGES, Contacts, answers_of, help_of, shells_of
from app.results.sealing import Seal
from app.results.store import BUILT, Writer, build_of

__all__ = [
    "Words",
    "announce",
    "build",
    "correct_results",
    "put_words",
    "store_name",
    "store_named",
    "take_down",
    "unlock",
]

STEP = 10_000
Progress = Callable[[int], None]


def store_name(release: Release) -> str:
    """The folder of a release's store: KCSE-2026-0001."""
    return store_named(release.series, release.number)


def store_named(series: str, number: int) -> str:
    """The store of the release of this series and number."""
    plain = "".join(one if one.isalnum() else "-" for one in series)
    return f"{plain}-{number:04d}"


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
    (waiting / BUILT).write_text(secrets.token_hex(8))
    # The old ledger goes before the new store stands: no follower may bring the one to the other.
    ledger_of(finished).unlink(missing_ok=True)
    shutil.rmtree(finished, ignore_errors=True)
    waiting.rename(finished)
    return finished


def announce(folder: Path, release: Release, *, opens_at: float) -> None:
    """The edge turns to a release that is not open yet: everybody reads its minute, nobody more."""
    change_control(folder, _turned_to(folder, release, opens_at, key=None))


def unlock(folder: Path, release: Release, *, opens_at: float, key: bytes) -> None:
    """At the minute: the release and its key in one step, so that no answer mixes two releases."""
    change_control(folder, _turned_to(folder, release, opens_at, key=key.hex()))


def _turned_to(
    folder: Path, release: Release, opens_at: float, *, key: str | None
) -> Callable[[Control | None], Control]:
    store = store_name(release)
    build = build_of(folder / store)

    def turned(held: Control | None) -> Control:
        before = held or Control(store, opens_at)
        return replace(before, store=store, build=build, opens_at=opens_at, key=key)

    return turned


def take_down(folder: Path) -> None:
    """Takes the key away: within a quarter of a second nobody reads a result here."""
    change_control(folder, lambda held: held and replace(held, key=None))


@dataclass(frozen=True, slots=True)
class Words:
    """What headquarters says on every page beside the release: a notice by language (empty: none),
    whom to call, the token of whoever asks what a node answered, and whether SMS or USSD is on."""

    notice: Mapping[str, str]
    contacts: Contacts
    counts_token: str
    by_phone: bool = False


def put_words(folder: Path, words: Words) -> bool:
    """Puts the words on every page within a second; whether they are other words than before."""
    help_ = {language: help_of(words.contacts, language) for language in LANGUAGES}

    def said(held: Control | None) -> Control | None:
        return held and replace(
            held,
            notice=dict(words.notice),
            help=help_,
            counts_token=words.counts_token,
            misses_by_phone=share_of_phones(held.misses_an_hour) if words.by_phone else 0,
        )

    return change_control(folder, said)


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
    put_key(folder, signer.public_key())
    append(ledger_of(store), made, signer)
    return follow(store, ledger_of(store), signer.public_key())
