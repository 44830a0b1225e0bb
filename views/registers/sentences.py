"""What the register's pages say: where it stands, what a mark says, what was saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.attendance.enums import SETTLED, MarkStatus, RegisterState
from app.attendance.queries import RegisterPage
from app.words import N_
from views.access.language import language_now

STATUS_WORDS = {
    MarkStatus.PRESENT: N_("Present"),
    MarkStatus.LATE: N_("Late"),
    MarkStatus.ABSENT: N_("Absent"),
}
KIND_WORDS = {
    "rehearsal": N_("Rehearsal day"),
    "oral": N_("Orals"),
    "practical": N_("Practicals"),
    "written": N_("Written papers"),
}


def in_language(english: str, kiswahili: str) -> str:
    """The one of two stored names that the reader's language wants."""
    return kiswahili if language_now() == "sw" else english


def role_name(person: Any) -> str:
    """The role of a line in the reader's language."""
    return in_language(person.role, person.role_sw)


def mark_words(values: Mapping[str, Any]) -> str:
    """A mark in words: "Late, 20 minutes, Transport"."""
    if not values.get("status"):
        return _("Not marked")
    parts = [_(STATUS_WORDS[MarkStatus(values["status"])])]
    if values.get("minutes_late"):
        minutes = values["minutes_late"]
        parts.append(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    parts += [_(values["reason"])] if values.get("reason") else []
    parts += [values["remark"]] if values.get("remark") else []
    return ", ".join(parts)


def counts_words(statuses: Iterable[MarkStatus | str | None]) -> str:
    """How many are present, late, absent: "7 present, 1 late, 1 absent"."""
    found = [str(status) for status in statuses if status]
    present, late, absent = (found.count(str(one)) for one in MarkStatus)
    parts = (
        [ngettext("%(num)s present", "%(num)s present", present)] if present or not found else []
    )
    parts += [ngettext("%(num)s late", "%(num)s late", late)] if late else []
    parts += [ngettext("%(num)s absent", "%(num)s absent", absent)] if absent else []
    return ", ".join(parts)


def state_sentence(page: RegisterPage) -> str:
    """One sentence on where the register stands."""
    people = len(page.lines)
    if page.state is None:
        return ngettext(
            "%(num)s on the roster, nothing saved yet",
            "%(num)s on the roster, nothing saved yet",
            people,
        )
    marked = sum(1 for line in page.lines if line.status)
    if page.state is RegisterState.OPEN:
        return _("%(marked)s of %(people)s marked, not submitted", marked=marked, people=people)
    counts = counts_words(line.status for line in page.lines)
    if page.place.of_store and page.state is not RegisterState.RETURNED:
        return _store_sentence(page, counts)
    if page.state is RegisterState.SUBMITTED:
        return _("%(counts)s; the SCDE has not confirmed yet", counts=counts)
    if page.state in SETTLED:
        return _("%(counts)s; confirmed by the SCDE", counts=counts)
    return _("%(counts)s; to be put right and submitted again", counts=counts)


def _store_sentence(page: RegisterPage, counts: str) -> str:
    """Where a store's register stands once the SCDE has submitted it."""
    if page.state is RegisterState.SUBMITTED:
        return _("%(counts)s; the TSC director has not confirmed yet", counts=counts)
    return _("%(counts)s; confirmed by the TSC director", counts=counts)


def saved_sentence(page: RegisterPage) -> str | None:
    """What was stored last, and what that means for the sub-county."""
    if not page.stamps:
        return None
    last = page.stamps[-1]
    at = f"{clock.nairobi(last.at):%H:%M}"
    said = {
        "open": None,
        "save": _("Saved at %(at)s. It is not submitted yet.", at=at),
        "submit": _("Saved at %(at)s. The sub-county has it.", at=at),
        "confirm": _("Confirmed at %(at)s.", at=at),
        "return": _("Returned to the centre at %(at)s.", at=at),
        "reopen": _("Opened again at %(at)s. The centre can correct and submit it.", at=at),
    }
    if page.place.of_store:
        said |= {
            "submit": _("Saved at %(at)s. The TSC director has it.", at=at),
            "return": _("Returned to the SCDE at %(at)s.", at=at),
            "reopen": _("Opened again at %(at)s. The SCDE can correct and submit it.", at=at),
        }
    return said.get(last.act)


def remarked_sentence(page: RegisterPage) -> str | None:
    """What became of the director's latest remark."""
    if not page.remarks:
        return None
    last = max(page.remarks, key=lambda one: one.remark_id)
    return _(
        "Remark saved at %(at)s. The SCDE sees it before confirming.",
        at=f"{clock.nairobi(last.at):%H:%M}",
    )
