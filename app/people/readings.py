"""What somebody typed in a step of their profile, read field by field: what is valid, what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import Problem, RuleBroken
from app.people.enums import ProfileGroup
from app.people.fields import EMPLOYERS, SECRET, Field, Kind, fields_of
from app.words import N_

Typed = Mapping[str, Sequence[str]]
LARGEST = 2**31 - 1


@dataclass
class Reading:
    """The valid values by field (None: emptied), and a sentence for each field that is not."""

    values: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: str) -> None:
        """Takes a value back, with the reason."""
        self.values.pop(name, None)
        self.problems.append(Problem(code, message, name))


def read_step(group: ProfileGroup, typed: Typed, roles: Sequence[str] = ()) -> Reading:
    """The step's fields as typed; `roles` are the codes of the work there is.

    A sealed number left empty stays as it is; a field that was not on the form is not touched.
    """
    reading = Reading()
    for one in fields_of(group):
        if one.kind is Kind.TICK:
            reading.values[one.name] = bool(_first(typed, one.name))
        elif one.kind is Kind.ROLES:
            chosen = set(typed.get(one.name, ()))
            reading.values[one.name] = [code for code in roles if code in chosen]
        elif one.name in typed:
            _read(one, _first(typed, one.name).strip(), reading)
    _check_together(group, typed, reading)
    return reading


def _read(one: Field, text: str, reading: Reading) -> None:
    if not text:
        if one.kind not in SECRET:
            reading.values[one.name] = None
        return
    if one.kind is Kind.PLACE:
        _read_place(one, text, reading)
        return
    assert one.read is not None
    try:
        reading.values[one.name] = one.read(text)
    except RuleBroken as error:
        reading.problems.append(Problem(error.code, error.message, one.name, dict(error.facts)))


def _read_place(one: Field, text: str, reading: Reading) -> None:
    if text.isascii() and text.isdecimal() and int(text[:11]) <= LARGEST:
        reading.values[one.name] = int(text)
    else:
        reading.refuse(one.name, "choice", N_("Choose one of the list."))


def _check_together(group: ProfileGroup, typed: Typed, reading: Reading) -> None:
    """What only two fields together can say."""
    values = reading.values
    if group is ProfileGroup.QUALIFICATION:
        first, last = values.get("qualification_from"), values.get("qualification_to")
        if isinstance(first, int) and isinstance(last, int) and last < first:
            said = N_("The last year cannot come before the first.")
            reading.refuse("qualification_to", "years", said)
    if group is ProfileGroup.WORKSTATION:
        known = dict(EMPLOYERS).get(str(values.get("employer_kind") or ""))
        if known and values["employer_kind"] != "other":
            values["employer"] = known
        school = _first(typed, "workstation_school").strip()
        if "workstation" in values:
            is_id = school.isascii() and school.isdecimal() and int(school[:11]) <= LARGEST
            values["workstation_school"] = int(school) if is_id else None


def _first(typed: Typed, name: str) -> str:
    found = typed.get(name, ())
    return str(found[0]) if found else ""
