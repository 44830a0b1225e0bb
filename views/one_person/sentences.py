"""Why two officers are thought to be one person, and what stands in the way, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from app.errors import PortalError
from app.people.queries.lookalikes import Pair
from app.words import N_
from views import words
from views.access.language import language_now

REASONS: dict[str, str] = {
    "national_id": N_("Both gave the same national ID"),
    "kra_pin": N_("Both gave the same KRA PIN"),
    "tsc_number": N_("Both gave the same TSC number"),
    "name": N_("The same name"),
    "similar_name": N_("A similar name"),
    "same_year": N_("Born in the same year"),
    "next_year": N_("Born one year apart"),
    "same_workplace": N_("The same workplace"),
    "same_kin": N_("The same telephone of the next of kin"),
    "same_sub_county": N_("The same sub-county"),
}
STATES: dict[str, str] = {
    "open": N_("To review"),
    "proposed": N_("Proposed as one person"),
    "dismissed": N_("Different people"),
    "merged": N_("Made one"),
}
VALUES: dict[str, str] = {
    "name": N_("Name"),
    "year_of_birth": N_("Year of birth"),
    "gender": N_("Gender"),
    "mobile": N_("Mobile number and account"),
    "national_id": N_("National ID"),
    "kra_pin": N_("KRA PIN"),
    "tsc_number": N_("TSC number"),
    "workplace": N_("Workplace"),
    "account": N_("Bank account"),
    "kin": N_("Next of kin"),
}
"""What may be kept of either record, in the order of the page."""


def reasons_words(reasons: Iterable[str]) -> str:
    """Why a pair was found, the weightiest first: "The same name; Born in the same year"."""
    found = set(reasons)
    return "; ".join(_(said) for reason, said in REASONS.items() if reason in found)


def refusal_words(error: PortalError) -> list[dict[str, str | None]]:
    """What is wrong, each as an item of the summary; days in the way are named one by one."""
    said: list[dict[str, str | None]] = [
        {"field": problem.field, "sentence": problem.spoken(_)} for problem in error.problems
    ]
    days: Any = error.facts.get("days", ())
    return said + [{"field": None, "sentence": day_words(*one)} for one in days]


def day_words(first: Any, last: Any, is_marked: object) -> str:
    """One stretch of days on which both records have duty."""
    tongue = language_now()
    if is_marked:
        return _("%(day)s: both were marked in a register.", day=words.day(first, tongue))
    return _(
        "%(first)s to %(last)s: both are deployed.",
        first=words.day(first, tongue),
        last=words.day(last, tongue),
    )


def what_stays(pair: Pair, survivor_id: int, kept: dict[str, str]) -> list[dict[str, str]]:
    """What a merge would leave, as facts of the page that asks once more."""
    stays, goes = (pair.one, pair.other)[:: 1 if pair.one.officer_id == survivor_id else -1]
    taken = [_(VALUES[what]) for what, whose in kept.items() if whose == "merged"]
    facts = [
        {"label": _("The record that stays"), "value": record_words(stays)},
        {"label": _("The record that ends"), "value": record_words(goes)},
    ]
    if taken:
        facts.append({"label": _("Kept of the record that ends"), "value": ", ".join(taken)})
    return facts


def record_words(side: Any) -> str:
    """One record in a line: name, telephone where it may be read, workplace."""
    telephone = words.mobile(side.mobile, language_now()) if side.mobile else ""
    told = (side.name, telephone, side.workplace, side.sub_county)
    return ", ".join(str(one) for one in told if one)
