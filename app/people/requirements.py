"""What a profile still lacks on a day, by dated rules for everybody and for the work asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.people.enums import NeededFor, ProfileGroup
from app.people.fields import FIELD, Field

WORK_NUMBER = "work_number"
"""A PF, service or identity number: what stands for the TSC number of those who do not teach."""
EITHER: Mapping[str, tuple[str, ...]] = {WORK_NUMBER: ("staff_number", "national_id")}
"""Requirements that any one of several fields meets; the first is where it is asked."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field needed of everybody or of one role, for all or one examination, in its dates."""

    field: str
    needed_for: NeededFor
    effective_from: date
    effective_to: date | None = None
    role_code: str | None = None
    examination_code: str | None = None

    def holds(self, on: date, role_codes: Collection[str], examination_code: str | None) -> bool:
        """Whether the rule speaks about this day, these roles and this examination."""
        in_time = self.effective_from <= on and (
            self.effective_to is None or on <= self.effective_to
        )
        of_role = self.role_code is None or self.role_code in role_codes
        return in_time and of_role and self.examination_code in (None, examination_code)


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that is not there, and what it is needed for."""

    field: Field
    needed_for: NeededFor

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def group(self) -> ProfileGroup:
        return self.field.group


def missing(
    facts: Mapping[str, object],
    rules: Iterable[Requirement],
    role_codes: Collection[str] = (),
    *,
    on: date,
    examination_code: str | None = None,
) -> tuple[Missing, ...]:
    """What the profile lacks on the day, in the order of the steps; each with its why.

    `facts` holds something true for each field that is given. A field needed for both is told as
    needed for submission.
    """
    wanted: dict[str, NeededFor] = {}
    for rule in rules:
        if not rule.holds(on, role_codes, examination_code) or _is_given(facts, rule.field):
            continue
        name = EITHER.get(rule.field, (rule.field,))[0]
        if name in FIELD and wanted.get(name) is not NeededFor.SUBMIT:
            wanted[name] = rule.needed_for
    return tuple(Missing(FIELD[name], wanted[name]) for name in FIELD if name in wanted)


def _is_given(facts: Mapping[str, object], field: str) -> bool:
    return any(facts.get(one) for one in EITHER.get(field, (field,)))


def needed(
    rules: Iterable[Requirement], role_codes: Collection[str] = (), *, on: date
) -> frozenset[str]:
    """The fields that may not be empty on the day, whatever is given already."""
    found = missing({}, rules, role_codes, on=on)
    return frozenset(one.name for one in found if one.needed_for is NeededFor.SUBMIT)
