"""What the pages of redeployment and swap show: people, places to go to, and what would happen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.deployments.models import Deployment
from app.deployments.queries.moves import (
    PAGE_OF_PEOPLE,
    PAGE_OF_PLACES,
    open_places,
    people_elsewhere,
)
from app.deployments.services import moving
from app.errors import PortalError, RuleBroken
from app.extensions import db
from app.permissions import require
from app.procedures.redeployment import Move, plan_move, plan_swap
from app.reference.services import within
from app.scoping.scope import Actor, Scope
from app.words import N_
from views import words
from views.access.language import language_now
from views.paging import pages_of
from views.registers.sentences import in_language

Typed = Mapping[str, str]


def day_typed(typed: Typed, name: str = "from_day") -> dt.date | None:
    """The day that was typed; None where nothing was. RuleBroken for what is no day."""
    written = (typed.get(name) or "").strip()
    if not written:
        return None
    try:
        return dt.date.fromisoformat(written)
    except ValueError as error:
        said = N_("Choose a day, such as 2026-11-12.")
        raise RuleBroken("not-a-day", said, field=name) from error


def number_typed(typed: Typed, name: str) -> int:
    """The key that was typed, 0 where it is none."""
    written = typed.get(name) or ""
    return int(written) if written.isdecimal() and len(written) < 10 else 0


def errors_of(error: PortalError) -> list[dict[str, Any]]:
    """Every fault of a refusal as the page says it."""
    return [{"field": one.field, "sentence": one.spoken(_)} for one in error.problems]


def move_context(
    scope: Scope, actor: Actor, deployment_id: int, typed: Typed, *, error: PortalError | None
) -> dict[str, Any]:
    """What redeploy/move.html asks for; nothing is stored. A refusal says what was wrong."""
    require(actor, "deployments", "redeploy")
    session = db.session
    old: Deployment = within(session, Deployment, scope, deployment_id)
    moving.refuse_off_duty(old)
    earliest = moving.first_possible_day(session, old)
    faults = errors_of(error) if error else []
    move, first = None, earliest
    try:
        first = day_typed(typed) or earliest
        post_id = number_typed(typed, "post_id")
        if post_id:
            move = plan_move(scope, actor, deployment_id=old.id, post_id=post_id, from_day=first)
        elif earliest > old.ends_on:
            moving.refuse_day(session, old, first)
    except RuleBroken as refused:
        faults = faults or errors_of(refused)
    page = max(1, number_typed(typed, "page"))
    words = typed.get("q") or ""
    places, total = open_places(session, scope, old, first=first, words=words, page=page)
    pages = pages_of(total, PAGE_OF_PLACES)
    if page > pages:  # places were filled while they were turned: the last page, not "none is free"
        page = pages
        places, total = open_places(session, scope, old, first=first, words=words, page=page)
    return {
        "person": person_of(old),
        "typed": typed,
        "from_day": first.isoformat(),
        "errors": faults,
        "move": move_words(move) if move else None,
        "places": [
            {
                "post_id": row.post_id,
                "centre": row.centre,
                "code": row.code,
                "role": in_language(row.role, row.role_sw),
                "free": free_words(row.free, row.required),
                "chosen": move is not None and row.post_id == move.post.id,
            }
            for row in places
        ],
        "total": total,
        "page": page,
        "pages": pages,
    }


def swap_context(
    scope: Scope, actor: Actor, typed: Typed, *, error: PortalError | None
) -> dict[str, Any]:
    """What redeploy/swap.html asks for; nothing is stored. Both are ids or look-up words' ids."""
    require(actor, "deployments", "swap")
    session = db.session
    a, b = (number_typed(typed, name) for name in ("a", "b"))
    one: Deployment = within(session, Deployment, scope, a)
    other: Deployment | None = within(session, Deployment, scope, b) if b else None
    pair = [found for found in (one, other) if found is not None]
    for found in pair:
        moving.refuse_off_duty(found)
    earliest = max(moving.first_possible_day(session, found) for found in pair)
    faults = errors_of(error) if error else []
    moves, first = [], earliest
    try:
        first = day_typed(typed) or earliest
        if other is not None:
            moves = list(plan_swap(scope, actor, a=a, b=b, from_day=first))
    except RuleBroken as refused:
        faults = faults or errors_of(refused)
    page = max(1, number_typed(typed, "page"))
    rows, total = people_elsewhere(
        session, scope, one, on=first, words=typed.get("q") or "", page=page
    )
    return {
        "people": [person_of(found) for found in pair],
        "a": a,
        "b": b,
        "typed": typed,
        "from_day": first.isoformat(),
        "errors": faults,
        "moves": [move_words(move) for move in moves],
        "found": [
            {
                "id": row.id,
                "name": row.name,
                "role": in_language(row.role, row.role_sw),
                "centre": row.centre,
                "code": row.code,
            }
            for row in rows
        ],
        "total": total,
        "page": page,
        "pages": pages_of(total, PAGE_OF_PEOPLE),
        "ready": bool(moves) and not any(move.bars for move in moves),
    }


def person_of(deployment: Deployment) -> dict[str, Any]:
    """Who it is, where they serve, and until when."""
    return {
        "id": deployment.id,
        "name": deployment.officer.full_name,
        "mobile": deployment.officer.mobile,
        "role": in_language(deployment.role.name, deployment.role.name_sw),
        "centre": deployment.centre.name,
        "code": deployment.centre.code,
        "first": deployment.starts_on,
        "last": deployment.ends_on,
        "state": deployment.status,
    }


def move_words(move: Move) -> dict[str, Any]:
    """What would happen, sentence by sentence, and every bar."""
    tongue = language_now()
    name, old, new = move.old.officer.full_name, move.old.centre.name, move.post.centre.name
    role = in_language(move.post.role.name, move.post.role.name_sw)
    days = (move.last - move.first).days + 1
    facts = {"officer": name, "old": old, "new": new, "role": role}
    first, last = words.day(move.first, tongue), words.day(move.last, tongue)
    ends = (
        _("%(officer)s does not begin at %(old)s.", **facts)
        if move.begins_whole
        else _(
            "%(officer)s's duty at %(old)s ends on %(day)s.",
            day=words.day(move.old_ends, tongue),
            **facts,
        )
    )
    begins = ngettext(
        "New duty: %(role)s at %(new)s from %(first)s to %(last)s, %(num)s day.",
        "New duty: %(role)s at %(new)s from %(first)s to %(last)s, %(num)s days.",
        days,
        first=first,
        last=last,
        **facts,
    )
    return {
        "officer": name,
        "post_id": move.post.id,
        "centre": new,
        "role": role,
        "lines": [
            ends,
            begins,
            _("The old letter is marked replaced. A new letter is made."),
            _(
                "An SMS goes to %(mobile)s. Both centre managers are told by SMS, and both registers"
                " follow.",
                mobile=words.mobile(move.old.officer.mobile, tongue),
            ),
        ],
        "bars": [
            {"sentence": bar.sentence.spoken(_), "source": f"{bar.source}, {bar.year}"}
            for bar in move.bars
        ],
    }


def free_words(free: int, required: int) -> str:
    return _("%(free)s of %(required)s places free", free=free, required=required)
