"""The life of a deployment as a table: from which state an act leads where, and who may do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.deployments.enums import DeploymentAct as Act
from app.deployments.enums import DeploymentStatus as Status
from app.errors import IllegalMove
from app.words import N_


@dataclass(frozen=True, slots=True)
class Move:
    """Where an act leads from each state it starts in."""

    act: Act
    starts_in: frozenset[Status]
    leads_to: Status
    by_officer: bool = False
    needs_reason: bool = False


_ON_DUTY = frozenset({Status.PUBLISHED, Status.ACCEPTED})

MOVES: tuple[Move, ...] = (
    Move(Act.PUBLISH, frozenset({Status.PROPOSED}), Status.PUBLISHED),
    Move(Act.ACCEPT, frozenset({Status.PUBLISHED}), Status.ACCEPTED, by_officer=True),
    Move(Act.DECLINE, _ON_DUTY, Status.DECLINED, by_officer=True, needs_reason=True),
    Move(Act.WITHDRAW, _ON_DUTY, Status.WITHDRAWN, needs_reason=True),
    Move(Act.REPLACE, _ON_DUTY, Status.REPLACED, needs_reason=True),
)
BY_ACT: Mapping[Act, Move] = {move.act: move for move in MOVES}

REFUSALS: Mapping[Status, tuple[str, str]] = {
    Status.PROPOSED: ("not-published", N_("This deployment is not published yet.")),
    Status.PUBLISHED: (
        "published-already",
        N_("%(officer)s is published already. Choose unpublished rows only."),
    ),
    Status.ACCEPTED: ("accepted-already", N_("This duty was accepted already.")),
    Status.DECLINED: ("declined-already", N_("This duty was declined.")),
    Status.REPLACED: (
        "replaced-already",
        N_("This deployment was replaced: the officer is deployed elsewhere."),
    ),
    Status.WITHDRAWN: ("withdrawn-already", N_("This deployment was withdrawn.")),
}
"""The code and words where an act does not start in the state the deployment is in."""


def status_after(status: Status, act: Act, *, officer: str = "") -> Status:
    """The state that the act leads to; raises IllegalMove where it does not start in this one."""
    move = BY_ACT[act]
    if status not in move.starts_in:
        code, said = REFUSALS[status]
        raise IllegalMove(code, said, facts={"officer": officer, "act": str(act)})
    return move.leads_to
