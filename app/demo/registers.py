"""The registers of the season so far and of finished seasons, with their moves.

A day that ended well is confirmed; some wait for the SCDE, a few were returned, some were never
opened. Of today's, at 07:20, about three in ten are in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from app.attendance.enums import Act, RegisterState
from app.demo import season
from app.demo.staffing import Centre, Deployment

EAT = dt.timezone(dt.timedelta(hours=3))
NOT_SEEN = "Marked present, but not seen at the centre."
RETURN_REASONS = {
    "The minutes late do not match the gate book.": "late",
    NOT_SEEN: "present",
    "Marked absent by mistake: the gate book has the signature.": "absent",
}
"""Why a register came back, and what its last row says that is doubted."""

_STATES = RegisterState
_YESTERDAY = (
    (0.55, _STATES.CONFIRMED),
    (0.93, _STATES.SUBMITTED),
    (0.945, _STATES.RETURNED),
    (0.955, _STATES.OPEN),
)
_BEFORE = ((0.92, _STATES.CONFIRMED), (0.975, _STATES.SUBMITTED), (0.985, _STATES.RETURNED))
_EARLIER = ((0.985, _STATES.CONFIRMED), (0.993, _STATES.SUBMITTED), (0.996, _STATES.RETURNED))
_TODAY = ((0.30, _STATES.SUBMITTED), (0.32, _STATES.OPEN))


@dataclass(slots=True)
class Register:
    """A register with its roster; `corrected` was returned once and submitted again."""

    id: int
    centre: Centre
    day: dt.date
    state: RegisterState
    roster: list[Deployment]
    opened_at: dt.datetime
    submitted_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    return_reason: str | None
    corrected: str | None

    @property
    def marker(self) -> Deployment:
        """Who marked: the manager, or before the manager's first day the first supervisor."""
        return self.roster[0]

    @property
    def version(self) -> int:
        return 2 if self.corrected else 1


def registers(
    centres: Iterable[Centre], *, seed: int, as_they_are: dict[tuple[str, dt.date], str | None]
) -> Iterator[Register]:
    """Every register up to today. `as_they_are` says the state for a centre code and day."""
    number = 0
    for centre in centres:
        rng = Random(f"{seed}:registers:{centre.series.code}:{centre.code}")
        for day in centre.series.days:
            if day.day > season.TODAY:
                break
            roster = [d for d in centre.deployments if d.on_roster(day.day)]
            state = _state(centre, day.day, rng)
            if centre.series is season.RUNNING:
                state = _chosen(as_they_are, (centre.code, day.day), state)
            if not roster or state is None:
                continue
            number += 1
            yield _register(number, centre, day.day, state=state, roster=roster, rng=rng)


def _chosen(
    as_they_are: dict[tuple[str, dt.date], str | None],
    key: tuple[str, dt.date],
    state: RegisterState | None,
) -> RegisterState | None:
    if key not in as_they_are:
        return state
    word = as_they_are[key]
    return RegisterState(word) if word else None


def _state(centre: Centre, day: dt.date, rng: Random) -> RegisterState | None:
    chance = rng.random()
    if centre.series.status == "finished":
        return RegisterState.LOCKED
    ago = (season.TODAY - day).days
    table = {0: _TODAY, 1: _YESTERDAY, 2: _BEFORE}.get(ago, _EARLIER)
    return next((state for most, state in table if chance < most), None)


def _register(
    number: int,
    centre: Centre,
    day: dt.date,
    *,
    state: RegisterState,
    roster: list[Deployment],
    rng: Random,
) -> Register:
    opened_at = dt.datetime(day.year, day.month, day.day, 6, 1, tzinfo=EAT)
    today = day == season.TODAY
    opened_at += dt.timedelta(seconds=rng.randrange(0, 3_600 if today else 6_600))
    submitted_at = opened_at + dt.timedelta(seconds=rng.randrange(15, 900 if today else 5_400))
    evening = dt.datetime(day.year, day.month, day.day, 16, 0, tzinfo=EAT)
    settled = state in {RegisterState.CONFIRMED, RegisterState.LOCKED}
    evening += dt.timedelta(seconds=rng.randrange(0, 14_000))
    corrected = NOT_SEEN if settled and rng.random() < 0.01 else None
    return Register(
        id=number,
        centre=centre,
        day=day,
        state=state,
        roster=roster,
        opened_at=opened_at,
        submitted_at=None if state is RegisterState.OPEN else submitted_at,
        confirmed_at=evening if settled else None,
        return_reason=rng.choice(list(RETURN_REASONS)) if state is RegisterState.RETURNED else None,
        corrected=corrected,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a register; `by_centre` tells the centre's account from the SCDE's."""

    act: Act
    before: RegisterState | None
    after: RegisterState
    at: dt.datetime
    by_centre: bool
    reason: str | None = None
    rows: tuple[dict[str, Any], ...] = ()


def steps(register: Register) -> Iterator[Step]:
    """How the register came to its state, in order of time."""
    if register.submitted_at is None:
        yield Step(Act.SAVE, None, _STATES.OPEN, register.opened_at, by_centre=True)
        return
    submitted, returned = register.submitted_at, register.submitted_at + dt.timedelta(hours=1)
    yield Step(Act.SUBMIT, None, _STATES.SUBMITTED, submitted, by_centre=True)
    reason = register.corrected or register.return_reason
    if reason:
        rows = ({"deployment_id": register.roster[-1].id, "reason": reason},)
        before, after = _STATES.SUBMITTED, _STATES.RETURNED
        yield Step(Act.RETURN, before, after, returned, by_centre=False, reason=reason, rows=rows)
    if register.corrected:
        again = returned + dt.timedelta(minutes=40)
        yield Step(Act.SUBMIT, _STATES.RETURNED, _STATES.SUBMITTED, again, by_centre=True)
    if register.confirmed_at is not None:
        at = register.confirmed_at
        yield Step(Act.CONFIRM, _STATES.SUBMITTED, _STATES.CONFIRMED, at, by_centre=False)
    if register.state is RegisterState.LOCKED:
        last = register.centre.series.ends_on
        at = dt.datetime(last.year, last.month, last.day, 23, 0, tzinfo=EAT)
        yield Step(Act.LOCK, _STATES.CONFIRMED, _STATES.LOCKED, at, by_centre=False)


def marked_at(register: Register) -> dt.datetime:
    """When the marks that stand were given."""
    if register.submitted_at is None:
        return register.opened_at
    return register.submitted_at + dt.timedelta(minutes=100 if register.corrected else 0)
