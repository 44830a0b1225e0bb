"""What the review of a proposal shows: one kind of pick at a time, gaps, refusals, weights."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request
from flask_babel import gettext as _

from app import clock
from app.deployments.services.steps import late_since
from app.errors import PortalError
from app.extensions import db
from app.permissions import may
from app.proposals import queries
from app.proposals.asks import Asks
from app.proposals.models import Proposal
from app.proposals.queries import Shown, Wanted
from app.scoping.scope import Actor, Scope
from views import words
from views.access.language import language_now
from views.paging import pages_of
from views.proposals import sentences
from views.registers.sentences import in_language
from views.vacancies.office import _number

PAGE = 50
GAPS, REFUSED = "gaps", "refused"
SLOW = dt.timedelta(minutes=1)


def review_context(
    scope: Scope,
    actor: Actor,
    proposal_id: int,
    *,
    typed: Any = None,
    refusal: PortalError | None = None,
) -> dict[str, Any]:
    """What proposals/show.html asks for."""
    session = db.session
    proposal = queries.proposal_in(session, scope, proposal_id)
    counts = queries.counts_of(session, scope, proposal_id)
    gaps = queries.gap_lines(session, scope, proposal_id)
    ready = proposal.state == "ready"
    shown = _shown(counts.picks)
    acts = {act: may(actor, "proposals", act) for act in ("add", "lock", "discard", "publish")} | {
        "concern": may(actor, "deployments", "raise_concern")
    }
    return {
        "proposal": proposal,
        "address": f"/proposals/{proposal.id}/",
        "title": _("Proposal: %(place)s", place=proposal.sub_county.name),
        "context": [proposal.series.name, proposal.sub_county.name],
        "sentence": sentences.state_sentence(proposal, counts.picks),
        "pill": sentences.pill_of(proposal.state),
        "waits": proposal.state == "waiting",
        "slow": clock.real_now() - proposal.asked_at > SLOW,
        "ready": ready,
        "live": proposal.state in {"waiting", "ready", "failed"},
        "may": acts,
        "figures": _figures(proposal, counts.picks, sum(one.places for one in gaps)),
        "late": ready and late_since(session, proposal.series_id) is not None,
        "weights": sentences.weights_in_words(Asks(**proposal.asks)),
        "fields": _fields(proposal, typed, refusal),
        "errors": _errors(refusal),
        "shown": shown,
        "kept": _kept(shown),
        "tabs": _tabs(counts, gaps, shown),
        **_part(scope, proposal, shown, gaps),
    }


def _shown(picks: int) -> str:
    asked = request.values.get("show", "")
    known = {str(one) for one in Shown} | {GAPS, REFUSED}
    return asked if asked in known else str(Shown.ODD if picks else GAPS)


def _kept(shown: str) -> dict[str, str]:
    """What a form carries along so that its answer shows the same part."""
    kept = {name: request.values.get(name, "") for name in ("centre", "role", "page")}
    numbers = {name: value for name, value in kept.items() if _number(value)}
    return {"show": shown, **numbers}


def _figures(proposal: Proposal, picks: int, empty: int) -> list[dict[str, Any]]:
    if proposal.places is None or proposal.state == "waiting":
        return []
    tongue = language_now()
    kept = max(0, picks - (proposal.filled or 0))
    told = (
        (proposal.places, _("open places")),
        (proposal.filled or 0, _("filled now")),
        (kept, _("kept from before")),
        (empty, _("left empty")),
    )
    return [
        {"value": words.count(value, tongue), "label": label}
        for number, (value, label) in enumerate(told)
        if value or number != 2
    ]


def _fields(proposal: Proposal, typed: Any, refusal: PortalError | None) -> Any:
    wrong = {one.field: one.spoken(_) for one in refusal.problems} if refusal else {}
    shown = typed if typed is not None and typed.get("act") == "solve" else proposal.asks
    return sentences.weight_fields(shown, {str(name): said for name, said in wrong.items()})


def _errors(refusal: PortalError | None) -> list[dict[str, Any]]:
    if refusal is None:
        return []
    return [{"field": one.field, "sentence": one.spoken(_)} for one in refusal.problems]


def _tabs(counts: queries.Counts, gaps: Any, shown: str) -> list[dict[str, Any]]:
    kinds = [(str(kind), said, number) for kind, said, number in sentences.kinds_of(counts.by_kind)]
    kinds.append((GAPS, _("Empty places"), sum(one.places for one in gaps)))
    tabs = [
        {"href": f"?show={kind}", "label": said, "count": number, "current": kind == shown}
        for kind, said, number in kinds
    ]
    last = {"href": f"?show={REFUSED}", "label": _("Without a place"), "count": None}
    return [*tabs, {**last, "current": shown == REFUSED}]


def _part(scope: Scope, proposal: Proposal, shown: str, gaps: Any) -> dict[str, Any]:
    """The rows of the part that is looked at, with its filters and pages."""
    page = max(1, _number(request.values.get("page")) or 1)
    if shown == GAPS:
        return {"gaps": [_gap(one) for one in gaps], "pages": 1, "page": 1}
    if shown == REFUSED:
        lines, total = queries.refusal_lines(
            db.session, scope, proposal.id, skip=(page - 1) * PAGE, most=PAGE
        )
        refused = [
            {"name": one.name, "workstation": one.workstation, "why": sentences.refusal_words(one)}
            for one in lines
        ]
        return {"refused": refused, "total": total, "page": page, "pages": pages_of(total, PAGE)}
    wanted = Wanted(
        Shown(shown),
        _number(request.values.get("centre")),
        _number(request.values.get("role")),
        (page - 1) * PAGE,
        PAGE,
    )
    picks, total = queries.pick_lines(db.session, scope, proposal.id, wanted)
    centres, roles = queries.places_of(db.session, scope, proposal.id)
    asks = Asks(**proposal.asks)
    return {
        "picks": [pick(one, asks) for one in picks],
        "total": total,
        "page": page,
        "pages": pages_of(total, PAGE),
        "centre_choices": [{"value": "", "label": _("All centres")}]
        + [{"value": one.id, "label": f"{one.name} {one.code}"} for one in centres],
        "role_choices": [{"value": "", "label": _("All roles")}]
        + [{"value": one.id, "label": in_language(one.name, one.name_sw)} for one in roles],
        "centre": wanted.centre_id or "",
        "role": wanted.role_id or "",
    }


def pick(line: Any, asks: Asks) -> dict[str, Any]:
    """A pick as the pages show it."""
    return {
        "id": line.deployment_id,
        "name": line.name,
        "workstation": line.workstation,
        "role": sentences.role_of(line),
        "centre": line.centre,
        "centre_code": line.centre_code,
        "from_day": line.starts_on,
        "to_day": line.ends_on,
        "status": line.status,
        "locked": line.locked,
        "questioned": line.questioned,
        "costs": sentences.km(line.distance + line.fairness + line.asked),
        "why": sentences.pick_words(line, asks),
        "marks": sentences.marks_of(line),
    }


def _gap(line: Any) -> dict[str, Any]:
    return {
        "role": sentences.role_of(line),
        "centre": line.centre,
        "centre_code": line.centre_code,
        "places": line.places,
        "why": sentences.gap_words(line),
        "href": f"/centres/show/{line.centre_id}",
    }


__all__ = ["pick", "review_context"]
