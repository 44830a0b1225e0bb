"""The officer's Deployment section: present and past duties with everything their letters say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.deployments.enums import ON_DUTY, DeploymentAct, DeploymentStatus
from app.deployments.machine import BY_ACT
from app.deployments.models import DeploymentCorrection
from app.deployments.queries import corrections_of
from app.extensions import db
from app.letters.content import values_of
from app.letters.models import Letter
from app.letters.queries import content_of, duties_of, letters_of, reasons_of, stations_of
from views import words
from views.access.language import language_now
from views.duties.words import KINDS
from views.letters.desk import wording_of
from views.redeploy.told import hand_overs_around
from views.registers.sentences import in_language
from views.request import current_actor, current_scope


class OwnDeploymentsView(BaseView):
    """The signed-in officer's duties and letters."""

    route_base = "/me/deployments"
    class_permission_name = "own-deployments"
    default_view = "duties"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("show")
    def duties(self) -> Any:
        """Every published duty, the present ones first."""
        return self.render_template("letters/mine.html", **duties_context())


def duties_context() -> dict[str, Any]:
    """What letters/mine.html asks for."""
    session, scope = db.session, current_scope()
    own = scope.officer_ids or {current_actor().officer_id or 0}
    duties = duties_of(session, scope, own)
    letters: dict[int, list[Letter]] = {}
    for letter in letters_of(session, scope, [one.id for one in duties]):
        letters.setdefault(letter.deployment_id, []).append(letter)
    said: dict[int, list[DeploymentCorrection]] = {}
    for correction in corrections_of(session, scope, [one.id for one in duties]):
        said.setdefault(correction.deployment_id, []).append(correction)
    reasons = reasons_of(session, [one.id for some in letters.values() for one in some])
    stations = stations_of(session, duties)
    handed = hand_overs_around(scope, duties, clock.today())
    shown = [
        _duty(one, letters.get(one.id, []), reasons)
        | {
            "station": stations[one.centre_id],
            "hand_over": handed.get(one.id),
            "corrections": [_correction(some) for some in said.get(one.id, [])],
        }
        for one in duties
    ]
    present = sorted(
        (one for one in shown if one["present"]), key=lambda one: (one["from_day"], one["id"])
    )
    past = [one for one in shown if not one["present"]]
    return {"present": present, "past": past, "sentence": _sentence(present)}


def _sentence(present: Sequence[dict[str, Any]]) -> str:
    if not present:
        return _("You have no duty now or to come.")
    waiting = sum(one["accept_url"] is not None for one in present)
    if waiting:
        return ngettext(
            "%(num)s duty waits for your answer.", "%(num)s duties wait for your answer.", waiting
        )
    return _("Your letter says where, when and what. Take it with you on the first day.")


def _duty(one: Any, letters: Sequence[Letter], reasons: dict[int, str]) -> dict[str, Any]:
    """A duty as the page shows it; the newest letter first."""
    newest = letters[0] if letters else None
    runs = one.status in ON_DUTY and one.ends_on >= clock.today()
    until_replaced = one.status == DeploymentStatus.REPLACED and one.ends_on >= clock.today()
    address = f"/me/deployments/{one.id}"
    may_accept = runs and one.status in BY_ACT[DeploymentAct.ACCEPT].starts_in
    return {
        "id": one.id,
        "role": in_language(one.role.name, one.role.name_sw),
        "state": one.status,
        "reason": one.reason if one.status not in ON_DUTY else None,
        "present": runs or (until_replaced and one.starts_on <= one.ends_on),
        "from_day": one.starts_on,
        "to_day": one.ends_on,
        "letter": _letter(newest, reasons) if newest else None,
        "earlier": [_version(letter, reasons) for letter in letters[1:]],
        "accept_url": f"{address}/accept" if may_accept else None,
        "decline_url": f"{address}/decline" if runs else None,
        "wrong_url": f"{address}/wrong" if runs else None,
    }


def _correction(one: DeploymentCorrection) -> dict[str, Any]:
    return {
        "kind": _(KINDS[one.kind]),
        "words": one.words,
        "state": one.state,
        "opened": clock.nairobi(one.opened_at).date(),
        "answer": one.answer,
    }


def _version(letter: Letter, reasons: dict[int, str]) -> dict[str, Any]:
    address = f"/letters/{letter.id}.pdf"
    return {
        "version": letter.version,
        "state": letter.state,
        "reason": reasons.get(letter.id),
        "issued": clock.nairobi(letter.issued_at).date(),
        "view": address,
        "download": f"{address}?download=1",
        "print": f"{address}?print=1",
        "other": f"{address}?language={'en' if language_now() == 'sw' else 'sw'}",
    }


def _letter(letter: Letter, reasons: dict[int, str]) -> dict[str, Any]:
    """The newest letter with every field of its paper; the identity number stays masked here."""
    content, language = content_of(letter), language_now()
    values = values_of(content, language=language, serial=letter.serial)
    wording = wording_of(letter, content, language)
    officer = letter.officer
    return _version(letter, reasons) | {
        "reference": letter.reference,
        "code": letter.code_words,
        "facts": [
            (_("Reference"), letter.reference),
            (_("Examination"), content.series),
            (_("Role"), values["role"]),
            (_("Duty station"), f"{content.centre_code} {content.centre}"),
            (_("From"), values["first_day"]),
            (_("To"), values["last_day"]),
            (_("Duration"), values["days"]),
            (_("Pay for a day"), _pay(content.rate)),
            (_("Name"), content.name),
            (_("National ID"), officer.national_id_masked or _("not on record")),
            (_("TSC number"), officer.tsc_number or _("not on record")),
            (_("Mobile"), words.mobile(content.mobile)),
            (
                _("Through"),
                _(
                    "The TSC Sub-County Director, %(place)s",
                    place=f"{content.sub_county}, {content.county}",
                ),
            ),
        ],
        "paragraphs": wording.paragraphs,
        "duties": wording.duties,
    }


def _pay(rate: int | None) -> str:
    return _("not published yet") if rate is None else words.kes(rate, language_now())
