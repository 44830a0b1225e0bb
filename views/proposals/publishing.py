"""Publishing a proposal: the difference first, then one act."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError

from app.errors import IllegalMove, PortalError
from app.extensions import db
from app.procedures.publication import Preview, Said, preview, publish_proposal
from views import words
from views.access.language import language_now
from views.base_refusals import sayable
from views.proposals import sentences
from views.proposals.pages import address_of
from views.request import current_actor, current_scope
from views.vacancies.office import _number
from views.vacancies.words import reasons

LONGEST = 500


class PublishPages(BaseView):
    """/proposals/<id>/publish"""

    route_base = "/proposals"
    class_permission_name = "proposals"

    @expose("/<int:proposal_id>/publish", methods=["GET", "POST"])
    @has_access
    @permission_name("publish")
    def publish(self, proposal_id: int) -> Any:
        """What would change, by centre; a POST does it, if it is still what was shown."""
        if request.method == "GET":
            return self._page(proposal_id)
        try:
            said = said_in(request.form)
            done = publish_proposal(db.session, current_scope(), current_actor(), proposal_id, said)
        except (PortalError, DBAPIError) as failure:
            refusal = sayable(failure)
            if isinstance(refusal, IllegalMove):
                raise refusal from None
            return self._page(proposal_id, refusal), refusal.status
        told = ngettext(
            "%(num)s person is published: the letter is made, the SMS is on its way.",
            "%(num)s people are published: their letters are made, the SMS are on their way.",
            done.people,
        )
        flash(told, "success")
        return redirect(address_of(proposal_id), 303)

    def _page(self, proposal_id: int, refusal: PortalError | None = None) -> Any:
        shown = preview(db.session, current_scope(), current_actor(), proposal_id)
        return self.render_template(
            "proposals/publish.html", **publish_context(shown, request.form, refusal)
        )


def said_in(form: Any) -> Said:
    """What the form says: the digest, the reason, the concerns ticked or answered."""
    answers = {
        number: " ".join(text.split())[:LONGEST]
        for name, text in form.items()
        if name.startswith("answer-")
        and text.strip()
        and (number := _number(name.removeprefix("answer-"))) is not None
    }
    read = {number for one in form.getlist("read") if (number := _number(one)) is not None}
    reason = form.get("reason", "").strip()[:300]
    return Said(form.get("digest", "")[:64], reason or None, frozenset(read), answers)


def publish_context(shown: Preview, typed: Any, refusal: PortalError | None) -> dict[str, Any]:
    """What proposals/publish.html asks for."""
    tongue = language_now()
    problems = refusal.problems if refusal else ()
    return {
        "title": _("Publish: %(place)s", place=shown.proposal.sub_county.name),
        "context": [shown.proposal.series.name, shown.proposal.sub_county.name],
        "address": address_of(shown.proposal.id),
        "digest": shown.digest,
        "people": shown.people,
        "figures": [
            {"value": words.count(shown.people, tongue), "label": _("people added")},
            {"value": words.count(len(shown.barred), tongue), "label": _("left out")},
            {"value": words.count(shown.empty, tongue), "label": _("places still empty")},
            {"value": words.kes(shown.sms_kes, tongue), "label": _("for the SMS, at most")},
        ],
        "sms": _sms_sentence(shown),
        "sms_fits": shown.sms_fits,
        "late_since": shown.late_since,
        "reason": typed.get("reason", ""),
        "centres": [_centre(list(some)) for _key, some in groupby(shown.added, _centre_key)],
        "barred": [
            {
                "name": one.pick.name,
                "role": sentences.role_of(one.pick),
                "centre": one.pick.centre,
                "bars": reasons(one.bars),
            }
            for one in shown.barred
        ],
        "concerns": [_concern(one, typed) for one in shown.concerns],
        "gaps": [
            {
                "role": sentences.role_of(one),
                "centre": one.centre,
                "places": one.places,
                "why": sentences.gap_words(one),
            }
            for one in shown.gaps
        ],
        "errors": [{"field": one.field, "sentence": one.spoken(_)} for one in problems],
    }


def _sms_sentence(shown: Preview) -> str:
    tongue = language_now()
    said = ngettext(
        "%(people)s SMS goes out, about %(sum)s.",
        "%(people)s SMS go out, about %(sum)s.",
        shown.people,
        people=words.count(shown.people, tongue),
        sum=words.kes(shown.sms_kes, tongue),
    )
    if shown.sms_allowed is None:
        return said
    allowed = words.count(shown.sms_allowed, tongue)
    return f"{said} " + _("Today's budget allows %(allowed)s.", allowed=allowed)


def _centre_key(line: Any) -> int:
    return int(line.centre_id)


def _centre(lines: list[Any]) -> dict[str, Any]:
    first = lines[0]
    return {
        "name": first.centre,
        "code": first.centre_code,
        "people": [
            {
                "name": one.name,
                "role": sentences.role_of(one),
                "from_day": one.starts_on,
                "to_day": one.ends_on,
            }
            for one in lines
        ],
    }


def _concern(one: Any, typed: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "deployment_id": one.deployment_id,
        "officer": one.officer,
        "role": sentences.role_of(one),
        "centre": one.centre,
        "reason": one.reason,
        "raised_at": one.raised_at,
        "raised_by": one.raised_by,
        "read": str(one.id) in typed.getlist("read"),
        "answer": typed.get(f"answer-{one.deployment_id}", ""),
    }
