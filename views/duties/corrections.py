"""What officers say is wrong with their duties, with the deployment beside it, for the director."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError

from app import clock
from app.deployments.enums import CorrectionKind, CorrectionState
from app.deployments.queries import CorrectionLine, corrections_in
from app.errors import IllegalMove, NotFound, PortalError, RuleBroken
from app.extensions import db
from app.letters.enums import LetterState
from app.letters.queries import content_of, letters_of
from app.permissions import may
from app.procedures import corrections
from app.scoping.roles import Role
from app.words import N_
from views.base_refusals import sayable
from views.duties.kept import forget_answer, keep_answer, kept_answer
from views.duties.words import KINDS, STATES
from views.navigation import exists
from views.registers.sentences import in_language
from views.request import current_actor, current_scope

TYPED = ("answer", "starts_on", "ends_on")


class CorrectionView(BaseView):
    """/corrections/ and its answers."""

    route_base = "/corrections"
    class_permission_name = "corrections"
    default_view = "list"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("list")
    def list(self) -> Any:
        """The corrections that wait, or with `?state=all` every one."""
        return self._list()

    @expose("/<int:correction_id>/amend", methods=["POST"])
    @has_access
    @permission_name("amend")
    def amend(self, correction_id: int) -> Any:
        """Gives the duty other days, or writes its letter anew with the name of the profile."""
        form = request.form
        if form.get("kind") == CorrectionKind.NAME:
            return self._answer(
                correction_id,
                lambda: corrections.amend_name(
                    current_scope(), current_actor(), correction_id, answer=form.get("answer", "")
                ),
                _("The letter is written anew. The officer is told by SMS."),
            )
        return self._answer(
            correction_id,
            lambda: corrections.amend_dates(
                current_scope(),
                current_actor(),
                correction_id,
                first=_day("starts_on"),
                last=_day("ends_on"),
                answer=form.get("answer", ""),
            ),
            _("The days are changed and the letter is written anew. The officer is told by SMS."),
        )

    @expose("/<int:correction_id>/refuse", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def refuse(self, correction_id: int) -> Any:
        """Leaves the duty as it is, for a reason."""
        return self._answer(
            correction_id,
            lambda: corrections.refuse(
                current_scope(),
                current_actor(),
                correction_id,
                answer=request.form.get("answer", ""),
            ),
            _("Refused. The officer reads the reason and is told by SMS."),
        )

    @expose("/<int:correction_id>/redeploy", methods=["POST"])
    @has_access
    @permission_name("refuse")
    def redeploy(self, correction_id: int) -> Any:
        """On to the page that redeploys, which knows what was typed here."""
        found = corrections_in(db.session, current_scope(), only_open=True)
        duty = next((one.deployment_id for one in found if one.id == correction_id), None)
        if duty is None:
            raise NotFound("not-found", N_("That record was not found."))
        keep_answer(correction_id, request.form.get("answer", ""))
        return redirect(f"/redeploy/{duty}/?correction={correction_id}", 303)

    def _answer(self, correction_id: int, act: Callable[[], None], done: str) -> Any:
        try:
            act()
        except (RuleBroken, IllegalMove, DBAPIError) as failure:
            refusal = sayable(failure)
            if isinstance(refusal, IllegalMove):
                flash(refusal.spoken(_), "danger")
                return self._list(), refusal.status
            return self._list({correction_id: refusal}), refusal.status
        forget_answer(correction_id)
        flash(done, "success")
        return redirect("/corrections/", 303)

    def _list(self, refused: Mapping[int, PortalError] | None = None) -> Any:
        everything = request.args.get("state") == "all"
        found = corrections_in(db.session, current_scope(), only_open=not everything)
        return self.render_template(
            "duties/corrections.html", **list_context(found, refused or {}, everything=everything)
        )


def list_context(
    found: Sequence[CorrectionLine], refused: Mapping[int, PortalError], *, everything: bool
) -> dict[str, Any]:
    """What duties/corrections.html asks for."""
    actor, scope = current_actor(), current_scope()
    waiting = sum(one.state == CorrectionState.OPEN for one in found)
    named = [one.deployment_id for one in found if one.kind == CorrectionKind.NAME]
    names = {
        letter.deployment_id: content_of(letter).name
        for letter in letters_of(db.session, scope, named)
        if letter.state == LetterState.VALID
    }
    # County directors and monitors read no telephone of an officer on a list.
    shows_mobile = not actor.roles & {str(Role.COUNTY_DIRECTOR), str(Role.MONITOR)}
    return {
        "everything": everything,
        "sentence": ngettext("%(num)s waits for an answer", "%(num)s wait for an answer", waiting)
        if waiting
        else _("Nothing waits for an answer"),
        "may_amend": may(actor, "corrections", "amend"),
        "may_refuse": may(actor, "corrections", "refuse"),
        "may_redeploy": may(actor, "deployments", "redeploy") and exists("/redeploy/1/"),
        "corrections": [
            {
                "id": one.id,
                "officer": one.officer,
                "officer_href": f"/officers/show/{one.officer_id}",
                "mobile": one.mobile if shows_mobile else None,
                "role": in_language(one.role, one.role_sw),
                "centre": f"{one.centre_code} {one.centre}",
                "href": f"/deployments/show/{one.deployment_id}",
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
                "status": one.status,
                "stands": one.stands,
                "kind": one.kind,
                "kind_words": _(KINDS[one.kind]),
                "words": one.words,
                "opened_at": one.opened_at,
                "state": one.state,
                "state_words": _(STATES[one.state]),
                "answer": one.answer,
                "answered_by": one.answered_by,
                "answered_at": one.answered_at,
                "letter_name": names.get(one.deployment_id),
                "typed": _typed(one, again=one.id in refused),
                "errors": _errors(refused.get(one.id)),
            }
            for one in found
        ],
    }


def _typed(one: CorrectionLine, *, again: bool) -> dict[str, str]:
    """What stands in the fields: what was typed, else the days that the duty has."""
    if again:
        return {name: request.form.get(name, "") for name in TYPED}
    return {
        "answer": kept_answer(one.id),
        "starts_on": one.starts_on.isoformat(),
        "ends_on": one.ends_on.isoformat(),
    }


def _errors(refusal: PortalError | None) -> dict[str, str]:
    """The sentences by field; those of no field of the form stand over it."""
    found: dict[str, str] = {}
    for one in refusal.problems if refusal else ():
        field = one.field if one.field in TYPED else "form"
        found[field] = f"{found.get(field, '')} {one.spoken(_)}".strip()
    return found


def _day(field: str) -> dt.date | None:
    try:
        return clock.day_written(request.form.get(field, ""))
    except ValueError:
        return None
