"""The life of an offer as a table: it is made once and ends once."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import IllegalMove
from app.stand_ins.enums import OfferAct, OfferState
from app.words import N_

LEADS_TO: Mapping[OfferAct, OfferState] = {
    OfferAct.ACCEPT: OfferState.ACCEPTED,
    OfferAct.REFUSE: OfferState.REFUSED,
    OfferAct.TAKE: OfferState.TAKEN,
    OfferAct.EXPIRE: OfferState.EXPIRED,
    OfferAct.WITHDRAW: OfferState.WITHDRAWN,
}
"""Every act starts from `offered` and from nowhere else."""

REFUSALS: Mapping[OfferState, tuple[str, str]] = {
    OfferState.ACCEPTED: ("offer-accepted", N_("You have accepted this already.")),
    OfferState.REFUSED: ("offer-refused", N_("You have said no to this already.")),
    OfferState.TAKEN: ("offer-taken", N_("Somebody else said yes first. Thank you.")),
    OfferState.EXPIRED: ("offer-expired", N_("This came too late: the offer has run out.")),
    OfferState.WITHDRAWN: ("offer-withdrawn", N_("The office no longer needs a stand-in here.")),
}


def state_after(state: OfferState, act: OfferAct) -> OfferState:
    """The state that the act leads to; raises IllegalMove where the offer has ended already."""
    if state is not OfferState.OFFERED:
        raise refusal(state)
    return LEADS_TO[act]


def refusal(state: OfferState) -> IllegalMove:
    """Why an offer that has ended in this state cannot be answered."""
    code, said = REFUSALS[state]
    return IllegalMove(code, said)
