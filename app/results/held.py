"""The open release as one worker of the edge holds it: its reader, its seal, its pages cut open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from app.results.control import Control
from app.results.documents import SEPARATOR
from app.results.forms import kept
from app.results.pages import ANSWERS, GAPS, HELP, LANGUAGES
from app.results.sealing import Seal
from app.results.store import Reader, build_of

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
    page_headers: list[tuple[str, str]]
    json_headers: list[tuple[str, str]]
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
    """What a control names. Its store stays open when only key, notice or limits changed, and is
    opened anew where it was built again under its name; raises lmdb.Error where the store has not
    arrived, KeyError where it is not whole."""
    known = before if before is not None and before.control.store == control.store else None
    same = known if known and known.control.build == control.build else None
    if known and not same:
        known.reader.close()
    if not same and control.build and build_of(folder / control.store) != control.build:
        raise KeyError("this build of the store")
    reader = same.reader if same else Reader(folder / control.store)
    meta = same.meta if same else reader.meta()
    held = Held(
        control,
        reader,
        Seal(bytes.fromhex(control.key)) if control.key else None,
        meta,
        {
            language: _pages(
                meta,
                language,
                notice=_notice(control.notice.get(language, "")),
                help_=control.help.get(language, ""),
            )
            for language in LANGUAGES
        },
        _headers(meta["headers/page"]),
        _headers(meta["headers/json"]),
    )
    if known:
        held.shown, held.counts = known.shown, known.counts
    if any(f"json/{name}" not in held.meta for name in ANSWERS):
        raise KeyError("an answer")
    return held


def _headers(said: bytes) -> list[tuple[str, str]]:
    found: dict[str, str] = json.loads(said)
    return list(found.items())


def _pages(meta: Mapping[str, bytes], language: str, *, notice: bytes, help_: str) -> Pages:
    found = {}
    for page, gaps in GAPS.items():
        shell = _helped(meta[f"{page}:{language}"], help_.encode()).split(SEPARATOR)
        if "notice" in gaps:
            shell[:2] = [shell[0] + notice + shell[1]]
        cut = [b""] * (2 * len(shell) - 1)
        cut[::2] = shell
        found[str(page).encode()] = cut
    return found


def _helped(page: bytes, help_: bytes) -> bytes:
    """The page with other words about where people turn to; as it is where there are none."""
    before, begin, rest = page.partition(HELP[0])
    _old, end, after = rest.partition(HELP[1])
    return before + begin + help_ + end + after if help_ and end else page


def _notice(said: str) -> bytes:
    return f"<div class='say note'>{escape(said)}</div>".encode() if said else b""
