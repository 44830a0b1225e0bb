"""/me/offers/: an officer says yes or no to standing in, in one tap and without a script."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound

from app import clock
from app.errors import RuleBroken
from app.extensions import db
from app.procedures.stand_ins import answer_offer
from app.stand_ins.enums import OfferAct, OfferState
from app.stand_ins.queries.offers import OwnOffer, own_offers
from app.words import N_
from views import words
from views.access.language import language_now
from views.base_refusals import sayable
from views.registers.sentences import in_language
from views.request import current_actor, current_scope

STEPS = {"yes": OfferAct.ACCEPT, "no": OfferAct.REFUSE}
SAID = {
    OfferState.ACCEPTED: ("success", N_("The place is yours. Go there now.")),
    OfferState.REFUSED: ("information", N_("You said no. Thank you for answering.")),
    OfferState.TAKEN: ("attention", N_("Somebody else said yes first. Thank you.")),
    OfferState.EXPIRED: ("attention", N_("This came too late: the offer has run out.")),
    OfferState.WITHDRAWN: ("attention", N_("The office no longer needs a stand-in here.")),
}
SHORT = {
    OfferState.ACCEPTED: N_("You said yes: the place is yours"),
    OfferState.REFUSED: N_("You said no"),
    OfferState.TAKEN: N_("Somebody else said yes first"),
    OfferState.EXPIRED: N_("Not answered in time"),
    OfferState.WITHDRAWN: N_("No longer needed"),
}


class OwnOffersView(BaseView):
    """The signed-in officer's offers."""

    route_base = "/me/offers"
    class_permission_name = "own-offers"
    default_view = "offers"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def offers(self) -> Any:
        """The offers that wait for an answer, and what became of the others."""
        found = rows_of_offers()
        return self.render_template(
            "board/offers.html",
            waiting=[one for one in found if one["waits"]],
            past=[one for one in found if not one["waits"]],
        )

    @expose("/<int:offer_id>/<string:step>", methods=["POST"])
    @has_access
    @permission_name("accept")
    def answer(self, offer_id: int, step: str) -> Any:
        """Yes or no; the first yes of all who were asked gets the place."""
        if step not in STEPS:
            raise NotFound
        try:
            state = answer_offer(current_scope(), current_actor(), offer_id, STEPS[step])
        except (RuleBroken, DBAPIError) as failure:
            flash(sayable(failure).spoken(_), "danger")
        else:
            kind, said = SAID[state]
            flash(_(said), kind)
            if state is OfferState.ACCEPTED:
                return redirect("/me/deployments/", 303)
        return redirect("/me/offers/", 303)


def rows_of_offers() -> list[dict[str, Any]]:
    """The signed-in officer's offers as pages show them, those that wait first."""
    return [_row(one) for one in own_offers(db.session, _own())]


def _own() -> frozenset[int]:
    return current_scope().officer_ids or frozenset({current_actor().officer_id or 0})


def _row(one: OwnOffer) -> dict[str, Any]:
    """An offer as the page shows it."""
    language = language_now()
    days = words.day(one.first_day, language)
    if one.last_day > one.first_day:
        days = _("%(first)s to %(last)s", first=days, last=words.day(one.last_day, language))
    waits = one.state is OfferState.OFFERED and one.expires_at > clock.now()
    state = OfferState.EXPIRED if one.state is OfferState.OFFERED else one.state
    ends = clock.nairobi(one.expires_at)
    until = words.clock_time(ends, language)
    if ends.date() != clock.today():
        until = f"{words.day(ends, language)} {until}"
    return {
        "id": one.id,
        "waits": waits,
        "role": in_language(one.role, one.role_sw),
        "station": one.centre,
        "series": one.series,
        "days": days,
        "starts": words.clock_time(one.starts, language),
        "until": until,
        "code": one.code,
        "word": "" if waits else _(SHORT[state]),
        "won": one.state is OfferState.ACCEPTED,
    }
