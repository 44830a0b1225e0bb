"""Words of proposals that are stored."""

from enum import StrEnum


class ProposalState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


LIVE = frozenset({ProposalState.WAITING, ProposalState.READY, ProposalState.FAILED})
"""A sub-county has at most one of these for a series."""
