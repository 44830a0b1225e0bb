"""How an import is said: its kind, its state, what it would do, and what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import Problem
from app.imports.columns import COLUMNS
from app.imports.enums import Kind, State
from app.imports.models import ImportFault, ListImport
from app.words import N_

KINDS: Mapping[str, str] = {
    Kind.OFFICERS: N_("Officers"),
    Kind.CENTRES: N_("Centres"),
    Kind.CANDIDATES: N_("Candidates' counts"),
    Kind.SCHOOLS: N_("Schools"),
}
STATES: Mapping[str, tuple[str, str, str]] = {
    State.RECEIVED: ("information", "clock", N_("Being opened")),
    State.TO_MAP: ("attention", "open", N_("Columns to choose")),
    State.CHECKING: ("information", "clock", N_("Being checked")),
    State.CHECKED: ("attention", "flag", N_("Checked, not stored")),
    State.STORING: ("information", "clock", N_("Being stored")),
    State.STORED: ("success", "check", N_("Stored")),
    State.REFUSED: ("danger", "cross", N_("Cannot be read")),
    State.DISCARDED: ("ink", "back", N_("Discarded")),
}
PHASES: Mapping[str, str] = {
    "reading": N_("Reading and checking the rows, one by one."),
    "comparing": N_("Comparing the rows with each other and with what is stored."),
    "storing": N_("Storing the good rows, all at once."),
    "finishing": N_("Almost done."),
}
WAITING = N_("Waiting for its turn.")


def kind_of(one: ListImport) -> str:
    """ "Officers", "Centres" …"""
    return _(KINDS[one.kind])


def state_pill(one: ListImport) -> tuple[str, str, str]:
    """Colour, icon and word of the state."""
    colour, icon, words = STATES[one.state]
    return colour, icon, _(words)


def sentence_of(one: ListImport) -> str:
    """One sentence that says where the import stands."""
    counts = one.counts or {}
    if one.state == State.CHECKED:
        return ngettext(
            "%(num)s row was checked; nothing is stored yet.",
            "%(num)s rows were checked; nothing is stored yet.",
            counts.get("rows", 0),
        )
    if one.state == State.STORED:
        done = counts.get("new", 0) + counts.get("changed", 0)
        return ngettext("%(num)s row was stored.", "%(num)s rows were stored.", done)
    sentences = {
        State.RECEIVED: _("The file is being opened."),
        State.TO_MAP: _("Say which column holds what. Nothing is stored."),
        State.CHECKING: _("Every row is checked. Nothing is stored."),
        State.STORING: _("The good rows are being stored."),
        State.REFUSED: _("The file could not be read."),
        State.DISCARDED: _("The file and its rows are wiped."),
    }
    return str(sentences[State(one.state)])


def problem_of(one: ListImport) -> str | None:
    """Why the last job gave the import back, or the file was refused."""
    if not one.problem:
        return None
    problem = Problem(one.problem["code"], one.problem["message"], None, one.problem["facts"])
    return problem.spoken(_)


def fault_words(fault: ImportFault) -> str:
    """What is wrong with a cell, in the reader's language."""
    return Problem(fault.code, fault.message, None, fault.facts or {}).spoken(_)


def labels(kind: str) -> dict[str, str]:
    """The columns of a kind of list by name, as people read them."""
    return {column.name: _(column.label) for column in COLUMNS[Kind(kind)]}


def good_rows(one: ListImport) -> int:
    """How many rows a store would touch: new ones and changed ones."""
    counts: dict[str, Any] = one.counts or {}
    return int(counts.get("new", 0)) + int(counts.get("changed", 0))
