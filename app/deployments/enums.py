"""Words of deployments that are stored, and the status sets every reader shares."""

from enum import StrEnum


class DeploymentStatus(StrEnum):
    PROPOSED = "proposed"
    PUBLISHED = "published"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class DeploymentAct(StrEnum):
    PUBLISH = "publish"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    REPLACE = "replace"


UNPUBLISHED = frozenset({DeploymentStatus.PROPOSED})
"""May still be edited or deleted."""

ON_DUTY = frozenset({DeploymentStatus.PUBLISHED, DeploymentStatus.ACCEPTED})
"""Stands on the roster of every day it covers."""

HAS_SERVED = frozenset({*ON_DUTY, DeploymentStatus.REPLACED, DeploymentStatus.WITHDRAWN})
"""Covers the days up to its last one, whether or not it still runs."""


class CorrectionKind(StrEnum):
    """What an officer says is wrong with a duty."""

    STATION = "station"
    ROLE = "role"
    DATES = "dates"
    NAME = "name"


class CorrectionState(StrEnum):
    OPEN = "open"
    AMENDED = "amended"
    REDEPLOYED = "redeployed"
    REFUSED = "refused"


SETTLED = frozenset({CorrectionState.AMENDED, CorrectionState.REDEPLOYED, CorrectionState.REFUSED})
"""How a correction may be answered, once."""
