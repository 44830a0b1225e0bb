"""Words of vacancies and applications that are stored, and the sets that rules and screens share."""

from enum import StrEnum


class VacancyState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ApplicationState(StrEnum):
    """`selected` is an offer: the officer accepts or declines it."""

    APPLIED = "applied"
    SHORTLISTED = "shortlisted"
    SELECTED = "selected"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_SELECTED = "not_selected"
    WITHDRAWN = "withdrawn"


class ApplicationAct(StrEnum):
    APPLY = "apply"
    WITHDRAW = "withdraw"
    SHORTLIST = "shortlist"
    SELECT = "select"
    DECLINE = "decline"
    ACCEPT = "accept"
    DECLINE_OFFER = "decline_offer"


HOLDS_AN_OFFER = frozenset({ApplicationState.SELECTED, ApplicationState.ACCEPTED})
"""Takes one of the posts that the vacancy offers."""

WAITING = frozenset({ApplicationState.APPLIED, ApplicationState.SHORTLISTED})
"""The director still decides."""
