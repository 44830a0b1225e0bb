"""Words of a school's queries about results that are stored."""

from enum import StrEnum


class QueryState(StrEnum):
    RAISED = "raised"
    ANSWERED = "answered"
    REFUSED = "refused"
    CHANGED = "changed"


class QueryAct(StrEnum):
    """What is done to a query: the school raises it, a results officer settles it."""

    RAISE = "raise"
    ANSWER = "answer"
    REFUSE = "refuse"
    CHANGE = "change"
