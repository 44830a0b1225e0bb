"""The states of an import and its moves, as a table: what is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import IllegalMove
from app.imports.enums import Act, State
from app.words import N_

MOVES: Mapping[tuple[State, Act], State] = {
    (State.RECEIVED, Act.LOOK): State.TO_MAP,
    (State.RECEIVED, Act.REFUSE): State.REFUSED,
    (State.RECEIVED, Act.DISCARD): State.DISCARDED,
    (State.TO_MAP, Act.CHECK): State.CHECKING,
    (State.TO_MAP, Act.DISCARD): State.DISCARDED,
    (State.CHECKING, Act.REPORT): State.CHECKED,
    (State.CHECKING, Act.REFUSE): State.TO_MAP,
    (State.CHECKING, Act.BREAK_OFF): State.TO_MAP,
    (State.CHECKED, Act.CHECK): State.CHECKING,
    (State.CHECKED, Act.STORE): State.STORING,
    (State.CHECKED, Act.DISCARD): State.DISCARDED,
    (State.STORING, Act.FINISH): State.STORED,
    (State.STORING, Act.REFUSE): State.CHECKED,
    (State.STORING, Act.BREAK_OFF): State.CHECKED,
    (State.REFUSED, Act.DISCARD): State.DISCARDED,
}
"""(state, act) -> the state after it. LOOK, REFUSE, REPORT and FINISH are the queue's own."""

BUSY = frozenset({State.RECEIVED, State.CHECKING, State.STORING})
"""The queue works on it, or will."""
OPEN = BUSY | {State.TO_MAP, State.CHECKED}
"""Somebody may still store it."""


def moved(state: str, act: Act) -> State:
    """The state after the act. Raises IllegalMove where the table has none."""
    after = MOVES.get((State(state), act))
    if after is None:
        raise IllegalMove(
            "import-moved-on",
            N_("The import has moved on meanwhile. Look at it again."),
            facts={"state": state, "act": str(act)},
        )
    return after


def acts_in(state: str) -> frozenset[Act]:
    """The acts that the state allows, from which the buttons come."""
    return frozenset(act for (one, act) in MOVES if one == state)
