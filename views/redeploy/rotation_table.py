"""What redeploy/rotation.html shows: a row for each place, a column for each week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.deployments.queries.rotation import Rotation, Week
from app.deployments.services.rotating import Assigned
from app.errors import PortalError, RuleBroken
from app.permissions import require
from app.procedures import rotation as procedure
from app.procedures.rotation_by_hand import Choice, choices, put, read_plan, written_plan
from app.scoping.scope import Actor, Scope
from app.words import N_
from views import words
from views.access.language import language_now
from views.redeploy.context import errors_of, number_typed
from views.registers.sentences import in_language

Typed = Mapping[str, str]
Cell = tuple[int, int, int]
"""A week by its number, a post, and who holds it (0 for nobody)."""


def rotation_context(
    scope: Scope,
    actor: Actor,
    typed: Typed,
    *,
    plan: Sequence[Assigned] | None = None,
    picked: Cell | None = None,
    error: PortalError | None = None,
) -> dict[str, Any]:
    """The plan that a form carried, or the best one where none was; `picked` is a cell to change."""
    require(actor, "deployments", "rotate")
    offered = procedure.series_that_rotate(scope, actor)
    faults = errors_of(error) if error else []
    if not offered:
        return {"rotation": None, "errors": faults, "series": []}
    now = _asked(scope, actor, typed)
    if plan is None:
        plan = _kept(now, typed)
    best, found = procedure.planned(now)
    shown = best if plan is None else plan
    return {
        "rotation": now,
        "role": in_language(now.role, now.role_sw),
        "series": [
            {"label": one.name, "href": f"?series={one.id}&role={role}", "current": one.id == now.series_id}
            for one, role in offered
        ],
        "sentence": sentence_of(now),
        "weeks": [week_words(one) for one in now.weeks],
        "standing": week_words(now.standing) if now.standing else None,
        "rows": _rows(now, shown),
        "without": _without(now, shown),
        "plan": written_plan(shown),
        "travel": _travel(now, shown),
        "quality": quality_words(found, is_best=sorted(shown) == sorted(best)),
        "picking": _picking(now, shown, picked) if picked else None,
        "typed": typed,
        "errors": faults,
    }  # fmt: skip


def changed_plan(
    scope: Scope, actor: Actor, typed: Typed
) -> tuple[Cell | None, Sequence[Assigned] | None]:
    """The cell that is being changed and the plan after it; neither on a first visit."""
    act, _sep, what = (typed.get("act") or "").partition(":")
    if act not in {"pick", "put"}:
        return None, None
    now = _asked(scope, actor, typed)
    plan = read_plan(now, typed.get("plan") or "")
    week, post_id, holder = _cell(now, what)
    if act == "pick":
        return (week, post_id, holder), plan
    officer_id = number_typed(typed, "officer")
    return None, put(
        now, plan, week=week, post_id=post_id, holder=holder or None, officer_id=officer_id
    )


def _asked(scope: Scope, actor: Actor, typed: Typed) -> Rotation:
    """The rotation of the series that was asked for, else of the first."""
    series_id, role_id = (number_typed(typed, name) for name in ("series", "role"))
    if not series_id:
        for first, role_id in procedure.series_that_rotate(scope, actor)[:1]:
            return procedure.rotation_now(scope, actor, series_id=first.id, role_id=role_id)
    return procedure.rotation_now(scope, actor, series_id=series_id, role_id=role_id)


def _kept(now: Rotation, typed: Typed) -> list[Assigned] | None:
    """The plan of a refused form, so that what was changed by hand stays."""
    try:
        return read_plan(now, typed["plan"]) if typed.get("plan") else None
    except RuleBroken:
        return None


def _cell(now: Rotation, what: str) -> Cell:
    parts = what.split(":")
    if len(parts) != 3 or not all(one.isdecimal() and len(one) < 10 for one in parts):
        raise RuleBroken("no-such-cell", N_("Choose a place of the table."))
    week, post_id, holder = map(int, parts)
    if week >= len(now.weeks) or post_id not in now.post_at:
        raise RuleBroken("no-such-cell", N_("Choose a place of the table."))
    return week, post_id, holder


def _rows(now: Rotation, plan: Sequence[Assigned]) -> list[dict[str, Any]]:
    names = {one.officer_id: one.name for one in now.people}
    columns = [_by_post([one for one in plan if one.week == week]) for week in now.weeks]
    standing = {post_id: list(some) for post_id, some in now.here.items()}
    rows = []
    for place in now.places:
        here = standing.get(place.post_id) or []
        cells = []
        for number, column in enumerate(columns):
            waiting = column.get(place.post_id) or []
            holder = waiting.pop(0) if waiting else 0
            km = now.km(holder, place.post_id) if holder else None
            cells.append(
                {
                    "name": names.get(holder),
                    "km": _km(km) if holder else None,
                    "act": f"pick:{number}:{place.post_id}:{holder}",
                }
            )
        rows.append(
            {
                "centre": place.centre,
                "code": place.code,
                "standing": here.pop(0) if here else None,
                "cells": cells,
            }
        )
    return rows


def _by_post(some: Sequence[Assigned]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one in sorted(some):
        found.setdefault(one.post_id, []).append(one.officer_id)
    return found


def _without(now: Rotation, plan: Sequence[Assigned]) -> list[str]:
    """Who is on duty in a week and has no place in it."""
    placed = {(one.week, one.officer_id) for one in plan}
    return [
        _(
            "%(officer)s has no place in the week of %(day)s.",
            officer=person.name,
            day=words.day(week.first, language_now()),
        )
        for week in now.weeks
        for person in now.people
        if (week, person.officer_id) not in placed
        and any(stay.touches(week) for stay in person.stays)
    ]


def _picking(now: Rotation, plan: Sequence[Assigned], picked: Cell) -> dict[str, Any]:
    week, post_id, holder = picked
    names = {one.officer_id: one.name for one in now.people}
    places = {one.post_id: one.centre for one in now.places}
    offered = choices(now, plan, week=week, post_id=post_id, holder=holder or None)
    return {
        "centre": places[post_id],
        "week": week_words(now.weeks[week]),
        "holder": names.get(holder),
        "act": f"put:{week}:{post_id}:{holder}",
        "choices": [
            {"value": one.officer_id, "label": _choice_words(one, places, names.get(holder))}
            for one in offered
        ],
    }


def _choice_words(one: Choice, places: Mapping[int, str], holder: str | None) -> str:
    facts = {"officer": one.name, "km": _km(one.km)}
    if one.change_with is None:
        return _("%(officer)s, %(km)s; has no place that week", **facts)
    return _(
        "%(officer)s, %(km)s; %(holder)s goes to %(centre)s instead",
        holder=holder or "",
        centre=places[one.change_with],
        **facts,
    )


def week_words(week: Week) -> str:
    """ "Mon 9 Nov to Fri 13 Nov"."""
    tongue = language_now()
    return _(
        "%(first)s to %(last)s",
        first=words.day(week.first, tongue),
        last=words.day(week.last, tongue),
    )


def sentence_of(now: Rotation) -> str:
    """What this week is and how many are to come."""
    if not now.weeks:
        return _("No week is still to come: nothing can rotate any more.")
    if not now.people:
        return _("Nobody in this role is on duty in the weeks to come.")
    return ngettext(
        "%(num)s week to come, %(people)s people at %(places)s places. The running week stays as it"
        " stands.",
        "%(num)s weeks to come, %(people)s people at %(places)s places. The running week stays as it"
        " stands.",
        len(now.weeks),
        people=len(now.people),
        places=len(now.places),
    )


def quality_words(found: Any, *, is_best: bool) -> str:
    """How good the plan is: the best there can be, or with the gap that is known."""
    if not is_best:
        return _("Changed by hand.")
    if found.left_open:
        return ngettext(
            "%(num)s place stays open: not everybody may serve everywhere.",
            "%(num)s places stay open: not everybody may serve everywhere.",
            found.left_open,
        )
    if found.is_optimal:
        return _("No plan of these weeks has less travel.")
    share = 100 * found.gap / max(found.bound, 1)
    return _("At most %(share)s %% above the least travel there could be.", share=f"{share:.1f}")


def _travel(now: Rotation, plan: Sequence[Assigned]) -> str:
    """The kilometres of all weeks together, one way each."""
    known = [now.km(one.officer_id, one.post_id) for one in plan]
    total = round(sum(one for one in known if one is not None))
    return _(
        "%(km)s km in all, from each workstation once a week", km=words.count(total, language_now())
    )


def _km(km: float | None) -> str:
    return _("distance not known") if km is None else _("%(km)s km", km=f"{km:.1f}")
