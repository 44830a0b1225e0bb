"""What the pages of look-alikes show: the queue, and two records beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.errors import PortalError
from app.people.queries import lookalikes as queries
from app.people.queries.lookalikes import Pair, Side
from app.permissions import may
from app.scoping.scope import Actor, Scope
from views import words
from views.access.language import language_now
from views.one_person.sentences import (
    REASONS,
    STATES,
    VALUES,
    day_words,
    reasons_words,
    refusal_words,
)
from views.paging import pages_of

ROWS = ("state", *VALUES, "employer", "designation", "email", "created_at", "duties")


def list_context(scope: Scope, *, state: str, page: int) -> dict[str, Any]:
    """What one_person/list.html asks for."""
    counts = queries.counts(scope)
    found, total = queries.waiting(scope, state=state, page=page)
    return {
        "state": state,
        "state_words": _(STATES[state]),
        "sentence": ngettext("%(num)s pair", "%(num)s pairs", total),
        "tabs": [
            {
                "href": f"/lookalikes/list/?state={one}",
                "label": _(said),
                "count": counts.get(one, 0),
                "current": one == state,
            }
            for one, said in STATES.items()
        ],
        "rows": [
            {
                "href": f"/lookalikes/{one.id}",
                "names": one.names,
                "sub_counties": [place or _("no sub-county yet") for place in one.sub_counties],
                "reasons": reasons_words(one.reasons),
                "score": one.score,
                "found_at": one.found_at,
            }
            for one in found
        ],
        "page": page,
        "pages": pages_of(total, queries.PAGE),
    }


def pair_context(
    scope: Scope,
    actor: Actor,
    pair: Pair,
    *,
    typed: Mapping[str, str] | None = None,
    error: PortalError | None = None,
) -> dict[str, Any]:
    """What one_person/pair.html asks for."""
    is_open, is_proposed = pair.state == "open", pair.state == "proposed"
    own = pair.proposed_by == actor.user_id
    days = queries.days_in_the_way(pair.one.officer_id, pair.other.officer_id)
    return {
        "pair": pair,
        "sides": (pair.one, pair.other),
        "state_words": _(STATES[pair.state]),
        "reasons": [_(said) for one, said in REASONS.items() if one in pair.reasons],
        "rows": _rows(pair, choosing=is_open and may(actor, "lookalikes", "propose_merge")),
        "days": [day_words(one.first, one.last, one.is_marked) for one in days]
        if pair.state in {"open", "proposed"}
        else [],
        "may_dismiss": is_open and may(actor, "lookalikes", "dismiss"),
        "may_propose": is_open and may(actor, "lookalikes", "propose_merge"),
        "may_approve": is_proposed and not own and may(actor, "lookalikes", "approve_merge"),
        "may_refuse": is_proposed and may(actor, "lookalikes", "refuse_merge"),
        "own_proposal": is_proposed and own,
        "kept": [_(VALUES[what]) for what, whose in pair.kept.items() if whose == "merged"],
        "typed": typed or {},
        "errors": refusal_words(error) if error else [],
        "scope_is_national": scope.is_everything,
    }


def _rows(pair: Pair, *, choosing: bool) -> list[dict[str, Any]]:
    """Each fact of both, whether they differ, and whether either may be kept."""
    masked = pair.one.is_masked or pair.other.is_masked
    rows = []
    for name in ROWS:
        mine, theirs = _said(pair.one, name), _said(pair.other, name)
        if mine or theirs:
            told = not masked or name in {"name", "year_of_birth", "workplace"}
            compared = told and name not in ("state", "created_at", "duties")
            rows.append(
                {
                    "name": name,
                    "label": _label(name),
                    "values": (mine, theirs),
                    "compared": compared and bool(mine and theirs),
                    "differs": compared and mine.casefold() != theirs.casefold(),
                    "choose": choosing and not masked and name in VALUES and mine and theirs
                    and mine != theirs,
                }
            )  # fmt: skip
    return rows


def _label(name: str) -> str:
    others = {
        "state": _("Profile"),
        "employer": _("Employer"),
        "designation": _("Designation"),
        "email": _("Email"),
        "created_at": _("Here since"),
        "duties": _("Work so far"),
    }
    return others[name] if name in others else _(VALUES[name])


def _said(side: Side, name: str) -> str:
    """A fact of one side in words; empty where it is not known or not shown."""
    say = SAID.get(name)
    return say(side) if say else str(getattr(side, name) or "")


def _gender(side: Side) -> str:
    return {"female": _("Female"), "male": _("Male")}.get(side.gender or "", "")


def _state(side: Side) -> str:
    states = {
        "draft": _("Draft"),
        "submitted": _("Submitted"),
        "verified": _("Verified"),
        "flagged": _("Flagged"),
    }
    return states.get(side.state, "")


def _mobile(side: Side) -> str:
    return words.mobile(side.mobile, language_now()) if side.mobile else ""


def _kin(side: Side) -> str:
    telephone = words.mobile(side.kin_telephone, language_now()) if side.kin_telephone else ""
    return " ".join(filter(None, (side.kin, telephone)))


def _workplace(side: Side) -> str:
    return ", ".join(filter(None, (side.workplace, side.sub_county)))


def _here_since(side: Side) -> str:
    at = side.created_at
    return words.day_with_year(clock.day_of(at), language_now()) if at else ""


def _duties(side: Side) -> str:
    """How often somebody was deployed, and on how many days they worked."""
    if side.deployments is None or side.days_worked is None:
        return ""
    duties = ngettext("%(num)s duty", "%(num)s duties", side.deployments)
    days = ngettext("%(num)s day worked", "%(num)s days worked", side.days_worked)
    return f"{duties}, {days}"


SAID: Mapping[str, Callable[[Side], str]] = {
    "gender": _gender,
    "state": _state,
    "mobile": _mobile,
    "kin": _kin,
    "workplace": _workplace,
    "created_at": _here_since,
    "duties": _duties,
}
"""Facts that are not said as they are stored."""
