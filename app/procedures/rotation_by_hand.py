"""A plan of the rotation is changed by hand, one place of one week at a time, and written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.deployments.queries.rotation import Rotation, Week
from app.deployments.services.rotating import Assigned
from app.errors import RuleBroken
from app.words import N_

__all__ = ["Choice", "choices", "put", "read_plan", "written_plan"]

LONGEST_PLAN = 60_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who could take a place, how far it is, and where the one they change with goes.

    `change_with` is the post they leave; None where they have none in that week.
    """

    officer_id: int
    name: str
    km: float | None
    change_with: int | None


def choices(
    rotation: Rotation, plan: Sequence[Assigned], *, week: int, post_id: int, holder: int | None
) -> list[Choice]:
    """Who may take the holder's place in a week, the nearest first.

    Who holds a place elsewhere changes with the holder, so that both must be free to: nothing bars
    them, and neither comes to a centre twice.
    """
    now = {one.officer_id: one.post_id for one in plan if one.week == rotation.weeks[week]}
    elsewhere = {(one.officer_id, one.post_id) for one in plan if one.week != rotation.weeks[week]}

    def fits(officer_id: int, at: int) -> bool:
        return rotation.may(officer_id, at, week) and (officer_id, at) not in elsewhere

    found = []
    for person in rotation.people:
        one = person.officer_id
        leaves = now.get(one)
        if one == holder or leaves == post_id or not fits(one, post_id):
            continue
        if leaves is not None and (holder is None or not fits(holder, leaves)):
            continue
        found.append(Choice(one, person.name, rotation.km(one, post_id), leaves))
    return sorted(found, key=lambda one: (one.km is None, one.km or 0, one.name))


def put(
    rotation: Rotation,
    plan: Sequence[Assigned],
    *,
    week: int,
    post_id: int,
    holder: int | None,
    officer_id: int,
) -> list[Assigned]:
    """The plan with somebody in a place, its holder gone where they come from.

    Raises RuleBroken for who may not take it.
    """
    offered = choices(rotation, plan, week=week, post_id=post_id, holder=holder)
    chosen = next((one for one in offered if one.officer_id == officer_id), None)
    if chosen is None:
        raise RuleBroken("not-eligible", N_("Choose somebody who may serve there in that week."))
    on = rotation.weeks[week]
    changed = []
    for one in plan:
        if one.week == on and one.officer_id == officer_id:
            if holder is not None:
                changed.append(replace(one, officer_id=holder))
        elif not (one.week == on and one.officer_id == holder):
            changed.append(one)
    return sorted([*changed, Assigned(on, post_id, officer_id)])


def written_plan(plan: Sequence[Assigned]) -> str:
    """A plan as a form carries it: one `day.post.officer` for each stay."""
    return " ".join(f"{one.week.first}.{one.post_id}.{one.officer_id}" for one in sorted(plan))


def read_plan(rotation: Rotation, written: str) -> list[Assigned]:
    """The plan that a form carried; raises RuleBroken where the season is another one by now."""
    weeks = {one.first: one for one in rotation.weeks}
    try:
        return sorted(_assigned(rotation, one, weeks) for one in written[:LONGEST_PLAN].split())
    except (ValueError, KeyError) as error:
        said = N_("The season changed since this plan was made. Plan again.")
        raise RuleBroken("plan-out-of-date", said) from error


def _assigned(rotation: Rotation, written: str, weeks: dict[dt.date, Week]) -> Assigned:
    """One stay of the plan; KeyError for a week, a post or a person of another rotation."""
    day, post, officer = written.split(".")
    found = Assigned(weeks[dt.date.fromisoformat(day)], int(post), int(officer))
    _ = rotation.post_at[found.post_id], rotation.person_at[found.officer_id]
    return found
