"""The life of an application as a table: from which state an act leads where, and who may do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import IllegalMove
from app.vacancies.enums import ApplicationAct as Act
from app.vacancies.enums import ApplicationState as State
from app.words import N_


@dataclass(frozen=True, slots=True)
class Move:
    """Where an act leads from each state it starts in; None stands for no application yet."""

    act: Act
    starts_in: frozenset[State | None]
    leads_to: State
    by_officer: bool
    needs_reason: bool = False


MOVES: tuple[Move, ...] = (
    Move(Act.APPLY, frozenset({None, State.WITHDRAWN}), State.APPLIED, by_officer=True),
    Move(
        Act.WITHDRAW,
        frozenset({State.APPLIED, State.SHORTLISTED}),
        State.WITHDRAWN,
        by_officer=True,
    ),
    Move(Act.SHORTLIST, frozenset({State.APPLIED}), State.SHORTLISTED, by_officer=False),
    Move(Act.SELECT, frozenset({State.SHORTLISTED}), State.SELECTED, by_officer=False),
    Move(
        Act.DECLINE,
        frozenset({State.APPLIED, State.SHORTLISTED, State.SELECTED}),
        State.NOT_SELECTED,
        by_officer=False,
        needs_reason=True,
    ),
    Move(Act.ACCEPT, frozenset({State.SELECTED}), State.ACCEPTED, by_officer=True),
    Move(Act.DECLINE_OFFER, frozenset({State.SELECTED}), State.DECLINED, by_officer=True),
)
BY_ACT: Mapping[Act, Move] = {move.act: move for move in MOVES}

REFUSALS: Mapping[State | None, str] = {
    None: N_("There is no application yet."),
    State.APPLIED: N_("This application waits for the director's shortlist."),
    State.SHORTLISTED: N_("This application is on the shortlist."),
    State.SELECTED: N_("The duty is offered and waits for the officer's answer."),
    State.ACCEPTED: N_("The duty was accepted. Call the sub-county office to change that."),
    State.DECLINED: N_("The duty was offered and declined."),
    State.NOT_SELECTED: N_("This application was not selected."),
    State.WITHDRAWN: N_("This application was withdrawn."),
}
"""What is said when an act does not start in the state the application is in."""


def state_after(state: State | None, act: Act) -> State:
    """The state that the act leads to; raises IllegalMove where it does not start in this one."""
    move = BY_ACT[act]
    if state not in move.starts_in:
        code = "no-application" if state is None else f"application-{state.replace('_', '-')}"
        raise IllegalMove(code, REFUSALS[state], facts={"act": str(act)})
    return move.leads_to


def acts_from(state: State | None, *, by_officer: bool) -> tuple[Act, ...]:
    """The acts that start in a state, for the officer or for the office, in the table's order."""
    return tuple(
        move.act for move in MOVES if state in move.starts_in and move.by_officer is by_officer
    )
