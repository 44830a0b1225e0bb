"""What pages say about a profile: what is missing, how names agree, what waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.people.enums import NeededFor, ProfileState
from app.people.fields import FIELD, GROUP_WORDS, Field
from app.people.matching_names import Match, Verdict
from app.people.requirements import Missing


def match_words(match: Match | None) -> dict[str, Any] | None:
    """How well the name and the name on M-Pesa agree: a kind of note and a sentence."""
    if match is None:
        return None
    names = _names(match)
    if match.verdict is Verdict.MATCH:
        said = _("The two names agree (%(score)s of 100).", score=match.score)
        return {"kind": "success", "score": match.score, "sentence": said}
    if match.verdict is Verdict.CLOSE:
        said = _(
            "The two names nearly agree (%(score)s of 100): look at %(names)s. A small difference"
            " is enough to send pay back.",
            score=match.score,
            names=names or _("the short names"),
        )
        return {"kind": "attention", "score": match.score, "sentence": said}
    said = _(
        "The two names differ (%(score)s of 100): %(names)s. Mend it now; after the season it holds"
        " up your pay.",
        score=match.score,
        names=names,
    )
    return {"kind": "danger", "score": match.score, "sentence": said}


def _names(match: Match) -> str:
    """The names that differ, such as "otieno / otyeno"."""
    pairs = [[one for one in (d.left, d.right) if one] for d in match.differences]
    return ", ".join(" / ".join(name.title() for name in pair) for pair in pairs)


def missing_words(found: Iterable[Missing]) -> list[dict[str, str]]:
    """Each missing field with its address and why it matters for pay."""
    return [
        {
            "label": _(one.field.label),
            "href": address_of(one.field),
            "matters": _(one.field.matters),
            "for_pay": _("needed for pay") if one.needed_for is NeededFor.PAY else "",
        }
        for one in found
    ]


def address_of(field: Field) -> str:
    """Where the officer mends the field."""
    return f"/me/profile/{field.group}/#{field.name}"


def state_words(state: ProfileState, lacks: int, minutes: int) -> str:
    """One sentence about where the profile stands."""
    if state is ProfileState.VERIFIED:
        return _("Verified. What you change is looked at again, the rest stays as it is.")
    if state is ProfileState.SUBMITTED:
        return _("The TSC Sub-County Director has it and will verify it.")
    if state is ProfileState.FLAGGED:
        return _("Something has to be put right before it can be verified.")
    if not lacks:
        return _("Everything that is needed is there. Send it for verification.")
    return things_missing(lacks, minutes)


def things_missing(lacks: int, minutes: int) -> str:
    """ "3 things missing, 6 minutes"."""
    things = ngettext("%(num)s thing missing", "%(num)s things missing", lacks)
    time = ngettext("about %(num)s minute", "about %(num)s minutes", minutes)
    return f"{things}, {time}"


def field_words(name: str | None) -> str:
    """What a field is called."""
    return _(FIELD[name].label) if name and name in FIELD else str(name or "")


def fields_words(names: Iterable[str]) -> str:
    """What fields are called, in a row."""
    return ", ".join(field_words(name) for name in names if name in FIELD)


def group_words(names: Iterable[Any]) -> str:
    """What groups are called, in a row."""
    wanted = {str(name) for name in names}
    return ", ".join(_(words) for group, words in GROUP_WORDS.items() if str(group) in wanted)
