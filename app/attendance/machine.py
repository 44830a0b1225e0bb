"""The register's states and moves as one table, which also names the buttons and the audit words.

Decisions. A submitted register may be submitted again by the centre until it is confirmed, so
that a late arrival or the choice between two phones can still be stored. A register reopened by
the SCDE (confirmed) or by KNEC (locked) becomes *open* again: the centre corrects and submits it,
and the SCDE's confirmation, the second fact that makes a day payable, is needed once more. No
move leads from *open* or *returned* straight to *confirmed*.

A walk-in whom the director accepts is taken into the register as the centre marked them when it
entered them; the register stays in its state with a new version, so that nobody confirms what
they did not read. A closed register takes in nobody: it is reopened first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app import clock
from app.attendance.enums import WITH_CENTRE, Act, RegisterState, Window
from app.errors import IllegalMove
from app.words import N_, Sentence, time_on

State = RegisterState | None


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table.

    `may` is the act on the resource "registers" in the permission matrix, `label` the English
    words on the button, `audit_word` the name of the event.
    """

    before: State
    act: Act
    after: RegisterState
    may: str
    label: str
    audit_word: str
    needs_reason: bool = False


_R = RegisterState
MOVES: tuple[Move, ...] = (
    Move(None, Act.OPEN, _R.OPEN, "open", N_("Open today's register"), "register.opened"),
    Move(None, Act.SAVE, _R.OPEN, "mark", N_("Save, submit later"), "register.saved"),
    Move(None, Act.SUBMIT, _R.SUBMITTED, "submit", N_("Submit"), "register.submitted"),
    Move(_R.OPEN, Act.SUBMIT, _R.SUBMITTED, "submit", N_("Submit"), "register.submitted"),
    Move(_R.OPEN, Act.SAVE, _R.OPEN, "mark", N_("Save, submit later"), "register.saved"),
    Move(
        _R.RETURNED,
        Act.SUBMIT,
        _R.SUBMITTED,
        "submit",
        N_("Submit again"),
        "register.resubmitted",
    ),
    Move(_R.RETURNED, Act.SAVE, _R.RETURNED, "mark", N_("Save, submit later"), "register.saved"),
    Move(_R.SUBMITTED, Act.CONFIRM, _R.CONFIRMED, "confirm", N_("Confirm"), "register.confirmed"),
    Move(
        _R.SUBMITTED,
        Act.RETURN,
        _R.RETURNED,
        "return",
        N_("Return with a reason"),
        "register.returned",
        needs_reason=True,
    ),
    Move(
        _R.SUBMITTED,
        Act.SUBMIT,
        _R.SUBMITTED,
        "submit",
        N_("Submit a correction"),
        "register.corrected",
    ),
    Move(
        _R.CONFIRMED,
        Act.REOPEN,
        _R.OPEN,
        "reopen",
        N_("Reopen with a reason"),
        "register.reopened",
        needs_reason=True,
    ),
    Move(_R.CONFIRMED, Act.LOCK, _R.LOCKED, "lock", N_("Lock"), "register.locked"),
    Move(
        _R.LOCKED,
        Act.REOPEN,
        _R.OPEN,
        "reopen_locked",
        N_("Reopen locked register with a reason"),
        "register.reopened_locked",
        needs_reason=True,
    ),
    *(
        Move(state, Act.TAKE_IN, state, "take_in", N_("Take in a walk-in"), "register.walk_in")
        for state in (_R.OPEN, _R.RETURNED, _R.SUBMITTED)
    ),
)

_TABLE: dict[tuple[State, Act], Move] = {(move.before, move.act): move for move in MOVES}

STATE_WORDS: dict[State, str] = {
    None: N_("Not opened"),
    _R.OPEN: N_("Open"),
    _R.SUBMITTED: N_("Submitted"),
    _R.CONFIRMED: N_("Confirmed"),
    _R.RETURNED: N_("Returned"),
    _R.LOCKED: N_("Locked"),
}


_REFUSALS: dict[State, str] = {
    None: N_("This register has not been opened yet, so that cannot be done."),
    _R.OPEN: N_("This register is open and has not been submitted, so that cannot be done."),
    _R.SUBMITTED: N_("This register is submitted and waits for the SCDE, so that cannot be done."),
    _R.CONFIRMED: N_("This register is confirmed. Ask the SCDE to reopen it with a reason."),
    _R.RETURNED: N_("This register was returned. The centre must correct and submit it first."),
    _R.LOCKED: N_("This register is locked. Only KNEC can reopen it, with a reason."),
}


_OF_STORES: dict[State, str] = {
    **_REFUSALS,
    _R.SUBMITTED: N_(
        "This register is submitted and waits for the TSC director, so that cannot be done."
    ),
    _R.CONFIRMED: N_(
        "This register is confirmed. Ask the TSC director to reopen it with a reason."
    ),
    _R.RETURNED: N_("This register was returned. The SCDE must correct and submit it first."),
}
"""What is said instead of a store's register, which the SCDE marks and the TSC director confirms."""


def refusal(state: State, *, of_store: bool = False) -> str:
    """Why an act that the table lacks cannot be done in this state."""
    return (_OF_STORES if of_store else _REFUSALS)[state]


def move_for(state: State, act: Act, *, of_store: bool = False) -> Move:
    """The line of the table for this act in this state; raises IllegalMove when there is none."""
    move = _TABLE.get((state, act))
    if move is None:
        said = refusal(state, of_store=of_store)
        facts = {"state": state or "not opened", "act": act}
        raise IllegalMove("register-move", said, facts=facts)
    return move


def next_state(state: State, act: Act) -> RegisterState:
    """The state after the act; raises IllegalMove when the table has no such move."""
    return move_for(state, act).after


def bar_to_take_in(state: State) -> Sentence | None:
    """Why a register in this state takes in no walk-in, or None when it does."""
    return None if (state, Act.TAKE_IN) in _TABLE else Sentence(_REFUSALS[state])


def moves_from(state: State, may: Callable[[str], bool]) -> tuple[Move, ...]:
    """The moves open to somebody who may do certain acts, in the order of their buttons."""
    return tuple(move for move in MOVES if move.before == state and may(move.may))


class MarkingHours(Protocol):
    """The marking hours of an exam day, as aware instants; opening is in, closing is out."""

    @property
    def opens_at(self) -> datetime: ...
    @property
    def submit_by(self) -> datetime: ...
    @property
    def closes_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class WindowNow:
    """Where an instant lies in the marking hours, and the sentence that says so."""

    window: Window
    sentence: Sentence


def window(hours: MarkingHours, now: datetime) -> WindowNow:
    """What may be marked at this instant, by the marking hours of the day alone."""
    if now < hours.opens_at:
        at = _wall_clock(hours.opens_at, now)
        return WindowNow(Window.BEFORE, Sentence(N_("Marking opens at %(time)s."), {"time": at}))
    if now >= hours.closes_at:
        at = _wall_clock(hours.closes_at, now)
        said = N_("Marking closed at %(time)s. Ask the sub-county to reopen the register.")
        return WindowNow(Window.CLOSED, Sentence(said, {"time": at}))
    if now > hours.submit_by:
        facts = {
            "due": _wall_clock(hours.submit_by, now),
            "time": _wall_clock(hours.closes_at, now),
        }
        said = N_("This register was due at %(due)s. It can still be submitted until %(time)s.")
        return WindowNow(Window.LATE, Sentence(said, facts))
    at = _wall_clock(hours.submit_by, now)
    return WindowNow(Window.OPEN, Sentence(N_("Submit by %(time)s."), {"time": at}))


def is_correction(state: State, *, was_submitted: bool) -> bool:
    """Whether the register was sent back to the centre, so that marking hours no longer bind it.

    A returned register always was; an open one was when it has been submitted before (the SCDE or
    KNEC reopened it).
    """
    return state is RegisterState.RETURNED or (state is RegisterState.OPEN and was_submitted)


def marking_bar(
    state: State, now_in: WindowNow, *, was_submitted: bool, of_store: bool = False
) -> Sentence | None:
    """Why nothing may be marked now, or None when the centre may mark.

    A first marking and a correction of one's own submission keep to the marking hours; a register
    that was sent back may be corrected after them.
    """
    if state not in WITH_CENTRE and state is not RegisterState.SUBMITTED:
        return Sentence(refusal(state, of_store=of_store))
    if is_correction(state, was_submitted=was_submitted):
        return None
    return None if now_in.window in {Window.OPEN, Window.LATE} else now_in.sentence


def _wall_clock(instant: datetime, now: datetime) -> str | Sentence:
    """The time in Nairobi, with the day when that is not the day of `now`."""
    there = clock.nairobi(instant)
    if there.date() == clock.day_of(now):
        return f"{there:%H:%M}"
    return time_on(there)
