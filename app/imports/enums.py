"""Words of imports that are stored."""

from enum import StrEnum


class Kind(StrEnum):
    """What a list is of."""

    OFFICERS = "officers"
    CENTRES = "centres"
    CANDIDATES = "candidates"
    SCHOOLS = "schools"


class State(StrEnum):
    """Where an import stands; its moves are in `machine`."""

    RECEIVED = "received"
    TO_MAP = "to_map"
    CHECKING = "checking"
    CHECKED = "checked"
    STORING = "storing"
    STORED = "stored"
    REFUSED = "refused"
    DISCARDED = "discarded"


class Act(StrEnum):
    """What somebody, or the queue, does to an import."""

    LOOK = "look"
    REFUSE = "refuse"
    CHECK = "check"
    REPORT = "report"
    BREAK_OFF = "break_off"
    STORE = "store"
    FINISH = "finish"
    DISCARD = "discard"
