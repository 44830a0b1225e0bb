"""Writes of proposals: asked for, solved, held fast, changed by hand, discarded."""

from app.proposals.services.acts import (
    TASK,
    discard,
    live,
    lock_picks,
    propose,
    propose_country,
    ready,
)
from app.proposals.services.by_hand import replace_pick
from app.proposals.services.solving import solve_proposal

__all__ = [
    "TASK",
    "discard",
    "live",
    "lock_picks",
    "propose",
    "propose_country",
    "ready",
    "replace_pick",
    "solve_proposal",
]
