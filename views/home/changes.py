"""What changed in the last day, each event told as a sentence with a link to what it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.attendance import queries
from app.audit.queries import Change, changes_since
from app.permissions import may
from app.scoping.scope import Actor, Scope
from app.words import N_

SINCE = dt.timedelta(hours=24)

WORDS: Mapping[str, str] = {
    "register.opened": N_("%(centre)s: register opened by %(actor)s"),
    "register.saved": N_("%(centre)s: marks saved by %(actor)s"),
    "register.submitted": N_("%(centre)s: register submitted by %(actor)s"),
    "register.resubmitted": N_("%(centre)s: register submitted again by %(actor)s"),
    "register.corrected": N_("%(centre)s: register corrected by %(actor)s"),
    "register.confirmed": N_("%(centre)s: register confirmed by %(actor)s"),
    "register.returned": N_("%(centre)s: register returned by %(actor)s"),
    "register.reopened": N_("%(centre)s: register reopened by %(actor)s"),
    "register.reopened_locked": N_("%(centre)s: locked register reopened by %(actor)s"),
    "register.locked": N_("%(centre)s: register locked by %(actor)s"),
    "register.remarked": N_("%(centre)s: remark on a row by %(actor)s"),
    "dispute.raised": N_("%(centre)s: day disputed by %(actor)s"),
    "dispute.answered": N_("%(centre)s: dispute answered by %(actor)s"),
    "roster.confirmed": N_("%(centre)s: roster confirmed by %(actor)s"),
    "deployment.published": N_("%(centre)s: deployment published by %(actor)s"),
    "deployment.withdrawn": N_("%(centre)s: deployment withdrawn by %(actor)s"),
    "deployment.accepted": N_("%(centre)s: duty accepted by %(actor)s"),
    "deployment.declined": N_("%(centre)s: duty declined by %(actor)s"),
    "deployment.amended": N_("%(centre)s: days of a deployment changed by %(actor)s"),
    "deployment.yielded": N_("%(centre)s: %(actor)s stands in for somebody absent"),
    "deployment.concern_raised": N_("%(centre)s: concern raised by %(actor)s"),
    "deployment.concern_answered": N_("%(centre)s: concern answered by %(actor)s"),
    "correction.opened": N_("%(centre)s: something said to be wrong by %(actor)s"),
    "correction.answered": N_("%(centre)s: correction answered by %(actor)s"),
    "incident.submitted": N_("%(centre)s: report submitted by %(actor)s"),
    "password.issued": N_("%(centre)s: password issued by %(actor)s"),
}
OFFICES: Mapping[str, str] = {
    "profile.verified": N_("Profile verified by %(actor)s"),
    "profile.flagged": N_("Profile flagged by %(actor)s"),
    "profile.submitted": N_("Profile sent for verification by %(actor)s"),
    "import.stored": N_("List stored by %(actor)s"),
    "notice.posted": N_("Notice posted by %(actor)s"),
    "notice.withdrawn": N_("Notice withdrawn by %(actor)s"),
    "vacancy.advertised_missing": N_("Missing posts advertised by %(actor)s"),
    "application.apply": N_("Application by %(actor)s"),
    "application.withdraw": N_("Application withdrawn by %(actor)s"),
    "application.select": N_("Post offered by %(actor)s"),
    "application.accept": N_("Post accepted by %(actor)s"),
    "merge.proposed": N_("Two records proposed as one person by %(actor)s"),
    "merge.approved": N_("Two records made one by %(actor)s"),
}
"""Events of no single centre."""

UNTOLD = ("account.", "data.", "identity.", "import.", "letter_file.", "message.", "number.",
          "password.", "privacy.", "retention.", "lookalike.found")  # fmt: skip
"""What one person did alone, and what jobs did: the records have them, the home does not."""

OTHER = N_("%(what)s, by %(actor)s")


def changes_for(scope: Scope, actor: Actor) -> list[dict[str, Any]]:
    """The latest events in scope as home.html lists them."""
    found = changes_since(scope, clock.now() - SINCE)
    named = queries.centres_and_days(scope, _registers(found), _centres(found))
    told: list[dict[str, Any]] = []
    for one in found:
        if not _is_told(one, named):
            continue
        line = {"at": one.at, "sentence": _sentence(one, named), "href": _href(one, named, actor)}
        if told and told[-1]["plain"] == line["sentence"]:
            told[-1]["times"] += 1
        else:
            told.append(line | {"plain": line["sentence"], "times": 1})
    return [_counted(line) for line in told]


def _is_told(one: Change, named: queries.Named) -> bool:
    has_words = one.action in OFFICES or (
        one.action in WORDS and (one.centre_id or 0) in named.centres
    )
    return has_words or not one.action.startswith(UNTOLD)


def _counted(line: dict[str, Any]) -> dict[str, Any]:
    """The line once, with how often the same happened in a row."""
    plain, times = line.pop("plain"), line.pop("times")
    if times > 1:
        line["sentence"] = _("%(sentence)s (%(times)s times)", sentence=plain, times=times)
    return line


def _registers(found: Iterable[Change]) -> list[int]:
    return [int(one.entity_id) for one in found if one.entity == "register"]


def _centres(found: Iterable[Change]) -> list[int]:
    return [one.centre_id for one in found if one.centre_id is not None]


def _sentence(one: Change, named: queries.Named) -> str:
    _code, centre = named.centres.get(one.centre_id or 0, ("", ""))
    if one.action in WORDS and centre:
        return _(WORDS[one.action], centre=centre, actor=one.actor)
    if one.action in OFFICES:
        return _(OFFICES[one.action], actor=one.actor)
    what = one.action.replace(".", " ").replace("_", " ").replace("-", " ")
    return _(OTHER, what=f"{centre}: {what}" if centre else what, actor=one.actor)


def _href(one: Change, named: queries.Named, actor: Actor) -> str | None:
    code, _name = named.centres.get(one.centre_id or 0, ("", ""))
    if one.entity == "register" and code and may(actor, "registers", "show"):
        day = named.days.get(int(one.entity_id))
        return f"/register/{code}/{day}" if day else None
    if one.entity == "dispute" and may(actor, "disputes", "list"):
        return "/registers/disputes/?state=all"
    return None
