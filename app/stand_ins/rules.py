"""When a centre is short and when that is critical, and which of its places stand open.

Every threshold of the board stands here, once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app import clock
from app.stand_ins.enums import Alarm, Cause, Span, Urgency

LEAD_ROLES = frozenset({"centre_manager", "supervisor"})
"""Without anybody in one of these roles no paper begins."""
INVIGILATORS = "invigilator"
FEWEST_INVIGILATORS = 50
"""Percent of the invigilators required; fewer is critical."""
SOON_MINUTES = 20
"""So many minutes before the paper, whatever is missing is critical."""
GRACE_MINUTES = 15
"""An offer still holds so long after the paper has begun."""
LONGEST_WAIT = dt.timedelta(hours=24)
"""No offer for a later day waits longer than this."""
AHEAD_DAYS = 14
"""Places to fill are shown this many days ahead."""

ORDER = tuple(Urgency)


@dataclass(frozen=True, slots=True)
class CentreFacts:
    """A centre this morning, counted in people of the roles that the day asks for.

    `ready` are present or not yet marked, never more than `required` in a role; `absent_leads`
    names the lead roles in which nobody is left. `starts_at` is the paper that comes next.
    """

    centre_id: int
    code: str
    name: str
    sub_county_id: int
    series_id: int
    opened: bool
    required: int
    ready: int
    absent_leads: tuple[str, ...]
    invigilators: int
    invigilators_ready: int
    starts_at: dt.datetime

    @property
    def missing(self) -> int:
        return self.required - self.ready


@dataclass(frozen=True, slots=True)
class Judged:
    """A centre with how urgent it is, and why."""

    facts: CentreFacts
    minutes: int
    urgency: Urgency
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A deployment as the places of a post see it on one day.

    `holds` whether it has the slot that day, `mark` what the register says of it.
    """

    deployment_id: int
    slot: int
    status: str
    starts_on: dt.date
    ends_on: dt.date
    holds: bool
    mark: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A place of a post that nobody will fill on a day, why, and who had it last."""

    post_id: int
    slot: int
    day: dt.date
    cause: Cause
    follows: Held | None = field(default=None)


def judged(facts: CentreFacts, now: dt.datetime) -> Judged:
    """How urgent the centre is at an instant, and what makes it critical."""
    minutes = minutes_until(facts.starts_at, now)
    short = facts.missing > 0
    alarms = []
    if short and facts.absent_leads:
        alarms.append(Alarm.NO_LEAD)
    few = facts.invigilators_ready * 100 < facts.invigilators * FEWEST_INVIGILATORS
    if short and few:
        alarms.append(Alarm.FEW_INVIGILATORS)
    if minutes < SOON_MINUTES and (short or not facts.opened):
        alarms.append(Alarm.STARTS_SOON)
    if alarms:
        return Judged(facts, minutes, Urgency.CRITICAL, tuple(alarms))
    if not facts.opened:
        return Judged(facts, minutes, Urgency.NOT_OPENED, ())
    return Judged(facts, minutes, Urgency.SHORT if short else Urgency.READY, ())


def by_urgency(found: Iterable[Judged]) -> list[Judged]:
    """The most urgent first: by the time to the paper, then by how bad it is, then by how many."""
    return sorted(
        found,
        key=lambda one: (
            one.facts.starts_at,
            ORDER.index(one.urgency),
            -one.facts.missing,
            one.facts.name,
            one.facts.centre_id,
        ),
    )


def minutes_until(start: dt.datetime, now: dt.datetime) -> int:
    """Whole minutes from now to the start, negative once it has passed."""
    return int((start - now).total_seconds() // 60)


def next_start(day: dt.date, sessions: Sequence[dt.time], now: dt.datetime) -> dt.datetime:
    """The instant of the first paper of the day that is not well under way; else the last one."""
    starts = [clock.instant_at(day, at) for at in sessions]
    grace = dt.timedelta(minutes=GRACE_MINUTES)
    return next((start for start in starts if start + grace > now), starts[-1])


def expires_at(start: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When an offer for a paper that starts then runs out."""
    return min(start + dt.timedelta(minutes=GRACE_MINUTES), now + LONGEST_WAIT)


def open_places(
    post_id: int, required: int, held: Collection[Held], day: dt.date
) -> tuple[OpenPlace, ...]:
    """The places of a post that nobody will fill on the day, in the order of their numbers.

    Whoever holds a place and is not marked absent fills it; one marked absent leaves it open, as
    does one who declined or was withdrawn. A place proposed to somebody is not open.
    """
    by_slot: dict[int, list[Held]] = {}
    for one in held:
        by_slot.setdefault(one.slot, []).append(one)
    found = []
    for slot in range(1, required + 1):
        mine = by_slot.get(slot, [])
        holder = next((one for one in mine if one.holds), None)
        if holder is None:
            found.append(_freed(post_id, slot, day, mine))
        elif holder.mark == "absent":
            found.append(OpenPlace(post_id, slot, day, Cause.ABSENT, holder))
    return tuple(found)


def natural_span(cause: Cause) -> Span:
    """How long a stand-in is wanted unless somebody says otherwise."""
    return Span.TODAY if cause is Cause.ABSENT else Span.END


def _freed(post_id: int, slot: int, day: dt.date, mine: Iterable[Held]) -> OpenPlace:
    """A place without a holder, with whoever left it last."""
    gone = [
        one
        for one in mine
        if (one.status == "declined" and one.starts_on <= day <= one.ends_on)
        or (one.status in _ENDED and one.ends_on <= day)
    ]
    last = max(gone, key=lambda one: one.deployment_id, default=None)
    return OpenPlace(post_id, slot, day, _CAUSES[last.status] if last else Cause.UNFILLED, last)


_CAUSES: Mapping[str, Cause] = {
    "declined": Cause.DECLINED,
    "withdrawn": Cause.WITHDRAWN,
    "replaced": Cause.WITHDRAWN,
}
_ENDED = frozenset({"withdrawn", "replaced"})
