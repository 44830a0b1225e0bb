"""What an officer does with a vacancy: the service behind each address and what is asked first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.scoping.scope import Actor, Scope
from app.vacancies import services
from app.vacancies.enums import ApplicationAct
from app.vacancies.queries.listing import Advert
from app.words import N_
from views.vacancies.cards import days_words, pay_words, role_of

Run = Callable[[Scope, Actor, int, str], Any]


@dataclass(frozen=True, slots=True)
class OwnAct:
    """An act of the table of moves as a page asks for it."""

    act: ApplicationAct
    step: str
    run: Run
    question: str
    label: str
    done: str
    danger: bool = False
    asks: str | None = None


ALL = (
    OwnAct(
        ApplicationAct.APPLY,
        "apply",
        lambda scope, actor, pk, _said: services.apply_for(scope, actor, pk),
        N_("Apply for this duty? The sub-county sees your name, number and workstation."),
        N_("Apply"),
        N_("You have applied. You will hear by SMS."),
    ),
    OwnAct(
        ApplicationAct.WITHDRAW,
        "withdraw",
        lambda scope, actor, pk, _said: services.withdraw_application(scope, actor, pk),
        N_("Withdraw your application? You can apply again until the vacancy closes."),
        N_("Withdraw"),
        N_("Your application is withdrawn."),
        danger=True,
    ),
    OwnAct(
        ApplicationAct.ACCEPT,
        "accept",
        lambda scope, actor, pk, _said: services.accept_offer(scope, actor, pk),
        N_("Accept this duty on all its days? The director then deploys you."),
        N_("Accept this duty"),
        N_("You have accepted. Your letter follows once you are deployed."),
    ),
    OwnAct(
        ApplicationAct.DECLINE_OFFER,
        "decline",
        lambda scope, actor, pk, said: services.decline_offer(scope, actor, pk, reason=said),
        N_("Decline this duty? It is then offered to somebody else."),
        N_("Decline"),
        N_("You have declined this duty."),
        danger=True,
        asks=N_("Reason, if you wish to give one"),
    ),
)
ACTS: Mapping[str, OwnAct] = {one.step: one for one in ALL}
"""The last part of an address, and what it does."""
BY_ACT: Mapping[ApplicationAct, OwnAct] = {one.act: one for one in ALL}


def facts_of(act: OwnAct, advert: Advert) -> dict[str, Any]:
    """What confirm.html asks for."""
    row = advert.row
    return {
        "title": _(act.label),
        "sentence": _(act.question),
        "facts": [
            {"label": _("Position"), "value": role_of(row)},
            {"label": _("Duty station"), "value": f"{row.duty_station}, {row.sub_county}"},
            {"label": _("Days"), "value": days_words(advert)},
            {"label": _("Pay"), "value": pay_words(advert)},
        ],
        "action_label": _(act.label),
        "danger": act.danger,
        "post_url": f"/me/vacancies/{row.id}/{act.step}",
        "cancel_url": f"/me/vacancies/{row.id}/",
        "fields": {},
        "ask_reason": act.asks is not None,
        "reason_label": _(act.asks) if act.asks else None,
    }
