"""Rules of a notice that need no database: to whom an office may write, how long a text may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from app.errors import Problems
from app.notices.enums import Audience, Office
from app.permissions import Role
from app.words import N_

LONGEST_TEXT, LONGEST_SMS = 300, 160
LONGEST_DAYS = 120

_LOCAL = (Audience.OFFICERS, Audience.CENTRES, Audience.NAMED_CENTRES)
AUDIENCES: Mapping[Office, tuple[Audience, ...]] = {
    Office.TSC: (*_LOCAL, Audience.SCDE),
    Office.SCDE: (*_LOCAL, Audience.TSC),
    Office.KNEC: tuple(Audience),
}
"""Office -> to whom it may write."""

OF_ROLE: Mapping[str, tuple[Audience, ...]] = {
    Role.OFFICER: (Audience.OFFICERS,),
    Role.CENTRE: (Audience.CENTRES, Audience.NAMED_CENTRES),
    Role.CENTRE_MANAGER: (Audience.CENTRES, Audience.NAMED_CENTRES),
    Role.TSC_DIRECTOR: (Audience.TSC, Audience.DIRECTORS),
    Role.SCDE: (Audience.SCDE, Audience.DIRECTORS),
    Role.COUNTY_DIRECTOR: (Audience.COUNTY,),
}
"""Role -> the audiences that it belongs to, whose notices stand on its home."""


def office_of(roles: Iterable[str]) -> Office | None:
    """The office for which an account with these roles writes; None for whoever only reads."""
    held = frozenset(roles)
    if Role.ADMINISTRATOR in held:
        return Office.KNEC
    if Role.TSC_DIRECTOR in held:
        return Office.TSC
    return Office.SCDE if Role.SCDE in held else None


def audiences_of(roles: Iterable[str]) -> tuple[str, ...]:
    """The audiences that somebody with these roles belongs to, each once."""
    found = [str(audience) for role in sorted(roles) for audience in OF_ROLE.get(role, ())]
    return tuple(dict.fromkeys(found))


def fault_of_days(faults: Problems, shown_from: dt.date, shown_until: dt.date) -> None:
    """Notes what is wrong with the days of a notice."""
    if shown_until < shown_from:
        faults.add(
            "ends-before-start", N_("The last day lies before the first."), field="shown_until"
        )
    elif (shown_until - shown_from).days > LONGEST_DAYS:
        faults.add("too-long", N_("A notice stands for at most 120 days."), field="shown_until")
