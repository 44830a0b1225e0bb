"""The stored words of calls for a stand-in and of the offers made in them, and words of the board."""

from enum import StrEnum


class CallState(StrEnum):
    """Where a call for somebody to fill one place stands."""

    OPEN = "open"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OfferState(StrEnum):
    """Where the offer to one officer stands; only `offered` may still change."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    TAKEN = "taken"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OfferAct(StrEnum):
    """What may be done to an offer."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    TAKE = "take"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


class AnsweredBy(StrEnum):
    """How an offer came to its end."""

    PAGE = "page"
    SMS = "sms"
    OFFICE = "office"
    TIME = "time"


class Span(StrEnum):
    """Whether a stand-in is wanted for one day or to the end of the series."""

    TODAY = "today"
    END = "end"


class Cause(StrEnum):
    """Why a place is open."""

    ABSENT = "absent"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    UNFILLED = "unfilled"


class Urgency(StrEnum):
    """How a centre stands before a paper, the most urgent first."""

    CRITICAL = "critical"
    NOT_OPENED = "not_opened"
    SHORT = "short"
    READY = "ready"


class Alarm(StrEnum):
    """What makes a centre critical."""

    NO_LEAD = "no_lead"
    FEW_INVIGILATORS = "few_invigilators"
    STARTS_SOON = "starts_soon"
