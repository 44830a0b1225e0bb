"""Which column of a release file is what: a field of the candidate, or a subject by its code.

Every column of the file is named or left out by somebody's choice: none is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import Problems
from app.words import N_

__all__ = ["FIELDS", "LEFT_OUT", "Plan", "guess", "plan_of", "refuse_impossible"]

INDEX, NAMES, SEX, MEAN = "index_number", "names", "sex", "mean_grade"
LEFT_OUT = "-"
FIELDS: Mapping[str, str] = {
    INDEX: N_("Index number"),
    NAMES: N_("Names"),
    SEX: N_("Sex"),
    MEAN: N_("Mean grade"),
}
_OTHER_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("indexnumber", "index", "indexno", "candidateindex", "indexnos"), INDEX),
    **dict.fromkeys(("names", "name", "candidatename", "candidatesname", "fullname"), NAMES),
    **dict.fromkeys(("sex", "gender", "mf"), SEX),
    **dict.fromkeys(("meangrade", "mean", "mg", "aggregategrade", "overallgrade"), MEAN),
}
_CODE = re.compile(r"(?<!\d)(\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each thing stands in a row, counted from 0; `subjects` are place and code."""

    index: int
    names: int
    sex: int
    mean: int
    subjects: tuple[tuple[int, str], ...]
    width: int


def guess(headings: Sequence[str], subjects: Mapping[str, str]) -> list[str]:
    """What each column most likely is, in the file's order; "" where nothing is known.

    A subject is known by its code, alone or among other words, else by its whole name.
    """
    by_name = {_letters(name): code for code, name in subjects.items()}
    found: list[str] = []
    for heading in headings:
        codes = [one for one in _CODE.findall(heading) if one in subjects]
        plain = _letters(heading)
        said = _OTHER_WORDS.get(plain) or (codes[0] if len(codes) == 1 else by_name.get(plain, ""))
        found.append("" if said in found else said)
    return found


def refuse_impossible(
    mapping: Sequence[str], headings: Sequence[str], subjects: Mapping[str, str]
) -> None:
    """Raises RuleBroken, all faults at once: columns that are unknown, missing or chosen twice."""
    faults = Problems()
    known = {*FIELDS, *subjects, LEFT_OUT}
    for at, heading in enumerate(headings):
        said = mapping[at] if at < len(mapping) else ""
        if said not in known:
            faults.add(
                "column-unknown",
                N_(
                    "No subject of the series is called “%(heading)s”. Say what it is, or leave it out."
                ),
                field=f"column-{at}",
                facts={"heading": heading[:60]},
            )
        elif said != LEFT_OUT and said in mapping[:at]:
            faults.add(
                "column-twice", N_("Another column is chosen for this too."), field=f"column-{at}"
            )
    for name in FIELDS:
        if name not in mapping:
            faults.add("column-missing", N_("No column is chosen for this."), field=name)
    if not any(said in subjects for said in mapping):
        faults.add("column-missing", N_("No column is chosen for a subject."))
    faults.refuse_if_any()


def plan_of(mapping: Sequence[str], subjects: Mapping[str, str]) -> Plan:
    """The plan of a mapping that was found possible; subjects in the order of their codes."""
    places = {said: at for at, said in enumerate(mapping) if said != LEFT_OUT}
    taught = sorted((said, at) for said, at in places.items() if said in subjects)
    return Plan(
        index=places[INDEX],
        names=places[NAMES],
        sex=places[SEX],
        mean=places[MEAN],
        subjects=tuple((at, code) for code, at in taught),
        width=len(mapping),
    )


def _letters(heading: str) -> str:
    return re.sub(r"[^a-z]", "", heading.casefold())[:60]
