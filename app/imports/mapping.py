"""Which column of a file is what: guessed from the headings, checked, and recognised again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import Problems
from app.imports.columns import COLUMNS, WRONG, Column
from app.imports.enums import Kind
from app.words import N_

Mapped = Mapping[str, int]
"""Name of a column -> its place in the file, counted from 0."""

_LONGEST_GUESS = 40


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen beside the columns, for centres whose list has no codes.

    `make_codes`: the portal makes them; `only_level`: schools of other levels are left out.
    """

    make_codes: bool = False
    only_level: str = ""

    def as_dict(self) -> dict[str, object]:
        """The choices as stored."""
        return {"make_codes": self.make_codes, "only_level": self.only_level}


def choices_of(stored: Mapping[str, object] | None) -> Choices:
    """The choices from how they are stored; the plain ones where nothing is."""
    given = stored or {}
    return Choices(bool(given.get("make_codes")), str(given.get("only_level") or ""))


def guess(kind: Kind, headings: Sequence[str]) -> dict[str, int]:
    """The likely column of each name: its own words first, then other words for it."""
    plain = [_letters(heading) for heading in headings]
    found: dict[str, int] = {}
    for exact in (True, False):
        for column in COLUMNS[kind]:
            if column.name in found:
                continue
            words = {_letters(column.label), column.name.replace("_", "")}
            words |= set() if exact else set(column.headings)
            at = next(
                (n for n, said in enumerate(plain) if said in words and n not in found.values()),
                None,
            )
            if at is not None:
                found[column.name] = at
    return found


def headings_hash(kind: Kind, headings: Sequence[str]) -> bytes:
    """32 bytes equal for the same headings in the same order, whatever their case."""
    said = [heading.casefold() for heading in headings if heading != WRONG]
    return hashlib.sha256(json.dumps([kind, said]).encode()).digest()


def refuse_impossible(
    kind: Kind, mapping: Mapped, choices: Choices, *, columns: int, own: bool
) -> None:
    """Raises RuleBroken, all faults at once, for columns that are missing, foreign or given twice.

    `own` says that all rows are of one sub-county, so that the column may be missing.
    """
    faults = Problems()
    known = {column.name for column in COLUMNS[kind]}
    for name, at in mapping.items():
        if name not in known or not 0 <= at < columns:
            faults.add("column-unknown", N_("Choose a column of the file."), field=name)
    places = list(mapping.values())
    for name, at in mapping.items():
        if places.count(at) > 1:
            faults.add("column-twice", N_("This column is chosen twice."), field=name)
    for name in needed(kind, choices, own=own):
        if name not in mapping:
            faults.add("column-missing", N_("Choose the column that holds this."), field=name)
    faults.refuse_if_any()


def needed(kind: Kind, choices: Choices, *, own: bool) -> tuple[str, ...]:
    """The names of the columns without which a list of this kind cannot be read."""
    names = [column.name for column in COLUMNS[kind] if column.required]
    if kind is not Kind.CANDIDATES and not own:
        names.append("sub_county")
    if kind is Kind.SCHOOLS:
        names += ["level", "moe_code"]
    if kind is Kind.CENTRES and choices.make_codes:
        names = [name for name in names if name != "code"] + ["moe_code", "level"]
    if choices.only_level and "level" not in names:
        names.append("level")
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping made ready: the columns that are there, each with its place in the file."""

    kind: Kind
    columns: tuple[tuple[Column, int], ...]
    width: int
    needed: frozenset[str]
    choices: Choices = field(default_factory=Choices)


def plan(kind: Kind, mapping: Mapped, choices: Choices, *, width: int, own: bool) -> Plan:
    """The plan of a mapping that was found possible."""
    columns = tuple((c, mapping[c.name]) for c in COLUMNS[kind] if c.name in mapping)
    return Plan(kind, columns, width, frozenset(needed(kind, choices, own=own)), choices)


def _letters(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())[:_LONGEST_GUESS]
