"""The words of vacancies: states, criteria, kinds of rules, and reasons in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.vacancies.eligibility import NUMBERS, QUALIFICATIONS, TEACHES, Bar

VACANCY = (("open", _("Open")), ("closed", _("Closed")))
APPLICATION = (
    ("applied", _("Applied")),
    ("shortlisted", _("Shortlisted")),
    ("selected", _("Selected")),
    ("accepted", _("Accepted")),
    ("declined", _("Declined")),
    ("not_selected", _("Not selected")),
    ("withdrawn", _("Withdrawn")),
)
CRITERIA = (
    ("distance", _("Distance")),
    ("experience", _("Experience")),
    ("left_out", _("Not chosen last year")),
    ("verified", _("Verified")),
)
RULE_KINDS = (
    ("profile_verified", _("Profile verified")),
    ("tsc_employed", _("Employed by the TSC")),
    ("number_given", _("A number is given")),
    ("not_served_here", _("Not served here lately")),
    ("not_own_workstation", _("Not the own workstation")),
    ("no_declared_interest", _("No declared interest")),
    ("teaches_at", _("Teaches at a level")),
    ("experience", _("Years in service")),
    ("qualification", _("Qualification")),
    ("reads_braille", _("Reads braille where needed")),
    ("one_post_a_day", _("One post a day")),
    ("weekly_rotation", _("Weekly rotation")),
)
ACTIVITIES = (
    ("rehearsal", _("Rehearsal")),
    ("oral", _("Orals")),
    ("practical", _("Practicals")),
    ("written", _("Written papers")),
)


def rule_terms(parameters: Mapping[str, Any]) -> str:
    """What a rule asks for in words: "3 years", "primary school", "diploma or more"."""
    if "years" in parameters:
        return ngettext("%(num)s year", "%(num)s years", parameters["years"])
    if "weeks" in parameters:
        return ngettext("%(num)s week", "%(num)s weeks", parameters["weeks"])
    if "at_least" in parameters:
        level = QUALIFICATIONS[parameters["at_least"]]
        return gettext("%(level)s or more", level=gettext(level))
    words = [gettext(TEACHES[one]) for one in parameters.get("levels", ())]
    words += [gettext(NUMBERS[one]) for one in parameters.get("any_of", ())]
    return gettext(" or ").join(words)


def reasons(bars: Iterable[Bar]) -> list[dict[str, Any]]:
    """Each bar as a sentence with the circular that it rests on."""
    return [
        {"sentence": bar.sentence.spoken(gettext), "source": bar.source, "year": bar.year}
        for bar in bars
    ]
