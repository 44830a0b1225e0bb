"""How files, releases and results are said: state, what holds them up, and what a column holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import Problem
from app.results.columns import FIELDS, LEFT_OUT
from app.results.enums import ReleaseState
from app.results.machine import Change, FileState
from app.results.models import ResultFault, ResultFile, ResultRelease
from app.words import N_

Pill = tuple[str, str, str]

FILE_STATES: Mapping[str, Pill] = {
    FileState.RECEIVED: ("information", "clock", N_("Being opened")),
    FileState.TO_MAP: ("attention", "open", N_("Columns to choose")),
    FileState.CHECKING: ("information", "clock", N_("Being checked")),
    FileState.CHECKED: ("attention", "flag", N_("Checked, not loaded")),
    FileState.STORING: ("information", "clock", N_("Being loaded")),
    FileState.STORED: ("success", "check", N_("Loaded")),
    FileState.REFUSED: ("danger", "cross", N_("Cannot be read")),
    FileState.DISCARDED: ("ink", "back", N_("Discarded")),
}
RELEASE_STATES: Mapping[str, Pill] = {
    ReleaseState.LOADED: ("information", "clock", N_("Loaded, not proven")),
    ReleaseState.CHECKED: ("attention", "flag", N_("Checked")),
    ReleaseState.APPROVED: ("information", "check", N_("Approved")),
    ReleaseState.RELEASED: ("success", "check", N_("Released")),
    ReleaseState.SUPERSEDED: ("ink", "back", N_("Superseded")),
}
PHASES: Mapping[str, str] = {
    "reading": N_("Reading and checking the rows, one by one."),
    "storing": N_("Loading the rows, all at once."),
    "comparing": N_("Comparing every stored cell with the file."),
    "counting": N_("Counting."),
    "building": N_("Preparing every answer."),
}
WAITING = N_("Waiting for its turn.")
CHANGES: Mapping[str, str] = {
    Change.WITHHOLD: N_("Withhold"),
    Change.CANCEL: N_("Cancel"),
    Change.PEND: N_("Pend"),
    Change.RESTORE: N_("Restore"),
    Change.AMEND: N_("Amend"),
}
CHANGED: Mapping[str, str] = {
    Change.WITHHOLD: N_("Withheld"),
    Change.CANCEL: N_("Cancelled"),
    Change.PEND: N_("Pended"),
    Change.RESTORE: N_("Restored"),
    Change.AMEND: N_("Amended"),
}
_FILE: Mapping[str, str] = {
    FileState.RECEIVED: N_("The file is being opened."),
    FileState.TO_MAP: N_("Say what each column holds. Nothing is stored."),
    FileState.CHECKING: N_("Every row is checked. Nothing is stored."),
    FileState.STORING: N_("The file is being loaded, all of it."),
    FileState.STORED: N_("The file is loaded as a release."),
    FileState.REFUSED: N_("The file could not be read."),
    FileState.DISCARDED: N_("The file and its rows are wiped."),
}
_RELEASE: Mapping[str, str] = {
    ReleaseState.CHECKED: N_("Every stored cell equals the file. Another person approves it."),
    ReleaseState.SUPERSEDED: N_("A later release of the series took its place."),
}


def pill_of(states: Mapping[str, Pill], state: str) -> Pill:
    """Colour, icon and word of a state."""
    colour, icon, words = states[state]
    return colour, icon, _(words)


def file_sentence(one: ResultFile) -> str:
    """One sentence that says where the file stands."""
    if one.state == FileState.CHECKED:
        return ngettext(
            "%(num)s row was checked; nothing is loaded yet.",
            "%(num)s rows were checked; nothing is loaded yet.",
            one.report["rows"],
        )
    return _(_FILE[one.state])


def release_sentence(one: ResultRelease) -> str:
    """One sentence that says where the release stands."""
    if one.state == ReleaseState.LOADED:
        return _loaded(one)
    if one.state == ReleaseState.APPROVED:
        return _approved(one)
    if one.state == ReleaseState.RELEASED:
        return _("Everybody reads this release.")
    return _(_RELEASE[one.state])


def _loaded(one: ResultRelease) -> str:
    if one.problem:
        return problem_of(one.problem)
    if one.proof:
        return _("What is stored differs from the file: this release cannot be approved.")
    return _("Every stored cell is being compared with the file.")


def _approved(one: ResultRelease) -> str:
    if one.release_at is None:
        return _("Approved. The minute of its release is not set.")
    if one.built_for != one.release_at:
        return _("The answers are being prepared. Nobody can read them before the minute.")
    return _("Prepared. It opens by itself at its minute, and not a second before.")


def problem_of(problem: Mapping[str, Any] | None) -> str:
    """What held the last job up, in the reader's language; nothing where nothing did."""
    if not problem:
        return ""
    said = Problem(problem["code"], problem["message"], None, problem.get("facts") or {})
    return said.spoken(_)


def fault_words(fault: ResultFault | Mapping[str, Any]) -> str:
    """What is wrong with a cell or a column, in the reader's language."""
    if isinstance(fault, ResultFault):
        return Problem(fault.code, fault.message, None, fault.facts or {}).spoken(_)
    facts = fault["facts"]
    many = fault["number"] > 1 and fault["code"] in {"grade", "centre-unknown", "index-twice"}
    if many or fault["code"] == "subject-count":
        facts = dict.fromkeys(facts, "…")
    return Problem(fault["code"], fault["message"], None, facts).spoken(_)


def column_choices(subjects: Mapping[str, str]) -> list[dict[str, str]]:
    """What a column of the file may hold."""
    return [
        {"value": "", "label": _("Choose")},
        *({"value": name, "label": _(label)} for name, label in FIELDS.items()),
        *({"value": code, "label": f"{code} {name}"} for code, name in subjects.items()),
        {"value": LEFT_OUT, "label": _("Leave this column out")},
    ]
