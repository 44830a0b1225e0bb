"""What the page of changed posts shows, and the step before a change of them is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import NotFound, RuleBroken
from app.exams.models import RatioRule, StaffRole
from app.places.models import Centre
from app.procedures.what_if_posts import (
    MOST_STEPS,
    PostsOutcome,
    what_centre_would_do,
    what_ratio_rule_would_do,
)
from app.scoping.scope import Actor, Scope
from app.words import N_
from views.base_refusals import sayable
from views.crud.lookups import centre_of
from views.registers.sentences import in_language

NUMBERS = ("fixed", "candidates_per", "extra", "extra_over")
LARGEST = 100_000
LONGEST = 9
SENT = ("csrf_token", "act", "confirmed")

__all__ = ["outcome_context", "page_before_storing", "posts_context"]


def posts_context(session: Any, scope: Scope, actor: Actor, args: Any) -> dict[str, Any]:
    """What what_if/posts.html asks for; a refused question stands beside what was typed."""
    context: dict[str, Any] = {
        "typed": args,
        "rules": _rules(session),
        "rule": None,
        "centre": None,
        "errors": [],
    }
    try:
        outcome = _asked(session, scope, actor, args, context)
    except RuleBroken as failure:
        refusal = sayable(failure)
        context["errors"] = [{"field": refusal.field, "sentence": refusal.spoken(_)}]
        return context
    return context | (outcome_context(outcome) if outcome is not None else {})


def _asked(
    session: Any, scope: Scope, actor: Actor, args: Any, context: dict[str, Any]
) -> PostsOutcome | None:
    if args.get("centre"):
        centre = _centre(args["centre"], "centre")
        context["centre"] = centre
        if not (args.get("candidates") or args.get("host") or args.get("act")):
            return None
        host = _centre(args["host"], "host").id if args.get("host") else None
        own = _number(args, "candidates")
        values = {"candidates": own, "hosting_centre_id": host}
        return what_centre_would_do(session, scope, actor, pk=centre.id, values=values)
    if args.get("rule"):
        rule = _rule(session, args["rule"])
        context["rule"] = rule
        if args.get("act") != "see":
            return None
        values = {column.key: getattr(rule, column.key) for column in RatioRule.__table__.columns}
        values |= {name: _number(args, name) for name in NUMBERS}
        if not values["extra"] or values["extra_over"] is None:
            values |= {"extra": 0, "extra_over": None}
        return what_ratio_rule_would_do(session, scope, actor, values=values, pk=rule.id)
    return None


def outcome_context(outcome: PostsOutcome) -> dict[str, Any]:
    """An outcome in words: by role, then by centre where few change, else by sub-county."""
    names = outcome.names
    roles = {key: in_language(*both) for key, both in names.get("roles", {}).items()}
    by_role: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    by_place: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for one in outcome.steps:
        for found in (by_role[one.role_id], by_place[one.sub_county_id, one.role_id]):
            found[0] += one.before
            found[1] += one.after
    few = len(outcome.steps) <= MOST_STEPS
    rows = [
        _row(names["centres"].get(one.centre_id, ""), roles[one.role_id], one.before, one.after)
        for one in outcome.steps[:MOST_STEPS]
    ]
    places = [
        _row(names["sub_counties"].get(place, ""), roles[role], *both)
        for (place, role), both in sorted(by_place.items())
    ]
    return {
        "outcome": outcome,
        "sentence": _sentence(outcome),
        "by_role": [_row("", roles[role], *both) for role, both in sorted(by_role.items())],
        "by_centre": few,
        "rows": rows if few else places,
        "beyond": [
            {
                "name": one.name,
                "role": roles[one.role_id],
                "centre": names["centres"].get(one.centre_id, ""),
                "place": one.place,
            }
            for one in outcome.beyond
        ],
    }


def _sentence(outcome: PostsOutcome) -> str:
    if not outcome.steps:
        return str(_("No post would change."))
    change = sum(one.after - one.before for one in outcome.steps)
    said = (
        ngettext("%(num)s post more.", "%(num)s posts more.", change)
        if change >= 0
        else ngettext("%(num)s post fewer.", "%(num)s posts fewer.", -change)
    )
    if outcome.people:
        said += " " + ngettext(
            "%(num)s person holds a place that it takes away.",
            "%(num)s people hold places that it takes away.",
            outcome.people,
        )
    return str(said)


def _row(place: str, role: str, before: int, after: int) -> dict[str, Any]:
    return {
        "place": place,
        "role": role,
        "before": before,
        "after": after,
        "change": f"{after - before:+d}",
    }


def _rules(session: Any) -> list[dict[str, Any]]:
    """The ratio rules that have not ended, by examination and role."""
    rows = session.scalars(
        select(RatioRule)
        .join(StaffRole, StaffRole.id == RatioRule.role_id)
        .where(RatioRule.effective_to.is_(None))
        .options(
            joinedload(RatioRule.examination),
            joinedload(RatioRule.role),
            joinedload(RatioRule.county),
        )
        .order_by(RatioRule.examination_id, StaffRole.position, RatioRule.county_id)
    )
    return [
        {"value": rule.id, "label": f"{rule.examination}: {_of(rule)}"}
        for rule in rows.unique().all()
    ]


def _of(rule: RatioRule) -> str:
    name = in_language(rule.role.name, rule.role.name_sw)
    return f"{name}, {rule.county.name}" if rule.county else str(name)


def _rule(session: Any, typed: str) -> RatioRule:
    key = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    rule: RatioRule | None = session.get(RatioRule, key)
    if rule is None:
        raise NotFound("not-found", N_("That record was not found."))
    return rule


def _centre(typed: str, field: str) -> Centre:
    found = centre_of(typed.strip()) if typed.strip() else None
    if found is None:
        raise RuleBroken(
            "no-such-centre", N_("No centre of that code is in your area."), field=field
        )
    return found


def _number(args: Mapping[str, str], name: str) -> int | None:
    typed = (args.get(name) or "").strip()
    if not typed:
        return None
    whole = typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST
    if not whole or int(typed) > LARGEST:
        raise RuleBroken("not-a-number", N_("Write a whole number, 0 or more."), field=name)
    return int(typed)


def page_before_storing(view: Any, outcome: PostsOutcome, form: Any) -> Any:
    """The page that shows what a change of posts does, and asks whether to store it."""
    return view.page(
        "what_if/confirm.html",
        title=_("Posts follow"),
        fields={name: form.getlist(name) for name in form if name not in SENT},
        **outcome_context(outcome),
    )
