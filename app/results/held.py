"""The open release as one worker of the edge holds it: its reader, its seal, its pages cut open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from app.results.control import Control
from app.results.documents import SEPARATOR
from app.results.forms import kept
from app.results.pages import ANSWERS, GAPS, LANGUAGES
from app.results.sealing import Seal
from app.results.store import Reader

__all__ = ["Held", "take_up"]

Pages = Mapping[bytes, list[bytes]]


@dataclass(slots=True)
class Held:
    """A control and what it names; without a seal nothing can be read.

    `pages` are cut open: every second piece is to be filled in. `shown` counts the results that
    were shown, `counts` every other answer.
    """

    control: Control
    reader: Reader
    seal: Seal | None
    meta: Mapping[str, bytes]
    pages: Mapping[str, Pages]
    shown: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def page(self, name: bytes, language: str, pieces: list[bytes]) -> bytes:
        """A page with its gaps filled."""
        page = self.pages[language][name].copy()
        page[1::2] = pieces
        return b"".join(page)

    def page_of(self, parts: list[bytes], language: str) -> bytes:
        """The page of a candidate, from the parts of the record."""
        return self.page(parts[1], language, parts[3:])

    def said(self, name: str, language: str, index: str | None, typed: str | None) -> bytes:
        """A page that shows no candidate, with what was typed."""
        has_form = "typed_index" in GAPS[name]
        return self.page(name.encode(), language, [kept(index), kept(typed)] if has_form else [])

    def json(self, name: str) -> bytes:
        """The JSON of an answer that shows no candidate."""
        return self.meta[f"json/{name}"]


def take_up(folder: Path, control: Control, before: Held | None) -> Held:
    """What a control names. Its store stays open when only key, notice or limits changed; raises
    lmdb.Error where the store has not arrived, KeyError where it is not whole."""
    if before is not None and before.control.store == control.store:
        held = Held(control, before.reader, None, before.meta, {}, before.shown, before.counts)
    else:
        reader = Reader(folder / control.store)
        held = Held(control, reader, None, reader.meta(), {})
    held.seal = Seal(bytes.fromhex(control.key)) if control.key else None
    held.pages = {
        language: _pages(held.meta, language, _notice(control.notice.get(language, "")))
        for language in LANGUAGES
    }
    if any(f"json/{name}" not in held.meta for name in ANSWERS):
        raise KeyError("an answer")
    return held


def _pages(meta: Mapping[str, bytes], language: str, notice: bytes) -> Pages:
    found = {}
    for page, gaps in GAPS.items():
        shell = meta[f"{page}:{language}"].split(SEPARATOR)
        if "notice" in gaps:
            shell[:2] = [shell[0] + notice + shell[1]]
        cut = [b""] * (2 * len(shell) - 1)
        cut[::2] = shell
        found[str(page).encode()] = cut
    return found


def _notice(said: str) -> bytes:
    return f"<div class='say note'>{escape(said)}</div>".encode() if said else b""
